"""Ratings from a table of one's own: one row per rating, in a file or a data frame."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import polars as pl

from pluralign.errors import DataError
from pluralign.raters import polis
from pluralign.raters.columns import guess, require
from pluralign.raters.facts import sort_out, whole
from pluralign.raters.labels import place
from pluralign.raters.ratings import Ratings
from pluralign.raters.reading import Note, Reading
from pluralign.raters.scale import Kind
from pluralign.raters.source import Source, load

MISSING = r"^(?i:n/?a|nan|null|<na>|)$"
"""Cells that hold no value, whatever the column."""


def read(
    source: Path | str | Any,
    *,
    rater: str | None = None,
    item: str | None = None,
    label: str | None = None,
    text: str | Sequence[str] = (),
    attributes: Sequence[str] | None = None,
    reason: str | None = None,
    scale: Kind | None = None,
    labels: Sequence[str] | None = None,
    question: str | None = None,
    name: str | None = None,
    duplicates: Literal["error", "last"] = "error",
) -> Reading:
    """Read ratings; whatever is left out or changed is counted in the notes.

    Empty cells and NA, NaN and null are missing. Rows without rater, item or label are left out; so are repetitions of
    the same rating.

    Args:
        source: a file or a data frame (:func:`pluralign.raters.source.load`), or the folder of a Polis export
            (:mod:`pluralign.raters.polis`), whose columns are known.
        rater: column of rater ids; None takes one with a usual name, as for the columns below.
        item: column of item ids. Where there is none, items are told apart by their text.
        label: column of labels; in JSON lines and Parquet also of lists of labels.
        text: column or columns of what the raters saw; several are put on lines ``name: value``. Where there is none,
            the item's id is its text.
        attributes: columns of facts about the rater. None takes each further column that never differs within a rater,
            unless all its values are the same or nearly every rater has a text of their own there.
        reason: column of free-text reasons for the label.
        scale: kind of the scale; None finds it out (:func:`pluralign.raters.labels.place`).
        labels: all labels from low to high; None takes those that occur.
        question: what the raters were asked; None makes one from the name of the label's column.
        name: of the data set; None takes that of the file.
        duplicates: what to do where a rater gave an item different labels: ``last`` keeps the last one.

    Returns:
        ratings in the order of the source, raters and items in order of first appearance. Columns that are neither and
        never differ within an item are with the items.

    Raises:
        DataError: a column is absent or cannot be guessed, the table is unreadable, a label is none of those listed, a
            fact differs within a rater, or the text within an item; names row and column.
    """
    if isinstance(source, str | Path) and Path(source).is_dir():
        found, asked, notes = polis.votes(Path(source))
        reading = read(
            found,
            rater="participant",
            item="comment",
            label="vote",
            text="statement",
            labels=labels or tuple(polis.VOTES.values()),
            scale=scale or "nominal",
            question=question or asked,
            name=name or Path(source).resolve().name,
        )
        return replace(reading, notes=(*notes, *reading.notes))
    table = load(source)
    columns = _columns(table, rater, item, label, (text,) if isinstance(text, str) else tuple(text), reason)
    for column in attributes or ():
        require("attribute", column, table.frame.columns, table.path)
    rows, notes = _rows(table, columns)
    scale_found, codes, changed = place(
        rows["label"],
        kind=scale,
        labels=labels,
        where=lambda row: table.place(rows["row"][row], columns.label),
    )
    rows = rows.with_columns(codes.alias("label"))
    raters = rows.select("rater").unique(maintain_order=True)
    # The text may be missing in the first row of an item.
    items = rows.group_by("item", maintain_order=True).agg(pl.col("text").drop_nulls().first())
    rows = _numbered(_numbered(rows, raters, "rater"), items, "item")
    _same_text(rows, items, table, columns)
    rows, repeated = _once(rows.drop("text"), table, columns, duplicates)
    notes += [*changed, *repeated]
    # The columns that are nothing yet, in the rows that are left.
    free = [name for name in table.frame.columns if name not in columns.used]
    people, things, unused = sort_out(
        table.frame.select(_clean(table.frame, name).gather(rows["row"]) for name in free),
        rows["rater"],
        rows["item"],
        attributes,
        lambda row, column: table.place(rows["row"][row], column),
    )
    # Columns of these names hold what Ratings says they hold.
    people = people.rename({"rater": "rater column"}, strict=False)
    things = things.rename({"item": "item column", "text": "text column"}, strict=False)
    if unused:
        notes.append(Note("columns not used", len(unused), ", ".join(unused)))
    if alone := rows.group_by("rater").len().filter(pl.col("len") == 1).height:
        notes.append(Note("raters with a single rating, kept", alone))
    ratings = Ratings(
        name=name or table.name,
        question=question or f"Which {columns.label} does this get?",
        scale=scale_found,
        table=rows.select("rater", "item", "label", *(["reason"] if columns.reason else [])),
        raters=raters.with_columns(people),
        items=items.with_columns(pl.col("text").fill_null(pl.col("item"))).with_columns(things),
    )
    told = [("rater attribute", name) for name in people.columns]
    told += [("item attribute", name) for name in things.columns]
    return Reading(ratings, tuple(notes), (*columns.roles, *told))


@dataclass(frozen=True)
class _Columns:
    """Which column is what; no item means that items are told apart by their text."""

    rater: str
    item: str | None
    label: str
    text: tuple[str, ...]
    reason: str | None
    used: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        named = (self.rater, self.item, self.label, *self.text, self.reason)
        object.__setattr__(self, "used", tuple(dict.fromkeys(name for name in named if name)))

    @property
    def roles(self) -> tuple[tuple[str, str], ...]:
        pairs = [("rater", self.rater), ("item", self.item), *(("text", name) for name in self.text)]
        return tuple((r, c) for r, c in [*pairs, ("label", self.label), ("reason", self.reason)] if c)


def _columns(
    table: Source, rater: str | None, item: str | None, label: str | None, text: tuple[str, ...], reason: str | None
) -> _Columns:
    """Columns that were asked for, and guesses among the others."""
    columns = table.frame.columns
    asked = {rater, item, label, reason, *text} - {None}
    free = [name for name in columns if name not in asked]

    def find(role: str, name: str | None) -> str:
        return require(role, name, columns if name else free, table.path)

    item = find("item", item) if item else guess("item", free)
    texts = tuple(find("text", name) for name in text)
    # An item that is a text itself needs no other: a column of such a name beside it is somebody's remark.
    if not texts and not (item and guess("text", [item])) and (found := guess("text", free)):
        texts = (found,)
    if not texts and not item:
        find("item", None)
    reason = find("reason", reason) if reason else guess("reason", free)
    return _Columns(find("rater", rater), item, find("label", label), texts, reason)


def _rows(table: Source, columns: _Columns) -> tuple[pl.DataFrame, list[Note]]:
    """The rows that have a rater, an item and a label: their number, these as text, text of the item, and reason."""
    frame = table.frame
    texts = [_clean(frame, name) for name in columns.text]
    lines = [pl.lit(f"{name}: ") + text for name, text in zip(columns.text, texts, strict=True)]
    joined = texts[0] if len(texts) == 1 else pl.concat_str(lines, separator="\n", ignore_nulls=True)
    item = _clean(frame, columns.item) if columns.item else joined
    rows = frame.lazy().select(
        pl.int_range(pl.len()).alias("row"),
        _clean(frame, columns.rater).alias("rater"),
        item.alias("item"),
        (joined if texts else item).alias("text"),
        _clean(frame, columns.label).alias("label"),
        (_clean(frame, columns.reason) if columns.reason else pl.lit(None, pl.String)).alias("reason"),
    )
    rows = rows.with_columns(pl.when(pl.col("item", "text") != "").then(pl.col("item", "text"))).collect()
    notes = []
    blank = pl.all_horizontal(pl.col("rater", "item", "label").is_null())
    for what, absent in (
        ("blank rows left out", blank),
        ("rows without a rater left out", pl.col("rater").is_null()),
        ("rows without an item left out", pl.col("item").is_null()),
        ("rows without a label left out", pl.col("label").is_null()),
    ):
        kept = rows.filter(~absent)
        if kept.height < rows.height:
            notes.append(Note(what, rows.height - kept.height))
        rows = kept
    if not rows.height:
        raise DataError("no row has a rater, an item and a label", where=table.path, fix="Are these the columns?")
    return rows, notes


def _clean(frame: pl.DataFrame, name: str) -> pl.Expr:
    """A column as text: without space around it, whole numbers without a fraction, lists joined by bars."""
    column, kind = pl.col(name), frame.schema[name]
    if isinstance(kind, pl.List):
        cells = column.list.eval(pl.element().cast(pl.String)).list.join("|")
    elif kind.is_float() and whole(frame[name]):
        cells = column.cast(pl.Int64).cast(pl.String)
    elif kind.is_nested():
        cells = column.struct.json_encode() if isinstance(kind, pl.Struct) else pl.lit(None, pl.String)
    else:
        cells = column.cast(pl.String).str.strip_chars()
    return pl.when(~cells.str.contains(MISSING)).then(cells).alias(name)


def _once(rows: pl.DataFrame, table: Source, columns: _Columns, duplicates: str) -> tuple[pl.DataFrame, list[Note]]:
    """At most one row per rater and item."""
    several = rows.select(pl.col("rater").cast(pl.Int64) * (pl.col("item").max() + 1) + pl.col("item")).to_series()
    several = rows.filter(several.is_duplicated())
    again = several.filter(pl.struct("rater", "item", "label").is_first_distinct().not_())
    several = several.join(again, on="row", how="anti", maintain_order="left")
    earlier = several.filter(pl.struct("rater", "item").is_last_distinct().not_())
    if earlier.height and duplicates == "error":
        one = earlier.row(0, named=True)
        both = several.filter(pl.col("rater") == one["rater"], pl.col("item") == one["item"])["row"]
        raise DataError(
            f"two labels by one rater for one item; {earlier.height:,} such cases in all",
            where=f"{table.place(both[0], columns.label)}, and {table.place(both[1])}",
            fix="Keep one of them, or say that the last one counts (duplicates: last).",
        )
    notes = [
        Note(what, left_out.height)
        for left_out, what in (
            (again, "repetitions of the same rating left out"),
            (earlier, "earlier labels by a rater who labelled an item anew, left out"),
        )
        if left_out.height
    ]
    return rows.filter(~pl.col("row").is_in(pl.concat([again["row"], earlier["row"]]).implode())), notes


def _numbered(rows: pl.DataFrame, known: pl.DataFrame, column: str) -> pl.DataFrame:
    """The rows with ids replaced by their row in ``known``."""
    numbers = known.select(column, number=pl.int_range(pl.len(), dtype=pl.Int32))
    return (
        rows.join(numbers, on=column, how="left", maintain_order="left")
        .with_columns(pl.col("number").alias(column))
        .drop("number")
    )


def _same_text(rows: pl.DataFrame, items: pl.DataFrame, table: Source, columns: _Columns) -> None:
    differs = (rows["text"] != items["text"][rows["item"]]).arg_true()
    if len(differs):
        row = differs[0]
        first = rows.filter(pl.col("item") == rows["item"][row])["row"][0]
        raise DataError(
            "one item has two texts",
            where=f"{table.place(first)}, and {table.place(rows['row'][row])}",
            fix=f"Mend the column {columns.item!r}, or take the text for the item.",
        )
