"""The run folder of a study of answers: rows, numbers, entries for the bank, and a page without scripts."""

import json
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
from markupsafe import Markup

from pluralign.errors import DataError
from pluralign.report.charts import INK, LABEL, MUTED, WIDTH, colour, draw, plan, shape
from pluralign.report.page import environment
from pluralign.report.text import clean, number
from pluralign.runs import Metric, Run, write_atomically
from pluralign.values.responses import Responses
from pluralign.values.study_findings import LEVEL, TESTED, Outcome, Rate, Study
from pluralign.values.study_views import entries
from pluralign.values.study_words import OUTCOMES, chance, could_show, points, verdict

MISSING = "missing.jsonl"
"""What people say is missing, to be edited; never written over."""

_HEAD, _STEP = 18, 19
"""Of a row of the chart, in pixels: the label, and the line with its dot and the space below."""


def save(
    found: Study, responses: Responses, file: Path, attributes: Sequence[str] | None = None, out: Path | None = None
) -> Path:
    """Write the run folder.

    Args:
        file: the answers.
        attributes: as they were asked for.
        out: the folder; None names one under ``runs`` after the request.

    Returns:
        the folder, with ``rows.parquet``, ``metrics.json``, ``study.json``, ``report.html`` and ``missing.jsonl``, of
        which the last stays as it is where it was there.

    Raises:
        RunError: the folder cannot be written, or belongs to another request or other answers.
    """
    request = {
        "command": "values study",
        "file": file.name,
        "sha256": _digest(file),
        "attributes": None if attributes is None else list(attributes),
    }
    stem = "".join(c if c.isalnum() else "-" for c in file.name.partition(".")[0])[:40].strip("-") or "data"
    named = f"values-study-{stem}-{sha256(repr(request).encode()).hexdigest()[:8]}"
    folder = out or Path("runs") / named
    with Run.open(folder, request) as run:
        if not run.finished:
            run.write("answers", _rows(responses))
            run.finish([metric.as_dict() for metric in _metrics(found)])
        told = json.dumps(found.as_dict(texts=True), ensure_ascii=False, indent=2, allow_nan=False)
        _write(folder / "study.json", told + "\n")
        if not (folder / MISSING).exists():
            lines = [json.dumps(entry, ensure_ascii=False) for entry in entries(found.views, found.name)]
            _write(folder / MISSING, "".join(f"{line}\n" for line in lines))
        _write(folder / "report.html", render(found))
    return folder


def render(found: Study) -> str:
    """The page as text."""
    content = {
        "f": found,
        "verdict": verdict(found),
        "outcomes": OUTCOMES,
        "tested": TESTED,
        "level": LEVEL,
        "chance": chance,
        "could_show": could_show,
        "points": points,
        "charts": {outcome: Markup(_chart(found, outcome)) for outcome in TESTED if found.rates[outcome].people},
    }
    return environment("values").get_template("study.html.j2").render(content)


def _write(path: Path, text: str) -> None:
    write_atomically(path, text.encode("utf-8", errors="replace"))


def _digest(file: Path) -> str:
    try:
        return sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", where=file) from None


def _rows(responses: Responses) -> pl.DataFrame:
    """All answers: ``outcome, person, situation, kind, text, value``, and the groups of the person."""
    people = responses.people.with_row_index("person").cast({"person": pl.Int64})
    answers = pl.concat(
        [table.with_columns(outcome=pl.lit(name)) for name, table in zip(TESTED, _tables(responses), strict=True)],
        how="diagonal",
    )
    # A column of the file may be called outcome.
    groups = people.rename({name: f"group: {name}" for name in responses.people.columns})
    rows = answers.join(groups, on="person", how="left", maintain_order="left").with_columns(pl.col("person") + 1)
    return rows.select("outcome", pl.all().exclude("outcome")).cast({pl.Enum: pl.String})


def _tables(responses: Responses) -> tuple[pl.DataFrame, pl.DataFrame]:
    return responses.agreed, responses.missed


def _metrics(found: Study) -> list[Metric]:
    people = [("everybody", found.rates)]
    people += [(f"{one.name}: {group.name}", group.rates) for one in found.attributes for group in one.groups]
    return [
        Metric(who, found.name, "study", f"{outcome}_share", rate.value, rate.low, rate.high, rate.people, "share")
        for who, rates in people
        for outcome, rate in rates.items()
    ]


def _chart(found: Study, outcome: Outcome) -> str:
    """Rates with intervals, one row per group; a vertical line marks the rate of all people."""
    rows: list[tuple[str, Rate, str]] = [("everybody", found.rates[outcome], "0")]
    rows += [
        (f"{attribute.name}: {group.name}", group.rates[outcome], "2" if group.small else "1")
        for attribute in found.attributes
        for group in attribute.groups
    ]
    dots, labels, said = [], [], []
    for place, (label, rate, key) in enumerate(rows):
        top = place * (_HEAD + _STEP)
        labels.append({"y": top + _HEAD / 2, "text": clean(label, LABEL)})
        if rate.value is not None:
            dots.append({"y": top + _HEAD + 4, "key": key, "value": rate.value, "low": rate.low, "high": rate.high})
        said.append(f"{clean(label, 60)} {number(rate.value, 'share')}")
    data = {"dots": dots, "labels": labels, "all": [{"at": rows[0][1].value}]}
    text = f"Dot plot of shares by group. {'; '.join(said)}."
    return draw(_plan(len(rows) * (_HEAD + _STEP)), data, text, full=[label for label, *_ in rows])


@cache
def _plan(height: int) -> dict[str, Any]:
    x = alt.X("value:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", ticks=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, height], range=[0, height], nice=False))
    keys = ["0", "1", "2"]
    hue = alt.Color("key:N", legend=None, scale=alt.Scale(domain=keys, range=[INK, colour(0), MUTED]))
    form = alt.Shape("key:N", legend=None, scale=alt.Scale(domain=keys, range=[shape(3), shape(0), shape(1)]))
    base = alt.Chart(alt.NamedData("dots")).encode(y=y, color=hue)
    rule = base.mark_rule(strokeWidth=1.5).encode(x=alt.X("low:Q", title=""), x2="high:Q")
    dot = base.mark_point(filled=True, size=42, opacity=1).encode(x=x, shape=form)
    everybody = alt.Chart(alt.NamedData("all")).mark_rule(color=MUTED, strokeDash=[2, 3]).encode(x="at:Q")
    names = alt.Chart(alt.NamedData("labels")).encode(x=alt.value(0), y=y, text="text:N")
    form_ = {"align": "left", "fontSize": 11.5, "limit": WIDTH - 12}
    # Lines that would run through a name stop before it.
    halo = names.mark_text(color="var(--ground)", stroke="var(--ground)", strokeWidth=5, **form_)
    return plan([everybody, halo, rule, dot, names.mark_text(color=INK, **form_)], height + 28)
