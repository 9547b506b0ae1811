"""How many camps there are: clusters that predict raters who were not clustered, with few raters in between."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl

from pluralign.errors import DataError
from pluralign.raters.bimodality import bimodality
from pluralign.raters.clusters import SIZES, ProfileClusters, answer_nats, even_halves, loss_matrix, told_loss

_SURE = 0.9


@dataclass(frozen=True)
class Choice:
    """How many clusters the raters fall into.

    Attributes:
        camps: the number of clusters with few raters in between; 1 where there are none.
        parts: the number that held-out raters ask for, even if they differ by degree only; at least ``camps``.
        curve: one row per number tried: ``clusters``; ``nll_nats``, the held-out mean over raters, with its standard
            error ``nll_error``; ``split_nats``, what raters gain from being told apart further than by the number
            before that stands, with ``split_error``; ``stands``, whether that gain is real (true for one cluster);
            ``bimodality``, the least of any two of the clusters, null where it was not needed; ``apart``, whether all
            of them have few raters in between.
        raters: how many raters it was chosen on.
        left_out: raters with fewer than two ratings, which cannot be held out.
    """

    camps: int
    parts: int
    curve: pl.DataFrame
    raters: int
    left_out: int


def choose(
    table: np.ndarray,
    item: np.ndarray,
    label: np.ndarray,
    rater: np.ndarray,
    raters: int,
    sizes: Sequence[int] = SIZES,
    *,
    folds: int = 5,
    n_init: int = 4,
    random_state: int = 0,
) -> Choice:
    """The number of camps, chosen on raters that were not clustered.

    Centres come from the raters of the other folds. A held-out rater is assigned by one half of the ratings and
    predicted on the other, both ways round. More centres may predict better by the luck of their choice alone, without
    any camps. So a number stands only where its assignment says more than that of the number before that stands: where
    the rater's own centre predicts better, by three standard errors, than one drawn as the raters of the same coarser
    cluster are spread over the finer ones. Of those that stand, the smallest wins whose loss is within one standard
    error of the best one's (Breiman et al. 1984, Classification and Regression Trees, 3.4.3). These are the parts.

    Habits such as severity, in which people differ by degree, can be cut into any number of parts that each predict
    better than one. Camps are chosen in the same way, but not above the number of parts, and only where any two of
    them have fewer raters in between than evenly spread raters would have
    (:func:`pluralign.raters.bimodality.bimodality` of the difference of a rating's losses under the two centres, in
    nine of ten bootstrap draws). Telling this takes some twenty ratings per rater; with fewer, camps may go unseen.
    Where raters rated different items, clusters may tell groups of items apart as well as camps.

    Args:
        table: probabilities, shape (items, candidates, outcomes).
        item: row of ``table`` of each rating, shape (ratings,).
        label: outcome of each rating, shape (ratings,).
        rater: number of the rater of each rating, shape (ratings,).
        raters: how many raters there are.
        sizes: numbers of clusters to try, beside one; those above the number of candidates are left out.
        folds: number of folds of raters.
        n_init: starts for each number and fold.
        random_state: where halves, folds and starts come from.

    Raises:
        DataError: as in :func:`pluralign.raters.clusters.loss_matrix`, or there are fewer raters with two ratings than
            folds.
    """
    half = even_halves(rater, random_state)
    first, second = (loss_matrix(table, item[part], label[part], rater[part], raters) for part in (half, ~half))
    usable = ~(np.isnan(first[:, 0]) | np.isnan(second[:, 0]))
    if usable.sum() < folds:
        raise DataError(f"{int(usable.sum())} raters with two or more ratings are too few for {folds} folds")
    sizes = sorted({1, *(size for size in sizes if 1 < size <= table.shape[1])})
    first, second = first[usable], second[usable]
    both = (first + second) / 2
    fold = np.random.default_rng(random_state).permutation(len(both)) % folds

    def clusters(size: int, losses: np.ndarray) -> ProfileClusters:
        return ProfileClusters(size, n_init=n_init, random_state=random_state).fit(losses)

    found = [[clusters(size, both[fold != part]) for part in range(folds)] for size in sizes]
    parts = [(fold == part, fit, evaluate) for part in range(folds) for fit, evaluate in _ways(first, second)]
    held = np.zeros((len(both), len(sizes)))
    for k, (out, fit, evaluate) in enumerate(parts):
        held[out] += np.stack([told_loss(one[k // 2], fit[out], evaluate[out]) / 2 for one in found], 1)
    stands, splits = [0], [(0.0, 0.0)]
    for k in range(1, len(sizes)):
        gain = np.zeros(len(both))
        for number, (out, fit, evaluate) in enumerate(parts):
            coarse, fine = found[stands[-1]][number // 2], found[k][number // 2]
            gain[out] += _gain(coarse, fine, fit[out], evaluate[out]) / 2
        splits.append(_mean_error(gain))
        if splits[-1][0] > 3 * splits[-1][1]:
            stands.append(k)
    nats = [_mean_error(held[:, k]) for k in range(len(sizes))]
    answers = _Answers(table, item, label, np.where(usable, np.cumsum(usable) - 1, -1)[rater], half)
    gaps = [
        answers.between(clusters(sizes[k], both), first, second) if k in stands[1:] else (None, k == 0)
        for k in range(len(sizes))
    ]
    curve = pl.DataFrame(
        [(size, *nats[k], *splits[k], k in stands, *gaps[k]) for k, size in enumerate(sizes)],
        schema={
            "clusters": pl.Int64,
            "nll_nats": pl.Float64,
            "nll_error": pl.Float64,
            "split_nats": pl.Float64,
            "split_error": pl.Float64,
            "stands": pl.Boolean,
            "bimodality": pl.Float64,
            "apart": pl.Boolean,
        },
        orient="row",
    )
    standing = curve.filter("stands")
    asked = _smallest(standing)
    camps = _smallest(standing.filter("apart", pl.col("clusters") <= asked))
    return Choice(camps, asked, curve, len(both), int((~usable).sum()))


class _Answers:
    """Ratings by the raters that count, and what each of them speaks for."""

    def __init__(self, table: np.ndarray, item: np.ndarray, label: np.ndarray, rater: np.ndarray, half: np.ndarray):
        """``rater`` is negative for raters that do not count, ``half`` says which ratings are in the first half."""
        self.table, self.nats = table, answer_nats(table)
        rows = rater >= 0
        self.place = (np.asarray(item, np.int32) * np.int32(table.shape[2]) + np.asarray(label, np.int32))[rows]
        self.rater, self.half = rater[rows], half[rows]

    def between(self, clusters: ProfileClusters, first: np.ndarray, second: np.ndarray) -> tuple[float, bool]:
        """The least bimodality of any two clusters, and whether all have few raters in between.

        A rater is assigned by the losses of one half and looked at in the other, both ways round: the ratings that
        put a rater at the one end would make a gap by their noise alone.
        """
        raters = len(first)
        other = np.where(self.half, clusters.predict(second)[self.rater], clusters.predict(first)[self.rater])
        rows = [np.flatnonzero(other == cluster) for cluster in range(len(clusters.centers_))]
        unit = self.rater + raters * self.half
        found = []
        for one, two in combinations(range(len(rows)), 2):
            here = np.concatenate([rows[one], rows[two]])
            speaks = self._speaks(clusters.centers_[one], clusters.centers_[two])
            found.append(bimodality(speaks[self.place[here]], unit[here]))
        value, sure = np.array(found).T
        return float(np.fmin.reduce(value)), bool((sure >= _SURE).all())

    def _speaks(self, one: int, two: int) -> np.ndarray:
        """How far each answer to each item speaks for the second of two candidates, shape (items * outcomes,).

        Less what is to be expected where both are as likely: items then add no noise by what they ask.
        """
        nats = (self.nats[:, one] - self.nats[:, two]).reshape(len(self.table), -1)
        middle = (self.table[:, one] + self.table[:, two]) / 2
        return (nats - (middle * nats).sum(1, keepdims=True)).ravel()


def _ways(first: np.ndarray, second: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    return (first, second), (second, first)


def _gain(coarse: ProfileClusters, fine: ProfileClusters, fit: np.ndarray, evaluate: np.ndarray) -> np.ndarray:
    """What each rater gains from the own fine cluster over one drawn as raters of the same coarse one are spread."""
    before, own = coarse.predict(fit), fine.predict(fit)
    spread = np.zeros((len(coarse.centers_), len(fine.centers_)))
    np.add.at(spread, (before, own), 1)
    loss = evaluate[:, fine.centers_]
    drawn = (spread[before] * loss).sum(1) / spread[before].sum(1)
    return drawn - loss[np.arange(len(own)), own]


def _mean_error(values: np.ndarray) -> tuple[float, float]:
    """The mean and its standard error."""
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def _smallest(curve: pl.DataFrame) -> int:
    """The smallest number whose loss is within one standard error of the least."""
    best = curve.sort("nll_nats").row(0, named=True)
    near = curve.filter(pl.col("nll_nats") <= best["nll_nats"] + best["nll_error"])
    return min(near["clusters"].to_list())
