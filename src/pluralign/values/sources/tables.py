"""Reading the files of sources, in the form of the original release or as Parquet."""

from pathlib import Path

import polars as pl

from pluralign.errors import DataError
from pluralign.suite.data import read_csv, read_jsonl, read_parquet

JUDGED = {
    "source": pl.String,
    "group": pl.String,
    "form": pl.String,
    "situation": pl.String,
    "kind": pl.String,
    "text": pl.String,
    "relevant": pl.Boolean,
    "valence": pl.String,
}
VARIED = {
    "source": pl.String,
    "group": pl.String,
    "situation": pl.String,
    "options": pl.List(pl.String),
    "disagreement": pl.Float64,
}


def table(path: Path, *columns: str) -> pl.DataFrame:
    """A Parquet, CSV, TSV or JSON-lines file as a table.

    Args:
        columns: that must be there.

    Raises:
        DataError: the file is not readable, or a column is absent.
    """
    if path.suffix == ".parquet":
        found = read_parquet(path)
    elif ".jsonl" in path.suffixes:
        found = pl.DataFrame(list(read_jsonl(path)), infer_schema_length=None)
    else:
        found = read_csv(path, separator="\t" if path.suffix == ".tsv" else ",", infer_schema_length=None)
    if absent := [column for column in columns if column not in found.columns]:
        raise DataError(f"there is no column {absent[0]!r}", where=path, fix=f"Columns: {', '.join(found.columns)}.")
    return found


def words(column: str) -> pl.Expr:
    """The text of a column with single blanks and none around it; null where nothing is left."""
    line = pl.col(column).cast(pl.String).str.replace_all(r"\s+", " ").str.strip_chars()
    return pl.when(line != "").then(line)


def judged(frame: pl.DataFrame, source: str) -> pl.DataFrame:
    """The columns of a table of judged pairs; rows without a situation or a text are left out, repeated ones too."""
    known = frame.with_columns(source=pl.lit(source), situation=words("situation"), text=words("text"))
    chosen = known.select(pl.col(name).cast(kind) for name, kind in JUDGED.items())
    return chosen.drop_nulls(["situation", "text"]).unique(maintain_order=True)


def varied(frame: pl.DataFrame, source: str) -> pl.DataFrame:
    """The columns of a table of situations on which people differ; rows without either are left out."""
    known = frame.with_columns(source=pl.lit(source), situation=words("situation"))
    if "options" not in known.columns:
        known = known.with_columns(options=pl.lit([], dtype=pl.List(pl.String)))
    chosen = known.select(pl.col(name).cast(kind) for name, kind in VARIED.items())
    return chosen.drop_nulls(["situation", "disagreement"])
