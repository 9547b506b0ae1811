"""The page on raters: self-contained, escaped, complete, and its numbers are those of the findings."""

import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from pluralign.errors import RunError
from pluralign.raters.findings import FILE, Findings, read
from pluralign.raters.page import write
from pluralign.raters.scale import Scale
from pluralign.raters.society import VOTES
from pluralign.raters.verdict import spoken
from pluralign.report.text import interval, number
from tests.raters.example import HOSTILE, NOTHING, SCRIPT, around, bare, example, hostile, multilabel, store
from tests.report.test_page import Page

SECTIONS = [
    "Verdict",
    "The camps",
    "What known attributes explain",
    "How much can be predicted",
    "Whether the probabilities can be trusted",
    "Whether the profiles mean what they say",
    "People",
    "How it was read",
    "Definitions",
]


def uncertain(findings: Findings) -> Findings:
    """The same findings without a single interval."""

    def alone(estimate):
        return (estimate[0], None, None)

    told = [
        replace(
            one,
            accuracy=alone(one.accuracy),
            nll_nats=alone(one.nll_nats),
            information_nats=alone(one.information_nats),
            preserved_share=alone(one.preserved_share),
        )
        for one in findings.told
    ]
    fields = [
        replace(one, information_nats=alone(one.information_nats), camps_nats=NOTHING, random_nats=NOTHING)
        for one in findings.fields
    ]
    curve = [(size, alone(camps), NOTHING) for size, camps, _ in findings.curve]
    error = (findings.calibration_error[0], NOTHING)
    return replace(
        findings,
        told=told,
        fields=fields,
        curve=curve,
        agreement=alone(findings.agreement),
        calibration_error=error,
        matching=[replace(one, accuracy=alone(one.accuracy)) for one in findings.matching],
        foreseen=replace(findings.foreseen, correlation=alone(findings.foreseen.correlation)),
    )


def undrawn(findings: Findings) -> Findings:
    """The same findings without what is drawn as a chart, which takes most of the time."""
    return replace(findings, told=[], fields=[], curve=[], calibration=[])


VARIANTS: dict[str, Findings | dict[str, Any]] = {
    "usual": example(),
    "one camp": replace(example(camps=1), fields=[], dividing=[]),
    "nothing": bare(example()),
    "two raters": replace(bare(example(raters=2, camps=2)), people=example(raters=2, camps=2).people),
    "nominal": undrawn(example(VOTES, 2)),
    "several labels": undrawn(multilabel()),
    "many points": undrawn(example(Scale("ordinal", tuple(map(str, range(21)))))),
    "no intervals": uncertain(example()),
    "nobody predicted": replace(
        undrawn(example()),
        people=[replace(person, predicted=[], nearest=[], profile=[], facts=[]) for person in example().people],
    ),
    "hostile": hostile(example()),
}


def page(findings: Findings | dict[str, Any], folder: Path) -> Page:
    return Page(write(store(findings, folder)).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Page]:
    return {name: page(found, tmp_path_factory.mktemp("run")) for name, found in VARIANTS.items()}


@pytest.fixture(scope="module")
def usual(pages: dict[str, Page]) -> Page:
    return pages["usual"]


def table(found: Page, label: str) -> list[list[str]]:
    """Cells of the table in the box of this label, row by row, as text with single blanks."""
    [box] = re.findall(rf'(?s)<div class="scroll"[^>]*aria-label="{label}">\s*(<table.*?</table>)', found.html)
    rows = re.findall(r"(?s)<tr.*?</tr>", box)
    return [
        [" ".join(Page(cell).texts[0][1].split()) for cell in re.findall(r"(?s)<t[hd].*?</t[hd]>", r)] for r in rows
    ]


def shown(estimate, unit: str = "nats") -> str:
    """An estimate as a cell shows it."""
    value, low, high = estimate
    end = f"up to {number(high, unit)}" if low is None and high is not None else interval(low, high, unit)
    return f"{number(value, unit)} {end}".strip()


@pytest.mark.parametrize("name", VARIANTS)
def test_nothing_is_loaded_and_nothing_runs(pages: dict[str, Page], name: str) -> None:
    found = pages[name]
    assert not found.all("script", "img", "link", "iframe", "object", "embed", "base", "form", "use", "image")
    for tag, attrs in found.tags:
        for key, value in attrs.items():
            assert not key.startswith("on"), (tag, key)
            if key in {"src", "href", "xlink:href", "action", "srcset", "poster"}:
                assert re.fullmatch(r"#[\w-]+", value or ""), (tag, key, value)
            if key == "style" and tag != "text":
                assert re.fullmatch(r"(max-)?width:[\d.]+(%|px)|color:var\(--[\w-]+\)", value or ""), value
    [policy] = [a["content"] for a in found.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None and "default-src 'none'" in policy
    [style] = [text for tag, text in found.texts if tag == "style"]
    assert "url(" not in style and "@import" not in style


@pytest.mark.parametrize("name", VARIANTS)
def test_every_section_is_there_with_no_value_left_raw(pages: dict[str, Page], name: str) -> None:
    found = pages[name]
    assert found.text("h2") == SECTIONS
    levels = [int(tag[1]) for tag, _ in found.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [attrs["id"] for _, attrs in found.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {a["href"] for a in found.all("a")} <= {f"#{one}" for one in ids}
    [body] = found.text("main")
    assert not re.search(r"\b(None|nan|NaN|inf|Undefined)\b", body)
    assert "  " not in body and " ." not in body and "()" not in body


def test_what_is_absent_is_said(pages: dict[str, Page]) -> None:
    [body] = pages["nothing"].text("main")
    for sentence in (
        "The data does not say what the raters were asked.",
        "No camps were computed.",
        "No attribute of the raters could be used",
        "No prediction was tried.",
        "Calibration was not measured.",
        "There are too few different profiles to tell.",
        "Single items have too few ratings to tell",
        "No single raters are shown.",
        "Nothing was left out.",
        "Which columns were read is not recorded.",
        "No settings are recorded",
    ):
        assert sentence in body, sentence
    [body] = pages["nobody predicted"].text("main")
    assert body.count("Nothing that the ratings show clearly enough.") == 6
    assert body.count("No answers were predicted for this rater.") == 6
    assert "treated as one group" in pages["one camp"].text("main")[0]
    assert "The calibration error could not be computed." in pages["no intervals"].text("p")
    assert not any(a.get("class") == "interval" for a in pages["no intervals"].all("span"))


def test_data_is_escaped_everywhere(pages: dict[str, Page]) -> None:
    found = pages["hostile"]
    assert SCRIPT not in found.html and "<img" not in found.html
    assert not re.search("[\u2028\u2029\u202e\u0000]", found.html)
    assert len(found.all("style")) == 1
    texts = found.text("bdi")
    assert SCRIPT in texts and any(HOSTILE[1] in text for text in texts)
    whole = " ".join(HOSTILE[4].split())
    cut = [a for a in found.all("bdi") if a.get("title")]
    assert any(a["title"] == whole for a in cut)
    assert any("مرحبا" in text for text in texts)


def test_writing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    folder = store(VARIANTS["usual"], tmp_path / "run")
    first = write(folder).read_bytes()
    assert write(folder).read_bytes() == first
    assert sorted(path.name for path in folder.iterdir()) == [FILE, "report.html"]


def test_the_tables_show_the_numbers_of_the_findings(usual: Page) -> None:
    f = example()
    assert table(usual, "Prediction by what is told")[1:] == [
        [
            spoken(one.representation),
            shown(one.accuracy, "share"),
            shown(one.nll_nats),
            shown(one.information_nats),
            shown(one.preserved_share, "share"),
        ]
        for one in f.told
    ]
    assert [row[:5] for row in table(usual, "Information of known attributes")[1:]] == [
        [one.name, str(len(one.groups)), *map(shown, (one.information_nats, one.camps_nats, one.random_nats))]
        for one in f.fields
    ]
    assert table(usual, "Information by number of camps")[1:] == [
        [str(size), shown(camps), shown(latent)] for size, camps, latent in f.curve
    ]
    assert table(usual, "Calibration")[1:] == [
        [number(p, "share"), number(share, "share"), f"{n:,}"] for p, share, n in f.calibration
    ]
    assert table(usual, "Matching profiles and predictions")[1:] == [
        [row.kind, str(row.cases), str(row.undecided), shown(row.accuracy, "share")] for row in f.matching
    ]
    rows = [row for row in table(usual, "Answers to the dividing items")[1:] if len(row) > 1]
    assert rows == [
        [camp.name, f"{count:,}", *(number(share if count else None, "share") for share in shares)]
        for item in f.dividing
        for camp, shares, count in zip(f.camps, item.shares, item.counts, strict=True)
    ]


def test_bars_are_as_wide_as_the_shares(pages: dict[str, Page]) -> None:
    f = example()
    stacks = re.findall(r'(?s)<span class="stack".*?</span>\s*</span>', pages["usual"].html)
    drawn = [[float(width) for width in re.findall(r"width:([\d.]+)%", stack)] for stack in stacks]
    expected = [
        f.answers,
        *(s for item in f.dividing for s, n in zip(item.shares, item.counts, strict=True) if n),
        *(shares for person in f.people for _, shares, _ in person.predicted),
    ]
    assert drawn == [[pytest.approx(100 * share, abs=0.006) for share in shares if share] for shares in expected]


def test_a_small_group_has_a_warning_in_the_table_and_in_the_drawing(usual: Page) -> None:
    cares = [text for tag, text in usual.texts if tag == "span" and "only 3 raters" in text]
    assert cares
    assert "⚠ age" in usual.text("text") and "district" in usual.text("text")
    assert [row[5] for row in table(usual, "Information of known attributes")[1:]] == [
        "explains something",
        "not clearly more than chance",
    ]


def test_warnings_come_before_the_verdict(usual: Page) -> None:
    assert 0 < usual.html.index("Read this first") < usual.html.index('class="verdict"')


def test_statements_have_their_numbers_folded_beneath(usual: Page) -> None:
    given = dict(zip(usual.text("dt"), usual.text("dd"), strict=True))
    assert given["ratings"] == "24" and given["crowd"] == "3.10" and given["difference"] == "−0.50"
    assert given["certainty"] == "97.1%" and given["items"] == "3, 5, 8"


def test_people_open_one_at_a_time_and_show_what_they_answered(usual: Page) -> None:
    f = example()
    people = [a for a in usual.all("details") if a.get("class") == "person"]
    assert len(people) == len(f.people) and {a["name"] for a in people} == {"person"}
    assert ["open" in a for a in people] == [True] + [False] * 5
    _, shares, given = f.people[0].predicted[1]
    said = f"Answered: {given}, which had {number(shares[f.labels.index(given)], 'share')}."
    assert any(said in text for text in usual.text("p"))
    assert sum("has not answered it" in text for text in usual.text("p")) == len(f.people)
    text, answer = f.people[0].nearest[0][0]
    assert f"{text}: {answer}" in usual.text("li")


def test_rare_answers_without_an_order_go_together(pages: dict[str, Page]) -> None:
    assert "other answers" in pages["several labels"].text("li")
    assert "other answers" not in pages["many points"].text("li")
    assert "and those between" in pages["many points"].text("li")


def test_drawings_can_be_read_aloud_and_take_their_colours_from_the_page(usual: Page) -> None:
    drawings = re.findall(r'(?s)<svg (?:xmlns|[^>]*role="img").*?</svg>', usual.html)
    assert len(drawings) == 4
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        assert root.get("role") == "img" and root.get("aria-label")
        for element in root.iter():
            for key in ("fill", "stroke"):
                paint = element.get(key, "none")
                assert paint in {"none", "transparent"} or paint.startswith("var(--")
    assert "32 of the rater's own ratings:  0.270" in drawings[1].replace("&#39;", "'")


def test_the_settings_of_the_run_are_shown_as_they_are(tmp_path: Path) -> None:
    folder = store(VARIANTS["nothing"], tmp_path / "run")
    (folder / "config.json").write_text(json.dumps({"request": {"file": SCRIPT}}, indent=2))
    found = Page(write(folder).read_text(encoding="utf-8"))
    [settings] = [text for tag, text in found.texts if tag == "pre"]
    assert json.loads(settings) == {"request": {"file": SCRIPT}}
    assert SCRIPT not in found.html


@pytest.mark.parametrize("name", VARIANTS)
def test_findings_come_back_from_their_file(tmp_path: Path, name: str) -> None:
    found = VARIANTS[name]
    if isinstance(found, Findings):
        assert read(store(found, tmp_path)) == found


def test_absent_or_damaged_findings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no findings here"):
        write(tmp_path)
    whole = json.loads((store(VARIANTS["usual"], tmp_path) / FILE).read_text())
    (tmp_path / FILE).write_text("{")
    with pytest.raises(RunError, match="damaged file"):
        write(tmp_path)
    for spoiled in ([], {**whole, "extra": 1}, {**whole, "raters": "many"}, {**whole, "agreement": [0.1, 0.2]}):
        (tmp_path / FILE).write_text(json.dumps(spoiled))
        with pytest.raises(RunError, match="damaged file"):
            write(tmp_path)
    whole.pop("told")
    (tmp_path / FILE).write_text(json.dumps(whole))
    with pytest.raises(RunError, match="damaged file"):
        write(tmp_path)


def test_values_without_any_interval_are_shown_alone(pages: dict[str, Page]) -> None:
    found = table(pages["no intervals"], "Information of known attributes")
    assert found[1][2:5] == ["0.081", "–", "–"]
    assert around(0.081)[0] == 0.081
