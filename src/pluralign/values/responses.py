"""What people answered about considerations that were listed for situations, from a table of one's own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pluralign.errors import DataError, UsageError
from pluralign.report.text import clean
from pluralign.suite import sheet
from pluralign.values.consideration import kind_of
from pluralign.values.situation import situation
from pluralign.values.study_groups import groups

COLUMNS = ("person", "situation", "kind", "text", "agree", "missing")
"""All needed; ``missing_text`` may be there too."""

_TEXT = "missing_text"
_YES, _NO = ("yes", "y", "true", "1", "1.0"), ("no", "n", "false", "0", "0.0")
_BLANK = re.compile(r"(?i)n/?a|nan|null|<na>|none")


@dataclass(frozen=True)
class Responses:
    """Answers of people. People are numbered from 0 in the order of the file; their ids are not kept.

    Attributes:
        name: of the file.
        count: of people.
        agreed: ``person, situation, kind, text, value``, one row per consideration that a person judged.
        missed: ``person, situation, value``, one row per situation for which a person said whether their view is
            missing.
        people: a row per person and a column per attribute, of type Enum, with the group that the person belongs to;
            null where that is not known.
        views: ``person, situation, text, row``, what people wrote is missing, and the row of the file.
        notes: what was left out or not used.
    """

    name: str
    count: int
    agreed: pl.DataFrame
    missed: pl.DataFrame
    people: pl.DataFrame
    views: pl.DataFrame
    notes: tuple[str, ...]


def read(path: Path | str, attributes: Sequence[str] | None = None) -> Responses:
    """Read a table with a row per person, situation and consideration.

    Args:
        path: CSV, TSV, JSON lines or Parquet with the ``COLUMNS``. ``agree`` and ``missing`` are yes or no (also true,
            false, 1, 0). ``missing`` belongs to a person and a situation, and may stand on any of their rows. Empty
            cells and NA are unanswered.
        attributes: columns that say something about people; None takes each further column that never differs within
            a person.

    Raises:
        DataError: the file is absent or unreadable, lacks a column, has an answer that is neither yes nor no, two
            answers that contradict each other, an attribute that differs within a person, or fewer than two people;
            names the rows.
        UsageError: a situation is far too long or holds no words, or ``attributes`` names one of ``COLUMNS``.
    """
    path = Path(path)
    cells, places = _cells(path)
    _columns_there((*COLUMNS, *(attributes or ())), cells, path)
    if wrong := {*COLUMNS, _TEXT}.intersection(attributes or ()):
        raise UsageError(f"{min(wrong)!r} says nothing about people", fix="Name columns that do.")
    notes = []
    there = cells["person"].is_not_null() & cells["situation"].is_not_null()
    if left_out := int((~there).sum()):
        notes.append(f"{_counted(left_out, 'row')} without person or situation left out")
    cells, places = cells.filter(there), [place for place, kept in zip(places, there, strict=True) if kept]
    cells = _checked(cells, places)
    rows = pl.DataFrame(
        {
            "at": pl.int_range(cells.height, eager=True),
            "person": _numbered(cells["person"]),
            "situation": cells["situation"],
            "kind": cells["kind"],
            "text": cells["text"],
            "agree": _yes_or_no(cells["agree"], places),
            "missing": _yes_or_no(cells["missing"], places),
            "wrote": cells[_TEXT] if _TEXT in cells.columns else pl.Series([None] * cells.height, dtype=pl.String),
        }
    )
    count = rows["person"].n_unique()
    if count < 2:
        what = "all answers are by one person" if count else "no row has a person and a situation"
        raise DataError(what, where=path, fix="A study needs answers of several people.")
    agreed, said = _agreed(rows, places)
    missed, views, more = _missed(rows, places)
    if not agreed.height and not missed.height:
        raise DataError("nobody answered anything: agree and missing are empty", where=path)
    free = cells.drop(*COLUMNS, _TEXT, strict=False)
    told, unused = groups(free, rows["person"], rows["situation"], attributes, places)
    return Responses(path.name, count, agreed, missed, told, views, (*notes, *said, *more, *unused))


def _cells(path: Path) -> tuple[pl.DataFrame, list[str]]:
    """All cells as text without blanks around it, and the place of each row."""
    if not path.is_file():
        raise DataError("there is no such file", where=path, fix=f"Give a table with columns {', '.join(COLUMNS)}.")
    try:
        separator = None
        names = sheet.header(path)
        if len(names) == 1 and (marks := [mark for mark in ";\t|" if mark in names[0]]):
            separator = marks[0]
            names = sheet.header(path, separator=separator)
        read = list(sheet.rows(path, names, separator=separator))
    except DataError as error:
        if "settings" in (error.fix or ""):  # which only tasks have
            raise DataError(error.what, where=error.where, fix="Save the file as UTF-8.") from None
        raise
    texts = [[None if value is None else str(value) for value in row] for _, row in read]
    frame = pl.DataFrame(texts, schema=dict.fromkeys(names, pl.String), orient="row")
    blank = pl.all().str.contains(rf"^(?:{_BLANK.pattern})$").fill_null(True)
    return frame.select(pl.when(~blank).then(pl.all()).name.keep()), [place for place, _ in read]


def _columns_there(wanted: Sequence[str], cells: pl.DataFrame, path: Path) -> None:
    for name in wanted:
        if name not in cells.columns:
            raise DataError(f"there is no column {name!r}", where=path, fix=sheet.nearest(name, cells.columns))


def _checked(cells: pl.DataFrame, places: Sequence[str]) -> pl.DataFrame:
    """Situations and considerations on one line, kinds spelled as the vocabulary has them."""

    def first(column: str, value: str) -> str:
        return f"{places[int((cells[column] == value).arg_max() or 0)]}, column {column!r}"

    spelled: dict[str, pl.Series] = {}
    for column, spell in (("situation", situation), ("kind", kind_of), ("text", lambda text, _: clean(text))):
        distinct = cells[column].drop_nulls().unique(maintain_order=True)
        new = [spell(value, first(column, value)) for value in distinct]
        spelled[column] = cells[column].replace_strict(distinct, pl.Series(new, dtype=pl.String), default=None)
    return cells.with_columns(**spelled)


def _numbered(ids: pl.Series) -> pl.Series:
    distinct = ids.unique(maintain_order=True)
    return ids.replace_strict(distinct, pl.int_range(len(distinct), eager=True), return_dtype=pl.Int64)


def _yes_or_no(answers: pl.Series, places: Sequence[str]) -> pl.Series:
    lower = answers.str.to_lowercase()
    yes, no = lower.is_in(_YES), lower.is_in(_NO)
    if len(wrong := (answers.is_not_null() & ~yes & ~no).arg_true()):
        at = wrong[0]
        more = f"; {len(wrong):,} such answers in all" if len(wrong) > 1 else ""
        place = f"{places[at]}, column {answers.name!r}"
        raise DataError(f"{clean(answers[at], 40)!r} is neither yes nor no{more}", where=place, fix="Write yes or no.")
    return yes


def _agreed(rows: pl.DataFrame, places: Sequence[str]) -> tuple[pl.DataFrame, list[str]]:
    nameless = rows.filter(pl.col("agree").is_not_null() & pl.any_horizontal(pl.col("kind", "text").is_null()))
    if nameless.height:
        what = "an answer to a consideration whose kind or text is empty"
        raise DataError(what, where=places[nameless["at"][0]], fix="Say what the person agreed with.")
    key = ["person", "situation", "kind", "text"]
    answered = rows.filter(pl.col("agree").is_not_null())
    _refuse_two(answered, key, "agree", places, "one person agrees and disagrees with one consideration")
    once = answered.unique(key, keep="first", maintain_order=True)
    notes = []
    if unanswered := rows.filter(pl.col("agree").is_null() & pl.col("text").is_not_null()).height:
        notes.append(f"{_counted(unanswered, 'consideration')} without an answer left out")
    if again := answered.height - once.height:
        notes.append(f"{_counted(again, 'repeated answer')} left out")
    return once.select(*key, value=pl.col("agree").cast(pl.Float64)), notes


def _missed(rows: pl.DataFrame, places: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    key = ["person", "situation"]
    answered = rows.filter(pl.col("missing").is_not_null())
    what = "one person says both that their view of one situation is missing and that it is not"
    _refuse_two(answered, key, "missing", places, what)
    once = answered.unique(key, keep="first", maintain_order=True)
    notes = []
    if unanswered := rows.unique(key).height - once.height:
        what = _counted(unanswered, "time")
        notes.append(f"{what} a person did not say whether their view of a situation is missing: left out")
    texts = rows.filter(pl.col("wrote").is_not_null()).unique([*key, "wrote"], keep="first", maintain_order=True)
    views = texts.join(once.filter(pl.col("missing")).select(key), on=key, how="semi", maintain_order="left")
    if unclaimed := texts.height - views.height:
        notes.append(f"{_counted(unclaimed, 'text')} by people who did not say that their view is missing left out")
    numbers = pl.Series([int(places[at].rpartition(" ")[2]) for at in views["at"]], dtype=pl.Int64)
    views = views.select(*key, text=pl.col("wrote"), row=numbers)
    return once.select(*key, value=pl.col("missing").cast(pl.Float64)), views, notes


def _refuse_two(rows: pl.DataFrame, key: Sequence[str], answer: str, places: Sequence[str], what: str) -> None:
    both = rows.filter(pl.col(answer).n_unique().over(key) > 1)
    if both.height:
        own = both.join(both.head(1).select(key), on=key, how="semi", maintain_order="left")
        first, second = own.unique(answer, keep="first", maintain_order=True)["at"]
        raise DataError(what, where=f"{places[first]}, and {places[second]}", fix="Keep one of the answers.")


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
