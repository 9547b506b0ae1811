"""Measure models on tasks into a run directory, resumable at the level of a few episodes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from pluralign.errors import ModelError
from pluralign.lm import LanguageModel
from pluralign.lm.protocol import Capabilities
from pluralign.measure.engine import Engine, Unit, local
from pluralign.measure.part import Part, lacks
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
    able: Callable[[str], Capabilities] | None = None,
    lenient: bool = False,
    told: Callable[[str], None] | None = None,
    started: Callable[[int], None] | None = None,
    progress: Callable[[str, str], None] | None = None,
) -> list[dict[str, Any]]:
    """Measure every model on every task and write a finished run.

    Args:
        folder: the run directory; a run with the same request goes on where it was killed.
        load: gives a model by name; called only for models that still have work.
        engine: where units are computed; it changes nothing but the time that they take.
        able: what the model of a name can do, asked before any work; None leaves it to the work to find out.
        lenient: leave out the parts that a model cannot do; otherwise the first of them is refused.
        told: told of every part that is left out for that, and of what a part does without.
        started: called once with the number of units of work.
        progress: called with model and task after each unit, done before or now.

    Returns:
        the records of ``metrics.json``.

    Raises:
        ModelError: a model cannot do a part, and that is not ``lenient``.
        PluralignError: an unknown task, absent data, a model that cannot be loaded, an unusable folder.
    """
    chosen = [part(name) for name in request.tasks]
    with Run.open(folder, asdict(request)) as run:
        if run.finished:
            return run.metrics()
        if able is not None:
            chosen = _possible(chosen, {name: able(name) for name in request.models}, lenient, told)
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
        metrics = summarise(run.rows(), request, [one.name for one in chosen])
        run.finish([m.as_dict() for m in metrics])
        return run.metrics()


def _possible(
    chosen: Sequence[Part],
    models: Mapping[str, Capabilities],
    lenient: bool,
    told: Callable[[str], None] | None,
) -> list[Part]:
    """The parts that all models can do: numbers of models stand side by side, so one that cannot rules a part out.

    Raises:
        ModelError: a model cannot do a part and that is not ``lenient``, or no part is left.
    """
    possible, said = [], told or (lambda message: None)
    for one in chosen:
        short = {name: ", ".join(lack) for name, can in models.items() if (lack := lacks(can, one.needs))}
        if not short:
            possible.append(one)
            for name, can in models.items():
                if lack := lacks(can, one.wants):
                    said(f"{one.name} does without {', '.join(lack)}, which {name} does not give")
            continue
        name, lack = next(iter(short.items()))
        if not lenient:
            problem = f"{one.name} needs {lack}, which this model does not give"
            raise ModelError(problem, where=name, fix="Leave it out; readouts:TASK asks for texts where it must.")
        said(f"left out: {one.name}, which needs {lack}; {name} does not give them")
    if not any(one.needs for one in possible):
        raise ModelError(
            "the models can do none of what is asked for", where=", ".join(models), fix="Take other models."
        )
    return possible


def summarise(rows: pl.DataFrame, request: Request, parts: Sequence[str] | None = None) -> list[Metric]:
    """Metrics of every part from the rows of a run, and means over the tasks of each desideratum.

    Args:
        parts: names of those that were measured; None takes all of the request.
    """
    models, found, splits, averaged = list(request.models), [], {}, []
    for name in request.tasks if parts is None else parts:
        one = part(name)
        metrics = one.metrics(one.of(rows), models)
        found += metrics
        if one.split is not None:
            splits[one.task] = one.split
            averaged += metrics
    return found + means_over_tasks(averaged, splits)
