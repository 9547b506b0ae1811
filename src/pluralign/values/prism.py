"""ValuePrism's tables: situations with the values, rights and duties that bear on them, read and written.

Every configuration of ``allenai/ValuePrism`` is read as a user downloads it: ``full`` (one split, a row per
consideration) and ``mixture``, ``generative``, ``relevance``, ``valence`` and ``explanation`` (train, val, test), CSV
or Parquet. The columns of the task configurations are nowhere documented, so a row may say what it holds in any of
these ways:

* the columns of ``full``: ``situation``, ``vrd`` (Value, Right, Duty), ``text``, ``valence`` (Supports, Opposes,
  Either), ``explanation``. Without ``vrd`` the kind is read off a text like "Right: Right to privacy", else off its
  first words: "Right to", "Duty to", and whatever begins otherwise is a value;
* ``relevant``, ``relevance`` or ``label`` (Yes, No) for relevance;
* ready-made texts in ``input`` and ``output`` as Kaleido's model card writes them: ``[Relevance]:``, tab,
  ``Situation: …``, tab, ``Value: Health``; the output is Yes or No, a valence, an explanation, or "Value: Health".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pluralign.errors import DataError, UsageError
from pluralign.runs import write_atomically
from pluralign.suite.tables import read_texts
from pluralign.values.consideration import KINDS, VALENCES, Consideration, Pair

CONFIGURATIONS = ("full", "mixture", "generative", "relevance", "valence", "explanation")
SPLITS = ("train", "val", "test")
COLUMNS = ("situation", "vrd", "text", "valence", "explanation")
"""Of the configuration ``full``, in its order."""

WHOLE = "all"
"""The split of a file whose path names none."""

_SPELLINGS = {"validation": "val", "dev": "val"} | {name: name for name in SPLITS}
_RELEVANT = ("relevant", "relevance", "label")
_INPUT = (
    r"(?s)^\[(?<task>\w+)\]:\s*(?:Situation|Action):\s*(?<situation>[^\t]*?)\s*(?:\t\s*(?<vrd>\w+):\s*(?<text>.*))?$"
)
_TASKS = {"generate": "generative"} | {name: name for name in CONFIGURATIONS[2:]}
_SCHEMA = {
    **{"file": pl.String, "row": pl.UInt32, "split": pl.String, "task": pl.String, "situation": pl.String},
    **{"kind": pl.String, "text": pl.String, "relevant": pl.Boolean, "valence": pl.String, "explanation": pl.String},
}


@dataclass(frozen=True)
class Prism:
    """What was read.

    Attributes:
        rows: ``file``, ``row`` (in it; a CSV header is row 1), ``split``, ``task`` (the configuration, in a mixture
            that of the row), ``situation``, ``kind``, ``text``, and as far as given ``relevant``, ``valence`` (both
            kind and valence in small letters) and ``explanation``.
        dropped: rows left out because the situation, the kind or the text is empty.
        overlaps: ``situation`` (normalised by :func:`plain`) and ``splits``, of each that is in several splits.
    """

    rows: pl.DataFrame
    dropped: int
    overlaps: pl.DataFrame

    def by_situation(self) -> dict[str, tuple[Consideration, ...]]:
        """The considerations of each situation, without repetition, in the order of the file.

        Those that are marked as not relevant are left out.
        """
        known = self.rows.filter(pl.col("relevant").fill_null(True))
        # A mixture tells the valence of a consideration in one row and the explanation in another.
        each = known.group_by("situation", "kind", "text", maintain_order=True)
        told = each.agg(pl.col("valence", "explanation").drop_nulls().first())
        found: dict[str, list[Consideration]] = {}
        for situation, kind, text, valence, explanation in told.iter_rows():
            found.setdefault(situation, []).append(Consideration(kind, text, valence, explanation or ""))
        return {situation: tuple(own) for situation, own in found.items()}

    def relevance(self) -> tuple[list[Pair], np.ndarray]:
        """Pairs that are marked as relevant or not, and which are, shape (pairs,), bool."""
        return self._labelled(pl.col("relevant"))

    def valence(self) -> tuple[list[Pair], np.ndarray]:
        """Pairs with a valence, and its number in ``VALENCES``, shape (pairs,), int."""
        return self._labelled(pl.col("valence").replace_strict(VALENCES, range(len(VALENCES)), default=None))

    def _labelled(self, label: pl.Expr) -> tuple[list[Pair], np.ndarray]:
        own = self.rows.select("situation", "kind", "text", label=label).drop_nulls()
        pairs = [Pair(*row) for row in own.select("situation", "kind", "text").iter_rows()]
        return pairs, own["label"].to_numpy()


def read(path: Path, configuration: str = "full", splits: Sequence[str] | None = None) -> Prism:
    """Read a configuration.

    Args:
        path: the folder of the download, the folder of one configuration in it, or a file.
        configuration: one of ``CONFIGURATIONS``.
        splits: which of its splits; None for all.

    Raises:
        UsageError: there is no such configuration or split.
        DataError: there is no such file, it cannot be read or lacks a column, or a cell is no kind, valence or label;
            names file, row and column.
    """
    if configuration not in CONFIGURATIONS:
        raise UsageError(f"ValuePrism has no configuration {configuration!r}", fix=f"Use {', '.join(CONFIGURATIONS)}.")
    if splits is not None and (wrong := [name for name in splits if name not in SPLITS]):
        raise UsageError(f"ValuePrism has no split {wrong[0]!r}", fix=f"Use {', '.join(SPLITS)}.")
    path = Path(path)
    files = [(file, _split(file, path)) for file in _files(path, configuration)]
    files = [(file, split) for file, split in files if splits is None or split in splits]
    if not files:
        raise DataError(f"no CSV or Parquet file of {configuration}, {splits or 'any split'}", where=path, fix=_FETCH)
    tables, dropped = [], 0
    for file, split in files:
        table = _table(file, configuration).with_columns(file=pl.lit(str(file)), split=pl.lit(split))
        needed = pl.all_horizontal(pl.col("situation", "kind", "text").is_not_null())
        kept = table.filter(needed)
        dropped += table.height - kept.height
        tables.append(kept.select(pl.col(name).cast(kind) for name, kind in _SCHEMA.items()))
    rows = pl.concat(tables)
    return Prism(rows, dropped, overlaps(rows))


def overlaps(rows: pl.DataFrame) -> pl.DataFrame:
    """Situations that are in several splits once they are normalised: ``situation``, ``splits``.

    Args:
        rows: with columns ``situation`` and ``split``.
    """
    normal = rows.select("split", situation=plain(pl.col("situation")))
    shared = normal.group_by("situation").agg(splits=pl.col("split").unique().sort())
    return shared.filter(pl.col("splits").list.len() > 1).sort("situation")


def plain(text: pl.Expr) -> pl.Expr:
    """Texts in small letters, with one blank in place of all that is neither letter nor digit."""
    return text.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()


def export(path: Path, rows: pl.DataFrame) -> None:
    """Write considerations as a CSV file in the schema of ``full``.

    Args:
        rows: ``situation``, ``kind``, ``text``, ``valence``, ``explanation``; other columns, such as those of
            provenance, follow after these as they are.

    Raises:
        RunError: the file cannot be written.
    """
    cased = [pl.col(name).str.to_titlecase() for name in ("kind", "valence")]
    table = rows.with_columns(cased).rename({"kind": "vrd"})
    others = [name for name in table.columns if name not in COLUMNS]
    write_atomically(path, table.select(*COLUMNS, *others).write_csv().encode())


_FETCH = "Download allenai/ValuePrism from the hub again, after accepting its terms there."


def _files(path: Path, configuration: str) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise DataError("there is no such file or folder", where=path, fix=_FETCH)
    folder = path / configuration
    inside = folder.rglob("*") if folder.is_dir() else path.iterdir()
    return sorted(file for file in inside if file.suffix in (".csv", ".parquet"))


def _split(file: Path, root: Path) -> str:
    """The split that the file's name or that of a folder between it and ``root`` begins with."""
    parts = file.relative_to(root).parts if root.is_dir() else (file.name,)
    for part in reversed(parts):
        word = part.lower().replace("_", "-").replace(".", "-").split("-")
        named = [_SPELLINGS[name] for name in word if name in _SPELLINGS]
        if named:
            return named[0]
    return WHOLE


def _table(file: Path, configuration: str) -> pl.DataFrame:
    """The rows of one file with the columns of ``_SCHEMA`` except ``file`` and ``split``; what is absent is null."""
    optional = [*COLUMNS, *_RELEVANT, "input", "output"]
    table = read_texts(file, (), optional=optional)
    ready = "input" in table.columns and "situation" not in table.columns
    if ready:
        table = _written(table, file)
    if lacking := [name for name in ("situation", "text") if name not in table.columns]:
        raise DataError(f"column {lacking[0]!r} is absent", where=file, fix=_FETCH)
    if "vrd" not in table.columns:
        table = _named(table)
    marked = next((name for name in _RELEVANT if name in table.columns), None)
    table = table.with_columns(
        _lower("vrd").alias("kind"),
        _lower("valence" if "valence" in table.columns else None).alias("valence"),
        _lower(marked).replace_strict(_MARKS, default=None, return_dtype=pl.Boolean).alias("relevant"),
        (pl.col("explanation") if "explanation" in table.columns else pl.lit(None, pl.String)).alias("explanation"),
        (pl.col("task") if "task" in table.columns else pl.lit(configuration)).alias("task"),
        (pl.col(marked) if marked else pl.lit(None, pl.String)).alias("marked"),
    )
    bad = {
        "vrd": pl.col("kind").is_not_null() & ~pl.col("kind").is_in(KINDS),
        "valence": pl.col("valence").is_not_null() & ~pl.col("valence").is_in(VALENCES),
        "marked": pl.col("marked").is_not_null() & pl.col("relevant").is_null(),
    }
    for column, wrong in bad.items():
        if (found := table.filter(wrong)).height:
            name = "output" if ready and column != "vrd" else marked if column == "marked" else column
            cell = found[column][0]
            place = f"{file}, row {found['row'][0]}, column {name!r}"
            raise DataError(f"{cell[:40]!r} is not {_EXPECTED[column]}", where=place, fix=_FETCH)
    return table


_MARKS = {"yes": True, "no": False, "1": True, "0": False, "true": True, "false": False}
_EXPECTED = {"vrd": "Value, Right or Duty", "valence": "Supports, Opposes or Either", "marked": "Yes or No"}


def _lower(column: str | None) -> pl.Expr:
    return pl.lit(None, pl.String) if column is None else pl.col(column).str.to_lowercase()


def _written(table: pl.DataFrame, file: Path) -> pl.DataFrame:
    """Columns from ready-made inputs and outputs."""
    parts = table.with_columns(pl.col("input").str.extract_groups(_INPUT).alias("parts")).unnest("parts")
    task = pl.col("task").str.to_lowercase().replace_strict(_TASKS, default=None)
    parts = parts.with_columns(task.alias("task"))
    if (odd := parts.filter(pl.col("input").is_not_null() & pl.col("task").is_null())).height:
        place = f"{file}, row {odd['row'][0]}, column 'input'"
        fix = "It begins with [Generate]:, [Relevance]:, [Valence]: or [Explanation]:, a tab, and Situation: …"
        raise DataError(f"not an input of ValuePrism: {odd['input'][0][:40]!r}", where=place, fix=fix)
    output = pl.col("output") if "output" in table.columns else pl.lit(None, pl.String)
    listed = output.str.extract_groups(r"(?s)^(\w+):\s*(.*)$")
    generated = pl.col("task") == "generative"
    return parts.select(
        "row",
        "task",
        pl.when(pl.col("situation") != "").then("situation").alias("situation"),
        pl.when(generated).then(listed.struct.field("1")).otherwise("vrd").alias("vrd"),
        pl.when(generated).then(listed.struct.field("2")).otherwise("text").alias("text"),
        pl.when(pl.col("task") == "relevance").then(output).alias("relevant"),
        pl.when(pl.col("task") == "valence").then(output).alias("valence"),
        pl.when(pl.col("task") == "explanation").then(output).alias("explanation"),
    )


def _named(table: pl.DataFrame) -> pl.DataFrame:
    """The kind of each text where no column says it."""
    prefixed = pl.col("text").str.extract_groups(r"(?is)^(value|right|duty):\s*(.*)$")
    opening = pl.col("text").str.extract(r"(?i)^(right|duty)\s+(?:to|of|not to)\s")
    spelled = prefixed.struct.field("1")
    kind = pl.coalesce(spelled, opening, pl.when(pl.col("text").is_not_null()).then(pl.lit("value")))
    return table.with_columns(kind.alias("vrd"), pl.coalesce(prefixed.struct.field("2"), "text").alias("text"))
