"""A user's own table, row by row, with the place of each row as the user sees it.

CSV, TSV, JSON lines and Parquet; a folder or a pattern with ``*`` stands for all such files in it, as hub data sets
have them.
"""

import codecs
import csv
import difflib
import json
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

import polars as pl

from pluralign.errors import DataError, UsageError
from pluralign.suite.data import first_line

SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet")
_LONGEST_CELL = 2**31 - 1


def files(path: Path) -> list[Path]:
    """The tables that a path stands for: itself, those in a folder, or those that match a pattern.

    Raises:
        DataError: there is none, or they are of several kinds.
    """
    if path.is_file():
        found = [path]
    elif path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
    elif "*" in str(path):
        found = sorted(fixed_part(path).glob(path.relative_to(fixed_part(path)).as_posix()))
    else:
        found = []
    kinds = {file.suffix for file in found}
    if not found:
        raise DataError("the data file is absent", where=path, fix="Give its path relative to the settings file.")
    if len(kinds) > 1 or not kinds <= set(SUFFIXES):
        named = " and ".join(sorted(kind or "no suffix" for kind in kinds))
        fix = f"Give files of one kind: {', '.join(SUFFIXES)}."
        raise DataError(f"not a kind of table that can be read: {named}", where=path, fix=fix)
    return found


def fixed_part(path: Path) -> Path:
    """The path up to where a pattern begins: the folder to look in."""
    parts = path.parts
    cut = next((i for i, part in enumerate(parts) if "*" in part), len(parts) - 1)
    return path if "*" not in str(path) else Path(*parts[:cut])


def rows(
    path: Path, columns: Sequence[str], *, encoding: str = "utf-8", separator: str | None = None
) -> Iterator[tuple[str, tuple]]:
    """Yield the place of each row and its cells in the given columns; an empty cell is None.

    Places are rows as a spreadsheet counts them (the header is row 1), lines of JSON, or records of Parquet from 1.

    Args:
        path: as for :func:`files`.
        encoding: of the text in CSV and TSV files; JSON is always UTF-8.
        separator: between the cells of a CSV file; None takes the comma, or the tab for .tsv.

    Raises:
        DataError: a file cannot be read, is in another encoding, lacks a column, or has a row of another length.
    """
    for file in files(path):
        if file.suffix == ".parquet":
            yield from _parquet(file, columns)
        elif file.suffix == ".jsonl":
            yield from _jsonl(file, columns)
        else:
            yield from _csv(file, columns, encoding, separator or ("\t" if file.suffix == ".tsv" else ","))


def header(path: Path, *, encoding: str = "utf-8", separator: str | None = None) -> list[str]:
    """The names of the columns of the first file; for JSON lines those of the first object."""
    file = files(path)[0]
    if file.suffix == ".parquet":
        return list(_scan(file).collect_schema().names())
    if file.suffix == ".jsonl":
        return list(next(_objects(file), ("", {}))[1])
    cells = _reader(file, encoding, separator or ("\t" if file.suffix == ".tsv" else ","))
    return _names(next(cells, (1, []))[1], file)


def nearest(name: str, names: Sequence[str]) -> str:
    """A fix that names what is there: the nearest names, or all of them."""
    near = difflib.get_close_matches(name.lower(), [n.lower() for n in names], n=2, cutoff=0.6)
    meant = [n for n in names if n.lower() in near]
    if meant:
        return f"Did you mean {' or '.join(map(repr, meant))}?"
    return f"There are {', '.join(map(repr, names[:20]))}." if names else "The file has no columns."


def _csv(file: Path, columns: Sequence[str], encoding: str, separator: str) -> Iterator[tuple[str, tuple]]:
    cells = _reader(file, encoding, separator)
    names = _names(next(cells, (1, []))[1], file)
    _all_there(names, columns, file)
    wanted = [names.index(name) for name in columns]
    for number, row in cells:
        if not row:  # an empty line, which spreadsheets count
            continue
        place = f"{file}, row {number}"
        if len(row) != len(names):
            fix = "Put text that holds the separator or a quotation mark between double quotation marks."
            raise DataError(f"{len(row)} cells where the header has {len(names)}", where=place, fix=fix)
        yield place, tuple(row[i].strip() or None for i in wanted)


def _reader(file: Path, encoding: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Rows of a CSV file, numbered from 1."""
    csv.field_size_limit(_LONGEST_CELL)
    number = 0
    try:
        for number, row in enumerate(csv.reader(StringIO(_text(file, encoding), newline=""), delimiter=separator), 1):
            yield number, row
    except csv.Error as error:
        raise DataError(f"not readable as CSV: {error}", where=f"{file}, row {number + 1}") from None


def _text(file: Path, encoding: str) -> str:
    """The text of a file, without a byte order mark."""
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise UsageError(f"there is no encoding {encoding!r}", fix="Use utf-8, latin-1 or utf-16.") from None
    try:
        content = file.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=file) from None
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        place = f"{file}, line {line}, byte {column} of the line"
        wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        fix = f'Add encoding = "{"utf-16" if wide else "latin-1"}" to the settings, or save the file as UTF-8.'
        if file.suffix == ".jsonl":
            fix = "JSON is always UTF-8: save the file so."
        raise DataError(f"byte 0x{content[error.start]:02X} is not {encoding}", where=place, fix=fix) from None


def _names(names: list[str], file: Path) -> list[str]:
    names = [name.strip() for name in names]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DataError(f"two columns are named {twice[0]!r}", where=f"{file}, row 1", fix="Rename one.")
    return names


def _all_there(names: Sequence[str], columns: Sequence[str], file: Path) -> None:
    for name in columns:
        if name not in names:
            fix = nearest(name, names)
            other = next((mark for mark in ";\t|" if len(names) == 1 and mark in names[0]), None)
            if other:
                fix = f"The cells seem to be separated by {other!r}: add separator = {other!r} to the settings."
            raise DataError(f"there is no column {name!r}", where=f"{file}, row 1", fix=fix)


def _jsonl(file: Path, columns: Sequence[str]) -> Iterator[tuple[str, tuple]]:
    for place, row in _objects(file):
        for name in columns:
            if name not in row:
                raise DataError(f"there is no field {name!r}", where=place, fix=nearest(name, [*row]))
        yield place, tuple(_cell(row[name]) for name in columns)


def _objects(file: Path) -> Iterator[tuple[str, dict]]:
    for number, line in enumerate(_text(file, "utf-8").split("\n"), 1):
        if not line.strip():
            continue
        place = f"{file}, line {number}"
        try:
            row = json.loads(line)
        except ValueError as error:
            raise DataError(f"not JSON: {error}", where=place, fix="Put one whole JSON object on each line.") from None
        if not isinstance(row, dict):
            raise DataError("not a JSON object", where=place, fix='Write each line as {"column": value, ...}.')
        yield place, row


def _parquet(file: Path, columns: Sequence[str]) -> Iterator[tuple[str, tuple]]:
    table = _scan(file)
    _all_there(table.collect_schema().names(), columns, file)
    for number, row in enumerate(table.select(list(dict.fromkeys(columns))).collect().iter_rows(named=True), 1):
        yield f"{file}, record {number}", tuple(_cell(row[name]) for name in columns)


def _scan(file: Path) -> pl.LazyFrame:
    try:
        table = pl.scan_parquet(file)
        table.collect_schema()
        return table
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"not a readable Parquet file: {first_line(error)}", where=file) from None


def _cell(value: object) -> object:
    """A typed value as it is written: whole numbers without a fraction; no number and blank text are empty."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, float):
        if value != value:
            return None
        return int(value) if value.is_integer() else value
    return value if value is None or isinstance(value, bool | int | list | dict) else str(value)
