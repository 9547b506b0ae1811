"""What the commands of ``pluralign raters`` share: which table, which columns, progress, and the place of runs."""

import hashlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from pluralign.cli.common import bar, messages, print_json
from pluralign.errors import UsageError

TASK = "task:"


@Parameter(name="*")
@dataclass(frozen=True)
class Columns:
    """Which column is what; what is not said is found out from the usual names."""

    rater: Annotated[str | None, Parameter(help="Column of rater ids.")] = None
    item: Annotated[str | None, Parameter(help="Column of item ids; without one, items go by their text.")] = None
    label: Annotated[str | None, Parameter(help="Column of labels.")] = None
    text: Annotated[str | None, Parameter(help="Columns of what the raters saw, separated by commas.")] = None
    attributes: Annotated[str | None, Parameter(help="Columns of facts about raters; an empty text for none.")] = None
    reason: Annotated[str | None, Parameter(help="Column of free-text reasons.")] = None
    scale: Annotated[
        Literal["binary", "nominal", "ordinal", "multilabel"] | None, Parameter(help="Kind of the labels.")
    ] = None
    labels: Annotated[str | None, Parameter(help="All labels from low to high, separated by commas.")] = None
    question: Annotated[str | None, Parameter(help="What the raters were asked.")] = None
    duplicates: Annotated[
        Literal["error", "last"], Parameter(help="What to do where a rater labelled an item twice.")
    ] = "error"
    data_root: Annotated[Path | None, Parameter(help="Folder of source data, for task:NAME.")] = None


GUESSED = Columns()
"""Nothing is said about any column."""


@Parameter(name="*")
@dataclass(frozen=True)
class Model:
    """Which language model is asked, and how."""

    model: Annotated[
        str | None,
        Parameter(help="A language model: nano-spectrum, a folder, hf:OWNER/NAME, or openai:MODEL@URL."),
    ] = None
    template: Annotated[
        Literal["auto", "spectrum", "colon", "chat"], Parameter(help="How the model is written to.")
    ] = "auto"
    first_token: Annotated[
        bool,
        Parameter(
            negative=(), help="For a server that scores no given answers: tell them apart by their first token."
        ),
    ] = False

    def load(self) -> Any:
        """The model."""
        from pluralign.lm import load

        return load(str(self.model), template=self.template, first_token=self.first_token)


NOBODY = Model()
"""No language model is asked."""


def read(file: str, columns: Columns, most_raters: int | None = None) -> Any:
    """The ratings of a file, a folder or a task, with an account of how they were read."""
    from pluralign.raters.sample import at_most

    reading = _whole(file, columns)
    return reading if most_raters is None else at_most(reading, most_raters)


def _whole(file: str, columns: Columns) -> Any:
    from pluralign.raters.read import read
    from pluralign.raters.tasks import from_task

    if file.startswith(TASK):
        given = [one.name for one in fields(columns) if getattr(columns, one.name) != one.default]
        if wrong := [name for name in given if name not in ("data_root", "scale")]:
            raise UsageError(f"--{wrong[0]} is for files: a task knows its columns", where=file)
        return from_task(file.removeprefix(TASK), columns.data_root, scale=columns.scale)
    return read(
        Path(file),
        rater=columns.rater,
        item=columns.item,
        label=columns.label,
        text=names(columns.text) or (),
        attributes=names(columns.attributes),
        reason=columns.reason,
        scale=columns.scale,
        labels=names(columns.labels),
        question=columns.question,
        duplicates=columns.duplicates,
    )


def names(text: str | None) -> tuple[str, ...] | None:
    """Names separated by commas; None where nothing was said."""
    return None if text is None else tuple(name.strip() for name in text.split(",") if name.strip())


def run_folder(verb: str, data: str, *request: object) -> Path:
    """The default place of a run, named after what was asked for, so that the same command finds it again."""
    digest = hashlib.sha256(repr((data, *request)).encode()).hexdigest()[:8]
    stem = "".join(c if c.isalnum() else "-" for c in Path(data).name.partition(".")[0])[:40].strip("-")
    return Path("runs") / f"raters-{verb}-{stem or 'data'}-{digest}"


@contextmanager
def reporting(label: str) -> Generator[Callable[[str, int, int], None]]:
    """A progress bar that is told what is being done, and how much of it is done."""
    with bar(label) as progress:
        (handle,) = progress.task_ids

        def said(what: str, done: int, total: int) -> None:
            progress.update(handle, description=what, completed=done, total=total if total > 1 else None)

        yield said


def cost(requests: int, characters: int, json: bool) -> None:
    """Say what asking a language model would take."""
    about = {"requests": requests, "characters": characters, "tokens_about": characters // 4}
    if json:
        print_json(about)
    else:
        messages.print(
            f"{requests:,} requests; about {about['tokens_about']:,} tokens of ratings in them; nothing was asked"
        )


def settings(steps: int | None) -> Any:
    """Settings of the compact decoder with another number of training steps."""
    from pluralign.raters.compact import Settings

    if steps is None:
        return Settings()
    if steps < 1:
        raise UsageError(f"--steps must be at least 1, not {steps}")
    return Settings(steps=steps)
