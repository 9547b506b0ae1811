"""Intervals for numbers that are no mean over rows: fronts, ratios, ranks, welfare. A Bayesian bootstrap by cluster.

Every cluster (a question, a process, a juror) gets a random weight from the exponential law with mean 1, in each of
many draws, and the number is computed again with the weighted rows. Divided by their sum the weights are uniform on
the simplex (Rubin 1981, "The Bayesian bootstrap", Annals of Statistics 9). The weights of a cluster depend on the seed
and on its name alone: not on the order of the rows, nor on which other clusters there are. So all that is computed on
the same clusters is paired.
"""

from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations

import numpy as np

from pluralign.episode import generator
from pluralign.errors import DataError
from pluralign.runs import Metric

REPEATS = 1000
_LEVEL = 0.95


def cluster_weights(clusters: Sequence[Hashable], *, seed: int = 0, repeats: int = REPEATS) -> np.ndarray:
    """The weight of every row in every draw; draw 0 is the data as it is.

    Args:
        clusters: the cluster of each row, of length n.
        repeats: number of draws beside the data.

    Returns:
        shape (1 + repeats, n), the first row all 1; shape (1, n) for fewer than two clusters, which say nothing about
        how numbers would differ in another sample.
    """
    names = {cluster: None for cluster in clusters}
    if len(names) < 2:
        return np.ones((1, len(clusters)))
    drawn = {c: generator("cluster weights", seed, c).standard_exponential(repeats) for c in names}
    return np.vstack([np.ones(len(clusters)), np.stack([drawn[c] for c in clusters], axis=1)])


def weighted_means(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The weighted mean over rows in every draw.

    Args:
        weights: shape (R, n).
        values: shape (..., n), without NaN.

    Returns:
        shape (R, ...).

    Raises:
        DataError: the numbers of rows differ or are 0, or a value is NaN.
    """
    if values.shape[-1] != weights.shape[-1] or not weights.shape[-1]:
        raise DataError(f"{values.shape[-1]} rows of values for {weights.shape[-1]} rows of weights")
    if np.isnan(values).any():
        raise DataError(f"{int(np.isnan(values).sum())} of {values.size} values are NaN", fix="Drop and count them.")
    return np.einsum("rn,...n->r...", weights / weights.sum(-1, keepdims=True), values)


def interval(draws: np.ndarray) -> tuple[float | None, float | None, float | None]:
    """Value and 95 % interval from a number in every draw.

    Args:
        draws: shape (R,), the number on the data first.

    Returns:
        the value, and the 2.5 and 97.5 percentiles of the other draws. The value is None where it is not finite, the
        ends are None where there are no draws or the number is not finite in one of them.
    """
    value = float(draws[0])
    if not np.isfinite(value):
        return None, None, None
    if len(draws) < 2 or not np.isfinite(draws).all():
        return value, None, None
    low, high = np.quantile(draws[1:], [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return value, float(low), float(high)


def summarise(
    found: Mapping[str, Mapping[str, np.ndarray]],
    models: Sequence[str],
    *,
    task: str,
    kind: str,
    units: Mapping[str, str],
    n: int,
) -> list[Metric]:
    """Metrics with intervals for every name, and the paired difference for every pair of models, later minus earlier.

    Args:
        found: by name (models and references) and metric the number in every draw, shape (R,).
        models: which names are models.
        units: unit of each metric, whose order is kept.
        n: number of rows behind the numbers.
    """
    metrics = []
    for metric, unit in units.items():
        named = {name: numbers[metric] for name, numbers in found.items() if metric in numbers}
        for a, b in combinations([m for m in models if m in named], 2):
            named[f"{b} - {a}"] = named[b] - named[a]
        for name, draws in named.items():
            metrics.append(Metric(name, task, kind, metric, *interval(draws), n, unit))
    return metrics
