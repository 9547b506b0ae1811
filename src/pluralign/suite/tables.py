"""The wanted columns of source tables, without reading the others."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import polars as pl

from pluralign.errors import DataError
from pluralign.suite.data import first_line

# The type of a column is inferred from all of its rows: the first hundred may all look like whole numbers.
_SCANNERS = {
    ".parquet": pl.scan_parquet,
    ".csv": partial(pl.scan_csv, infer_schema_length=None),
    ".jsonl": partial(pl.scan_ndjson, infer_schema_length=None),
}


def read_columns(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    """The given columns of a Parquet, CSV or JSON-lines file, in the order of its rows.

    Raises:
        DataError: the file cannot be read as what its name says, or lacks a column.
    """
    scan = _SCANNERS.get(path.suffix)
    if scan is None:
        fix = f"Use one of {', '.join(_SCANNERS)}."
        raise DataError(f"unknown kind of table {path.suffix!r}", where=path, fix=fix)
    with _readable(path):
        table = scan(path)
        _require(columns, table.collect_schema().names(), path)
        return table.select(columns).collect()


def read_texts(path: Path, columns: Sequence[str], *, optional: Sequence[str] = ()) -> pl.DataFrame:
    """Columns of a Parquet or CSV file as text, without guessing types: "1.0", "null" and "NA" stay what they are.

    Args:
        path: a Parquet file, or a CSV file with a header; space around its names is no part of them.
        columns: must exist.
        optional: are read where they exist.

    Returns:
        ``row``, the row's number in the file, where a CSV header is row 1; then the columns in the order asked for,
        without space around the texts, and null where there is none.

    Raises:
        DataError: the file cannot be read as what its name says, or lacks a column.
    """
    parquet = path.suffix == ".parquet"
    with _readable(path):
        table = pl.scan_parquet(path) if parquet else pl.scan_csv(path, infer_schema=False)
        known = {name.strip(): name for name in table.collect_schema().names()}
        _require(columns, known, path)
        wanted = [*columns, *(name for name in optional if name in known)]
        texts = table.select(pl.col(known[name]).cast(pl.String).str.strip_chars().alias(name) for name in wanted)
        return texts.select(pl.when(pl.all() != "").then(pl.all())).with_row_index("row", 2 - parquet).collect()


def read_split(folder: Path, split: str, columns: Sequence[str]) -> pl.DataFrame:
    """The given columns of one split of a hub data set.

    Args:
        folder: the folder of the wanted configuration, laid out as in the hub repository.
        split: name of the split, which the path of each of its files holds (``data/train-00000-of-00002.parquet``).

    Raises:
        DataError: the folder holds no file of that split, or one that is unreadable or lacks a column.
    """
    names = sorted(path for path in folder.rglob("*") if path.suffix in _SCANNERS)
    files = [path for path in names if split in path.relative_to(folder).as_posix()]
    if not files:
        raise DataError(f"no file of split {split!r}", where=folder, fix="Fetch the data set again.")
    return pl.concat([read_columns(path, columns) for path in files])


@contextmanager
def _readable(path: Path) -> Generator[None]:
    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"not a readable table: {first_line(error)}", where=path, fix="Fetch it again.") from None


def _require(columns: Sequence[str], present: Sequence[str] | dict[str, str], path: Path) -> None:
    if absent := [name for name in columns if name not in present]:
        raise DataError(f"column {absent[0]!r} is absent", where=path, fix="Fetch the file again.")
