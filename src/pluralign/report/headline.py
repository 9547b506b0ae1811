"""Which numbers stand in the headline table; shared by the page and the terminal."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pluralign.report.glossary import DESIDERATA, REFERENCES, SCOPES, Definition, define, reference

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cast:
    """Who appears in the metrics.

    Attributes:
        models: measured models, in the order in which they were asked for.
        references: baselines and floors.
        pairs: record name to the two names that it compares.
    """

    models: tuple[str, ...]
    references: tuple[str, ...]
    pairs: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a baseline or floor reaches.

    Attributes:
        label: its name, with the number of tasks where it is defined on fewer than the models are.
    """

    label: str
    record: Record


@dataclass(frozen=True, slots=True)
class Row:
    """One metric in the headline table.

    Attributes:
        scope: the task, or the mean over tasks, that the numbers are of.
        cells: one record per model; None where it has none.
        tasks: number of tasks behind the models' numbers; None where that is not known.
        references: each baseline and floor that has this metric; what is made of one model's own answers ("MODEL, 3
            together") stands with all numbers only.
        best: the model that is clearly better than every other one, if there is such a model.
    """

    kind: str
    metric: str
    scope: str
    definition: Definition
    tasks: int | None
    cells: tuple[Record | None, ...]
    references: tuple[Mark, ...]
    best: str | None


def cast(metrics: Iterable[Record], order: Sequence[str] = ()) -> Cast:
    """Tell models, baselines and comparisons (``A - B``) apart by their names.

    Args:
        order: names of the models as requested; all others are references. None given, whatever is no known reference
            is a model.
    """
    names = dict.fromkeys(m["model"] for m in metrics)
    pairs = {}
    for name in names:
        parts = name.split(" - ")
        for cut in range(1, len(parts)):
            left, right = " - ".join(parts[:cut]), " - ".join(parts[cut:])
            if left in names and right in names:
                pairs[name] = (left, right)
    single = [n for n in names if n not in pairs]
    rank = {name: i for i, name in enumerate(order)}
    models = sorted((n for n in single if n in rank or not (rank or n in REFERENCES)), key=lambda n: rank.get(n, 0))
    known = [n for n in REFERENCES if n in names]
    others = [n for n in single if n not in models and n not in REFERENCES]
    return Cast(tuple(models), (*known, *others), pairs)


def lookup(metrics: Iterable[Record]) -> dict[tuple[str, str, str, str], Record]:
    """Records by ``(kind, metric, task, model)``."""
    return {(m["kind"], m["metric"], m["task"], m["model"]): m for m in metrics}


def scope(metrics: Iterable[Record], kind: str) -> str | None:
    """What the headline of a kind is about: the mean over all tasks, else the widest mean, else its only task."""
    tasks = dict.fromkeys(m["task"] for m in metrics if m["kind"] == kind)
    means = [s for s in SCOPES if s in tasks]
    if means:
        return means[0]
    return next(iter(tasks)) if len(tasks) == 1 else None


def clear(record: Record | None) -> int:
    """Sign of a difference whose interval excludes 0; 0 where it does not or where there is no interval."""
    if record is None or record.get("low") is None or record.get("high") is None:
        return 0
    return (record["low"] > 0) - (record["high"] < 0)


def wins(metrics: Sequence[Record], people: Cast, kind: str, metric: str, task: str) -> dict[tuple[str, str], Record]:
    """Pairs of models ``(better, worse)`` whose paired interval excludes 0, with the record of the difference."""
    sign = {"higher": 1, "lower": -1, "neither": 0}[define(kind, metric).better]
    found, table = {}, lookup(metrics)
    for name, (left, right) in people.pairs.items():
        record = table.get((kind, metric, task, name))
        direction = sign * clear(record)
        if record is not None and direction and left in people.models and right in people.models:
            found[(left, right) if direction > 0 else (right, left)] = record
    return found


def support(metrics: Iterable[Record], kind: str, metric: str, task: str, splits: Mapping[str, str]) -> dict[str, int]:
    """Name to the number of tasks that a mean of it is over; empty where the splits of the tasks are not known."""
    split = task.removeprefix("mean:")
    found: Counter[str] = Counter()
    for m in metrics:
        own = m["task"] not in SCOPES and m["value"] is not None and split in ("all", splits.get(m["task"]))
        found[m["model"]] += own and (m["kind"], m["metric"]) == (kind, metric)
    return {name: n for name, n in found.items() if n}


def rows(
    metrics: Sequence[Record], people: Cast, task: str | None = None, splits: Mapping[str, str] | None = None
) -> list[Row]:
    """Rows of the headline table, by desideratum.

    Args:
        task: the mean or task to show; None chooses with :func:`scope`, per kind.
        splits: the split of each task, needed to count the tasks of a mean over one split.
    """
    table, result = lookup(metrics), []
    for kind, desideratum in DESIDERATA.items():
        where = task or scope(metrics, kind)
        for metric in desideratum.headline:
            cells = tuple(table.get((kind, metric, where or "", model)) for model in people.models)
            if where is None or not any(cells):
                continue
            counts = support(metrics, kind, metric, where, splits or {})
            most = max((counts.get(m, 0) for m in people.models), default=0) or None
            beaten = wins(metrics, people, kind, metric, where)
            best = [m for m in people.models if all((m, o) in beaten for o in people.models if o != m)]
            result.append(
                Row(
                    kind,
                    metric,
                    where,
                    define(kind, metric),
                    most,
                    cells,
                    tuple(
                        Mark(_label(name, counts.get(name), most), record)
                        for name in people.references
                        if name.partition(", ")[0] not in people.models
                        and (record := table.get((kind, metric, where, name))) is not None
                    ),
                    best[0] if len(people.models) > 1 and best else None,
                )
            )
    return result


def _label(name: str, count: int | None, most: int | None) -> str:
    partial = count is not None and most is not None and count < most
    return f"{reference(name)} ({count} of {most} tasks)" if partial else reference(name)
