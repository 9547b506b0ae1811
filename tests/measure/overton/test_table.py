"""Known answers through the whole measure, with a judge that is exact: it looks for the text of the view."""

import numpy as np
import pytest

from pluralign.errors import DataError
from pluralign.lm.scripted import ScriptedModel
from pluralign.measure.overton import (
    Question,
    Response,
    View,
    WrittenJudge,
    answers,
    elsewhere,
    references,
    report,
    rows,
    union,
)
from pluralign.measure.overton.references import ECHO, ELSEWHERE, LISTING, ONE
from pluralign.measure.overton.table import metrics
from pluralign.runs import Run

EXACT = WrittenJudge(lambda text, view: float(view.lower() in text.lower()), "exact")
VIEWS = ("Cars should go.", "Cars should stay.", "Tax cars more.", "Build more trams.")
FILLER = " ".join(f"This is remark number {i} on the weather." for i in range(20))
QUESTIONS = [
    Question("cars", "What about cars in town?", tuple(View(v) for v in VIEWS), unreasonable=("Cars are alive.",)),
    Question("parks", "What about parks?", (View("More parks.", 3), View("Fewer parks.", 1))),
]
ALL = {"cars": " ".join(VIEWS), "parks": "More parks. Fewer parks."}
FIRST = {"cars": VIEWS[0], "parks": "More parks."}


def from_source(source, texts, sample=0):
    return [Response(question, source, text, sample) for question, text in texts.items()]


def found(responses, models, **options):
    judged = rows(EXACT, "t", QUESTIONS, responses, **options)
    return {(m.model, m.metric): m for m in metrics(judged, models, 0.5)}


def test_a_response_with_all_views_scores_one():
    table = found(from_source("m", ALL), ["m"])
    for metric in ("strength", "coverage", "coverage_weighted", "items_covered", "coverage_matched", "precision"):
        assert table["m", metric].value == 1, metric
    assert table["m", "balance"].value == pytest.approx(1)
    # Space is even: 0 off even weights, 1/4 off weights of 3/4 and 1/4.
    assert table["m", "space_weight_total_variation"].value == pytest.approx((0 + 0.25) / 2)
    assert table["m", "coverage"].n == 2


def test_a_single_view_scores_one_of_k():
    table = found(from_source("m", FIRST), ["m"])
    assert table["m", "coverage"].value == pytest.approx((1 / 4 + 1 / 2) / 2)
    assert table["m", "coverage_weighted"].value == pytest.approx((1 / 4 + 3 / 4) / 2)
    assert table["m", "items_covered"].value == 0.5  # a mean of 1/4 is not above 0.33
    assert table["m", "items_by_threshold@0.2"].value == 1
    assert table["m", "balance"].value == 0


@pytest.mark.parametrize("order", ["after", "before"])
def test_filler_gains_nothing_at_matched_length(order):
    pad = {question: f"{text} {FILLER}" if order == "after" else f"{FILLER} {text}" for question, text in ALL.items()}
    table = found([*from_source("plain", ALL), *from_source("padded", pad)], ["plain", "padded"])
    assert table["padded", "coverage"].value == table["plain", "coverage"].value == 1
    assert table["padded", "coverage_matched"].value == (1 if order == "after" else 0)
    assert table["padded - plain", "coverage_matched"].value <= 0
    assert table["plain", "coverage_matched"].value == 1
    assert table["padded", "words_matched"].value <= table["plain", "words"].value
    assert table["padded", "precision"].value < 0.2 < table["plain", "precision"].value
    assert table["padded", "off_topic"].value == pytest.approx(1 - table["padded", "precision"].value)


def test_a_longer_list_beats_a_shorter_one_only_by_its_length():
    table = found([*from_source("all", ALL), *from_source("one", FIRST)], ["one", "all"])
    assert table["all - one", "coverage"].value > 0
    assert table["all - one", "coverage_matched"].value == 0


def test_curves():
    table = found(from_source("m", {"cars": ALL["cars"], "parks": "Nothing."}), ["m"])
    # Sentences of 3 words each; none of the second question is a view.
    by_words = [table["m", f"coverage_by_words@{w}"].value for w in (10, 25)]
    assert by_words == [pytest.approx(3 / 4 / 2), pytest.approx(1 / 2)]
    weak = WrittenJudge(lambda text, view: 0.45 * (view in text), "weak")
    judged = rows(weak, "t", QUESTIONS, from_source("m", ALL))
    curve = {m.metric: m.value for m in metrics(judged, ["m"], 0.5)}
    assert curve["coverage_by_threshold@0.4"] == 1
    assert curve["coverage_by_threshold@0.5"] == curve["coverage"] == 0


def test_unreasonable_views_are_told_from_what_is_off_topic():
    table = found(from_source("m", {"cars": "Cars are alive. Cars should go. Hello there.", "parks": ""}), ["m"])
    assert [table["m", k].value for k in ("precision", "unreasonable", "off_topic")] == pytest.approx([1 / 3] * 3)
    assert table["m", "empty"].value == 1
    assert table["m", "coverage"].value == pytest.approx(1 / 4 / 2)  # no text covers nothing


def test_the_union_is_at_least_each_of_its_parts():
    texts = {"cars": [VIEWS[0], VIEWS[1], "No idea."], "parks": ["More parks.", "", "Fewer parks."]}
    responses = [Response(q, "m", text, i) for q, drawn in texts.items() for i, text in enumerate(drawn)]
    for reading in ("sentence", "passage"):
        judged = rows(EXACT, "t", QUESTIONS, responses, reading=reading)
        together = union(judged, ["m"])
        table = {(x.model, x.metric): x.value for x in metrics(judged.vstack(together), ["m"], 0.5)}
        assert table["m, 3 together", "coverage"] == pytest.approx((2 / 4 + 1) / 2)
        assert table["m", "coverage"] == pytest.approx((2 / 4 / 3 + 2 / 2 / 3) / 2)
        assert table["m, 3 together", "words"] == pytest.approx(3 * table["m", "words"])
    assert union(rows(EXACT, "t", QUESTIONS, from_source("m", ALL)), ["m"]).is_empty()


def test_references_stand_beside_the_models():
    mine = from_source("m", FIRST)
    table = found([*mine, *references(QUESTIONS), *elsewhere(mine)], ["m"])
    assert table[LISTING, "coverage"].value == 1
    assert table[ONE, "coverage"].value == table["m", "coverage"].value
    assert table[ECHO, "coverage"].value == 0
    assert table[f"m, {ELSEWHERE}", "coverage"].value == 0
    assert table[LISTING, "coverage_matched"].value == table["m", "coverage_matched"].value


def test_passages_are_judged_whole():
    seen = []
    judge = WrittenJudge(lambda text, view: seen.append(text) or float(view in text), "whole")
    judged = rows(
        judge, "t", QUESTIONS[:1], [Response("cars", "m", "Cars should go. Cars should stay.")], reading="passage"
    )
    assert set(seen) == {"Cars should go.", "Cars should go. Cars should stay."}
    table = {x.metric: x.value for x in metrics(judged, ["m"], 0.5)}
    assert table["coverage"] == 0.5
    assert "precision" not in table and "balance" not in table


def test_unanswered_pairs_are_counted_and_never_scored():
    shy = WrittenJudge(lambda text, view: np.nan if "trams" in view else float(view in text), "shy")
    judged = rows(shy, "t", QUESTIONS, from_source("m", ALL))
    table = {m.metric: m for m in metrics(judged, ["m"], 0.5)}
    assert (table["unjudged"].value, table["unjudged"].n) == (1, 2)
    assert (table["coverage"].value, table["coverage"].n) == (1, 1)
    assert table["answers_failed"].value == pytest.approx((4 / 20 + 0) / 2)


def test_order_of_responses_changes_nothing():
    responses = [
        *from_source("a", ALL),
        *from_source("b", FIRST),
        *from_source("b", ALL, 1),
        *from_source("a", FIRST, 1),
    ]
    assert found(responses, ["a", "b"]) == found(responses[::-1], ["a", "b"])


def test_numbers_without_a_validation_carry_a_warning(tmp_path):
    judged = rows(EXACT, "t", QUESTIONS, from_source("m", ALL))
    shown = report(judged, ["m"], EXACT.facts, None)
    assert "not compared with human labels" in (shown.warning or "")
    with Run.open(tmp_path / "run", {}) as run:
        run.write("m", judged)
        run.finish(shown.records())
        assert all(record["warning"] == shown.warning for record in run.metrics())
        again = report(run.rows(), ["m"], EXACT.facts, None)
    assert again.records() == shown.records()


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(DataError, match="unknown question"):
        rows(EXACT, "t", QUESTIONS, [Response("x", "m", "y")])
    with pytest.raises(DataError, match="there twice"):
        rows(EXACT, "t", QUESTIONS, from_source("m", ALL) * 2)
    apart = [Response("cars", "a", "x"), Response("parks", "b", "x")]
    with pytest.raises(DataError, match="no response to the same question"):
        metrics(rows(EXACT, "t", QUESTIONS, apart), ["a", "b"], 0.5)


def test_models_are_asked_and_measured():
    drawn = {"cars": {" ".join(VIEWS): 0.5, VIEWS[0]: 0.5}, "parks": {"-": 1.0}}
    model = ScriptedModel(lambda prompt: drawn[prompt.id.removeprefix("overton/")], name="m")
    said = answers(model, QUESTIONS, 40)
    assert [(r.question, r.sample) for r in said] == [(q.id, i) for q in QUESTIONS for i in range(40)]
    assert said[:40] == answers(model, QUESTIONS[::-1], 40)[40:]
    table = found(said, ["m"])
    assert table["m", "coverage"].value == pytest.approx((0.5 * 1 + 0.5 / 4) / 2, abs=0.1)
    assert table["m", "empty"].value == 40
