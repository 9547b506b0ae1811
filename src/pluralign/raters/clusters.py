"""Camps of raters, found through profiles: each cluster is one candidate profile that predicts its raters best.

Algorithm 2 of Sorensen et al. 2025 (arXiv 2503.15484), with the mean loss of a rater in place of the sum, and with
restarts. Raters need no item in common. The decoder is asked once for each item and candidate; all else is arithmetic
on a table of losses of shape (raters, candidates).
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from pluralign.errors import DataError, UsageError
from pluralign.raters.representation import Decoder, Representation
from pluralign.stats import mean_interval

FLOOR = 1e-9
"""The least probability that an answer is given, so that one impossible answer costs about 21 nats and not all."""

SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
"""Numbers of clusters that are tried unless others are asked for."""

_QUERIES_AT_ONCE = 20_000
_NUMBERS_AT_ONCE = 400_000


def probability_table(decoder: Decoder, items: np.ndarray, candidates: Sequence[Representation]) -> np.ndarray:
    """What every candidate would answer to every item: one query of the decoder for each pair.

    Args:
        items: numbers of the items, shape (items,).
        candidates: what is told of each candidate, usually a profile.

    Returns:
        shape (items, candidates, outcomes), float32.
    """
    told, step = list(candidates), max(_QUERIES_AT_ONCE // max(len(candidates), 1), 1)
    who = np.arange(len(told))
    blocks = []
    for start in range(0, len(items), step):
        some = items[start : start + step]
        answer = decoder.predict(np.repeat(some, len(told)), told, np.tile(who, len(some)))
        blocks.append(np.asarray(answer, np.float32).reshape(len(some), len(told), -1))
    return np.concatenate(blocks)


def answer_nats(table: np.ndarray) -> np.ndarray:
    """Loss of every answer to every item under every candidate.

    Args:
        table: probabilities, shape (items, candidates, outcomes).

    Returns:
        nats, shape (items * outcomes, candidates), float32.

    Raises:
        DataError: a number is no probability.
    """
    if not (table.min(initial=0) >= 0 and table.max(initial=0) <= 1 + 1e-4):
        raise DataError("the table of candidates' answers holds numbers that are no probabilities")
    nats = np.swapaxes(table, 1, 2).reshape(-1, table.shape[1]).astype(np.float32)
    np.clip(nats, FLOOR, 1, out=nats)
    return np.negative(np.log(nats, out=nats), out=nats)


def loss_matrix(table: np.ndarray, item: np.ndarray, label: np.ndarray, rater: np.ndarray, raters: int) -> np.ndarray:
    """Mean loss of every rater's ratings under every candidate.

    The ratings become one sparse matrix (raters x answers to items), which times the log-probabilities gives all sums;
    10 million ratings and 100 candidates need about half a gibibyte beside the result.

    Args:
        table: probabilities, shape (items, candidates, outcomes).
        item: row of ``table`` of each rating, shape (ratings,).
        label: outcome of each rating, shape (ratings,).
        rater: number of the rater of each rating, shape (ratings,).
        raters: how many raters there are.

    Returns:
        nats, shape (raters, candidates), float32; NaN for raters without a rating.

    Raises:
        DataError: the arrays of ratings differ in length, a number is out of range, or a probability is.
    """
    items, _, outcomes = table.shape
    if not len(item) == len(label) == len(rater):
        raise DataError(f"items, labels and raters differ in length: {len(item)}, {len(label)}, {len(rater)}")
    for name, values, size in (("item", item, items), ("label", label, outcomes), ("rater", rater, raters)):
        if len(values) and not 0 <= values.min() <= values.max() < size:
            raise DataError(f"a {name} lies outside 0..{size - 1}", where=f"{values.min()} to {values.max()}")
    nats = answer_nats(table)
    counts = np.bincount(rater, minlength=raters)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (1 / counts).astype(np.float32)
        places = np.asarray(item, np.int32) * np.int32(outcomes) + np.asarray(label, np.int32)
        ratings = csr_array((share[rater], (np.asarray(rater, np.int32), places)), (raters, items * outcomes))
        losses = ratings @ nats
    losses[counts == 0] = np.nan
    return losses


def even_halves(rater: np.ndarray, seed: int) -> np.ndarray:
    """A random half of every rater's ratings, shape (ratings,), bool; of an odd number the smaller half."""
    order = np.lexsort((np.random.default_rng(seed).random(len(rater)), rater))
    counts = np.bincount(rater)
    rank = np.arange(len(rater)) - np.repeat(np.cumsum(counts) - counts, counts)
    first = np.empty(len(rater), bool)
    first[order] = rank < np.repeat(counts // 2, counts)
    return first


class ProfileClusters(ClusterMixin, BaseEstimator):
    """Clusters of raters around candidates, by coordinate descent on the mean loss.

    One centre at a time is moved to the candidate that lowers the mean over raters of their smallest loss the most,
    the others held fixed, until no move of any centre helps: the objective never rises. The best of several starts
    counts; the first start takes candidates greedily, the others at random. No two centres are one candidate. A
    cluster may be empty, where no rater is better served by its centre, and of equally good candidates the first wins.
    Raters whose row is NaN (no rating) play no part and get the label -1.

    Args:
        n_clusters: number of clusters.
        n_init: number of starts.
        max_iter: most sweeps over all centres in one start.
        random_state: where the random starts come from.

    Attributes:
        n_features_in_: number of candidates.
        centers_: the candidates chosen, shape (n_clusters,), in rising order.
        labels_: cluster of each rater, shape (raters,): a place in ``centers_``, or -1.
        inertia_: mean over raters of their loss under their centre, in nats.
        n_iter_: sweeps of the best start.
        history_: the objective of the best start before its first sweep and after each, shape (n_iter_ + 1,).
    """

    def __init__(self, n_clusters: int = 4, *, n_init: int = 10, max_iter: int = 100, random_state: int = 0):
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: None = None) -> "ProfileClusters":
        """Find the clusters.

        Args:
            X: loss of each rater under each candidate, shape (raters, candidates), as :func:`loss_matrix` gives it.
            y: not used; here by convention.

        Raises:
            ValueError: X is not a table of numbers, or a loss is infinite.
            DataError: no rater has a rating, or a rater has losses under some candidates only.
            UsageError: there are fewer candidates than clusters, or less than one cluster, start or sweep.
        """
        losses, rated = self._rated(X, reset=True)
        candidates = losses.shape[1]
        if not rated.any():
            raise DataError("no rater has a rating to be clustered by")
        if not 1 <= self.n_clusters <= candidates:
            raise UsageError(
                f"cannot choose {self.n_clusters} clusters from {candidates} candidates",
                fix=f"Ask for 1 to {candidates} clusters.",
            )
        if self.n_init < 1 or self.max_iter < 1:
            raise UsageError("n_init and max_iter must be at least 1")
        rng = np.random.default_rng(self.random_state)
        kept = losses[rated]
        best = None
        for start in range(self.n_init):
            begin = rng.choice(candidates, self.n_clusters, replace=False) if start else _greedy(kept, self.n_clusters)
            found, history = _descend(kept, begin, self.max_iter)
            if best is None or history[-1] < best[1][-1]:
                best = found, history
            if self.n_clusters in (1, candidates):
                break  # a single move, or no move, finds the optimum from anywhere
        assert best is not None
        self.centers_ = np.sort(best[0])
        self.history_ = np.array(best[1])
        self.n_iter_ = len(self.history_) - 1
        self.inertia_ = float(self.history_[-1])
        self.labels_ = self.predict(X)
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The cluster of each rater, shape (raters,): the centre with the smallest loss, -1 where the row is NaN.

        Raises:
            ValueError: X is not a table of numbers, has another number of candidates, or a loss is infinite.
            DataError: a rater has losses under some candidates only.
        """
        check_is_fitted(self)
        losses, rated = self._rated(X, reset=False)
        return np.where(rated, losses[:, self.centers_].argmin(1), -1)

    def _rated(self, X: np.ndarray, *, reset: bool) -> tuple[np.ndarray, np.ndarray]:
        """The losses as float32 and which raters have any."""
        losses = validate_data(self, X, reset=reset, dtype=np.float32, ensure_all_finite="allow-nan")
        missing = np.isnan(losses)
        rated = ~missing.all(1)
        if missing[rated].any():
            raise DataError("a rater's losses are known for some candidates only")
        return losses, rated

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def told_loss(clusters: ProfileClusters, fit: np.ndarray, evaluate: np.ndarray) -> np.ndarray:
    """Loss of each rater in ``evaluate`` under the centre that ``fit`` assigns; NaN without a rating in either.

    Args:
        fit: losses in the ratings that may be told, shape (raters, candidates).
        evaluate: losses in the ratings to be predicted, the same shape.
    """
    labels = clusters.predict(fit)
    loss = evaluate[np.arange(len(labels)), clusters.centers_[labels]]
    return np.where(labels < 0, np.nan, loss)


def curve(
    train: np.ndarray,
    fit: np.ndarray,
    evaluate: np.ndarray,
    none: np.ndarray,
    counts: np.ndarray,
    sizes: Sequence[int] = SIZES,
    *,
    n_init: int = 10,
    random_state: int = 0,
) -> pl.DataFrame:
    """Information of the clusters against their number, on raters that were not clustered.

    How fast it levels off is a picture of how many dimensions the disagreement has.

    Args:
        train: losses of the training raters, shape (training raters, candidates).
        fit: losses of the test raters in the ratings that may be told, shape (raters, candidates).
        evaluate: losses of the test raters in the ratings to be predicted, the same shape.
        none: mean loss of each test rater in those ratings with nothing told, shape (raters,).
        counts: number of those ratings of each test rater, shape (raters,).
        sizes: numbers of clusters; those above the number of candidates are left out.

    Returns:
        one row per number: ``clusters``, ``nll_nats``, ``information_nats`` = mean over ratings of the loss with
        nothing told less that with the cluster, with ``_low`` and ``_high`` (95 %, clustered by rater), ``raters``
        (those with ratings in both parts).

    Raises:
        ValueError, DataError: as :meth:`ProfileClusters.predict` does.
    """
    rows = []
    for size in sorted({size for size in sizes if 1 <= size <= train.shape[1]}):
        clusters = ProfileClusters(size, n_init=n_init, random_state=random_state).fit(train)
        loss = told_loss(clusters, fit, evaluate)
        known = ~np.isnan(loss)
        gain = mean_interval((none - loss)[known], np.flatnonzero(known).tolist(), weights=counts[known])
        rows.append(
            {
                "clusters": size,
                "nll_nats": float(np.average(loss[known], weights=counts[known])),
                "information_nats": gain.value,
                "information_nats_low": gain.low,
                "information_nats_high": gain.high,
                "raters": int(known.sum()),
            }
        )
    return pl.DataFrame(rows)


def _objectives(losses: np.ndarray, cap: np.ndarray | None) -> np.ndarray:
    """For each candidate, the mean over raters of the smaller of its loss and ``cap``, in float64."""
    step = max(_NUMBERS_AT_ONCE // losses.shape[1], 1)
    total = np.zeros(losses.shape[1])
    for start in range(0, len(losses), step):
        block = losses[start : start + step]
        total += (block if cap is None else np.minimum(block, cap[start : start + step, None])).sum(
            0, dtype=np.float64
        )
    return total / len(losses)


def _greedy(losses: np.ndarray, count: int) -> np.ndarray:
    """Candidates taken one by one, each the one that lowers the objective most."""
    taken: list[int] = []
    cap = None
    for _ in range(count):
        objectives = _objectives(losses, cap)
        objectives[taken] = np.inf
        taken.append(int(objectives.argmin()))
        cap = losses[:, taken[-1]] if cap is None else np.minimum(cap, losses[:, taken[-1]])
    return np.array(taken)


def _descend(losses: np.ndarray, centers: np.ndarray, sweeps: int) -> tuple[np.ndarray, list[float]]:
    """Coordinate descent from ``centers``: the centres found, and the objective at the start and after each sweep."""
    centers = centers.copy()
    chosen = losses[:, centers]
    history = [float(chosen.min(1).mean(dtype=np.float64))]
    still = 0
    while still < len(centers) and len(history) <= sweeps:
        for c in range(len(centers)):
            others = np.delete(centers, c)
            objectives = _objectives(losses, np.delete(chosen, c, 1).min(1) if len(others) else None)
            current = objectives[centers[c]]
            objectives[others] = np.inf
            move = int(objectives.argmin())
            # Sums of float32 differ in their last places: a move that gains less would only chase the rounding.
            still = 0 if objectives[move] < current * (1 - 1e-9) else still + 1
            if still == 0:
                centers[c] = move
                chosen[:, c] = losses[:, move]
            if still == len(centers):
                break
        history.append(float(chosen.min(1).mean(dtype=np.float64)))
    return centers, history
