"""From aligned rows to metrics: each model, each baseline, each pair of models, and means over tasks."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import polars as pl

from pluralign.runs import Metric
from pluralign.stats import mean_interval

_Z95 = 1.959964
_RANGES = (
    {("steer", m): 1.0 for m in ("accuracy", "choice_accuracy", "choice_mass")}
    | {("cover", "valid"): 1.0, ("cover", "unique"): 1.0, ("cover", "yield"): 100.0}
    | {("align", m): 1.0 for m in ("js_distance_base2", "total_variation", "wasserstein", "mass_outside")}
    | {("align", m): 1.0 for m in ("calibration_error", "total_variation_permuted", "refusals", "failed", "spread")}
    | {("align", m): 1.0 for m in ("total_variation_without_refusals", "order_change", "label_change")}
)
"""Largest possible values, from 0: intervals are cut there. Losses and gains have none."""
_COUNTS = ("left_out", "requests", "order_left_out", "label_left_out")
_SHARES = {"overton"}
"""Kinds whose metrics of unit ``share`` all lie within 0..1."""


@dataclass
class Table:
    """Collects the metrics of one task.

    Attributes:
        clusters: the cluster of each aligned row; intervals are clustered by it.
        suffix: what every name of a metric ends in after a colon: the read-out; empty adds nothing.
    """

    task: str
    kind: str
    clusters: Sequence[Hashable]
    metrics: list[Metric] = field(default_factory=list)
    suffix: str = ""

    def add(
        self,
        metric: str,
        unit: str,
        values: Mapping[str, np.ndarray],
        models: Sequence[str],
        where: np.ndarray | None = None,
    ) -> None:
        """Add the mean over rows for every name, and the paired difference for every pair of models.

        Args:
            values: one number per aligned row by name (models and baselines).
            models: which names are models; pairs are taken in this order, later minus earlier.
            where: rows to keep, a boolean mask; nothing is added when it keeps none.
        """
        keep = np.ones(len(self.clusters), bool) if where is None else where
        if not keep.any():
            return
        clusters = [c for c, kept in zip(self.clusters, keep, strict=True) if kept]
        named = {name: column[keep] for name, column in values.items()}
        for a, b in combinations([name for name in models if name in named], 2):
            named[f"{b} - {a}"] = named[b] - named[a]
        for name, column in named.items():
            known = ~np.isnan(column)
            found = mean_interval(column[known], [c for c, k in zip(clusters, known, strict=True) if k])
            self._record(name, metric, unit, found.value, found.low, found.high, found.n)

    def add_estimates(
        self, metric: str, unit: str, estimates: Mapping[str, tuple[float, float]], models: Sequence[str], n: int
    ) -> None:
        """Add independent estimates (value, standard error) by model, and their differences."""
        named = dict(estimates)
        for a, b in combinations(models, 2):
            named[f"{b} - {a}"] = (named[b][0] - named[a][0], float(np.hypot(named[a][1], named[b][1])))
        for name, (value, error) in named.items():
            self._record(name, metric, unit, value, value - _Z95 * error, value + _Z95 * error, n)

    def constant(self, metric: str, unit: str, name: str, value: float, n: int) -> None:
        """Add a number that is known without error."""
        self._record(name, metric, unit, value, value, value, n)

    def count(self, metric: str, unit: str, name: str, value: int, n: int) -> None:
        """Add a count out of ``n``."""
        self._record(name, metric, unit, float(value), None, None, n)

    def _record(
        self, model: str, metric: str, unit: str, value: float, low: float | None, high: float | None, n: int
    ) -> None:
        bounded = self.kind in _SHARES and unit == "share"
        top = 1.0 if bounded else _RANGES.get((self.kind, metric.partition("@")[0]))
        if top is not None and " - " not in model and low is not None and high is not None:
            low, high = max(low, 0.0), min(high, top)
        metric = f"{metric}:{self.suffix}" if self.suffix else metric
        self.metrics.append(Metric(model, self.task, self.kind, metric, value, low, high, n, unit))


def aligned(rows: pl.DataFrame, models: Sequence[str], keys: Sequence[str]) -> dict[str, pl.DataFrame]:
    """The rows of each model that every model has, in the same order.

    Args:
        keys: columns that identify a row within a model.
    """
    shared = rows.group_by(keys).agg(pl.col("model").n_unique()).filter(pl.col("model") == len(models)).select(keys)
    kept = rows.join(shared, on=list(keys), how="semi").sort(keys)
    return {model: kept.filter(pl.col("model") == model) for model in models}


def means_over_tasks(metrics: Collection[Metric], splits: Mapping[str, str]) -> list[Metric]:
    """Unweighted means over tasks of every metric, for all tasks and by split: ``mean:all``, ``mean:heldout`` ...

    Tasks are fixed, so the half-width is sqrt(sum of squared half-widths) / number of tasks; a task without an
    interval (a single process) counts as exact. Only tasks that have the metric enter; counts and single shots do not.

    Args:
        splits: the split of each task.
    """
    groups: dict[tuple, list[Metric]] = defaultdict(list)
    for m in metrics:
        counted = m.metric.partition(":")[0] in _COUNTS
        if not counted and "@" not in m.metric and m.value is not None:
            for scope in ("all", splits[m.task]):
                groups[f"mean:{scope}", m.model, m.kind, m.metric, m.unit].append(m)
    result = []
    for (scope, model, kind, metric, unit), members in groups.items():
        halves = [(m.high - m.low) / 2 for m in members if m.low is not None and m.high is not None]
        value = float(np.mean([m.value for m in members]))
        half = float(np.sqrt(np.sum(np.square(halves)))) / len(members) if halves else None
        low, high = (None, None) if half is None else (value - half, value + half)
        result.append(Metric(model, scope, kind, metric, value, low, high, sum(m.n for m in members), unit))
    return result
