"""Measure models on tasks into a run directory, resumable at the level of a few episodes."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pluralign.errors import UsageError
from pluralign.lm import LanguageModel
from pluralign.measure import align, cover, steer
from pluralign.measure.engine import Engine, Unit, local
from pluralign.measure.table import means_over_tasks
from pluralign.runs import Metric, Run
from pluralign.suite import DataRoot, Task, get

STEER_CHUNK, ALIGN_CHUNK = 16, 64
_Rows = Callable[[LanguageModel], pl.DataFrame]
_METRICS: dict[str, Callable[[pl.DataFrame, list[str]], list[Metric]]] = {
    "steer": steer.metrics,
    "cover": cover.metrics,
    "align": align.metrics,
}


@dataclass(frozen=True, slots=True)
class Request:
    """What determines the numbers of an audit.

    Attributes:
        models: names of models, in the order of the report; differences are later minus earlier.
        tasks: names of tasks.
        template: how episodes are written: ``auto``, ``spectrum``, ``colon`` or ``chat``.
        limit: at most this many processes (episodes, questions) per task, a fixed random subset; None takes all.
        samples: draws per coverage prompt.
        max_length: longest sequence in tokens; None takes each model's own limit.
        dtype: number format of the models.
        seed: seed of episodes and samples.
        data: the data root, since other data gives other numbers.
    """

    models: tuple[str, ...]
    tasks: tuple[str, ...]
    template: str = "auto"
    limit: int | None = 100
    samples: int = 100
    max_length: int | None = None
    dtype: str = "auto"
    seed: int = 0
    data: str | None = None

    def __post_init__(self) -> None:
        for name, values in (("model", self.models), ("task", self.tasks)):
            if not values:
                raise UsageError(f"no {name} given", fix=f"Name at least one {name}.")
            if len(set(values)) < len(values):
                raise UsageError(f"a {name} is named twice", where=", ".join(values), fix="Name each once.")
        if self.samples < 2 or (self.limit is not None and self.limit < 1):
            raise UsageError("samples must be at least 2 and limit at least 1")

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits that name this request."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:8]


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
    chosen = [get(name) for name in request.tasks]
    with Run.open(folder, asdict(request)) as run:
        if run.finished:
            return run.metrics()
        root = DataRoot(Path(request.data) if request.data else None)
        pieces = [(task.card.name, key, rows) for task in chosen for key, rows in _pieces(task, root, request)]
        work = [Unit(f"{m}/{task}/{key}", m, task, rows) for m in request.models for task, key, rows in pieces]
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
    """Metrics of every task from the rows of a run, and their means over tasks."""
    models, found, splits = list(request.models), [], {}
    for name in request.tasks:
        card = get(name).card
        splits[name] = card.split
        found += _METRICS[card.kind](rows.filter(pl.col("task") == name), models)
    return found + means_over_tasks(found, splits)


def _pieces(task: Task, root: DataRoot, request: Request) -> Iterator[tuple[str, _Rows]]:
    """The pieces of work of a task: what names each within it, and what computes its rows."""
    name = task.card.name
    if task.card.kind == "cover":
        for process in task.processes(root):
            for style in cover.STYLES:
                yield f"{process.id}/{style}", _cover(name, process, style, request)
    elif task.card.kind == "align":
        processes = task.processes(root, request.limit)
        for number, chunk in enumerate(_chunks(processes, ALIGN_CHUNK)):
            yield f"{number:05d}", lambda model, chunk=chunk: align.rows(model, name, chunk)
    else:
        episodes = list(task.episodes(root, seed=request.seed, limit=request.limit))
        support = sorted({example.output for episode in episodes for example in episode.examples})
        for number, chunk in enumerate(_chunks(episodes, STEER_CHUNK)):
            yield f"{number:05d}", lambda model, chunk=chunk: steer.rows(model, name, chunk, support)


def _cover(name: str, process, style: str, request: Request) -> _Rows:
    return lambda model: cover.rows(model, name, process, style, n=request.samples, seed=request.seed)


def _chunks(items: list, size: int) -> Iterator[list]:
    return (items[start : start + size] for start in range(0, len(items), size))
