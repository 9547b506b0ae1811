"""The page of ``pluralign raters describe``: one file without scripts or addresses, for owners of annotations."""

import re
from itertools import zip_longest
from pathlib import Path
from typing import Any

from markupsafe import Markup

from pluralign import runs
from pluralign.errors import RunError
from pluralign.raters import charts, findings
from pluralign.raters.answers import Answers, answers
from pluralign.raters.findings import Findings, Person
from pluralign.raters.verdict import beyond_chance, counted, evidence, known, spoken, verdict
from pluralign.report.page import environment

_VIEWS = {
    "top_label": "the answer that the model holds most probable, in each prediction",
    "classwise": "every answer, not only the most probable one",
}
_BINS = {"equal_mass": "the same number of predictions", "equal_width": "the same range of probability"}


def write(folder: Path) -> Path:
    """Write ``report.html`` into a run folder.

    Args:
        folder: holds ``findings.json``, and ``config.json`` if the page shall show the settings.

    Returns:
        The path of the page. It is replaced in one step, so a reader never sees half of it.

    Raises:
        RunError: the folder holds no findings, they are damaged, or the page cannot be written.
    """
    found = findings.read(folder)
    path = Path(folder) / "report.html"
    runs.write_atomically(path, render(found, _settings(Path(folder))).encode("utf-8", errors="replace"))
    return path


def render(found: Findings, settings: str = "") -> str:
    """The page as text.

    Args:
        found: what it shows.
        settings: of the run, as text; empty where they are not known.
    """
    scale = answers(found)
    content = {
        "f": found,
        "verdict": verdict(found),
        "scale": scale,
        "calibrated": _calibrated(found.calibration_error[0]),
        "people": [(person, _predictions(person, scale)) for person in found.people],
        "settings": settings,
        "said": {"known": known, "spoken": spoken, "counted": counted, "beyond_chance": beyond_chance},
        "evidence": evidence,
    }
    return environment("raters").get_template("page.html.j2").render(content | _drawings(found))


def _settings(folder: Path) -> str:
    path = folder / runs.CONFIG
    try:
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    except OSError as error:
        raise RunError(f"cannot read: {error.strerror or error}", where=path, fix="Check its permissions.") from None


def _drawings(found: Findings) -> dict[str, Any]:
    """The charts, marked as safe: they are written through an XML serialiser, which escapes their texts."""
    told = [(spoken(t.representation), [t.information_nats]) for t in found.told if t.representation != "none"]
    fields = [
        (f"{'⚠ ' if field.warning else ''}{field.name}", [field.information_nats, field.camps_nats, field.random_nats])
        for field in found.fields
    ]
    series = ("the attribute", "camps", "random groups")
    return {
        "told_chart": Markup(charts.dots(told, ("",))) if told else "",
        "field_chart": Markup(charts.dots(fields, series)) if fields else "",
        "curve_chart": Markup(charts.growth(found.curve)) if len(found.curve) > 1 else "",
        "calibration_chart": Markup(charts.reliability(found.calibration)) if found.calibration else "",
    }


def _predictions(person: Person, scale: Answers) -> list[dict[str, Any]]:
    """What the model expects of a person, beside what the person answered and had answered to items like it."""
    shown = []
    for (text, shares, given), near in zip_longest(person.predicted, person.nearest[: len(person.predicted)]):
        top = max(range(len(shares)), key=shares.__getitem__)
        place = scale.names.index(given) if given in scale.names else None
        shown.append(
            {
                "text": text,
                "shares": shares,
                "likeliest": scale.names[top],
                "given": given,
                "share": None if place is None else shares[place],
                "near": near or [],
            }
        )
    return shown


def _calibrated(name: str) -> str:
    """The definition of a calibration error, from its name."""
    form = re.fullmatch(f"ece_({'|'.join(_VIEWS)})_({'|'.join(_BINS)})", name)
    if form is None:
        return ""
    return f"It looks at {_VIEWS[form[1]]}. Bins hold {_BINS[form[2]]}."
