"""Multi-objective comparison: whole vectors first, then dominance and the front; a scalar only by a named function.

A model improves on another if it is worse on no objective and better on one (Sorensen et al. 2024, "A Roadmap to
Pluralistic Alignment", arXiv 2402.05070). Every objective counts upwards. Probabilities of dominance are shares of
draws of the rows (:mod:`pluralign.measure.resample`), in which all models and all objectives of one task are drawn
together.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import polars as pl

from pluralign.errors import DataError, UsageError
from pluralign.measure.pareto import dominates, front, hypervolume, strictly_dominates, weakly_dominates
from pluralign.measure.resample import cluster_weights, summarise, weighted_means
from pluralign.measure.scalars import Scalar
from pluralign.measure.table import Table, aligned
from pluralign.runs import Metric

KIND = "objectives"
TASK = "all objectives"
"""Stands in the place of a task where a number comes from several objectives."""
_DOMINANCE = {
    "weakly_dominates": weakly_dominates,
    "dominates": dominates,
    "strictly_dominates": strictly_dominates,
}


@dataclass(frozen=True)
class Objective:
    """One objective, measured on the same rows for every model.

    Attributes:
        task: where the rows come from.
        name: says what is counted, upwards.
        unit: of the values.
        values: by model (or response), shape (n,), without NaN.
        clusters: the cluster of each row, of length n.
    """

    task: str
    name: str
    unit: str
    values: Mapping[str, np.ndarray]
    clusters: Sequence[Hashable]

    def __post_init__(self) -> None:
        for model, column in self.values.items():
            if column.shape != (len(self.clusters),) or not column.size or np.isnan(column).any():
                where = f"{self.task}, {self.name}, {model}"
                raise DataError(f"an objective needs one number per row, got shape {column.shape}", where=where)


def objective(
    rows: pl.DataFrame,
    column: str,
    models: Sequence[str],
    *,
    unit: str,
    keys: Sequence[str],
    cluster: str = "process",
    lower_is_better: bool = False,
) -> Objective:
    """An objective from the rows of one task of a run: those that every model has a number for.

    Args:
        rows: with the columns ``model``, ``task``, ``cluster``, ``keys`` and ``column``.
        keys: columns that identify a row within a model.
        lower_is_better: counts the column downwards; the objective is then its negative, and named so.

    Raises:
        DataError: no row is shared by all models.
    """
    common = aligned(rows.filter(pl.col(column).is_not_null()), models, keys)
    first, sign = common[models[0]], -1 if lower_is_better else 1
    name = f"minus_{column}" if lower_is_better else column
    task = str(rows["task"][0])
    values = {model: sign * frame[column].to_numpy() for model, frame in common.items()}
    return Objective(task, name, unit, values, [str(c) for c in first[cluster]])


def vectors(objectives: Sequence[Objective], models: Sequence[str]) -> list[Metric]:
    """Every objective of every model with its clustered interval, and the paired differences between models."""
    found = []
    for one in objectives:
        table = Table(one.task, KIND, one.clusters)
        table.add(one.name, one.unit, one.values, models)
        found += table.metrics
    return found


def points(objectives: Sequence[Objective], models: Sequence[str], *, seed: int = 0) -> np.ndarray:
    """The vector of every model in every draw, shape (R, C, O); draw 0 is the data as it is.

    Raises:
        UsageError: no objective, or one that a model has no values for.
    """
    if not objectives:
        raise UsageError("no objective given", fix="Name at least one.")
    columns = []
    for one in objectives:
        absent = [model for model in models if model not in one.values]
        if absent:
            raise UsageError(f"no values of {', '.join(absent)}", where=f"{one.task}, {one.name}")
        weights = cluster_weights([f"{one.task}/{c}" for c in one.clusters], seed=seed)
        columns.append(weighted_means(weights, np.stack([one.values[model] for model in models])))
    if len({len(column) for column in columns}) > 1:  # an objective with a single cluster cannot be drawn
        columns = [column[:1] for column in columns]
    return np.stack(columns, axis=-1)


def dominance(objectives: Sequence[Objective], models: Sequence[str], *, seed: int = 0) -> list[Metric]:
    """For every ordered pair of models: does the first dominate the second, and in what share of draws?

    ``dominates`` is no worse anywhere and better somewhere, ``weakly_dominates`` no worse anywhere,
    ``strictly_dominates`` better everywhere. Each is 1 or 0 on the data; ``..._probability`` is its share of draws.
    """
    found, n = points(objectives, models, seed=seed), _rows(objectives)
    metrics = []
    for a, b in permutations(range(len(models)), 2):
        for name, rule in _DOMINANCE.items():
            holds = rule(found[:, a], found[:, b])
            metrics += _share(f"{models[a]} over {models[b]}", name, holds, n)
    return metrics


def fronts(
    objectives: Sequence[Objective], models: Sequence[str], reference: Sequence[float], *, seed: int = 0
) -> list[Metric]:
    """Which models are on the front, and the hypervolumes against a stated reference point.

    ``hypervolume`` is that of the model's own box, ``hypervolume_added`` what the set of all models would lose
    without it; the name ``all models`` stands for the set.

    Args:
        reference: one number per objective, in its unit; what is not better than it counts for nothing.
    """
    found, n = points(objectives, models, seed=seed), _rows(objectives)
    metrics = []
    for name, holds in zip(models, front(found).T, strict=True):
        metrics += _share(name, "on_front", holds, n)
    whole = np.array([hypervolume(draw, reference) for draw in found])
    stated = f"against {', '.join(f'{r:g}' for r in reference)}"
    numbers = {"all models": {"hypervolume": whole}}
    for i, name in enumerate(models):
        own = np.array([hypervolume(draw[i : i + 1], reference) for draw in found])
        rest = np.array([hypervolume(np.delete(draw, i, axis=0), reference) for draw in found])
        numbers[name] = {"hypervolume": own, "hypervolume_added": whole - rest}
    units = dict.fromkeys(("hypervolume", "hypervolume_added"), f"product of units, {stated}")
    return metrics + summarise(numbers, models, task=TASK, kind=KIND, units=units, n=n)


def scalars(
    objectives: Sequence[Objective], models: Sequence[str], scalar: Scalar | None, *, seed: int = 0
) -> list[Metric]:
    """One number per model by a named function, and the paired differences; the name is part of the metric.

    Raises:
        UsageError: no function is named, it does not fit the number of objectives, or it compares objectives in
            different units as they are.
    """
    if scalar is None:
        raise UsageError("a vector is not collapsed without a named function", fix=f"Name one of {Scalar.names()}.")
    units = {one.unit for one in objectives}
    if scalar.same_units and len(units) > 1:
        problem = f"{scalar.function} of objectives in different units: {', '.join(sorted(units))}"
        raise UsageError(problem, fix="Give weights (weighted_sum), or bring them to one unit.")
    found = points(objectives, models, seed=seed)
    values = {name: {scalar.label: scalar(found[:, i])} for i, name in enumerate(models)}
    unit = units.pop() if scalar.same_units else "stated by the weights"
    return summarise(values, models, task=TASK, kind=KIND, units={scalar.label: unit}, n=_rows(objectives))


def _share(name: str, metric: str, holds: np.ndarray, n: int) -> list[Metric]:
    value, draws = float(holds[0]), holds[1:].astype(float)
    probability = float(draws.mean()) if draws.size else None
    return [
        Metric(name, TASK, KIND, metric, value, None, None, n, "0 or 1"),
        Metric(name, TASK, KIND, f"{metric}_probability", probability, None, None, n, "share of draws"),
    ]


def _rows(objectives: Sequence[Objective]) -> int:
    return sum(len(one.clusters) for one in objectives)
