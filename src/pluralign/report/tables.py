"""Tables of the page other than the headline: per task, paired differences, definitions."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from pluralign.report.glossary import DESIDERATA, METRICS, SCOPES, Definition, define
from pluralign.report.headline import Cast, Record, clear, lookup


@dataclass(frozen=True, slots=True)
class PerTask:
    """All metrics of one kind, a block of lines per task.

    Attributes:
        metrics: columns, with their definitions.
        blocks: task to lines ``(name, one record or None per column)``; means over tasks come last.
    """

    metrics: tuple[tuple[str, Definition], ...]
    blocks: dict[str, list[tuple[str, tuple[Record | None, ...]]]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One paired comparison, left minus right.

    Attributes:
        better: the name that does clearly better; None where the interval includes 0, is absent, or the metric has
            no direction.
        excludes: whether the interval excludes 0; None without an interval.
    """

    record: Record
    definition: Definition
    left: str
    right: str
    better: str | None
    excludes: bool | None


def metric_names(metrics: Sequence[Record], kind: str) -> list[str]:
    """Metrics of a kind that have records: known ones in the order of the glossary, then the others.

    Counts of what was left out have a table of their own.
    """
    present = dict.fromkeys(m["metric"] for m in metrics if m["kind"] == kind and m["metric"] != "left_out")
    known = [n for n in METRICS.get(kind, {}) if n in present]
    return known + [n for n in present if n not in known]


def kinds(metrics: Sequence[Record]) -> list[str]:
    """Kinds that have records: the three desiderata in their order, then the others."""
    present = dict.fromkeys(m["kind"] for m in metrics)
    known = [k for k in DESIDERATA if k in present]
    return known + [k for k in present if k not in known]


def tasks(metrics: Sequence[Record], kind: str | None = None) -> list[str]:
    """Names of tasks with records, without the means, in alphabetical order."""
    return sorted({m["task"] for m in metrics if kind in (None, m["kind"])} - set(SCOPES))


def means(metrics: Sequence[Record], kind: str) -> list[str]:
    """Means over tasks that say something of their own: those of a split only where there are two splits."""
    present = {m["task"] for m in metrics if m["kind"] == kind}
    return [s for s in SCOPES if s in present and (s == "mean:all" or set(SCOPES) <= present)]


def per_task(metrics: Sequence[Record], people: Cast, kind: str, *, shots: bool = False) -> PerTask:
    """The per-task table of a kind; models first, then baselines and floors, of which only filled lines stay.

    Args:
        shots: True for the metrics at one number of earlier examples (``loss@8``), False for the others.
    """
    columns = [name for name in metric_names(metrics, kind) if ("@" in name) == shots]
    table = lookup(metrics)
    blocks, single = {}, tasks(metrics, kind)
    for task in single + (means(metrics, kind) if len(single) > 1 else []):
        lines = [
            (name, tuple(table.get((kind, metric, task, name)) for metric in columns))
            for name in (*people.models, *people.references)
        ]
        lines = [line for line in lines if any(line[1])]
        if lines:
            blocks[task] = lines
    return PerTask(tuple((c, define(kind, c)) for c in columns), blocks)


def steps(metrics: Sequence[Record], names: Sequence[str], kind: str, metric: str) -> dict[str, list[dict[str, Any]]]:
    """A metric that is given at several numbers (``coverage_by_words@50``), as points of a curve.

    Args:
        names: of models and references to keep.

    Returns:
        Task to points ``{model, bin, label, mean, low, high}``.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for m in metrics:
        name, at, step = m["metric"].partition("@")
        if at and (m["kind"], name) == (kind, metric) and m["model"] in names and m["value"] is not None:
            point = {"model": m["model"], "bin": float(step), "label": step, "mean": m["value"]}
            found.setdefault(m["task"], []).append(point | {"low": m["low"], "high": m["high"]})
    return found


def differences(metrics: Sequence[Record], people: Cast, *, averaged: bool) -> list[Difference]:
    """Paired comparisons, of means over tasks or of single tasks, by kind, metric, place and pair.

    Gains over a baseline are not among them: the baseline cancels, which leaves the difference of the losses.
    """
    table, found = lookup(metrics), []
    for kind in kinds(metrics):
        places = means(metrics, kind) if averaged else tasks(metrics, kind)
        for metric in metric_names(metrics, kind):
            if "@" in metric or "gain_over" in metric:
                continue
            definition = define(kind, metric)
            sign = {"higher": 1, "lower": -1, "neither": 0}[definition.better]
            for place, (name, (left, right)) in product(places, people.pairs.items()):
                m = table.get((kind, metric, place, name))
                if m is None:
                    continue
                known = m["low"] is not None and m["high"] is not None
                direction = sign * clear(m)
                better = (left if direction > 0 else right) if direction else None
                found.append(Difference(m, definition, left, right, better, bool(clear(m)) if known else None))
    return found


def definitions(metrics: Sequence[Record]) -> dict[str, list[tuple[str, Definition, str]]]:
    """Kind to ``(metric, definition, unit)`` of every metric that has records."""
    units = {(m["kind"], m["metric"]): m.get("unit") or "" for m in metrics}
    found = {}
    for kind in kinds(metrics):
        extra = ["left_out"] if (kind, "left_out") in units else []
        found[kind] = [(n, define(kind, n), units[kind, n]) for n in [*metric_names(metrics, kind), *extra]]
    return found


def left_out(metrics: Sequence[Record]) -> list[tuple[Record, float]]:
    """Records that count left-out rows, where there are any, with their share of all rows."""
    return [(m, m["value"] / m["n"]) for m in metrics if m["metric"] == "left_out" and m["value"]]
