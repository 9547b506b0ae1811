"""Measure models on tasks into a run directory, resumable at the level of a few episodes."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from pluralign.lm import LanguageModel
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
    started: Callable[[int], None] | None = None,
    progress: Callable[[str, str], None] | None = None,
) -> list[dict[str, Any]]:
    """Measure every model on every task and write a finished run.

    Args:
        folder: the run directory; a run with the same request goes on where it was killed.
        load: gives a model by name; called only for models that still have work.
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
        work = [(one, list(one.pieces(root, request))) for one in chosen]
        if started:
            started(len(request.models) * sum(len(pieces) for _, pieces in work))
        for name in request.models:
            model = None
            for one, pieces in work:
                for piece, rows in pieces:
                    key = f"{name}/{one.name}/{piece}"
                    if not run.done(key):
                        if model is None:
                            model = load(name)
                            run.note(name, model.facts)
                        run.write(key, rows(model).with_columns(model=pl.lit(name)))
                    if progress:
                        progress(name, one.name)
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
