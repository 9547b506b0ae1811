"""The desiderata as objectives: what a model gains over knowing nothing, so that 0 means the same for each.

Steerability is gained over the running marginal, alignment over the uniform answer, and coverage over no valid answer.
The vector is compared as it is (:mod:`pluralign.measure.objectives`); nothing is added up.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from pluralign.measure import objectives
from pluralign.measure.distances import js_divergence_nats
from pluralign.measure.objectives import Objective
from pluralign.measure.table import aligned
from pluralign.runs import Metric


def gains(rows: pl.DataFrame, models: Sequence[str]) -> list[Objective]:
    """One objective per desideratum that the rows hold, over all tasks of it; every question or output counts once.

    Args:
        rows: of the kinds ``steer``, ``cover`` and ``align``, the last by log-probabilities.
    """
    makers = {"steer": _steer, "cover": _cover, "align": _align}
    found = []
    for kind, make in makers.items():
        own = rows.filter(pl.col("kind") == kind)
        if own.height:
            objective = make(own, list(models))
            found += [objective] if objective else []
    return found


def metrics(rows: pl.DataFrame, models: Sequence[str], *, seed: int = 0) -> list[Metric]:
    """The vector of every model, who dominates whom, the front, and hypervolumes against no gain at all.

    Returns:
        nothing where the rows hold fewer than two desiderata.
    """
    found = gains(rows, models)
    if len(found) < 2:
        return []
    return [
        *objectives.vectors(found, models),
        *objectives.dominance(found, models, seed=seed),
        *objectives.fronts(found, models, [0.0] * len(found), seed=seed),
    ]


def _steer(rows: pl.DataFrame, models: list[str]) -> Objective | None:
    gain = rows.with_columns(gain=pl.col("marginal_loss") - pl.col("loss"))
    return _objective(gain, models, ("task", "episode", "shot"), "steerability_gain", "nats")


def _align(rows: pl.DataFrame, models: list[str]) -> Objective | None:
    uniform = [
        float(js_divergence_nats(np.array(target), np.full(len(target), 1 / len(target)))) for target in rows["target"]
    ]
    gain = rows.with_columns(gain=pl.Series(uniform, dtype=pl.Float64) - pl.col("js_divergence_nats"))
    return _objective(gain, models, ("task", "process"), "alignment_gain", "nats", "cluster")


def _cover(rows: pl.DataFrame, models: list[str]) -> Objective | None:
    by_prompt = rows.group_by("model", "task", "process", "style").agg(
        gain=100 * pl.col("canonical").drop_nulls().n_unique() / pl.len()
    )
    return _objective(by_prompt, models, ("task", "process", "style"), "coverage_yield", "count/100")


def _objective(
    rows: pl.DataFrame, models: list[str], keys: tuple[str, ...], name: str, unit: str, cluster: str = "process"
) -> Objective | None:
    common = aligned(rows.filter(pl.col("gain").is_not_null()), models, keys)
    first = common[models[0]]
    if first.is_empty():
        return None
    clusters = first.select(pl.concat_str("task", cluster, separator="/")).to_series().to_list()
    values = {model: frame["gain"].to_numpy() for model, frame in common.items()}
    return Objective(objectives.TASK, name, unit, values, clusters)
