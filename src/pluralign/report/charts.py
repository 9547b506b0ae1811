"""Charts as inline SVG. Colours are CSS variables of the page, so one drawing serves light and dark.

A chart is described in Vega-Lite with named, empty data, compiled once for each form that occurs (numbers of models,
options and bins), and filled for each drawing: compiling costs ten times as much as drawing.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from xml.etree import ElementTree

import altair as alt
import vl_convert

from pluralign.report.evidence import Item
from pluralign.report.headline import Record
from pluralign.report.text import clean, number

WIDTH = 340
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
_SVG = "{http://www.w3.org/2000/svg}"
INK, MUTED, _LINE = "var(--ink)", "var(--muted)", "var(--line)"
_THICK, _GAP, _HEAD, _SPACE = 7, 2, 17, 7
"""Of the bars of a distribution, in pixels: a bar, the gap around it, the label above it, the space below them."""
LABEL = 52
_CONFIG: dict[str, Any] = {
    "background": "transparent",
    "view": {"stroke": None},
    "axis": {
        "domainColor": _LINE,
        "gridColor": _LINE,
        "tickColor": _LINE,
        "labelColor": MUTED,
        "titleColor": MUTED,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "labelAngle": 0,
        "tickCount": 4,
    },
}


def colour(index: int) -> str:
    """CSS colour of the model at this place; the page defines as many as there are shapes."""
    return f"var(--model-{index % len(SHAPES)})"


def shape(index: int) -> str:
    """Point shape of the model at this place, so that colour is never the only difference."""
    return SHAPES[index % len(SHAPES)]


def curve(
    points: Sequence[Mapping[str, Any]], models: Sequence[str], label: str = "loss", axis: str = "earlier examples"
) -> str:
    """A number of each model by another one; what is no model is a dashed grey line.

    Args:
        points: of one task, as :func:`pluralign.report.evidence.curves` or :func:`pluralign.report.tables.steps` give
            them.
        label: which number.
        axis: by what.
    """
    bins = dict(sorted((p["bin"], p["label"]) for p in points))
    values = [{**p, "key": _key(p["model"], models)} for p in points]
    last = {p["model"]: p["mean"] for p in sorted(points, key=lambda p: p["bin"])}
    names = ", ".join(f"{clean(m, 60)} {number(v)}" for m, v in last.items())
    said = f"Line chart of {label} by {axis}. At the right end: {names}."
    return draw(_curve(tuple(bins.values()), len(models), axis), {"points": values}, said)


@cache
def _curve(bins: tuple[str, ...], models: int, axis: str) -> dict[str, Any]:
    x = alt.X("label:O", sort=list(bins), title=axis, axis=alt.Axis(grid=False, labelOverlap=True))
    y = alt.Y("mean:Q", title=None, scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(ticks=False))
    form = alt.Shape("key:N", legend=None, scale=_scale("reference", ["stroke", *map(shape, range(models))]))
    base = alt.Chart().encode(x=x, y=y, color=_hue("reference", MUTED, models))
    own = base.transform_filter(alt.datum.key != "reference")
    band = own.mark_area(opacity=0.14).encode(y=alt.Y("low:Q", title=None), y2="high:Q")
    marginal = base.transform_filter(alt.datum.key == "reference").mark_line(strokeDash=[5, 4], strokeWidth=1.5)
    dots = own.mark_point(filled=True, size=34, opacity=1).encode(shape=form)
    return plan([band, marginal, own.mark_line(strokeWidth=2), dots], 210, data=alt.NamedData("points"))


def bars(records: Mapping[str, Record | None], models: Sequence[str], expected: Record | None = None) -> str:
    """One horizontal bar per model on a scale from 0 to 100, with its interval where there is one.

    Args:
        records: model to its yield record.
        expected: the yield of uniform draws, a dashed line; None where it is not known.
    """
    values, said = [], []
    for i, model in enumerate(models):
        record = records.get(model)
        if record is None or record["value"] is None:
            continue
        shown = number(record["value"], record["unit"])
        ends = {"low": record["low"], "high": record["high"], "end": max(record["value"], record["high"] or 0)}
        name = {"row": i, "name": clean(model, 40), "key": str(i)}
        values.append({**name, "value": record["value"], "shown": shown, **ends})
        said.append(f"{clean(model, 60)} {shown}")
    limit = f" Uniform draws would give {number(expected['value'], expected['unit'])}." if expected else ""
    text = f"Bar chart of different valid answers per 100 samples: {', '.join(said)}.{limit}"
    at = [{"at": expected["value"]}] if expected else []
    return draw(_bars(len(values), len(models)), {"models": values, "expected": at}, text)


@cache
def _bars(count: int, models: int) -> dict[str, Any]:
    y = alt.Y("row:O", axis=None, scale=alt.Scale(paddingInner=0.5, paddingOuter=0.25))
    x = alt.X("value:Q", title=None, scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(ticks=False, domain=False))
    base = alt.Chart(alt.NamedData("models")).encode(y=y)
    bar = base.mark_bar(height=13).encode(x=x, color=_hue(None, None, models))
    known = base.transform_filter(alt.datum.low != None)  # noqa: E711
    rule = known.mark_rule(strokeWidth=1.5, color=INK).encode(x="low:Q", x2="high:Q")
    name = base.mark_text(align="left", baseline="bottom", yOffset=-9, fontSize=11, color=INK)
    figure = base.mark_text(align="left", dx=5, fontSize=11, color=INK).encode(x="end:Q", text="shown:N")
    line = alt.Chart(alt.NamedData("expected")).mark_rule(strokeDash=[5, 4], strokeWidth=1.5, color=MUTED)
    layers = [bar, rule, name.encode(x=alt.value(0), text="name:N"), figure, line.encode(x="at:Q")]
    return plan(layers, 36 * count + 34)


def distribution(item: Item, models: Sequence[str]) -> str:
    """Shares of each option: a wide pale bar for the target, thin bars of the models in front of it."""
    rows, labels, top = [], [], 0
    present = [m for m in models if m in item.models]
    block = len(present) * (_THICK + _GAP) + _GAP
    for index, choice in enumerate(item.choices):
        labels.append({"y": top + _HEAD / 2 + 1, "text": clean(choice, LABEL)})
        y = top + _HEAD
        rows.append({"key": "target", "value": item.target[index], "y": y, "y2": y + block})
        for place, model in enumerate(present):
            start = y + _GAP + place * (_THICK + _GAP)
            key = _key(model, models)
            rows.append({"key": key, "value": item.models[model][index], "y": start, "y2": start + _THICK})
        top = y + block + _SPACE
    shares = "; ".join(
        f"{clean(c, 60)}: target {item.target[i]:.0%}"
        + "".join(f", {clean(m, 60)} {item.models[m][i]:.0%}" for m in present)
        for i, c in enumerate(item.choices)
    )
    said = f"Bar chart of answer shares. {shares}."
    return draw(_distribution(top, len(models)), {"bars": rows, "labels": labels}, said, full=item.choices)


@cache
def _distribution(height: int, models: int) -> dict[str, Any]:
    axis = alt.Axis(format="%", ticks=False, domain=False)
    x = alt.X("value:Q", title=None, axis=axis, scale=alt.Scale(domainMin=0))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, height], range=[0, height], nice=False))
    base = alt.Chart(alt.NamedData("bars")).encode(x=x, y=y, y2="y2:Q")
    bar = base.mark_rect().encode(x2=alt.datum(0), color=_hue("target", "var(--target)", models))
    edge = base.transform_filter(alt.datum.key == "target").mark_rule(color=MUTED, strokeWidth=1.5)
    text = alt.Chart(alt.NamedData("labels")).mark_text(align="left", fontSize=11.5, color=INK, limit=WIDTH - 12)
    return plan([bar, edge, text.encode(x=alt.value(0), y=y, text="text:N")], height + 22)


def _key(model: str, models: Sequence[str]) -> str:
    return str(models.index(model)) if model in models else "reference"


def _hue(other: str | None, paint: str | None, models: int) -> alt.Color:
    own = [colour(i) for i in range(models)]
    return alt.Color("key:N", legend=None, scale=_scale(other, [paint, *own] if other else own))


def _scale(other: str | None, values: list[Any]) -> alt.Scale:
    """A scale from the key of each model, its place, to a colour or shape; ``other`` is one more key, at the front."""
    models = [str(i) for i in range(len(values) - bool(other))]
    return alt.Scale(domain=[other, *models] if other else models, range=values)


def plan(layers: list[alt.Chart], height: int, **options: Any) -> dict[str, Any]:
    """The layers compiled to a Vega specification whose named data are still empty."""
    fit = alt.AutoSizeParams(type="fit", contains="padding")
    chart = alt.layer(*layers, **options).properties(width=WIDTH, height=height, autosize=fit, padding=2)
    return vl_convert.vegalite_to_vega({**chart.to_dict(validate=False), "config": _CONFIG})


def draw(planned: dict[str, Any], data: Mapping[str, list[Any]], label: str, full: Sequence[str] = ()) -> str:
    """Fill a compiled chart and draw it as an SVG element that scales with its container.

    Args:
        planned: what :func:`plan` gave.
        data: values by name of data.
        label: what a screen reader says instead of the drawing.
        full: texts of the labels, which are shown whole on hovering where the drawing cuts them at ``LABEL``.
    """
    filled = [{**d, "values": data[d["name"]]} if d["name"] in data else d for d in planned["data"]]
    root = ElementTree.fromstring(vl_convert.vega_to_svg({**planned, "data": filled}))
    whole = {clean(text, LABEL): clean(text) for text in full}
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
        for name in [n for n in element.attrib if n.startswith("aria-") or n in ("role", "class", "font-family")]:
            del element.attrib[name]
    for element in list(root.iter("text")):
        cut = element.text or ""
        if whole.get(cut, cut) != cut:
            ElementTree.SubElement(element, "title").text = whole[cut]
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.attrib |= {"role": "img", "aria-label": label}
    return ElementTree.tostring(root, encoding="unicode")
