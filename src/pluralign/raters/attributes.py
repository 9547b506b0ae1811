"""What is known of raters: as groups, and as facts that can be told."""

from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np
import polars as pl

from pluralign.errors import UsageError
from pluralign.raters.ratings import Ratings

OTHER = "other"
UNKNOWN = "not known"


def groups(ratings: Ratings, field: str, most: int = 8) -> pl.Series:
    """The group of each rater by one attribute.

    Numbers of more than ``most`` different values are put into ranges with about as many raters each, named by the
    least and the greatest value that occurs ("25–34"). Of more than ``most`` different texts, the rarest are pooled
    into "other". Raters of whom it is not known are a group of their own.

    Args:
        most: at most this many groups, not counting "not known".

    Returns:
        name of the group by rater, shape (raters,), of type Enum; its categories are the groups that have raters:
        numbers from low to high, texts from common to rare, then "other", then "not known".

    Raises:
        UsageError: there is no such attribute.
    """
    values = ratings.raters[checked(ratings, (field,))[0]]
    names, order = _ranges(values, most) if values.dtype.is_numeric() else _commonest(values, most)
    order += [UNKNOWN] if names.null_count() else []
    return names.fill_null(UNKNOWN).cast(pl.Enum(order)).alias(field)


def facts(
    ratings: Ratings, raters: Sequence[int] | np.ndarray, fields: Sequence[str] | None = None
) -> list[tuple[tuple[str, str], ...]]:
    """What is known of raters, as names and values in words; what is not known is left out.

    Args:
        raters: their numbers.
        fields: a bundle of attributes; None takes all.

    Raises:
        UsageError: there is no such attribute.
    """
    names = ratings.attributes if fields is None else checked(ratings, fields)
    if not names:
        return [()] * len(raters)
    told = ratings.raters.select(pl.col(names).gather(pl.Series(raters, dtype=pl.Int64)).cast(pl.String))
    return [
        tuple((name, value) for name, value in zip(names, row, strict=True) if value is not None)
        for row in told.iter_rows()
    ]


def checked(ratings: Ratings, fields: Sequence[str]) -> tuple[str, ...]:
    """The attributes that a bundle names.

    Raises:
        UsageError: one of them is not known of the raters; names the nearest.
    """
    for field in fields:
        if field not in ratings.attributes:
            near = get_close_matches(field, ratings.attributes, n=2)
            fix = (
                f"Did you mean {' or '.join(near)}?"
                if near
                else f"There are {', '.join(ratings.attributes) or 'none'}."
            )
            raise UsageError(f"raters have no attribute {field!r}", where=ratings.name, fix=fix)
    return tuple(fields)


def _ranges(values: pl.Series, most: int) -> tuple[pl.Series, list[str]]:
    known = values.drop_nulls().to_numpy()
    distinct, codes = np.unique(known, return_inverse=True)
    if len(distinct) > most:
        # An edge belongs to the range below it, so that no value is in two ranges.
        edges = np.quantile(known, np.arange(1, most) / most, method="inverted_cdf")
        codes = np.unique(np.searchsorted(edges, known), return_inverse=True)[1]
    order = [_range(known[codes == code]) for code in range(codes.max(initial=-1) + 1)]
    names = np.full(len(values), None, object)
    names[values.is_not_null().to_numpy()] = np.array(order, object)[codes]
    return pl.Series(names.tolist(), dtype=pl.String), order


def _range(values: np.ndarray) -> str:
    low, high = f"{values.min():.15g}", f"{values.max():.15g}"
    if low == high:
        return low
    return f"{low} to {high}" if low.startswith("-") else f"{low}–{high}"


def _commonest(values: pl.Series, most: int) -> tuple[pl.Series, list[str]]:
    values = values.cast(pl.String)
    counts = values.drop_nulls().value_counts(name="n").sort(-pl.col("n").cast(pl.Int64), values.name)
    order = [value for value in counts[values.name] if value.casefold() != OTHER]
    pooled = len(order) < counts.height or len(order) > most
    order = order[: most - 1] if pooled else order
    names = pl.select(
        pl.when(values.is_null() | values.is_in(pl.Series(order, dtype=pl.String).implode()))
        .then(values)
        .otherwise(pl.lit(OTHER))
    )
    return names.to_series(), [*order, OTHER] if pooled else order
