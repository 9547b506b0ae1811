"""Tables of ``pluralign measure jury`` and ``pluralign measure overton`` on a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from pluralign.cli.raters_tables import empty_table, figure
from pluralign.report.text import EMPTY, clean

_CURVE = ("1", "0", "-1", "-5", "-inf")
_ON_SCREEN = 20


def jury(document: Mapping[str, Any]) -> None:
    """The welfare curve and dissent by candidate, who the jury is, and what each juror gives."""
    cells = {(one["model"], one["metric"]): one for one in document["metrics"]}
    texts = {one["candidate"]: one["text"] for one in document["candidates"]}
    order = sorted(texts, key=lambda name: -(cells[name, "welfare[p=1]"]["value"] or 0))
    table = empty_table("Welfare: from the mean (p = 1) to the worst off (p = −inf)")
    table.add_column("candidate", overflow="fold")
    for p in _CURVE:
        table.add_column(f"p = {p.replace('-', '−')}", justify="right", no_wrap=True)
    table.add_column("dissent", justify="right")
    best = {p: max(cells[name, f"welfare[p={p}]"]["value"] for name in order) for p in _CURVE}
    for name in order[:_ON_SCREEN]:
        values = [cells[name, f"welfare[p={p}]"] for p in _CURVE]
        shown = [figure(one if p == "1" else one | {"low": None}, 1, 3) for p, one in zip(_CURVE, values, strict=True)]
        for p, one, text in zip(_CURVE, values, shown, strict=True):
            if one["value"] >= best[p] - 1e-12:
                text.stylize("bold")
        table.add_row(_named(name, texts[name]), *shown, figure(cells[name, "spread"] | {"low": None}, 1, 3))
    console = Console()
    console.print(table)
    if len(order) > _ON_SCREEN:
        console.print(Text(f"{len(order) - _ON_SCREEN:,} more candidates; --json gives all"))
    console.print(Text(_scale(document["scale"]), style="dim"))
    _groups(console, document["groups"])
    _jurors(console, document)
    counts = {name: cells["jury", name] for name in ("ratings_missing", "ratings_left_out", "items_without_jury")}
    told = [f"{int(one['value']):,} of {one['n']:,} {name.replace('_', ' ')}" for name, one in counts.items()]
    console.print(Text("; ".join(told)))
    if warning := next((one["warning"] for one in document["metrics"] if one.get("warning")), None):
        console.print(Text(f"warning: {warning}", style="bold"))


_OVERTON = (
    ("coverage", "coverage", 100),
    ("coverage_matched", "at matched length", 100),
    ("precision", "precision", 100),
    ("balance", "balance", 100),
    ("words", "words", 1),
)


def overton(document: Mapping[str, Any]) -> None:
    """Coverage beside its references, the threshold curve, and what is to be said about the judge."""
    console, metrics = Console(), document["metrics"]
    cells = {(one["model"], one["metric"]): one for one in metrics}
    models = document["models"]
    beside = [name for name in dict.fromkeys(one["model"] for one in metrics) if name not in models]
    table = empty_table("Overton coverage, % (first column with its 95 % interval)")
    table.add_column("source", overflow="fold")
    for metric, title, _ in _OVERTON:
        table.add_column(title, justify="right", no_wrap=metric == "coverage")
    for number, name in enumerate((*models, *beside)):
        if number == len(models):
            table.add_section()
        found = [(cells.get((name, metric)), metric, factor) for metric, _, factor in _OVERTON]
        shown = [
            figure(one if metric == "coverage" or one is None else one | {"low": None}, factor, 1)
            for one, metric, factor in found
        ]
        table.add_row(Text(clean(name, 60)), *shown)
    console.print(table)
    thresholds = [f"0.{digit}" for digit in (2, 3, 4, 5, 6, 7, 8)]
    curve = empty_table("Coverage by threshold of the judge, %")
    curve.add_column("source", overflow="fold")
    for threshold in thresholds:
        curve.add_column(threshold, justify="right")
    for name in models:
        points = [cells.get((name, f"coverage_by_threshold@{threshold}")) for threshold in thresholds]
        curve.add_row(Text(clean(name, 60)), *(figure(one and one | {"low": None}, 100, 1) for one in points))
    console.print(curve)
    counted = [cells[name, kind] | {"what": kind} for name in models for kind in ("empty", "unjudged", "left_out")]
    told = [
        f"{one['model']}: {int(one['value']):,} of {one['n']:,} {one['what'].replace('_', ' ')}"
        for one in counted
        if one["value"]
    ]
    if told:
        console.print(Text("; ".join(told)))
    console.print(Text(_judge(document)))
    if document["warning"]:
        console.print(Text(f"warning: {document['warning']}", style="bold"))


def _judge(document: Mapping[str, Any]) -> str:
    name, found = document["judge"]["name"], document["validation"]
    if found is None:
        return f"judge: {name}; a view counts as covered from strength 0.5"
    agrees = f"AUROC {found['auroc']['value']:.2f}, kappa {found['kappa']['value']:.2f}"
    return (
        f"judge: {name}; on {found['n']:,} of people's labels ({found['labels']}) {agrees}; "
        f"a view counts as covered from strength {found['threshold']:.2f}"
    )


def _groups(console: Console, groups: Sequence[Mapping[str, Any]]) -> None:
    table = empty_table("The jury")
    for name in ("group", "jurors", "missing", "share of weight", "effective jurors"):
        table.add_column(name, justify="left" if name == "group" else "right")
    for one in groups[:_ON_SCREEN]:
        counts = f"{one['jurors']:,}", f"{one['missing']:,}"
        share, effective = f"{one['weight_share']:.1%}", f"{one['effective_jurors']:.1f}"
        table.add_row(Text(clean(one["group"] or "without a group", 40)), *counts, share, effective)
    console.print(table)


def _jurors(console: Console, document: Mapping[str, Any]) -> None:
    missing, jurors = document["missing"], document["jurors"]
    if missing:
        named = ", ".join(clean(name, 30) for name in missing[:_ON_SCREEN])
        rest = f" and {len(missing) - _ON_SCREEN:,} more" if len(missing) > _ON_SCREEN else ""
        console.print(Text(f"missing jurors, who rated all candidates of no item: {named}{rest}"))
    names = [one["candidate"] for one in document["candidates"]]
    if len(jurors) > _ON_SCREEN or len(names) > 6:
        console.print(Text(f"{len(jurors):,} jurors: --json gives what each of them gives"))
        return
    table = empty_table("Mean utility by juror")
    table.add_column("juror")
    for name in ("weight", "items", *names):
        table.add_column(Text(clean(name, 24)), justify="right")
    for one in jurors:
        given = [EMPTY if one[name] is None else f"{one[name]:.3f}" for name in names]
        table.add_row(Text(clean(one["juror"], 30)), f"{one['weight']:g}", f"{one['items']:,}", *given)
    console.print(table)


def _scale(scale: Mapping[str, float]) -> str:
    least, most = f"{scale['low']:g}", f"{scale['high']:g}"
    return f"Utility goes from {scale['bottom']:g} for rating {least} (--bottom) to 1 for rating {most}."


def _named(name: str, text: str | None) -> Text:
    return Text(clean(name if text is None or text == name else f"{name}: {text}", 60))
