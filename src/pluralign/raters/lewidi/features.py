"""What a stacked system reads about a pair, in groups that an ablation can leave out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from pluralign.raters.lewidi.data import LewidiSet
from pluralign.raters.lewidi.pairs import Pairs

Group = Literal["base", "examples", "demographics", "text", "tuned", "facts"]
_MOST_CODES = 250


@dataclass(frozen=True)
class Feature:
    """One thing that is known about each pair.

    Attributes:
        name: what it is.
        group: what it is known from.
        values: a number per pair, shape (pairs,), or one per pair and bit, shape (pairs, bits); NaN where not known.
        codes: whether the numbers stand for categories.
    """

    name: str
    group: Group
    values: np.ndarray
    codes: bool = False


def demographics(data: LewidiSet, pairs: Pairs) -> list[Feature]:
    """What is known of the rater: numbers as numbers, all else as categories."""
    return [
        Feature(name, "demographics", values[pairs.rater], codes)
        for name, values, codes in (_column(data.train.raters, name) for name in data.train.attributes)
    ]


def facts(data: LewidiSet, pairs: Pairs) -> list[Feature]:
    """What is known of the item besides its texts: each fact, and how many people rate the item."""
    found = [_column(data.train.items, name) for name in data.facts]
    crowd = np.bincount(pairs.item)
    return [
        *(Feature(name, "facts", values[pairs.item], codes) for name, values, codes in found),
        Feature("raters of the item", "facts", crowd[pairs.item].astype(float)),
    ]


def by_channel(name: str, group: Group, values: np.ndarray, pairs: Pairs) -> list[Feature]:
    """A number per pair and channel: that of each bit's channel and, where there are several channels, all of them."""
    own = Feature(name, group, values[:, pairs.channel])
    rest = [Feature(f"{name} {c}", group, values[:, c]) for c in range(pairs.channels) if pairs.channels > 1]
    return [own, *rest]


def of_items(names: Sequence[str], group: Group, values: np.ndarray, pairs: Pairs) -> list[Feature]:
    """Numbers per item, shape (items, numbers), for the pairs."""
    return [Feature(name, group, values[pairs.item, place]) for place, name in enumerate(names)]


def _column(table: pl.DataFrame, name: str) -> tuple[str, np.ndarray, bool]:
    """Name, values and whether they are codes; rare values beyond the most that a tree can take share one code."""
    column = table[name]
    numbers = column.cast(pl.Float64, strict=False)
    if numbers.null_count() == column.null_count() and column.n_unique() > 12:
        return name, numbers.to_numpy(), False
    common = column.drop_nulls().value_counts(sort=True)[name].to_list()[:_MOST_CODES]
    code = {value: float(place) for place, value in enumerate(common)}
    values = [np.nan if value is None else code.get(value, float(len(code))) for value in column.to_list()]
    return name, np.array(values), True
