"""Can a simulated population tell on which items people will agree?

For an item, agreement is the chance that two of its raters give the same answer. It is observed as the share of pairs
of ratings that are alike, and predicted from profiles that were not written from that item: the mean over pairs of
profiles of the chance that their two distributions give the same answer (Sorensen et al. 2025, arXiv 2503.15484,
section on simulated populations). With few ratings per item the observed agreement is itself noisy, so correlations
come with the most that could be reached.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pluralign.errors import DataError
from pluralign.stats import Interval


@dataclass(frozen=True)
class Agreement:
    """Predicted against observed agreement.

    Attributes:
        items: one row per item: ``item``, ``ratings``, ``profiles`` (used), ``observed``, ``predicted``.
        pearson: correlation over items, with an interval by bootstrap over items.
        spearman: rank correlation, likewise.
        ceiling_split_half: the correlation that the true agreement of the items would reach with the observed one,
            from all halves of each item's ratings. NaN where fewer than three items have four ratings or all look
            alike, 0 where halves do not go together; with few items an estimate may exceed 1.
        ceiling_simulated: the correlation that the prediction would reach if it were exactly right: mean over
            populations drawn from the profiles themselves, with as many ratings per item as observed.
        few_ratings: items left out because they have too few ratings.
        few_profiles: items left out because fewer than two profiles were not written from them.
    """

    items: pl.DataFrame
    pearson: Interval
    spearman: Interval
    ceiling_split_half: float
    ceiling_simulated: float
    few_ratings: int
    few_profiles: int


def agreement(
    table: np.ndarray,
    counts: np.ndarray,
    written: np.ndarray,
    *,
    least: int = 4,
    draws: int = 1000,
    repeats: int = 100,
    level: float = 0.95,
    seed: int = 0,
) -> Agreement:
    """Compare the agreement that a population of profiles predicts with the one observed.

    Args:
        table: probabilities, shape (items, profiles, outcomes).
        counts: how many raters gave each answer to each item, shape (items, outcomes).
        written: True where a profile was written from ratings that include the item, shape (items, profiles).
        least: items with fewer ratings are left out.
        draws: bootstrap draws of items.
        repeats: simulated populations.
        level: coverage of the intervals.
        seed: where all of these come from.

    Raises:
        DataError: the shapes do not fit, or fewer than three items are left.
    """
    items, profiles, outcomes = table.shape
    if counts.shape != (items, outcomes) or written.shape != (items, profiles):
        raise DataError(f"shapes do not fit: table {table.shape}, counts {counts.shape}, written {written.shape}")
    rated = counts.sum(1) >= max(least, 2)
    usable = (~written).sum(1) >= 2
    keep = np.flatnonzero(rated & usable)
    if len(keep) < 3:
        raise DataError(
            f"only {len(keep)} items have {max(least, 2)} ratings and two profiles that were not written from them",
            fix="Lower the least number of ratings or give more profiles.",
        )
    rng = np.random.default_rng(seed)
    n, free = np.asarray(counts[keep], np.int64), ~written[keep]
    observed = pair_agreement(n)
    predicted = population_agreement(table[keep], free)
    frame = pl.DataFrame(
        {"item": keep, "ratings": n.sum(1), "profiles": free.sum(1), "observed": observed, "predicted": predicted}
    )
    simulated = [
        _pearson(predicted, pair_agreement(_population(table[keep], n.sum(1), free, rng))) for _ in range(repeats)
    ]
    return Agreement(
        frame,
        _interval(observed, predicted, draws, level, rng),
        _interval(_ranks(observed), _ranks(predicted), draws, level, rng),
        _split_half(n),
        float(np.nanmean(simulated)) if np.isfinite(simulated).any() else np.nan,
        int((~rated).sum()),
        int((rated & ~usable).sum()),
    )


def pair_agreement(counts: np.ndarray) -> np.ndarray:
    """Share of pairs of ratings that are alike, from counts of shape (..., outcomes); NaN for fewer than two ratings.

    It is the unbiased estimate of the sum of squared probabilities.
    """
    n = counts.sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (counts * (counts - 1)).sum(-1) / (n * (n - 1))


def population_agreement(table: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Chance that two different profiles give the same answer, shape (items,).

    The mean over pairs of the sum over answers of p_i p_j: with s the sum of all p of an item, it is
    (|s|^2 - sum of |p_i|^2) / (profiles (profiles - 1)).

    Args:
        table: probabilities, shape (items, profiles, outcomes).
        free: which profiles count for which item, shape (items, profiles).
    """
    p = np.where(free[..., None], table, 0).astype(float)
    number = free.sum(1)
    return ((p.sum(1) ** 2).sum(1) - (p**2).sum((1, 2))) / (number * (number - 1))


def _population(table: np.ndarray, ratings: np.ndarray, free: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Counts of answers when each item is rated by ``ratings`` profiles drawn at random, shape (items, outcomes).

    They are drawn without repetition, round after round where an item has more ratings than profiles.
    """
    items, _, outcomes = table.shape
    order = np.argsort(np.where(free, rng.random(free.shape), 2), 1)
    item = np.repeat(np.arange(items), ratings)
    place = np.arange(len(item)) - np.repeat(np.cumsum(ratings) - ratings, ratings)
    p = table[item, order[item, place % free.sum(1)[item]]].astype(float)
    steps = np.cumsum(p, 1)
    label = (rng.random((len(item), 1)) * steps[:, -1:] >= steps).sum(1)
    return np.bincount(item * outcomes + label, minlength=items * outcomes).reshape(items, outcomes)


def _split_half(counts: np.ndarray) -> float:
    """The correlation of the items' true agreement with the observed one: the square root of its reliability.

    Halves of an item's ratings err independently and without bias, so the covariance of their agreements over items is
    the variance of the true agreement; divided by the variance of the observed one it is the reliability. Over all
    ways to halve, the product of an item's two agreements is the share of pairs of disjoint pairs of ratings that are
    both alike, which counts give at once. No formula for longer tests is needed, which would not hold here, since
    pairs and not ratings are averaged.
    """
    counts = counts[counts.sum(1) >= 4].astype(float)
    observed, items = pair_agreement(counts), len(counts)
    if items < 3 or observed.var() < 1e-12:
        return np.nan
    n, pairs = counts.sum(1), counts * (counts - 1)
    both = pairs.sum(1) ** 2 - (pairs**2).sum(1) + (pairs * (counts - 2) * (counts - 3)).sum(1)
    product = (both / (n * (n - 1) * (n - 2) * (n - 3))).mean()
    apart = (observed.sum() ** 2 - (observed**2).sum()) / (items * (items - 1))
    return float(np.sqrt(max((product - apart) / observed.var(ddof=1), 0.0)))


def _interval(x: np.ndarray, y: np.ndarray, draws: int, level: float, rng: np.random.Generator) -> Interval:
    """Correlation with a percentile interval over items; no interval where a draw has no spread too often."""
    value = float(_pearson(x, y))
    chosen = rng.integers(len(x), size=(draws, len(x)))
    spread = _pearson(x[chosen], y[chosen])
    if not np.isfinite(value) or np.isnan(spread).mean() > 0.05:
        return Interval(value, None, None, len(x), len(x))
    low, high = np.nanquantile(spread, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high), len(x), len(x))


def _pearson(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Correlation along the last axis; NaN where a side has no spread."""
    x, y = x - x.mean(-1, keepdims=True), y - y.mean(-1, keepdims=True)
    scale = np.sqrt((x**2).sum(-1) * (y**2).sum(-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(scale > 1e-12, (x * y).sum(-1) / scale, np.nan)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks with ties at their mean."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]
