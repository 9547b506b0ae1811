"""What a grouping of raters tells about their ratings: demographic fields, clusters and random groups alike.

The predictor is the same for all and has no model: each group's own distribution of answers to an item, drawn toward
that of all raters. With counts n over the training ratings, labels y, items i and groups g,

    p(y)     = (n_y + 1) / (n + outcomes)
    p(y|i)   = (n_iy + b p(y)) / (n_i + b)
    p(y|i,g) = (n_giy + a p(y|i)) / (n_gi + a)

where b and a are the values of ``STRENGTHS`` that predict best when every rating is predicted from those of others (a
may be infinite: the group is of no use). The information of a grouping is the mean of log p(y|i,g) - log p(y|i).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from pluralign.errors import DataError
from pluralign.raters.ratings import Ratings
from pluralign.stats import Interval, mean_interval

STRENGTHS = (*(2.0**k for k in range(-2, 11)), np.inf)
"""Numbers of pseudo-ratings that the wider distribution counts for."""


@dataclass(frozen=True)
class GroupInformation:
    """What one grouping tells.

    Attributes:
        information_nats: mean over the ratings to be predicted, with a 95 % interval clustered by rater.
        nll_nats: mean loss with the groups.
        baseline_nats: mean loss with the items' distributions alone.
        strength: the a that was chosen.
        groups: number of groups among the training raters.
        smallest: training raters in the smallest of them.
        unknown: share of the ratings to be predicted whose rater's group is not known (they gain nothing).
    """

    information_nats: Interval
    nll_nats: float
    baseline_nats: float
    strength: float
    groups: int
    smallest: int
    unknown: float


def group_information(
    ratings: Ratings, train: np.ndarray, evaluate: np.ndarray, group: np.ndarray, *, tune: np.ndarray | None = None
) -> GroupInformation:
    """Information of a grouping of raters about their ratings.

    Args:
        ratings: the ratings.
        train: rows to count.
        evaluate: rows to predict, none of them in ``train``.
        group: group of each rater of ``ratings.raters``, shape (raters,), whole numbers; negative where not known.
            A test rater's group must not come from the rows in ``evaluate``.
        tune: rows of ``train`` on which a and b are chosen, each predicted from the other rows of ``train``; None
            takes all. Where groups come from ratings (clusters), give rows that did not assign their rater: ratings
            that did would make groups look sharper than they are.

    Raises:
        DataError: ``group`` has not one entry per rater, rows to predict are also counted or none are given, or rows
            to tune on are not counted.
    """
    return _Counts(ratings, train, evaluate, train if tune is None else tune).information(group)


def compare(
    ratings: Ratings,
    train: np.ndarray,
    evaluate: np.ndarray,
    groupings: Mapping[str, np.ndarray],
    *,
    tune: np.ndarray | None = None,
    repeats: int = 50,
    seed: int = 0,
) -> pl.DataFrame:
    """Every grouping beside random ones of the same sizes.

    Random groups are the grouping itself with the raters dealt anew, training raters and others apart, so that they
    have the same number, sizes and unknown members. They show what a grouping of this shape gives by chance.

    Args:
        ratings, train, evaluate, tune: as in :func:`group_information`.
        groupings: for each name, the group of each rater.
        repeats: number of random groupings for each.
        seed: where they come from.

    Returns:
        one row per grouping: ``grouping``, ``groups``, ``smallest``, ``unknown``, ``nll_nats``, ``information_nats``
        with ``_low`` and ``_high``, ``random_nats`` (mean of the random groups) and ``random_nats_high`` (their 97.5th
        percentile), ``p`` = (1 + random groupings at least as informative) / (1 + repeats).

    Raises:
        DataError: as in :func:`group_information`.
    """
    counts = _Counts(ratings, train, evaluate, train if tune is None else tune)
    rng = np.random.default_rng(seed)
    trained = np.zeros(ratings.raters.height, bool)
    trained[ratings.rater[train]] = True
    rows = []
    for name, group in groupings.items():
        found = counts.information(group)
        chance = np.empty(repeats)
        for k in range(repeats):
            dealt = np.array(group)
            for part in (trained, ~trained):
                dealt[part] = rng.permutation(dealt[part])
            chance[k] = found.baseline_nats - counts.losses(dealt)[0].mean()
        value = found.information_nats
        rows.append(
            {
                "grouping": name,
                "groups": found.groups,
                "smallest": found.smallest,
                "unknown": found.unknown,
                "nll_nats": found.nll_nats,
                "information_nats": value.value,
                "information_nats_low": value.low,
                "information_nats_high": value.high,
                "random_nats": float(chance.mean()),
                "random_nats_high": float(np.quantile(chance, 0.975)),
                "p": float((1 + (chance >= value.value).sum()) / (1 + repeats)),
            }
        )
    return pl.DataFrame(rows)


class _Counts:
    """What all groupings of one split share: the counts of all raters and the chosen b."""

    def __init__(self, ratings: Ratings, train: np.ndarray, evaluate: np.ndarray, tune: np.ndarray):
        if np.isin(evaluate, train).any() or not len(evaluate):
            raise DataError("rows to predict are also counted, or there are none")
        if not np.isin(tune, train).all():
            raise DataError("rows to tune on must be among those that are counted")
        self.ratings, self.train, self.evaluate, self.tune = ratings, train, evaluate, tune
        self.outcomes, items = len(ratings.scale.outcomes), ratings.items.height
        self.cell = ratings.item.astype(np.int64) * self.outcomes + ratings.label
        self.item_label = np.bincount(self.cell[train], minlength=items * self.outcomes).reshape(items, self.outcomes)
        self.label = np.bincount(ratings.label[train], minlength=self.outcomes)
        # Every rating is predicted from the others: its own count is taken out first.
        own, held = np.ones(len(tune)), np.zeros(len(evaluate))
        tuned = [self._item(tune, own, b) for b in STRENGTHS]
        b = int(np.argmax([np.log(p).mean() for p in tuned])) if len(tune) else len(STRENGTHS) - 1
        self.tuned, self.base = tuned[b], self._item(evaluate, held, STRENGTHS[b])

    def _item(self, rows: np.ndarray, own: np.ndarray, b: float) -> np.ndarray:
        item, label = self.ratings.item[rows], self.ratings.label[rows]
        overall = (self.label[label] - own + 1) / (self.label.sum() - own + self.outcomes)
        return _shrunk(self.item_label[item, label] - own, self.item_label.sum(1)[item] - own, b, overall)

    def losses(self, group: np.ndarray) -> tuple[np.ndarray, float]:
        """Loss of each rating to be predicted, given the groups, and the a that was chosen."""
        raters = self.ratings.raters.height
        if np.shape(group) != (raters,):
            raise DataError(f"a grouping needs one group per rater: {np.shape(group)} for {raters} raters")
        _, code = np.unique(group, return_inverse=True)
        # Keys of (group, item) and (group, item, label); only those that occur in training get a count.
        pair = code[self.ratings.rater] * self.ratings.items.height + self.ratings.item
        answer = pair * self.outcomes + self.ratings.label
        whole, part = _Tally(pair[self.train]), _Tally(answer[self.train])
        a = np.inf
        if len(self.tune):
            known, base = self._known(group, self.tune), self.tuned
            here, total = part(answer[self.tune])[known] - 1, whole(pair[self.tune])[known] - 1
            fits = [np.log(_shrunk(here, total, a, base[known])).sum() for a in STRENGTHS]
            # Of equally good strengths the strongest: a grouping is believed only as far as it helps.
            a = STRENGTHS[::-1][int(np.argmax(fits[::-1]))]
        rows = self.evaluate
        told = _shrunk(part(answer[rows]), whole(pair[rows]), a, self.base)
        return -np.log(np.where(self._known(group, rows), told, self.base)), a

    def information(self, group: np.ndarray) -> GroupInformation:
        loss, a = self.losses(group)
        names, members = np.unique(np.asarray(group)[np.unique(self.ratings.rater[self.train])], return_counts=True)
        members = members[names >= 0]
        return GroupInformation(
            mean_interval(-np.log(self.base) - loss, self.ratings.rater[self.evaluate].tolist()),
            float(loss.mean()),
            float(-np.log(self.base).mean()),
            a,
            len(members),
            int(members.min()) if len(members) else 0,
            float(1 - self._known(group, self.evaluate).mean()),
        )

    def _known(self, group: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return np.asarray(group)[self.ratings.rater[rows]] >= 0


class _Tally:
    """How often each key occurs; 0 for keys that do not."""

    def __init__(self, keys: np.ndarray):
        self.keys, self.counts = np.unique(keys, return_counts=True)

    def __call__(self, keys: np.ndarray) -> np.ndarray:
        if not len(self.keys):
            return np.zeros(len(keys), int)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, self.counts[at], 0)


def _shrunk(count: np.ndarray, total: np.ndarray, strength: float, toward: np.ndarray) -> np.ndarray:
    """(count + strength * toward) / (total + strength), which is ``toward`` at infinite strength."""
    return toward if np.isinf(strength) else (count + strength * toward) / (total + strength)
