"""How far the strengths of a judge agree with what people said, with intervals over clusters."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import stdtrit
from scipy.stats import rankdata

from pluralign.stats import Interval


def best_threshold(values: np.ndarray, truth: np.ndarray) -> float:
    """The strength between two observed ones at which balanced accuracy is highest; the lowest of several.

    Balanced, because labels of one kind may be rare: accuracy would then be best where nothing counts as covered.
    """
    seen = np.unique(values)
    cuts = np.concatenate([seen[:1], (seen[1:] + seen[:-1]) / 2])
    yes, no = np.sort(values[truth]), np.sort(values[~truth])
    hits = 1 - np.searchsorted(yes, cuts, side="left") / len(yes)
    rejections = np.searchsorted(no, cuts, side="left") / len(no)
    return float(cuts[np.argmax(hits + rejections)])


def auroc(values: np.ndarray, truth: np.ndarray) -> float:
    """The Mann-Whitney statistic over its largest value; ties count one half."""
    yes, no = int(truth.sum()), int((~truth).sum())
    return float((rankdata(values)[truth].sum() - yes * (yes + 1) / 2) / (yes * no)) if yes and no else np.nan


def kappa(said: np.ndarray, truth: np.ndarray) -> float:
    chance = said.mean() * truth.mean() + (1 - said.mean()) * (1 - truth.mean())
    return float(((said == truth).mean() - chance) / (1 - chance)) if chance < 1 else np.nan


def spearman(values: np.ndarray, ratings: np.ndarray) -> float:
    constant = np.ptp(values) == 0 or np.ptp(ratings) == 0
    return np.nan if constant else float(np.corrcoef(rankdata(values), rankdata(ratings))[0, 1])


def jackknife(figure: Callable[[np.ndarray], float], clusters: Sequence[str], lowest: float) -> Interval:
    """A figure of the rows given by their numbers, with its delete-one-cluster jackknife interval within lowest..1.

    The standard error is sqrt((G-1)/G * sum of squared deviations of the G leave-one-out values from their mean), the
    quantile that of t with G-1 degrees of freedom (Efron and Tibshirani 1993, "An introduction to the bootstrap",
    chapter 11). No interval where a cluster cannot be left out.
    """
    names, numbers = np.unique(clusters, return_inverse=True)
    value, count = figure(np.arange(len(clusters))), len(names)
    left = (
        np.array([figure(np.flatnonzero(numbers != index)) for index in range(count)]) if count > 1 else np.array([])
    )
    if count < 2 or np.isnan([value, *left]).any():
        return Interval(value, None, None, len(clusters), count)
    half = float(stdtrit(count - 1, 0.975) * np.sqrt((count - 1) * left.var()))
    return Interval(value, max(value - half, lowest), min(value + half, 1.0), len(clusters), count)
