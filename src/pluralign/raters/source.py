"""Tables of ratings as they come: CSV, TSV, JSON lines, Parquet, or a data frame; and how to name a place in them."""

import csv
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl

from pluralign.errors import DataError
from pluralign.suite.data import first_line, read_jsonl, read_parquet

_SEPARATED = (".csv", ".tsv", ".txt")
_LINES = (".jsonl", ".ndjson")
SUFFIXES = (*_SEPARATED, *_LINES, ".parquet")
_HEAD = 1 << 16


@dataclass(frozen=True)
class Source:
    """A table and where it came from.

    Attributes:
        frame: its rows, all of them, in order. Cells of CSV and TSV files are text.
        path: the file, or None for a data frame.
        name: what to call the data set.
    """

    frame: pl.DataFrame
    path: Path | None
    name: str

    def place(self, row: int, column: str | None = None) -> str:
        """Where row number ``row`` (from 0) stands.

        CSV rows are counted as a spreadsheet counts them (the header is row 1), all others from 1.
        """
        separated = self.path is not None and _suffix(self.path) in _SEPARATED
        parts = [str(self.path)] if self.path else []
        parts.append(f"row {row + 1 + separated}")
        return ", ".join([*parts, f"column {column!r}"] if column else parts)


def load(source: Path | str | Any) -> Source:
    """A table from a file or a data frame.

    Args:
        source: a path whose name ends in .csv, .tsv, .txt, .jsonl, .ndjson (or one of these and .gz) or .parquet, or a
            data frame of polars, pandas, or any library that hands over Arrow tables. The separator of a .csv or .txt
            file (comma, semicolon, tab or bar) is found out from its first line.

    Raises:
        DataError: the file is absent, not readable as what its name says, or not UTF-8; names the line.
    """
    if not isinstance(source, str | Path):
        return Source(_from_frame(source), None, "ratings")
    path = Path(source)
    if not path.is_file():
        raise DataError("there is no such file", where=path, fix="Give a table of ratings.")
    suffix = _suffix(path)
    if suffix not in SUFFIXES:
        raise DataError(f"not a kind of table that can be read: {suffix or 'no suffix'}", where=path, fix=_KINDS)
    readers: dict[str, Callable[[Path], pl.DataFrame]] = {
        **dict.fromkeys(_SEPARATED, _separated),
        **dict.fromkeys(_LINES, _lines),
        ".parquet": read_parquet,
    }
    frame = readers[suffix](path)
    if not frame.height:
        raise DataError("the table has no rows", where=path, fix="Put at least one below the header.")
    return Source(frame, path, path.name.removesuffix(".gz").removesuffix(suffix))


_KINDS = f"Save it as one of {', '.join(SUFFIXES)}."


def _suffix(path: Path) -> str:
    return Path(path.name.lower().removesuffix(".gz")).suffix


def _from_frame(source: Any) -> pl.DataFrame:
    if isinstance(source, pl.DataFrame | pl.LazyFrame):
        frame = source.lazy().collect()
    elif hasattr(source, "__arrow_c_stream__"):
        frame = pl.DataFrame(source)
    else:
        raise DataError(f"not a table: {type(source).__name__}", fix="Give a path or a data frame.")
    if not frame.height:
        raise DataError("the data frame has no rows")
    # pandas keeps what is not there as a number that is none.
    return frame.with_columns(pl.col(pl.Float32, pl.Float64).fill_nan(None))


def _separated(path: Path) -> pl.DataFrame:
    head = _open(path).read(_HEAD)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError("the text is UTF-16", where=path, fix="Save it as UTF-8.")
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n").split(b"\n")[0]
    separator = "\t" if _suffix(path) == ".tsv" else max(",;\t|", key=lambda mark: first.count(mark.encode()))
    try:
        return pl.read_csv(path, separator=separator, infer_schema=False).rename(str.strip)
    except (pl.exceptions.PolarsError, OSError) as error:
        _diagnose(path, separator)
        raise DataError(f"not readable as CSV: {first_line(error)}", where=path, fix="Save it anew.") from None


def _diagnose(path: Path, separator: str) -> None:
    """Raise an error that names the line at which a file is no CSV table in UTF-8."""
    content = _open(path).read()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        place = f"{path}, line {line}"
        raise DataError(f"byte 0x{content[error.start]:02X} is not UTF-8", where=place, fix="Save it so.") from None
    if not text.strip():
        raise DataError("the file is empty", where=path)
    rows, number, width = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True), 0, 0
    try:
        for number, cells in enumerate(rows, 1):
            width = width or len(cells)
            if len(cells) > width:
                fix = "Put text that holds the separator between double quotation marks."
                where = f"{path}, row {number}"
                raise DataError(f"{len(cells)} cells where the header has {width}", where=where, fix=fix)
    except csv.Error as error:
        place = f"{path}, row {number + 1}"
        raise DataError(f"not readable as CSV: {error}", where=place, fix="Close the quotation marks.") from None


def _lines(path: Path) -> pl.DataFrame:
    try:
        return pl.read_ndjson(path, infer_schema_length=None)
    except (pl.exceptions.PolarsError, OSError):
        # Slower, but names the line that is broken, and takes cells of mixed types.
        return pl.DataFrame(list(read_jsonl(path)), infer_schema_length=None, strict=False)


def _open(path: Path):
    return gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb")
