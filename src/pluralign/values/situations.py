"""Files of situations, as users write them: one per line, or a table with a column ``situation``."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pluralign.errors import DataError
from pluralign.suite.data import read_jsonl
from pluralign.values.situation import situation

COLUMN = "situation"
_FIX = f"Give a .txt file with one situation per line, or a .csv or .jsonl file with a column {COLUMN!r}."


@dataclass(frozen=True)
class Situations:
    """What a file holds.

    Attributes:
        texts: distinct situations in their order, cleaned.
        blank: lines or rows without one.
        repeated: situations that had come before, whatever their case.
    """

    texts: tuple[str, ...]
    blank: int
    repeated: int


def read_situations(path: Path) -> Situations:
    """Read a file of situations.

    Raises:
        DataError: there is no such file, it cannot be read or lacks the column, or it holds no situation.
        UsageError: a situation is no text or too long; names the line.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError("there is no such file", where=path, fix=_FIX)
    readers = {".txt": _lines, ".csv": _cells, ".jsonl": _records}
    if path.suffix.lower() not in readers:
        raise DataError(f"not a kind of file that can be read: {path.suffix or 'no suffix'}", where=path, fix=_FIX)
    found: dict[str, str] = {}
    blank = repeated = 0
    for place, raw in readers[path.suffix.lower()](path):
        if not raw.strip():
            blank += 1
            continue
        text = situation(raw, where=f"{path}, {place}")
        repeated += text.casefold() in found
        found.setdefault(text.casefold(), text)
    if not found:
        raise DataError("the file holds no situation", where=path, fix=_FIX)
    return Situations(tuple(found.values()), blank, repeated)


def _text(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError("the text is not UTF-8", where=f"{path}, line {line}", fix="Save it as UTF-8.") from None


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(_text(path).removesuffix("\n").split("\n"), 1):
        yield f"line {number}", line


def _cells(path: Path) -> Iterator[tuple[str, str]]:
    reader = csv.DictReader(_text(path).splitlines(keepends=True), strict=True)
    names = {name.strip().lower(): name for name in reader.fieldnames or ()}
    if COLUMN not in names:
        raise DataError(f"column {COLUMN!r} is absent", where=path, fix=_FIX)
    try:
        for number, row in enumerate(reader, 2):
            yield f"row {number}", row[names[COLUMN]] or ""
    except csv.Error as error:
        raise DataError(f"not readable as CSV: {error}", where=path, fix="Save it anew.") from None


def _records(path: Path) -> Iterator[tuple[str, str]]:
    for number, record in enumerate(read_jsonl(path), 1):
        text = record.get(COLUMN, "")
        if COLUMN not in record or not isinstance(text, str | type(None)):
            raise DataError(f"no text {COLUMN!r}", where=f"{path}, record {number}", fix=_FIX)
        yield f"record {number}", text or ""
