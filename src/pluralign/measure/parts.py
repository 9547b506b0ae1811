"""What can be measured: the tasks of the suite, and further measures on their data, named ``MEASURE:TASK``.

Each part gives pieces of work, whose rows are kept together, and makes metrics of its rows.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import polars as pl

from pluralign.errors import UsageError
from pluralign.lm import LanguageModel
from pluralign.measure import (
    align,
    attributes,
    cover,
    gains,
    group_jury,
    inference_part,
    references,
    robustness,
    steer,
    tradeoff,
)
from pluralign.measure import group_questions as gq
from pluralign.measure.asking import Asking
from pluralign.measure.overton import measured as overton
from pluralign.measure.part import Part, Piece, lacks
from pluralign.measure.readouts import READOUTS
from pluralign.measure.request import Request
from pluralign.runs import Metric
from pluralign.suite import DataRoot, Task, all_tasks, get

STEER_CHUNK, ALIGN_CHUNK, FEW = 16, 64, 8
"""Processes of one piece of work; of the last where each of them is asked about many times."""

GROUPS = {"global_oqa": ("Germany", "Japan")}
"""The two groups of each task between which models are steered; groups must differ by more than their samples do."""

OBJECTIVES = "objectives"
T = TypeVar("T")


def part(name: str) -> Part:
    """The part of this name.

    Raises:
        UsageError: there is no such task or measure, or the measure is not made for the task.
    """
    measure, colon, task = name.partition(":")
    if name == OBJECTIVES:
        return Part(name, "all objectives", None, None, lambda root, request: iter(()), gains.metrics)
    if name == overton.NAME:
        found = overton.pieces, overton.metrics
        return Part(name, overton.TASK, "overton", None, *found, needs=("sample",), ask=overton.ask)
    if not colon:
        return _task(get(name))
    if measure not in _FURTHER:
        raise UsageError(f"there is no measure {measure!r}", fix=f"Measures: {', '.join(_FURTHER)}.")
    made, fits = _FURTHER[measure]
    if task not in all_tasks() or not fits(get(task)):
        known = [other for other, card in all_tasks().items() if fits(card)]
        raise UsageError(f"{measure} is not made for {task!r}", fix=f"It is made for {', '.join(known)}.")
    return made(get(task))


def further(root: DataRoot) -> list[str]:
    """Names of the further measures whose data is there, on the tasks whose groups are told apart."""
    present = [name for name in GROUPS if get(name).present(root)]
    named = [f"{measure}:{name}" for measure in _FURTHER for name in present]
    return [*named, *([overton.NAME] if overton.present(root) else []), OBJECTIVES]


def _task(task: Task) -> Part:
    kind, name = task.card.kind, task.card.name
    pieces = {"steer": _steer, "cover": _cover, "align": _align}[kind]
    metrics = {"steer": steer.metrics, "cover": cover.metrics, "align": align.metrics}[kind]
    needs = {"steer": ("score",), "cover": ("sample",), "align": ("choices",)}[kind]
    ask = partial(_steer_ask, task) if kind == "steer" else None
    return Part(name, name, kind, task.card.split, partial(pieces, task), metrics, needs, ask=ask)


def _steer_ask(task: Task, model: LanguageModel, root: DataRoot, request: Request) -> None:
    steer.ask(model, list(task.episodes(root, seed=request.seed, limit=request.limit)))


def _steer(task: Task, root: DataRoot, request: Request) -> Iterator[Piece]:
    name = task.card.name
    episodes = list(task.episodes(root, seed=request.seed, limit=request.limit))
    support = sorted({example.output for episode in episodes for example in episode.examples})
    for number, chunk in _chunks(episodes, STEER_CHUNK):
        yield number, lambda model, chunk=chunk: steer.rows(model, name, chunk, support)


def _cover(task: Task, root: DataRoot, request: Request) -> Iterator[Piece]:
    name, n, seed = task.card.name, request.samples, request.seed
    for process in task.processes(root):
        for style in cover.STYLES:

            def rows(model: LanguageModel, process=process, style=style) -> pl.DataFrame:
                return cover.rows(model, name, process, style, n=n, seed=seed)

            yield f"{process.id}/{style}", rows


def _align(task: Task, root: DataRoot, request: Request) -> Iterator[Piece]:
    name, scale = task.card.name, references.scale(task.processes(root))
    for number, chunk in _chunks(task.processes(root, request.limit), ALIGN_CHUNK):
        yield number, lambda model, chunk=chunk: align.rows(model, name, chunk, scale=scale)


def _readouts(task: Task) -> Part:
    """All read-outs side by side, on a quarter of the questions and at least eight: most ask for many texts each."""
    name = task.card.name

    def pieces(root: DataRoot, request: Request) -> Iterator[Piece]:
        scale, asking = references.scale(task.processes(root)), Asking(seed=request.seed)
        for number, chunk in _chunks(task.processes(root, _few(request)), FEW):
            for readout in READOUTS:

                def rows(model: LanguageModel, chunk=chunk, readout=readout) -> pl.DataFrame:
                    if readout == "logprob" and lacks(model.capabilities, ("choices",)):
                        return pl.DataFrame(schema=align.SCHEMA)
                    found = align.rows(model, name, chunk, readout=readout, asking=asking, scale=scale)
                    return found.with_columns(kind=pl.lit("readouts"))

                yield f"{number}/{readout}", rows

    def metrics(rows: pl.DataFrame, models: list[str]) -> list[Metric]:
        return [replace(metric, kind="readouts") for metric in align.metrics(rows, models)]

    return Part(f"readouts:{name}", name, "readouts", None, pieces, metrics, ("sample",), ("choices",))


def _robustness(task: Task) -> Part:
    name = task.card.name

    def pieces(root: DataRoot, request: Request) -> Iterator[Piece]:
        for number, chunk in _chunks(task.processes(root, request.limit), ALIGN_CHUNK):
            yield number, lambda model, chunk=chunk: robustness.rows(model, name, chunk)

    def metrics(rows: pl.DataFrame, models: list[str]) -> list[Metric]:
        return [replace(metric, kind="robustness") for metric in robustness.metrics(rows, models)]

    return Part(f"robustness:{name}", name, "robustness", None, pieces, metrics, ("choices",))


def _inference(task: Task) -> Part:
    """What can be done without training, on as many questions as the read-outs: each is asked for many texts."""
    name = task.card.name

    def pieces(root: DataRoot, request: Request) -> Iterator[Piece]:
        scale, seed = references.scale(task.processes(root)), request.seed
        for number, chunk in _chunks(task.processes(root, _few(request)), FEW):
            yield number, lambda model, chunk=chunk: inference_part.rows(model, name, chunk, seed=seed, scale=scale)

    def metrics(rows: pl.DataFrame, models: list[str]) -> list[Metric]:
        return [replace(metric, kind=inference_part.KIND) for metric in inference_part.metrics(rows, models)]

    return Part(f"inference:{name}", name, inference_part.KIND, None, pieces, metrics, ("sample",))


def _attributes(task: Task) -> Part:
    name = task.card.name
    wording, groups = gq.WORDINGS[name], GROUPS[name]
    ways = attributes.steerings(wording, groups)

    def pieces(root: DataRoot, request: Request) -> Iterator[Piece]:
        asked = gq.shared(task.processes(root), wording.field, groups, limit=request.limit)
        for number, chunk in _chunks(asked, FEW):
            yield number, lambda model, chunk=chunk: attributes.rows(model, name, groups, chunk, ways)

    return Part(f"attributes:{name}", name, attributes.KIND, None, pieces, attributes.metrics, ("choices",))


def _tradeoff(task: Task) -> Part:
    name = task.card.name
    wording, groups = gq.WORDINGS[name], GROUPS[name]
    ways = tradeoff.steerings(wording, groups, tradeoff.mixtures(len(groups)))

    def pieces(root: DataRoot, request: Request) -> Iterator[Piece]:
        asked = gq.shared(task.processes(root), wording.field, groups, limit=request.limit)
        for number, chunk in _chunks(asked, FEW):
            yield number, lambda model, chunk=chunk: tradeoff.rows(model, name, groups, chunk, ways)

    return Part(f"tradeoff:{name}", name, tradeoff.KIND, None, pieces, tradeoff.metrics, ("choices",))


def _jury(task: Task) -> Part:
    name = task.card.name
    wording = gq.WORDINGS[name]

    def pieces(root: DataRoot, request: Request) -> Iterator[Piece]:
        asked = group_jury.items(task.processes(root), wording.field, limit=request.limit)
        for number, chunk in _chunks(asked, ALIGN_CHUNK):
            yield number, lambda model, chunk=chunk: group_jury.rows(model, name, wording, chunk)

    return Part(f"jury:{name}", name, group_jury.KIND, None, pieces, group_jury.metrics, ("choices",))


def _few(request: Request) -> int | None:
    return None if request.limit is None else max(FEW, request.limit // 4)


def _grouped(task: Task) -> bool:
    return task.card.name in GROUPS


def _aligned(task: Task) -> bool:
    return task.card.kind == "align"


_FURTHER: dict[str, tuple[Callable[[Task], Part], Callable[[Task], bool]]] = {
    "readouts": (_readouts, _aligned),
    "robustness": (_robustness, _aligned),
    "inference": (_inference, _aligned),
    "attributes": (_attributes, _grouped),
    "tradeoff": (_tradeoff, _grouped),
    "jury": (_jury, _grouped),
}
"""By name, what makes a measure on a task, and for which tasks it is made."""


def _chunks(items: Sequence[T], size: int) -> Iterator[tuple[str, Sequence[T]]]:
    return ((f"{start // size:05d}", items[start : start + size]) for start in range(0, len(items), size))
