"""Groups of people by what is known about them: which columns of a table of answers say it, and who is in which."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from pluralign.errors import DataError
from pluralign.report.text import clean

MOST = 8
"""Different numbers up to which each is a group of its own."""
RANGES = 4
OWN_SHARE = 0.9
"""A text of which there are this many per person is an identifier, not a fact."""


def groups(
    cells: pl.DataFrame,
    person: pl.Series,
    situation: pl.Series,
    attributes: Sequence[str] | None,
    places: Sequence[str],
) -> tuple[pl.DataFrame, list[str]]:
    """The group of each person by each attribute.

    Numbers of more than ``MOST`` different values are put into ``RANGES`` ranges with about as many people each, named
    by the least and the greatest value that occurs. Texts are groups as they are.

    Args:
        cells: columns that may say something about people, as text, one row per answer.
        person: number of the person of each row, from 0.
        situation: of each row.
        attributes: the columns to use; None takes those that never differ within a person, unless they never differ
            within a situation either.
        places: of the rows, for errors.

    Returns:
        a row per person with a column of type Enum per attribute, its categories from low to high or from common to
        rare; and notes about the columns that are not used.

    Raises:
        DataError: one of ``attributes`` differs within a person; names both rows.
    """
    shared = pl.DataFrame({"s": situation, "p": person}).unique()["s"].is_duplicated().any()
    everybody = pl.DataFrame({"who": pl.int_range(person.n_unique(), eager=True)})
    known, unused = {}, []
    for name in cells.columns if attributes is None else attributes:
        facts = pl.DataFrame({"who": person, "fact": cells[name]}).drop_nulls()
        # Two rows of one person that differ, where there are.
        different = facts.filter(pl.col("fact").n_unique().over("who") > 1)
        shown = repr(clean(name, 60))
        if different.height:
            where = _differing(cells[name], person, int(different["who"][0]), places)
            if attributes is not None:
                raise DataError(f"one person has two values of {shown}", where=where, fix="Mend one of them.")
            unused.append(f"column {shown} not used: it differs within a person ({where})")
            continue
        own = facts.unique("who", maintain_order=True)
        values = everybody.join(own, on="who", how="left", maintain_order="left")["fact"]
        distinct = values.drop_nulls().n_unique()
        numbers = values.cast(pl.Float64, strict=False)
        numeric = distinct > 0 and numbers.null_count() == values.null_count() and numbers.is_finite().all()
        if distinct < 2:
            unused.append(f"column {shown} not used: it is the same for everybody")
        elif attributes is None and shared and not _differs(cells[name], situation):
            unused.append(f"column {shown} not used: it is the same for all who saw a situation")
        elif not numeric and distinct >= OWN_SHARE * len(values):
            unused.append(f"column {shown} not used: nearly everybody has a value of their own")
        else:
            known[name] = _ranges(numbers) if numeric else _texts(values)
    if not known:
        unused.append("no column says in which groups people are: rates are given for all people together")
    return pl.DataFrame(known), unused


def _differing(cells: pl.Series, person: pl.Series, who: int, places: Sequence[str]) -> str:
    rows = (person == who).arg_true()
    own = cells.gather(rows)
    first = int(own.is_not_null().arg_max() or 0)
    second = int((own != own[first]).arg_max() or 0)
    return f"{places[rows[first]]}, and {places[rows[second]]}"


def _differs(cells: pl.Series, situation: pl.Series) -> bool:
    facts = pl.DataFrame({"situation": situation, "fact": cells}).drop_nulls()
    return bool((facts.group_by("situation").agg(pl.col("fact").n_unique())["fact"] > 1).any())


def _texts(values: pl.Series) -> pl.Series:
    order = values.drop_nulls().value_counts(name="n").sort(["n", values.name], descending=[True, False])
    return values.cast(pl.Enum(order[values.name]))


def _ranges(numbers: pl.Series) -> pl.Series:
    known = numbers.drop_nulls().to_numpy()
    distinct, codes = np.unique(known, return_inverse=True)
    if len(distinct) > MOST:
        # An edge belongs to the range below it, so that no value is in two ranges.
        edges = np.quantile(known, np.arange(1, RANGES) / RANGES, method="inverted_cdf")
        codes = np.unique(np.searchsorted(edges, known), return_inverse=True)[1]
    names = [_range(known[codes == code]) for code in range(codes.max() + 1)]
    own = np.full(len(numbers), None, object)
    own[numbers.is_not_null().to_numpy()] = np.array(names, object)[codes]
    return pl.Series(own.tolist(), dtype=pl.Enum(names))


def _range(values: np.ndarray) -> str:
    low, high = f"{values.min():.15g}", f"{values.max():.15g}"
    return low if low == high else f"{low} to {high}" if low.startswith("-") else f"{low}–{high}"
