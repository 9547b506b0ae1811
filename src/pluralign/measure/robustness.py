"""Robustness: does a model give the same answer when the options come in another order, or under other labels?

Every question is asked twice by log-probabilities, as it is and swapped, and the two answers are put side by side,
option by option. ``order`` reverses what the options say and leaves labels in place; ``label`` asks for the text of an
option where its letter was asked for, or the other way round (:mod:`pluralign.measure.options`). Texts of different
length compete by their whole probability, which is part of what a change of label does.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from pluralign.episode import Process
from pluralign.lm import LanguageModel
from pluralign.measure.align import cluster
from pluralign.measure.distances import total_variation
from pluralign.measure.options import swapped_label, swapped_order
from pluralign.measure.readouts import read
from pluralign.measure.table import Table, aligned
from pluralign.runs import Metric

SWAPS = ("order", "label")
SCHEMA = {
    "model": pl.String,
    "task": pl.String,
    "kind": pl.String,
    "process": pl.String,
    "cluster": pl.String,
    "swap": pl.String,
    "swappable": pl.Boolean,
    "probabilities": pl.List(pl.Float64),
    "swapped": pl.List(pl.Float64),
    "change": pl.Float64,
    "total_variation": pl.Float64,
    "swapped_total_variation": pl.Float64,
}


def rows(model: LanguageModel, task: str, processes: Sequence[Process], progress=None) -> pl.DataFrame:
    """Ask each question as it is and under both swaps.

    Args:
        processes: each with choices and a target.

    Returns:
        a data frame with two rows per process, one per swap: the columns of ``SCHEMA``. ``swapped`` are the
        probabilities after the swap in the order of the original options, ``change`` the total variation between the
        model's two answers, the last two columns those between the target and either answer. ``swappable`` is False
        where the question cannot be asked that way; numbers are null there and where a prompt does not fit.

    Raises:
        ModelError: the model cannot give log-probabilities.
    """
    records, asked, orders = [], [], []
    for process in processes:
        for swap in SWAPS:
            other, order = _swapped(process, swap)
            records.append(_record(model, task, process, swap, other is not None))
            if other is not None:
                asked.append((len(records) - 1, process, other))
                orders.append(order)
    plain = {process.id: process for _, process, _ in asked}
    before = dict(zip(plain, read(model, list(plain.values()), progress=progress), strict=True))
    after = read(model, [other for *_, other in asked], progress=progress)
    for (index, process, _), order, found in zip(asked, orders, after, strict=True):
        first = before[process.id]
        if first is None or found is None or process.target is None:
            continue
        p, q, swapped = (
            np.array(one) for one in (process.target.probabilities, first.probabilities, [0.0] * len(order))
        )
        swapped[list(order)] = found.probabilities
        records[index] |= {
            "probabilities": q.tolist(),
            "swapped": swapped.tolist(),
            "change": float(total_variation(q, swapped)),
            "total_variation": float(total_variation(p, q)),
            "swapped_total_variation": float(total_variation(p, swapped)),
        }
    return pl.DataFrame(records, schema=SCHEMA)


def metrics(rows: pl.DataFrame, models: Sequence[str]) -> list[Metric]:
    """For each swap: how much answers change, and how much farther from the population they get.

    ``order_change`` is the mean total variation between the model's two answers: 0 where the swap plays no role, 1
    where the whole answer moves, as with a model that always picks the first label. ``order_cost`` is the paired
    difference of the total variation to the target, swapped minus as it is. ``label_change`` and ``label_cost`` are
    the same for labels. The uniform answer changes nothing and costs nothing.
    """
    found = []
    for swap in SWAPS:
        mine = rows.filter(pl.col("swap") == swap)
        common = aligned(mine.filter(pl.col("change").is_not_null()), models, ("process",))
        first = common[models[0]]
        table = Table(rows["task"][0], "align", first["cluster"].to_list())
        table.add(
            f"{swap}_change", "share", {name: frame["change"].to_numpy() for name, frame in common.items()}, models
        )
        costs = {
            name: (frame["swapped_total_variation"] - frame["total_variation"]).to_numpy()
            for name, frame in common.items()
        }
        table.add(f"{swap}_cost", "share", costs, models)
        for name in models:
            asked = mine.filter(pl.col("model") == name)
            table.count(f"{swap}_left_out", "questions", name, asked.height - first.height, asked.height)
        found += table.metrics
    return found


def _swapped(process: Process, swap: str) -> tuple[Process | None, Sequence[int]]:
    """The swapped question, with the original index of each of its options."""
    if swap == "label":
        return swapped_label(process), range(len(process.choices or ()))
    return swapped_order(process) or (None, ())


def _record(model: LanguageModel, task: str, process: Process, swap: str, swappable: bool) -> dict:
    return dict.fromkeys(SCHEMA) | {
        "model": model.name,
        "task": task,
        "kind": "robustness",
        "process": process.id,
        "cluster": cluster(process),
        "swap": swap,
        "swappable": swappable,
    }
