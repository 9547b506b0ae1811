"""One run of the shared task: figures of every system with intervals, and the submission files."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from pluralign.errors import UsageError
from pluralign.raters.lewidi import submission
from pluralign.raters.lewidi.data import digest
from pluralign.raters.lewidi.evaluate import Row, chosen, decide, evaluate, predict
from pluralign.raters.lewidi.systems import SYSTEMS
from pluralign.runs import Metric, Run

KIND = "lewidi"
_RESAMPLES = 2000


def run(
    root: Path,
    folder: Path,
    *,
    sets: Sequence[str] | None = None,
    systems: Sequence[str] | None = None,
    submit: str = "stacked",
    said: Callable[[str], None] = lambda text: None,
) -> tuple[list[dict], list[Path]]:
    """Score systems on dev, and write what one of them submits for the test items.

    A run that was stopped goes on: what took long is kept in ``pieces``.

    Args:
        root: folder under which the data sets lie, and other judgements to train on.
        folder: the run folder; the submission files lie in it too.
        sets: names of some data sets; None for all that are found.
        systems: names of systems to score; None for all.
        submit: the system whose decisions are submitted.
        said: told what is being done.

    Returns:
        the metrics, as records of :class:`pluralign.runs.Metric`, and the paths of the submission files.

    Raises:
        UsageError: there is no such system.
        DataError: there is no such data set, or a file is not in the documented form.
        RunError: the folder belongs to another request, or cannot be written.
    """
    if submit not in SYSTEMS:
        raise UsageError(f"there is no system {submit!r}", fix=f"Systems: {'; '.join(SYSTEMS)}.")
    names, found = chosen(root, sets, systems)
    request = {
        "command": "raters lewidi",
        "data": {name: digest(place, name) for name, place in found.items()},
        "systems": names,
        "submit": submit,
    }
    with Run.open(folder, request) as kept:
        rows, materials = evaluate(root, sets, systems, folder / "pieces", said)
        paths = []
        for name, material in materials.items():
            said(f"{name}: submission")
            kept.write(name, _table([row for row in rows if row.dataset == name]))
            paths += submission.write(folder, material.data, decide(material.data, predict(material, submit), "test"))
        if not kept.finished:
            kept.finish([metric.as_dict() for metric in measures(rows)])
        return kept.metrics(), paths


def measures(rows: Sequence[Row]) -> list[Metric]:
    """The scores, and what the score changes by without each part of a system, with bootstrap intervals over items."""
    found = []
    whole = {(row.dataset, row.system, row.part, row.task): row.per_item for row in rows}
    for (dataset, system, part, task), values in whole.items():
        found.append(_metric(system, dataset, f"{part}_{task}", values))
        full = system.partition(", no ")[0]
        if full != system and (dataset, full, part, task) in whole:
            change = values - whole[dataset, full, part, task]
            found.append(_metric(f"{system} - {full}", dataset, f"{part}_{task}", change))
    return found


def bootstrap(values: np.ndarray) -> tuple[float, float]:
    """Ends of the 95 % interval of the mean: percentiles over samples of the rows with replacement."""
    rng = np.random.default_rng(0)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(_RESAMPLES)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def _metric(model: str, dataset: str, name: str, values: np.ndarray) -> Metric:
    low, high = bootstrap(values)
    return Metric(model, dataset, KIND, name, float(values.mean()), low, high, len(values), "official metric")


def _table(rows: Sequence[Row]) -> pl.DataFrame:
    parts = [
        pl.DataFrame({"item": row.items, "score": row.per_item}).select(
            dataset=pl.lit(row.dataset), system=pl.lit(row.system), part=pl.lit(row.part), task=pl.lit(row.task),
            item="item", score="score",
        )
        for row in rows
    ]  # fmt: skip
    return pl.concat(parts) if parts else pl.DataFrame()
