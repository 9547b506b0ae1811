"""The page of a finished run: self-contained, escaped, complete, whatever was measured."""

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest

from pluralign.errors import RunError
from pluralign.report import write
from pluralign.report.glossary import DESIDERATA, METRICS, define
from pluralign.report.page import render
from pluralign.runs import Run, read
from tests.report.example import AWKWARD, KINDS, MODELS, SCRIPT, make_run

VOID = {"meta", "link", "img", "br", "hr", "input", "source"}


class Page(HTMLParser):
    """Tags with their attributes, and the text inside each element; fails on tags that do not close in order."""

    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.html, self.tags, self.texts, self.open = html, [], [], []  # open: indices into texts
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(len(self.texts))
            self.texts.append([tag, ""])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.texts[self.open.pop()][0] == tag

    def handle_data(self, data: str) -> None:
        for index in self.open:
            self.texts[index][1] += data

    def text(self, *tags: str) -> list[str]:
        return [" ".join(text.split()) for tag, text in self.texts if tag in tags]

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag in tags]


def page(folder: Path) -> Page:
    return Page(write(folder).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "run"
    make_run(path)
    return path


@pytest.fixture(scope="module")
def whole(folder: Path) -> Page:
    return page(folder)


def test_nothing_is_loaded_and_nothing_runs(whole: Page) -> None:
    for tag, attrs in whole.tags:
        assert tag not in {
            "img",
            "link",
            "iframe",
            "object",
            "embed",
            "base",
            "form",
            "audio",
            "video",
            "use",
            "image",
        }
        for name, value in attrs.items():
            assert not name.startswith("on"), (tag, name)
            if name in {"src", "href", "xlink:href", "action", "data", "srcset", "style", "poster"}:
                assert re.fullmatch(r"#[\w-]+|width:26px", value or ""), (tag, name, value)
    assert [attrs.get("type") for attrs in whole.all("script")] == ["application/json"]
    [policy] = [a["content"] for a in whole.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None and "default-src 'none'" in policy
    [style] = [text for tag, text in whole.texts if tag == "style"]
    assert "url(" not in style and "@import" not in style


def test_data_is_escaped_everywhere(whole: Page) -> None:
    assert SCRIPT not in whole.html
    assert "<img" not in whole.html and "<b>first" not in whole.html
    assert not re.search("[\u2028\u2029\u202e\u0000]", re.sub("(?s)<pre.*?</pre>", "", whole.html))
    assert any(SCRIPT in text for text in whole.text("text", "bdi"))
    assert any("steer <b>first</b>" in text for text in whole.text("b", "span"))


def test_the_embedded_metrics_are_the_metrics_of_the_run(whole: Page, folder: Path) -> None:
    [embedded] = re.findall(r'(?s)<script type="application/json" id="metrics">(.*?)</script>', whole.html)
    assert json.loads(embedded) == read(folder)[1]
    assert not set("<>&\u2028\u2029") & set(embedded)


def test_the_settings_are_shown_exactly(whole: Page, folder: Path) -> None:
    [shown] = [text for tag, text in whole.texts if tag == "pre"]
    assert json.loads(shown) == read(folder)[0]


def test_headings_are_in_order_and_anchors_exist(whole: Page) -> None:
    expected = [
        "Verdict",
        "Headline table",
        *(DESIDERATA[kind].title for kind in ("steer", "cover", "align")),
        "Paired differences",
        "What was counted and what was left out",
        "Exact settings",
        "Definitions",
        "Data sources",
    ]
    assert whole.text("h2") == expected
    levels = [int(tag[1]) for tag, _ in whole.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [attrs["id"] for _, attrs in whole.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {a["href"] for a in whole.all("a")} <= {f"#{name}" for name in ids}


def test_tables_and_drawings_can_be_read_aloud(whole: Page) -> None:
    assert all(attrs.get("scope") in {"col", "row", "rowgroup"} for attrs in whole.all("th"))
    for attrs in whole.all("svg"):
        assert attrs.get("aria-hidden") == "true" or (attrs.get("role") == "img" and attrs.get("aria-label"))
        assert "viewbox" in attrs and "width" not in attrs
    assert all(
        a.get("tabindex") == "0" and a.get("aria-label") for a in whole.all("div") if a.get("class") == "scroll"
    )


def test_every_table_scrolls_in_its_own_box(whole: Page) -> None:
    assert len(re.findall(r"<table>", whole.html)) == len(
        re.findall(r'<div class="scroll"[^>]*>\s*<table>', whole.html)
    )


def test_every_metric_of_the_run_is_defined(whole: Page, folder: Path) -> None:
    listed = [text for tag, text in whole.texts if tag == "code"]
    for kind, metric in {(m["kind"], m["metric"]) for m in read(folder)[1]}:
        assert "No definition" not in define(kind, metric).text, metric
        assert metric in listed


def test_each_kind_has_its_drawings(whole: Page) -> None:
    labels = [a["aria-label"] or "" for a in whole.all("svg") if a.get("role") == "img"]
    begins = [" ".join(label.split()[:4]) for label in labels]
    assert begins.count("Line chart of loss") == 3
    assert begins.count("Line chart of choice") == 2
    assert begins.count("Bar chart of different") == 3
    assert begins.count("Bar chart of answer") == 18
    for label in labels:
        assert all(model in label for model in MODELS)


def test_drawings_are_well_formed_and_take_their_colours_from_the_page(whole: Page) -> None:
    drawings = re.findall(r'(?s)<svg (?:xmlns|[^>]*role="img").*?</svg>', whole.html)
    assert len(drawings) == 26
    for drawing in drawings:
        for element in ElementTree.fromstring(drawing).iter():
            for name in ("fill", "stroke"):
                assert element.get(name, "none") in {"none", "transparent"} or element.get(name, "").startswith(
                    "var(--"
                )


def test_long_option_texts_are_cut_but_given_whole_on_hovering(whole: Page) -> None:
    assert AWKWARD[1] in whole.text("title")


def test_what_was_asked_for_but_not_measured_is_named(whole: Page) -> None:
    assert any("Asked for but without any number: asked_but_absent" in text for text in whole.text("p"))


def test_rows_left_out_are_counted(whole: Page, folder: Path) -> None:
    lost = [m for m in read(folder)[1] if m["metric"] == "left_out" and m["value"]]
    assert len(lost) == 9
    assert sum(text.startswith("1 of ") and text.endswith(" outputs") for text in whole.text("td")) == 9


@pytest.mark.parametrize("kind", KINDS)
def test_one_model_and_one_kind_are_enough(tmp_path: Path, kind: str) -> None:
    make_run(tmp_path / "run", models=["only"], kinds=[kind], tasks=1)
    found = page(tmp_path / "run")
    headings = found.text("h2")
    assert DESIDERATA[kind].title in headings and "Paired differences" not in headings
    assert sum(d.title in headings for d in DESIDERATA.values()) == 1
    assert "better than" not in "".join(found.text("p")[:3])


def test_absent_values_and_intervals_are_dashes(tmp_path: Path) -> None:
    make_run(tmp_path / "run", models=MODELS[:2], tasks=1)
    path = tmp_path / "run" / "metrics.json"
    metrics = [m | {"low": None, "high": None} for m in json.loads(path.read_text())]
    metrics = [m | {"value": None} if m["metric"] == "accuracy" else m for m in metrics]
    path.write_text(json.dumps(metrics))
    rows = tmp_path / "run" / "rows.parquet"  # the table of groups is made of rows, not of metrics
    pl.read_parquet(rows).with_columns(group=pl.lit(None, pl.String)).write_parquet(rows)
    found = page(tmp_path / "run")
    assert not any(a.get("class") == "interval" for a in found.all("span"))
    assert "no interval" in found.text("td") and "–" in found.text("td")
    assert "no clear difference between the models" in " ".join(found.text("p"))


def test_unknown_kinds_and_metrics_are_shown_under_their_own_names(tmp_path: Path) -> None:
    record = {"model": "a", "task": "t", "kind": "other", "metric": "new_thing", "value": 0.5, "low": 0.4, "high": 0.6}
    rows = pl.DataFrame({"model": ["a"], "task": ["t"], "kind": ["other"]})
    with Run.open(tmp_path / "run", {"models": ["a"], "tasks": ["t"]}) as run:
        run.write("a", rows)
        run.finish([record | {"n": 1, "unit": ""}])
    found = page(tmp_path / "run")
    assert "Other" in found.text("h2") and "0.500 [0.400, 0.600]" in found.text("td")
    assert any("No definition is recorded" in text for text in found.text("dd"))


def test_sources_of_known_tasks_have_licence_and_citation(tmp_path: Path) -> None:
    record = {"model": "a", "task": "anes96", "kind": "align", "metric": "total_variation", "value": 0.5}
    with Run.open(tmp_path / "run", {"models": ["a"], "tasks": ["anes96"]}) as run:
        run.write("a", pl.DataFrame({"model": ["a"], "task": ["anes96"], "kind": ["align"]}))
        run.finish([record | {"low": None, "high": None, "n": 1, "unit": "share"}])
    terms = page(tmp_path / "run").text("dt")
    assert {"Source", "Licence", "Citation"} <= set(terms)


def test_writing_again_gives_the_same_page(whole: Page, folder: Path) -> None:
    assert write(folder).read_text(encoding="utf-8") == whole.html
    assert not list(folder.glob("*tmp*"))


def test_a_folder_without_a_finished_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run here"):
        write(tmp_path)
    with Run.open(tmp_path / "empty", {"models": ["a"]}) as run:
        run.write("a", pl.DataFrame({"model": ["a"], "task": ["t"], "kind": ["align"]}))
        run.finish([])
    with pytest.raises(RunError, match="no numbers"):
        write(tmp_path / "empty")


def test_definitions_say_direction_and_scale() -> None:
    for kind, entries in METRICS.items():
        assert all("No definition" not in define(kind, metric).text for metric in DESIDERATA[kind].headline)
        for definition in entries.values():
            assert definition.better in {"lower", "higher", "neither"} and definition.text.endswith(".")
    assert define("steer", "loss@8").text == "Loss over the answers that have exactly 8 earlier examples."


def test_groups_have_a_table_of_their_own(whole: Page) -> None:
    assert "By group of people: total variation" in whole.text("summary")
    assert whole.html.count("&lt;b&gt;odd&lt;/b&gt; people") == whole.html.count("&lt;b&gt;even&lt;/b&gt; people") > 0
    rows = [text for text in whole.text("tr") if text.startswith("<b>odd</b> people5")]
    assert rows and all(text.count("%") == len(MODELS) + 1 for text in rows)


def test_overton_curves_are_drawn_beside_the_question_repeated() -> None:
    covered = {"all views listed": 1.0, "m": 0.5, "the question repeated": 0.1}
    metrics = [
        {"model": model, "task": "t", "kind": "overton", "metric": metric, "value": value, "low": None, "high": None}
        | {"n": 4, "unit": "share"}
        for model, value in covered.items()
        for metric in ("coverage", *(f"coverage_by_threshold@{at}" for at in (0.1, 0.5, 0.9)))
    ]
    rows = pl.DataFrame({"kind": ["overton"], "model": ["m"], "task": ["t"]})
    html = render({"request": {"models": ["m"], "tasks": ["overton"]}}, metrics, rows)
    shown = Page(html)
    assert "Coverage by threshold" in shown.text("h3") and "Coverage by length" not in shown.text("h3")
    [said] = [a["aria-label"] for a in shown.all("svg") if "aria-label" in a]
    assert said is not None and "coverage by threshold" in said
    assert "m 0.5" in said and "question repeated 0.1" in said and "all views" not in said
