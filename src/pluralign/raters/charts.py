"""Charts of the page on raters, drawn as those of the report are: inline SVG in the colours of the page."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt

from pluralign.raters.findings import Estimate
from pluralign.raters.verdict import ends, known
from pluralign.report.charts import INK, LABEL, MUTED, WIDTH, colour, draw, plan, shape
from pluralign.report.text import clean, number

HUES = (colour(0), colour(1), MUTED)
"""Of the series of a chart, in their order; the third is for what is there for comparison."""

FORMS = (shape(0), shape(3), shape(1))
GROUND = "var(--ground)"
_HEAD, _STEP, _SPACE = 18, 11, 9
"""Of a row of dots, in pixels: the label, a line of dots below it, the space below them."""


def dots(rows: Sequence[tuple[str, Sequence[Estimate]]], series: Sequence[str]) -> str:
    """Values with intervals, one row for each name and in it one line for each series; a vertical line marks 0.

    Args:
        rows: label and, for each series, its value in nats.
        series: what the lines of a row are, for those who cannot see the drawing; up to three.
    """
    points, labels, said = [], [], []
    for place, (label, estimates) in enumerate(rows):
        top = place * (_HEAD + _STEP * len(series) + _SPACE)
        labels.append({"y": top + _HEAD / 2, "text": clean(label, LABEL)})
        for line, estimate in enumerate(estimates):
            if known(estimate):
                y = top + _HEAD + _STEP * (line + 0.5)
                points.append({"y": y, "key": str(line), **_interval(estimate)})
        shown = [f"{n} {number(e[0], 'nats')}" for n, e in zip(series, estimates, strict=True) if known(e)]
        said.append(f"{clean(label, 60)}: {', '.join(shown) or 'no value'}")
    height = len(rows) * (_HEAD + _STEP * len(series) + _SPACE)
    text = f"Dot plot of information in nats. {'; '.join(said)}."
    filled = {"points": points, "labels": labels, "zero": [{"at": 0}]}
    return draw(_dots(height, len(series)), filled, text, full=[label for label, _ in rows])


@cache
def _dots(height: int, series: int) -> dict[str, Any]:
    x = alt.X("value:Q", title="nats per answer", scale=alt.Scale(zero=True, nice=True), axis=alt.Axis(ticks=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, height], range=[0, height], nice=False))
    keys = [str(k) for k in range(series)]
    hue = alt.Color("key:N", legend=None, scale=alt.Scale(domain=keys, range=list(HUES[:series])))
    mark = alt.Shape("key:N", legend=None, scale=alt.Scale(domain=keys, range=list(FORMS[:series])))
    base = alt.Chart(alt.NamedData("points")).encode(y=y)
    zero = alt.Chart(alt.NamedData("zero")).mark_rule(color=MUTED, strokeDash=[2, 3]).encode(x="at:Q")
    rule = base.mark_rule(strokeWidth=1.5).encode(x=alt.X("low:Q", title=""), x2="high:Q", color=hue)
    dot = base.mark_point(filled=True, size=42, opacity=1).encode(x=x, color=hue, shape=mark)
    names = alt.Chart(alt.NamedData("labels")).encode(x=alt.value(0), y=y, text="text:N")
    form = {"align": "left", "fontSize": 11.5, "limit": WIDTH - 12}
    # Lines that would run through a name stop before it.
    halo = names.mark_text(color=GROUND, stroke=GROUND, strokeWidth=5, **form)
    return plan([zero, halo, rule, dot, names.mark_text(color=INK, **form)], height + 38)


def growth(curve: Sequence[tuple[int, Estimate, Estimate]]) -> str:
    """Information of camps against their number, and of a latent-factor model with as many factors."""
    sizes = sorted({size for size, _, _ in curve})
    points, said = [], []
    for size, camps, latent in sorted(curve, key=lambda row: row[0]):
        for key, estimate in (("0", camps), ("1", latent)):
            if known(estimate):
                points.append({"size": size, "key": key, **_interval(estimate)})
        values = [f"{n} {number(e[0], 'nats')}" for n, e in (("camps", camps), ("factors", latent)) if known(e)]
        said.append(f"{size}: {', '.join(values) or 'no value'}")
    text = f"Line chart of information in nats by number of camps or factors. {'; '.join(said)}."
    return draw(_growth(tuple(sizes)), {"points": points, "zero": [{"at": 0}]}, text)


@cache
def _growth(sizes: tuple[int, ...]) -> dict[str, Any]:
    axis = alt.Axis(grid=False, labelOverlap=True)
    x = alt.X("size:O", sort=list(sizes), title="number of camps, or of factors", axis=axis)
    y = alt.Y("value:Q", title=None, scale=alt.Scale(zero=True, nice=True), axis=alt.Axis(ticks=False))
    hue = alt.Color("key:N", legend=None, scale=alt.Scale(domain=["0", "1"], range=list(HUES[:2])))
    form = alt.Shape("key:N", legend=None, scale=alt.Scale(domain=["0", "1"], range=list(FORMS[:2])))
    dash = alt.StrokeDash("key:N", legend=None, scale=alt.Scale(domain=["0", "1"], range=[[1, 0], [5, 4]]))
    base = alt.Chart(alt.NamedData("points")).encode(x=x, color=hue)
    zero = alt.Chart(alt.NamedData("zero")).mark_rule(color=MUTED, strokeDash=[2, 3]).encode(y="at:Q")
    band = base.mark_area(opacity=0.14).encode(y=alt.Y("low:Q", title=""), y2="high:Q")
    line = base.mark_line(strokeWidth=2).encode(y=y, strokeDash=dash)
    dot = base.mark_point(filled=True, size=34, opacity=1).encode(y=y, shape=form)
    return plan([zero, band, line, dot], 240)


def reliability(bins: Sequence[tuple[float, float, int]]) -> str:
    """Observed share against predicted probability; right probabilities lie on the diagonal."""
    points = [{"value": p, "observed": share, "ratings": n} for p, share, n in bins]
    said = "; ".join(f"{number(p, 'share')} predicted, {number(share, 'share')} observed" for p, share, _ in bins)
    text = f"Calibration plot: points on the diagonal are right. {said}."
    return draw(_reliability(), {"points": points, "line": [{"at": 0}, {"at": 1}]}, text)


@cache
def _reliability() -> dict[str, Any]:
    scale, axis = alt.Scale(domain=[0, 1]), alt.Axis(format="%", ticks=False)
    x = alt.X("value:Q", title="predicted probability", scale=scale, axis=axis)
    y = alt.Y("observed:Q", title="share observed", scale=scale, axis=axis)
    size = alt.Size("ratings:Q", legend=None, scale=alt.Scale(zero=True, range=[12, 160]))
    diagonal = alt.Chart(alt.NamedData("line")).mark_line(strokeDash=[5, 4], strokeWidth=1.5, color=MUTED)
    base = alt.Chart(alt.NamedData("points")).encode(x=x, y=y)
    line = base.mark_line(strokeWidth=1, opacity=0.5, color=HUES[0])
    dot = base.mark_point(filled=True, opacity=0.9, color=HUES[0]).encode(size=size)
    return plan([diagonal.encode(x="at:Q", y="at:Q"), line, dot], 320)


def _interval(estimate: Estimate) -> dict[str, float]:
    """A point with its interval, which shrinks to the value where there is none."""
    value, low, high = ends(estimate)
    return {"value": value, "low": value if low != low else low, "high": value if high != high else high}
