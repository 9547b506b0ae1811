"""Distributional alignment: do a model's probabilities over the options match the shares that a population gives?

How probabilities are read from the model is a named read-out (:mod:`pluralign.measure.readouts`). With ``logprob``
each option is scored as the whole answer, its end included, so that a longer text which merely begins with an option
counts as mass outside. Distances compare the target with the probabilities over the options alone. Metrics of
read-outs other than ``logprob`` carry its name: ``total_variation:sampled``.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from pluralign.episode import Process
from pluralign.errors import DataError
from pluralign.lm import LanguageModel
from pluralign.measure import simulation
from pluralign.measure.asking import Asking
from pluralign.measure.options import refusals
from pluralign.measure.per_question import DISTANCES, WITHOUT_REFUSALS, of_model, of_references
from pluralign.measure.readouts import Reading, read
from pluralign.measure.references import Scale
from pluralign.measure.table import Table, aligned
from pluralign.runs import Metric

GROUPS = ("group", "country", "region", "party", "subset")
"""Metadata that may name the group of a process; the first that is there does."""

SCHEMA = {
    "model": pl.String,
    "task": pl.String,
    "kind": pl.String,
    "readout": pl.String,
    "process": pl.String,
    "cluster": pl.String,
    "group": pl.String,
    "question": pl.String,
    "choices": pl.List(pl.String),
    "refusals": pl.List(pl.Boolean),
    "target": pl.List(pl.Float64),
    "probabilities": pl.List(pl.Float64),
    "respondents": pl.Float64,
    "ordered": pl.Boolean,
    "mass_outside": pl.Float64,
    "failed": pl.Float64,
    "requests": pl.Int64,
    "draws": pl.Int64,
    "spread": pl.Float64,
    "task_uniform": pl.Float64,
    "task_questions": pl.Int64,
} | dict.fromkeys(DISTANCES, pl.Float64)


def rows(
    model: LanguageModel,
    task: str,
    processes: Sequence[Process],
    progress=None,
    *,
    readout: str = "logprob",
    asking: Asking | None = None,
    scale: Scale | None = None,
) -> pl.DataFrame:
    """Read the probabilities of the options of one question per process.

    Args:
        readout: how they are read.
        asking: how often the model is asked for text, where the read-out does.
        scale: that of the whole task, for the normalised score.

    Returns:
        a data frame with one row per process: the columns of ``SCHEMA``; ``cluster`` is what intervals are clustered
        by (:func:`cluster`), Wasserstein is null where the options are not ordered,
        probabilities and distances are null where nothing could be read, and ``failed`` too where the prompt does not
        fit the model.

    Raises:
        DataError: a process has no target or no choices.
        ModelError: the model cannot give the read-out.
    """
    found = read(model, _complete(task, processes), readout, asking, progress)
    return of_readings(model.name, task, processes, found, readout, scale)


def of_readings(
    name: str,
    task: str,
    processes: Sequence[Process],
    readings: Sequence[Reading | None],
    readout: str,
    scale: Scale | None = None,
) -> pl.DataFrame:
    """The rows of readings that are there already, such as those of an inference-time baseline.

    Args:
        name: the model's.
        readings: one per process.
        readout: what they are called.

    Raises:
        DataError: a process has no target or no choices.
    """
    records = []
    for process, reading in zip(_complete(task, processes), readings, strict=True):
        target = process.target
        assert target is not None
        record = {
            "model": name,
            "task": task,
            "kind": "align",
            "readout": readout,
            "process": process.id,
            "cluster": cluster(process),
            "group": _group(process),
            "question": process.question or process.descriptions[0],
            "choices": process.choices,
            "refusals": refusals(process),
            "target": [float(share) for share in target.probabilities],
            "respondents": target.respondents,
            "ordered": target.ordered,
            "task_uniform": scale.uniform if scale else None,
            "task_questions": scale.questions if scale else None,
        } | dict.fromkeys(("probabilities", "mass_outside", "failed", "requests", "draws", "spread", *DISTANCES))
        if reading is not None:
            record |= {
                "probabilities": reading.probabilities,
                "mass_outside": reading.outside,
                "failed": reading.failed,
                "requests": reading.requests,
                "draws": reading.draws,
                "spread": reading.spread,
            }
            if reading.probabilities is not None:
                p, q = np.array(target.probabilities), np.array(reading.probabilities)
                record |= {
                    name: float(distance(p, q)) if target.ordered or name != "wasserstein" else None
                    for name, (distance, _) in DISTANCES.items()
                }
        records.append(record)
    return pl.DataFrame(records, schema=SCHEMA)


def _complete(task: str, processes: Sequence[Process]) -> Sequence[Process]:
    for process in processes:
        if process.target is None or process.choices is None:
            raise DataError("a process without target or choices", where=f"{task}: {process.id}")
    return processes


def cluster(process: Process) -> str:
    """What the answers to a process are not independent of: its metadata ``cluster`` where there is some.

    Groups of people that are asked one question are one cluster, which the question names; else it is the process.
    """
    if "cluster" in process.metadata:
        return str(process.metadata["cluster"])
    return process.id if process.question is None or _group(process) is None else process.question


def metrics(rows: pl.DataFrame, models: Sequence[str]) -> list[Metric]:
    """Metrics of one task from its rows, for each read-out in them, with baselines and floors.

    Models are compared on the questions that all of them answered by the same read-out. Where both ``sequence`` and
    ``verbalised`` are there, what models say is compared with what they act out: :mod:`pluralign.measure.simulation`.
    """
    found = []
    for readout in rows["readout"].unique(maintain_order=True):
        found += _metrics(rows.filter(pl.col("readout") == readout), models, readout)
    return found + simulation.metrics(rows, models)


def by_group(rows: pl.DataFrame, models: Sequence[str]) -> pl.DataFrame:
    """The metrics of one task for each group of its processes.

    Returns:
        one row per metric, with its columns and ``group``; none where processes have no group. The sets of questions
        may differ between groups: compare a group with its own baselines.
    """
    found = [
        {"group": group} | metric.as_dict()
        for group in sorted(rows["group"].drop_nulls().unique())
        for metric in metrics(rows.filter(pl.col("group") == group), models)
    ]
    numbers = dict.fromkeys(("value", "low", "high"), pl.Float64)
    texts = dict.fromkeys(("group", "model", "task", "kind", "metric"), pl.String)
    return pl.DataFrame(found, schema=texts | numbers | {"n": pl.Int64, "unit": pl.String})


def _group(process: Process) -> str | None:
    return next((str(process.metadata[name]) for name in GROUPS if name in process.metadata), None)


def _metrics(rows: pl.DataFrame, models: Sequence[str], readout: str) -> list[Metric]:
    suffix = "" if readout == "logprob" else readout
    common = aligned(rows.filter(pl.col("probabilities").is_not_null()), models, ("process",))
    first = common[models[0]]
    table = Table(rows["task"][0], "align", first["cluster"].to_list(), suffix=suffix)
    if first.height:
        columns = {name: of_model(frame) for name, frame in common.items()}
        columns |= of_references(first, _fewest_draws(common))
        for metric, unit in _units(first).items():
            table.add(metric, unit, {n: column[metric] for n, column in columns.items() if metric in column}, models)
        if first["task_uniform"][0] is not None:
            table.constant("task_uniform", "share", "uniform", first["task_uniform"][0], first["task_questions"][0])
    for name in models:
        mine = rows.filter(pl.col("model") == name)
        table.count("left_out", "questions", name, mine.height - first.height, mine.height)
        table.count("requests", "requests", name, int(mine["requests"].sum()), mine.height)
    if readout == "logprob":
        return table.metrics
    fits = aligned(rows.filter(pl.col("failed").is_not_null()), models, ("process",))
    failures = Table(table.task, "align", fits[models[0]]["cluster"].to_list(), suffix=suffix)
    failures.add("failed", "share", {name: frame["failed"].to_numpy() for name, frame in fits.items()}, models)
    return table.metrics + failures.metrics


def _units(frame: pl.DataFrame) -> dict[str, str]:
    units = {name: unit for name, (_, unit) in DISTANCES.items() if not frame[name].null_count()}
    if frame["task_uniform"][0] is not None:
        units["normalised_score"] = "score"
    units |= {"calibration_error": "share", "entropy_nats": "nats", "total_variation_permuted": "share"}
    if frame["refusals"].list.any().any():
        units["refusals"] = "share"
        units |= {f"{name}_without_refusals": DISTANCES[name][1] for name in WITHOUT_REFUSALS}
    return units | {"mass_outside": "share", "spread": "share"}


def _fewest_draws(common: dict[str, pl.DataFrame]) -> list[int] | None:
    """For each question the draws of the model that gave the fewest, so that the floor holds for all of them."""
    if any(frame["draws"].null_count() for frame in common.values()):
        return None
    return np.min([frame["draws"].to_numpy() for frame in common.values()], 0).tolist()
