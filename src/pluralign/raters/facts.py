"""Columns that say something about raters, or about items, among those of a table of ratings."""

from collections.abc import Callable, Sequence

import polars as pl

from pluralign.errors import DataError

OWN_SHARE = 0.9
"""A text of which there are this many per rater is an identifier, not a fact."""
FEWEST_RATERS = 10
_WHO = "number of the rater or item"
_WITHHELD = (
    "data_expired",
    "consent_revoked",
    "prefer not to say",
    "prefer not to answer",
    "prefer not to disclose",
    "rather not say",
)


def sort_out(
    frame: pl.DataFrame,
    rater: pl.Series,
    item: pl.Series,
    attributes: Sequence[str] | None,
    where: Callable[[int, str], str],
) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """What is said about raters and about items, by columns of which some may say neither.

    Args:
        frame: text, one row per rating.
        rater: number of the rater of each row, from 0.
        item: number of the item of each row, from 0.
        attributes: the columns about raters; None takes those that never differ within a rater, unless they never
            differ within an item either and there are fewer items, all their values are the same, or they are texts of
            which nearly every rater has their own.
        where: names the place of a row and column, for errors.

    Returns:
        a row per rater; a row per item; the columns that are neither, each with the reason. Columns of numbers are
        numbers; what was withheld is null.

    Raises:
        DataError: one of ``attributes`` differs within a rater; names both rows.
    """
    people, things = _known(frame, rater), _known(frame, item)
    about_raters, about_items, unused = [], [], []
    for name in frame.columns:
        cells = frame[name]
        of_raters = _differences(cells, people[name], rater).is_empty()
        of_items = _differences(cells, things[name], item).is_empty()
        distinct = people[name].n_unique()
        if attributes is not None and name in attributes:
            if not of_raters:
                _refuse(cells, people[name], rater, name, where)
            about_raters.append(name)
        elif cells.n_unique() == 1:
            unused.append(f"{name} (the same everywhere)")
        elif attributes is None and of_raters and (not of_items or people.height <= things.height):
            own = people.height >= FEWEST_RATERS and distinct >= OWN_SHARE * people.height
            if own and not _are_numbers(people[name]):
                unused.append(f"{name} (nearly every rater has their own)")
            else:
                about_raters.append(name)
        elif of_items:
            about_items.append(name)
        else:
            unused.append(f"{name} (differs within raters and within items)")
    return _typed(people.select(about_raters)), _typed(things.select(about_items)), unused


def _known(frame: pl.DataFrame, who: pl.Series) -> pl.DataFrame:
    """The first value that is there, by number of the rater or item."""
    return frame.group_by(who.alias(_WHO)).agg(pl.all().drop_nulls().first()).sort(_WHO).drop(_WHO)


def _differences(cells: pl.Series, known: pl.Series, who: pl.Series) -> pl.Series:
    """Rows whose value is not the one that is known; those without a value differ from nothing."""
    return (cells != known.gather(who)).arg_true()


def _refuse(cells: pl.Series, known: pl.Series, rater: pl.Series, name: str, where: Callable[[int, str], str]) -> None:
    second = _differences(cells, known, rater)[0]
    first = ((rater == rater[second]) & cells.is_not_null()).arg_true()[0]
    what = f"one rater has two values of {name!r}: {cells[first]!r} and {cells[second]!r}"
    raise DataError(what, where=f"{where(first, name)}, and {where(second, name)}", fix="Mend one of them.")


def _are_numbers(cells: pl.Series) -> bool:
    """Whether all values are numbers; not with leading zeros, which codes have."""
    return (
        cells.null_count() < len(cells)
        and cells.cast(pl.Float64, strict=False).null_count() == cells.null_count()
        and not cells.str.contains(r"^0\d").any()
    )


def whole(numbers: pl.Series) -> bool:
    """Whether all floating-point numbers that are there are whole, and exact."""
    return bool(((numbers % 1 == 0) & (numbers.abs() <= 2**53)).all())


def _typed(facts: pl.DataFrame) -> pl.DataFrame:
    facts = facts.with_columns(
        pl.when(~pl.col(pl.String).str.to_lowercase().is_in(_WITHHELD)).then(pl.col(pl.String)).name.keep()
    )
    numbers = [pl.col(name).cast(pl.Float64) for name in facts.columns if _are_numbers(facts[name])]
    facts = facts.with_columns(numbers)
    wholes = [column.name for column in facts.iter_columns() if column.dtype == pl.Float64 and whole(column)]
    return facts.with_columns(pl.col(wholes).cast(pl.Int64))
