"""Tables of ``pluralign raters`` on a terminal."""

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pluralign.report.text import clean

_COLUMNS = (
    ("accuracy", "right %", 100, 1),
    ("nll_nats", "NLL", 1, 3),
    ("information_nats", "information, nats", 1, 3),
    ("preserved_share", "kept %", 100, 0),
    ("share_of_demonstrations-32", "% of 32", 100, 0),
)

_KEY = (
    "NLL in nats. kept: share of the information of the very ratings that it was written from; % of 32: of that of 32"
    " ratings."
)
_FIRST = "information_nats"
_WIDE = 130
"""Columns of a terminal below which only the first of these numbers has its interval shown; all are in the run."""


def comparison(metrics: Sequence[dict[str, Any]], dataset: str) -> None:
    """The table of one data set: a row per representation, then groupings."""
    own = [metric for metric in metrics if metric["task"] == dataset]
    cells = {(metric["model"], metric["metric"]): metric for metric in own}
    names = sorted({name for name, metric in cells if metric == "nll_nats"}, key=_order)
    table = empty_table(f"{dataset}: what is told about a rater")
    table.add_column("told", overflow="fold")
    console = Console()
    for metric, title, _, _ in _COLUMNS:
        least = 20 if metric == _FIRST or console.width >= _WIDE else len(title)
        table.add_column(title, justify="right", no_wrap=True, min_width=least)
    for name in names:
        found = {metric: cells.get((name, metric)) for metric, *_ in _COLUMNS}
        if console.width < _WIDE:
            found |= {metric: one and one | {"low": None} for metric, one in found.items() if metric != _FIRST}
        values = [figure(found[metric], factor, digits) for metric, _, factor, digits in _COLUMNS]
        table.add_row(Text(clean(name, 60)), *values)
    console.print(table)
    console.print(Text(_KEY, style="dim"))
    over = [metric for metric in own if " over " in metric["model"]]
    groups = [metric for metric in own if metric["metric"] == "group_information_nats"]
    if over or groups:
        table = empty_table(f"{dataset}: groups of raters")
        for title in ("grouping", "information (nats)", "random groups"):
            table.add_column(title, justify="left" if title == "grouping" else "right")
        for metric in groups:
            chance = cells.get((metric["model"], "random_groups_nats"))
            table.add_row(Text(clean(metric["model"], 60)), figure(metric, 1, 3), figure(chance, 1, 3))
        table.add_section()
        for metric in over:
            table.add_row(Text(clean(metric["model"], 60)), figure(metric, 1, 3), "")
        console.print(table)


def profiles(records: Sequence[dict[str, Any]]) -> None:
    """A row per statement."""
    from pluralign.raters.verdict import evidence

    table = empty_table("Profiles")
    for title in ("rater", "ratings", "statement", "evidence"):
        table.add_column(title, justify="right" if title == "ratings" else "left")
    for record in records:
        first = Text(clean(record["rater"], 30)), f"{record['ratings']:,}"
        statements: list[dict[str, Any]] = record["statements"]
        for said in statements or [{"text": "Nothing sets this rater apart.", "evidence": {}}]:
            behind: dict[str, float | str] = said["evidence"]
            numbers = ", ".join(f"{k} {evidence(k, v)}" for k, v in behind.items() if not isinstance(v, str))
            table.add_row(*first, Text(clean(said["text"])), Text(numbers, style="dim"))
            first = Text(""), ""
        table.add_section()
    Console().print(table)


def camps(found: Sequence[Any]) -> None:
    """A row per camp."""
    table = empty_table("Camps")
    for title in ("camp", "raters", "what is characteristic", "more frequent here (here, elsewhere)"):
        table.add_column(title, justify="right" if title == "raters" else "left")
    for camp in found:
        profile = "\n".join(clean(said.text) for said in camp.profile) or "–"
        facts = "\n".join(f"{clean(fact, 60)} ({here:.0%}, {there:.0%})" for fact, here, there in camp.attributes)
        table.add_row(camp.name, f"{camp.raters:,}", Text(profile), Text(facts or "–"))
        table.add_section()
    Console().print(table)


def predictions(records: Sequence[dict[str, Any]], outcomes: Sequence[str]) -> None:
    """A row per prediction: the probability of each answer, and the nearest own rating."""
    table = empty_table("Predictions")
    table.add_column("rater")
    table.add_column("item")
    for outcome in outcomes:
        table.add_column(Text(clean(outcome, 20)), justify="right")
    table.add_column("nearest own rating")
    for record in records:
        p = record["probabilities"]
        most = max(p, key=p.get)
        cells = [Text(f"{p[name]:.0%}", style="bold" if name == most else "") for name in outcomes]
        near = record["nearest"][0] if record["nearest"] else None
        why = f"{clean(near['answer'], 20)}: {clean(near['text'], 60)}" if near else "–"
        table.add_row(Text(clean(record["rater"], 30)), Text(clean(record["text"], 60)), *cells, Text(why))
    Console().print(table)


def empty_table(title: str) -> Table:
    """An empty table."""
    return Table(box=box.SIMPLE_HEAD, title=Text(title), title_justify="left", pad_edge=False)


def figure(metric: dict[str, Any] | None, factor: float, digits: int) -> Text:
    """The value of a metric times a factor, with its interval; a dash where there is none."""
    if metric is None or metric["value"] is None:
        return Text("–")
    text = Text(f"{metric['value'] * factor:.{digits}f}")
    low, high = metric["low"], metric["high"]
    if low is not None and high is not None:
        text.append(f" [{low * factor:.{digits}f}, {high * factor:.{digits}f}]", style="dim")
    return text


_KINDS = ("none", "demographics:", "demographics", "demonstrations", "profile", "demographics+", "cluster")


def _order(name: str) -> tuple[int, str, float, str]:
    """Nothing, attributes, demonstrations, profiles, both, clusters, then all else; by size within a kind."""
    kind = _KINDS.index(name) if name in _KINDS else -1
    if kind < 0:
        starts = [k for k, start in enumerate(_KINDS) if name.startswith(start)]
        kind = max(starts, key=lambda k: len(_KINDS[k])) if starts else len(_KINDS)
    stem, _, size = name.rpartition("-")
    number = float(size) if size.isdigit() else float("inf")
    return kind, stem if number < float("inf") else name.partition("-")[0], number, name
