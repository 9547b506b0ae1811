"""Knowledge against simulation: does a model that can say the shares also draw people with these shares?

The gap is (TV of ``sequence`` - TV of ``verbalised``) / TV of ``verbalised``, where TV is the mean total variation to
the population (Meister et al. 2024, arXiv 2411.05403). Above 0 the model knows more than it acts out. A list of k
people differs from its own distribution by chance, so the gap stands beside ``faithful_simulation_gap``: that of k
independent draws from what the model itself verbalised.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from pluralign.measure import distances, references
from pluralign.measure.per_question import arrays
from pluralign.measure.table import Table, aligned
from pluralign.runs import Metric
from pluralign.stats import mean_interval

_SIDE_BY_SIDE = (
    dict.fromkeys(("model", "readout"), pl.String)
    | dict.fromkeys(("questions", "answered"), pl.Int64)
    | dict.fromkeys(("total_variation", "low", "high", "sampling_floor", "entropy_nats", "failed"), pl.Float64)
    | {"requests": pl.Int64}
)


def metrics(rows: pl.DataFrame, models: Sequence[str]) -> list[Metric]:
    """The gap of each model on the questions that all models answered by both read-outs, and what chance makes of it.

    Returns:
        nothing where the rows lack one of the two read-outs, or no question was answered by both.
    """
    answered = rows.filter(pl.col("probabilities").is_not_null() & pl.col("readout").is_in(["verbalised", "sequence"]))
    both = answered.filter(pl.struct("model", "process").is_duplicated())
    found = {
        readout: aligned(both.filter(pl.col("readout") == readout), models, ("process",))
        for readout in ("verbalised", "sequence")
    }
    first = found["verbalised"][models[0]]
    if not first.height:
        return []
    table = Table(first["task"][0], "align", first["cluster"].to_list())
    gaps, chances = {}, {}
    for name in models:
        said, acted = found["verbalised"][name], found["sequence"][name]
        stated = said["total_variation"].to_numpy()
        if not stated.any():
            continue
        drawn = [
            float(distances.total_variation(p, references.drawn(process, q, draws)).mean())
            for process, p, q, draws in zip(
                said["process"], arrays(said["target"]), arrays(said["probabilities"]), acted["draws"], strict=True
            )
        ]
        gaps[name] = relative_gap(acted["total_variation"].to_numpy(), stated)
        chances[name] = relative_gap(np.array(drawn), stated)
    if gaps:
        table.add("knowledge_simulation_gap", "ratio", gaps, models)
        table.add("faithful_simulation_gap", "ratio", chances, models)
    return table.metrics


def relative_gap(simulated: np.ndarray, stated: np.ndarray) -> np.ndarray:
    """(mean of ``simulated`` - mean of ``stated``) / mean of ``stated``, as one number per question whose mean it is.

    A ratio of means, not a mean of ratios, which questions that are stated almost perfectly would dominate. With r =
    mean(simulated) / mean(stated), a question's number is r - 1 + (simulated - r * stated) / mean(stated), the
    linearised ratio, so that the interval of the mean is that of the ratio (delta method).

    Args:
        simulated, stated: shape (questions,), non-negative; ``stated`` not 0 everywhere.

    Returns:
        shape (questions,).
    """
    ratio = simulated.mean() / stated.mean()
    return ratio - 1 + (simulated - ratio * stated) / stated.mean()


def side_by_side(rows: pl.DataFrame, models: Sequence[str]) -> pl.DataFrame:
    """Each model's read-outs beside each other, on the same questions.

    These are the questions that the model answered by every read-out, those aside by which it answered none at all.

    Returns:
        one row per model and read-out: ``questions`` asked, ``answered`` and compared, ``total_variation`` with
        ``low`` and ``high``, ``sampling_floor`` (null for read-outs that count no draws), ``entropy_nats``, ``failed``
        and ``requests``.
    """
    readouts = rows["readout"].unique(maintain_order=True).to_list()
    records = []
    for name in models:
        mine = rows.filter(pl.col("model") == name)
        answered = mine.filter(pl.col("probabilities").is_not_null())
        able = answered["readout"].n_unique()
        everywhere = answered.group_by("process").len().filter(pl.col("len") == able).select("process")
        shared = answered.join(everywhere, on="process", how="semi").sort("process")
        for readout in readouts:
            asked = mine.filter(pl.col("readout") == readout)
            some = shared.filter(pl.col("readout") == readout)
            found = mean_interval(some["total_variation"].to_numpy(), some["cluster"].to_list())
            counts = some.height and not some["draws"].null_count()
            floor = [
                references.sampling(process, p, n, distances.total_variation)
                for process, p, n in zip(some["process"], arrays(some["target"]), some["draws"], strict=True)
                if counts
            ]
            entropy = [float(distances.entropy_nats(q)) for q in arrays(some["probabilities"])]
            records.append(
                {
                    "model": name,
                    "readout": readout,
                    "questions": asked.height,
                    "answered": some.height,
                    "total_variation": found.value if some.height else None,
                    "low": found.low,
                    "high": found.high,
                    "sampling_floor": float(np.mean(floor)) if floor else None,
                    "entropy_nats": float(np.mean(entropy)) if entropy else None,
                    "failed": asked["failed"].mean(),
                    "requests": asked["requests"].sum(),
                }
            )
    return pl.DataFrame(records, schema=_SIDE_BY_SIDE)
