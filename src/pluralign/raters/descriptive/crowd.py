"""What the crowd answers to each item, and how far a rater is from it on the same items.

The crowd of a rater is all training raters but this one: a rater's own answer is taken out of what it is compared
with, or raters in the training data would look more ordinary than new ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pluralign.raters.ratings import Ratings

_WEAKEST, _STRONGEST = 0.1, 1000.0


@dataclass(frozen=True)
class Told:
    """The ratings that profiles are read from, one profile after the other.

    Attributes:
        who: which profile each rating goes to, rising, shape (ratings,).
        rater, item, label: as in the ratings table.
        profiles: how many profiles there are.
    """

    who: np.ndarray
    rater: np.ndarray
    item: np.ndarray
    label: np.ndarray
    profiles: int

    @cached_property
    def starts(self) -> np.ndarray:
        """Where the ratings of each profile begin, and the last ones end, shape (profiles + 1,)."""
        return np.searchsorted(self.who, np.arange(self.profiles + 1))

    def sums(self, values: np.ndarray, among: np.ndarray | None = None) -> np.ndarray:
        """Sum by profile of a number per rating, over all ratings or a part of them (a mask), shape (profiles,)."""
        if among is not None:
            values = np.where(among, values, 0.0)
        return np.bincount(self.who, values, self.profiles)


def told(ratings: Ratings, rows: Sequence[np.ndarray]) -> Told:
    """Ratings by profile, from the row numbers of each profile's ratings."""
    kept = np.concatenate([np.zeros(0, np.int64), *rows]).astype(np.int64)
    who = np.repeat(np.arange(len(rows)), [len(some) for some in rows])
    return Told(who, ratings.rater[kept], ratings.item[kept], ratings.label[kept], len(rows))


def by_rater(ratings: Ratings, rows: np.ndarray) -> Told:
    """All ratings in some rows, as one profile for each rater among them."""
    kept = rows[np.argsort(ratings.rater[rows], kind="stable")]
    found, who = np.unique(ratings.rater[kept], return_inverse=True)
    return Told(who, ratings.rater[kept], ratings.item[kept], ratings.label[kept], len(found))


@dataclass(frozen=True)
class Score:
    """A number per outcome.

    Attributes:
        values: shape (outcomes,).
        strength: how many ratings of an item weigh as much as what is known from all other items.
    """

    values: np.ndarray
    strength: float


@dataclass(frozen=True)
class Compared:
    """Ratings and the crowd's answers to the same items, in numbers; each of shape (ratings,).

    Attributes:
        rater: score of the rating.
        crowd: mean score of the crowd on the item, shrunk toward the mean of all items.
        variance: of the crowd's scores on the item, shrunk alike.
    """

    rater: np.ndarray
    crowd: np.ndarray
    variance: np.ndarray

    @property
    def deviation(self) -> np.ndarray:
        """How much higher the rating is."""
        return self.rater - self.crowd


@dataclass(frozen=True)
class Crowd:
    """Counts of the answers to each item by training raters.

    Attributes:
        counts: shape (items, outcomes).
        keys: the training ratings as ``rater * items + item``, rising.
    """

    counts: np.ndarray
    keys: np.ndarray

    def score(self, values: np.ndarray) -> Score:
        """A score with its strength: its variance within items over that between them, from 0.1 to 1000.

        Both by the method of moments of the one-way random-effects model; 1 where no item has two ratings.
        """
        totals = self.counts.sum(axis=1)
        rated = totals > 0
        n, sums, squares = totals[rated], (self.counts @ values)[rated], (self.counts @ values**2)[rated]
        if (spare := n.sum() - len(n)) <= 0:
            return Score(values, 1.0)
        within = (squares - sums**2 / n).sum() / spare
        effective = n.sum() - (n**2).sum() / n.sum()
        scatter = (n * (sums / n - sums.sum() / n.sum()) ** 2).sum() - (len(n) - 1) * within
        between = scatter / max(effective, 1e-9)
        return Score(values, float(np.clip(within / max(between, 1e-12), _WEAKEST, _STRONGEST)))

    def compare(self, told: Told, score: Score) -> Compared:
        """Ratings beside the crowd's answers to the same items, the rater's own answer left out."""
        keys = told.rater.astype(np.int64) * len(self.counts) + told.item
        place = np.minimum(np.searchsorted(self.keys, keys), max(len(self.keys) - 1, 0))
        own = self.keys[place] == keys if len(self.keys) else np.zeros(len(keys), bool)
        totals = np.maximum(self.counts.sum(axis=1)[told.item] - own + score.strength, 1e-9)

        def mean(values: np.ndarray) -> np.ndarray:
            sums = self.counts @ values
            middle = sums.sum() / max(self.counts.sum(), 1.0)
            return (sums[told.item] - own * values[told.label] + score.strength * middle) / totals

        first = mean(score.values)
        return Compared(score.values[told.label], first, np.maximum(mean(score.values**2) - first**2, 0.0))


def crowd(ratings: Ratings, rows: np.ndarray) -> Crowd:
    """The crowd of the ratings in rows ``rows``."""
    item, label = ratings.item[rows].astype(np.int64), ratings.label[rows]
    size, outcomes = ratings.items.height, len(ratings.scale.outcomes)
    counts = np.bincount(item * outcomes + label, minlength=size * outcomes).reshape(size, outcomes)
    return Crowd(counts.astype(float), np.sort(ratings.rater[rows].astype(np.int64) * size + item))
