"""Measure models on tasks into a run directory, resumable at the level of a few episodes."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from pluralign.lm import LanguageModel
from pluralign.measure.engine import Engine, Unit, local
from pluralign.measure.parts import part
from pluralign.measure.request import Request
from pluralign.measure.table import means_over_tasks
from pluralign.runs import Metric, Run
from pluralign.suite import DataRoot


def audit(
    request: Request,
    folder: Path,
    load: Callable[[str], LanguageModel],
    *,
    engine: Engine = local,
    started: Callable[[int], None] | None = None,
    progress: Callable[[str, str], None] | None = None,
) -> list[dict[str, Any]]:
    """Measure every model on every task and write a finished run.

    Args:
        folder: the run directory; a run with the same request goes on where it was killed.
        load: gives a model by name; called only for models that still have work.
        engine: where units are computed; it changes nothing but the time that they take.
        started: called once with the number of units of work.
        progress: called with model and task after each unit, done before or now.

    Returns:
        the records of ``metrics.json``.

    Raises:
        PluralignError: an unknown task, absent data, a model that cannot be loaded, an unusable folder.
    """
    chosen = [part(name) for name in request.tasks]
    with Run.open(folder, asdict(request)) as run:
        if run.finished:
            return run.metrics()
        root = DataRoot(Path(request.data) if request.data else None)
        pieces = [(one.name, *piece) for one in chosen for piece in one.pieces(root, request)]
        work = [
            Unit(f"{model}/{name}/{key}", model, name, rows) for model in request.models for name, key, rows in pieces
        ]
        if started:
            started(len(work))
        waiting = [unit for unit in work if not run.done(unit.key)]
        if progress:
            for unit in work:
                if run.done(unit.key):
                    progress(unit.model, unit.task)
        noted = set()
        for done in engine(waiting, load):
            unit = done.unit
            if unit.model not in noted:
                run.note(unit.model, done.facts)
                noted.add(unit.model)
            run.write(unit.key, done.rows.with_columns(model=pl.lit(unit.model)))
            if progress:
                progress(unit.model, unit.task)
        metrics = summarise(run.rows(), request)
        run.finish([m.as_dict() for m in metrics])
        return run.metrics()


def summarise(rows: pl.DataFrame, request: Request) -> list[Metric]:
    """Metrics of every part from the rows of a run, and means over the tasks of each desideratum."""
    models, found, splits, averaged = list(request.models), [], {}, []
    for name in request.tasks:
        one = part(name)
        metrics = one.metrics(one.of(rows), models)
        found += metrics
        if one.split is not None:
            splits[one.task] = one.split
            averaged += metrics
    return found + means_over_tasks(averaged, splits)
