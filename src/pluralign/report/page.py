"""One self-contained HTML page for a finished run: no script, no address that a browser would load."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2
import polars as pl
from markupsafe import Markup

from pluralign import runs
from pluralign.errors import RunError
from pluralign.report import charts, evidence, glossary, headline, settings, tables, text
from pluralign.report.verdict import verdict

_CURVES = (
    (
        "loss",
        "Learning curves",
        "Mean loss, in nats per answer, by number of examples that the model has seen before the answer, with 95% "
        "bands. A line that falls shows learning from the examples; a line below the dashed one shows use of more "
        "than the frequencies of answers. Scales differ between tasks.",
    ),
    (
        "choice_loss",
        "Learning curves with the format left out",
        "Closed choices only: the loss, in nats per answer, after the probabilities of the choices are rescaled to "
        "sum to 1. What differs from the curves above is lost on the format.",
    ),
)

_TOPIC = "the question repeated"
_COVERED = (
    (
        "coverage_by_threshold",
        "Coverage by threshold",
        "threshold",
        "Coverage where a view counts as expressed from this strength of the judge on.",
    ),
    (
        "coverage_by_words",
        "Coverage by length",
        "words",
        "Coverage of the beginning of an answer, up to this many words.",
    ),
)


_SHARED: dict[str, Any] = {
    "colour": charts.colour,
    "shape": charts.shape,
    "title": glossary.title,
    "place": glossary.place,
    "reference": glossary.reference,
    "references": glossary.REFERENCES,
    "means": glossary.SCOPES,
    "interval": text.interval,
}


def write(folder: Path) -> Path:
    """Write ``report.html`` into a finished run folder.

    Args:
        folder: holds ``config.json``, ``metrics.json`` and ``rows.parquet``.

    Returns:
        The path of the page. It is replaced in one step, so a reader never sees half of it.

    Raises:
        RunError: the folder holds no finished run, a file of it is damaged, it has no numbers, or the page cannot be
            written.
    """
    config, metrics, rows = runs.read(folder)
    if not metrics:
        raise RunError("the run has no numbers", where=folder, fix="Measure at least one task.")
    path = Path(folder) / "report.html"
    runs.write_atomically(path, render(config, metrics, rows).encode("utf-8", errors="replace"))
    return path


def render(config: Mapping[str, Any], metrics: list[dict[str, Any]], rows: pl.DataFrame) -> str:
    """The page as text.

    Args:
        config: the resolved settings of the run.
        metrics: records ``{model, task, kind, metric, value, low, high, n, unit}``.
        rows: item-level rows of all kinds.
    """
    people = headline.cast(metrics, settings.names(config, "models"))
    measured = tables.tasks(metrics)
    cards = settings.cards(measured)
    splits = {name: card["split"] for name, card in cards.items() if card}
    trained = {m["kind"] for m in metrics if m["task"] == "mean:train"}
    heldout = [r for r in headline.rows(metrics, people, "mean:heldout", splits) if r.kind in trained]
    headlines = {"All tasks": headline.rows(metrics, people), "Held-out tasks only": heldout}
    differences = {
        "Differences of means over tasks": tables.differences(metrics, people, averaged=True),
        "Differences on single tasks": tables.differences(metrics, people, averaged=False),
    }
    content = {
        "people": people,
        "verdict": verdict(metrics, people),
        "headlines": [(n, _by_kind(found, lambda row: row.kind)) for n, found in headlines.items() if found],
        "kinds": [(k, glossary.DESIDERATA.get(k), tables.per_task(metrics, people, k)) for k in tables.kinds(metrics)],
        "shots": tables.per_task(metrics, people, "steer", shots=True),
        "answers": evidence.answers(rows, people.models),
        "groups": evidence.groups(rows, people.models),
        "differences": [
            (n, len(found), _by_kind(found, lambda d: d.record["kind"])) for n, found in differences.items() if found
        ],
        "counts": evidence.counts(rows),
        "left_out": tables.left_out(metrics),
        "unmeasured": [name for name in settings.names(config, "tasks") if not _measured(name, metrics)],
        "config": json.dumps(config, indent=2, ensure_ascii=False),
        "definitions": tables.definitions(metrics),
        "cards": cards,
        "splits": splits,
        "metrics": metrics,
    }
    return environment().get_template("template.html.j2").render(content | _drawings(metrics, rows, people.models))


def _drawings(metrics: list[dict[str, Any]], rows: pl.DataFrame, models: tuple[str, ...]) -> dict[str, Any]:
    """All charts, marked as safe: charts.py writes them through an XML serialiser, which escapes their texts."""
    records = headline.lookup(metrics)
    curves = []
    for label, heading, note in _CURVES:
        found = evidence.curves(rows, models, label)
        drawn = {task: Markup(charts.curve(points, models, label.replace("_", " "))) for task, points in found.items()}
        curves += [(heading, note, drawn)] if drawn else []
    covered = []
    for metric, heading, axis, note in _COVERED:
        found = tables.steps(metrics, (*models, _TOPIC), "overton", metric)
        drawn = {task: Markup(charts.curve(points, models, "coverage", axis)) for task, points in found.items()}
        covered += [(heading, note, drawn)] if drawn else []
    yields = {}
    for task in tables.tasks(metrics, "cover"):
        own = {m: records.get(("cover", "yield", task, m)) for m in models}
        if any(own.values()):
            yields[task] = Markup(charts.bars(own, models, records.get(("cover", "yield", task, "uniform"))))
    items = {
        task: [(item, Markup(charts.distribution(item, models))) for item in found]
        for task, found in evidence.items(rows, models).items()
    }
    return {"curves": curves, "covered": covered, "yields": yields, "items": items}


def _measured(name: str, metrics: list[dict[str, Any]]) -> bool:
    """Whether a task, a measure or MEASURE:TASK has a number."""
    kind, _, task = name.partition(":")
    return any(name in (m["task"], m["kind"]) or (kind, task) == (m["kind"], m["task"]) for m in metrics)


def _by_kind(entries: list[Any], kind: Callable[[Any], str]) -> list[tuple[str, list[Any]]]:
    return [(name, list(group)) for name, group in groupby(entries, kind)]


@cache
def environment(*folders: str) -> jinja2.Environment:
    """Templates of the report and of further folders of the package, which escape all that they are given."""
    made = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader("pluralign", folder) for folder in (*folders, "report")]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters |= {"clean": text.clean, "number": text.number}
    made.globals.update(_SHARED)
    return made
