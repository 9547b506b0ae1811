"""What a TOML file says about a task that is read from a table: the keys, their forms, and clear errors."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any, Literal

from pluralign.errors import UsageError
from pluralign.suite.sheet import nearest


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one task; columns are names, kept in the order given.

    Attributes:
        path: the TOML file itself.
        file: the table, a folder or a pattern; relative to the TOML file, or to the hub data set.
        hub: name of a hub data set that holds ``file``, or "".
        revision: of the hub data set, or "" for the newest.
        process: column that tells the processes apart.
        input: columns of the input.
        output: columns of the output (kind ``steer``).
        counts: columns with the number of respondents per choice (kind ``align``).
        shares: columns with the share or percentage per choice (kind ``align``).
        respondents: column with the number of respondents behind the shares, or "".
        ordered: True where the choices form a scale in the order given (kind ``align``).
        description: texts with ``{column}`` fields, or names of columns that hold whole texts.
        choices: the closed list, ``from data``, or empty where outputs are open.
        metadata: columns with facts about a process.
        duplicates: whether rows given twice are an error or count twice.
    """

    path: Path
    name: str
    file: str
    process: str
    hub: str = ""
    revision: str = ""
    kind: Literal["steer", "align"] = "steer"
    input: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    respondents: str = ""
    ordered: bool = False
    description: tuple[str, ...] = ()
    choices: tuple[str, ...] | Literal["from data"] = ()
    metadata: tuple[str, ...] = ()
    duplicates: Literal["refuse", "keep"] = "refuse"
    encoding: str = "utf-8"
    separator: str | None = None
    split: Literal["train", "heldout"] = "heldout"
    licence: str = "none stated"
    citation: str = "none"
    source: str = ""
    access: str = ""
    summary: str = ""
    unit: str = ""
    warning: str = ""
    language: tuple[str, ...] = ("en",)


_LISTS = {"input", "output", "counts", "shares", "description", "metadata", "language"}
_ONE_OF = {"kind": ("steer", "align"), "split": ("train", "heldout"), "duplicates": ("refuse", "keep")}
_KEYS = tuple(name for name in Settings.__dataclass_fields__ if name != "path")


def read_settings(path: Path) -> Settings:
    """Read and check a TOML file; the table itself is not looked at.

    Raises:
        UsageError: it cannot be read, or a key is unknown, missing, or of another form.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"cannot be read: {error.strerror}", where=path, fix="Give the path of a TOML file."
        ) from None
    except ValueError as error:  # not TOML, or not UTF-8
        raise UsageError(f"not readable as TOML: {error}", where=path, fix="Mend that place.") from None
    if "file" not in content and "hub" in content:
        content["file"] = "*"
    for key in ("name", "file", "process"):
        if key not in content:
            raise UsageError(f"the key {key!r} is missing", where=path, fix=f"Add a line {key} = ….")
    for key in content:
        if key not in _KEYS:
            raise UsageError(f"unknown key {key!r}", where=path, fix=nearest(key, _KEYS))
    settings = Settings(path=path, **{key: _value(key, value, path) for key, value in content.items()})
    _consistent(settings)
    return settings


def _value(key: str, value: Any, path: Path) -> Any:
    place = f"{path}, key {key}"
    if key == "ordered":
        if not isinstance(value, bool):
            raise UsageError("not a yes or no", where=place, fix="Write true or false.")
        return value
    if key == "choices":
        if value == "from data":
            return value
        if not isinstance(value, list) or not all(isinstance(one, str | int | float) for one in value):
            raise UsageError("not a list of choices", where=place, fix='Write ["1", "2"] or "from data".')
        return tuple(str(one) for one in value)
    if key in _LISTS:
        listed = value if isinstance(value, list) else [value]
        if not listed or not all(isinstance(one, str) and one.strip() for one in listed):
            raise UsageError("not a text or list of texts", where=place, fix='Write "a" or ["a", "b"].')
        return tuple(listed)
    if not isinstance(value, str) or not value:
        raise UsageError("not a text", where=place, fix="Put it between quotation marks.")
    if key in _ONE_OF and value not in _ONE_OF[key]:
        raise UsageError(f"{value!r} is not possible", where=place, fix=f"Write {' or '.join(_ONE_OF[key])}.")
    return value


def _consistent(settings: Settings) -> None:
    path = settings.path
    if not re.fullmatch("[A-Za-z0-9_-]+", settings.name):
        raise UsageError(
            f"{settings.name!r} cannot be a name", where=path, fix="Use letters, digits and _ without spaces."
        )
    if settings.separator is not None and len(settings.separator) != 1:
        raise UsageError("the separator is one character", where=path, fix='Write ";", for example.')
    needed = {"steer": ("output",), "align": ("counts", "shares")}[settings.kind]
    if sum(bool(getattr(settings, key)) for key in needed) != 1:
        raise UsageError(f"kind {settings.kind} needs {' or '.join(needed)}", where=path, fix="Name the columns.")
    foreign = {"steer": ("counts", "shares", "respondents", "ordered"), "align": ("output",)}[settings.kind]
    if unfit := [key for key in foreign if getattr(settings, key)]:
        raise UsageError(f"the key {unfit[0]!r} is not for kind {settings.kind}", where=path, fix="Take it out.")
    if settings.kind == "align":
        columns = settings.counts or settings.shares
        if settings.choices == "from data" or (settings.choices and len(settings.choices) != len(columns)):
            raise UsageError(
                "choices and their columns differ in number", where=path, fix=f"Give {len(columns)} choices, or none."
            )


def fields(text: str) -> list[tuple[str, str | None]]:
    """The parts of a text with ``{column}`` fields: literal texts, each with the column that follows it, if any.

    Raises:
        ValueError: the braces do not match, or a field holds more than a name.
    """
    parts = []
    for literal, column, form, conversion in Formatter().parse(text):
        if column == "" or form or conversion:
            raise ValueError("a field is the name of a column and nothing else")
        parts.append((literal, column))
    return parts
