"""Validation: a judge that is right, one that guesses, one that is wrong; and that the report asks for it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from pluralign.episode import generator
from pluralign.errors import DataError
from pluralign.measure.overton import Question, Response, Validation, WrittenJudge, halves, report, rows, validate
from pluralign.measure.overton.labels import Label
from pluralign.measure.overton.validation import strengths, warning

RIGHT = WrittenJudge(lambda text, view: float(view in text) * 0.6 + 0.2, "right")
GUESS = WrittenJudge(lambda text, view: generator("guess", text, view).random(), "guess")


def labels(questions=12, each=20):
    found = []
    for q in range(questions):
        for i in range(each):
            shown = f"Remark {q} {i}. View {i % 4} of {q}! Goodbye."
            view = f"View {i % 4 if i % 5 < 2 else 9} of {q}!"
            found.append(Label.rated(f"q{q}", shown, view, 1.0 if i % 5 < 2 else 0.25))
    return found


def test_halves_part_whole_clusters_and_ignore_order():
    development, test = halves(labels())
    assert {x.cluster for x in development}.isdisjoint(x.cluster for x in test)
    assert len({x.cluster for x in development}) == len({x.cluster for x in test}) == 6
    again = halves(labels()[::-1])
    assert sorted(map(str, again[0])) == sorted(map(str, development))
    with pytest.raises(DataError, match="cannot be halved"):
        halves(labels(questions=3))


def test_a_judge_that_is_right():
    found = validate(RIGHT, labels(), "made")
    assert found.auroc.value == found.accuracy.value == found.kappa.value == 1
    assert found.spearman is not None and found.spearman.value == pytest.approx(1)
    assert found.threshold == pytest.approx(0.5)
    assert (found.n, found.development, found.clusters) == (120, 120, 6)
    assert (found.positive, found.majority) == pytest.approx((0.4, 0.6))
    assert warning(RIGHT.facts, "sentence", found) is None


def test_a_judge_that_guesses_gets_a_warning():
    found = validate(GUESS, labels(), "made")
    assert 0.35 < found.auroc.value < 0.65
    assert found.auroc.low < 0.5 < found.auroc.high
    assert found.kappa.low < 0 < found.kappa.high
    assert "may be chance" in warning(GUESS.facts, "sentence", found)


def test_a_judge_that_is_seldom_right_gets_a_warning():
    def strength(text, view):
        return RIGHT.strength(text, view) if generator("knows", text, view).random() < 0.3 else 0.5

    weak = WrittenJudge(strength, "weak")
    found = validate(weak, labels(40), "made")
    assert 0.5 < found.auroc.low < found.auroc.value < 0.7
    assert "only weakly" in warning(weak.facts, "sentence", found)


def test_auroc_and_accuracy_by_hand():
    # Test half: strengths .9 .4 for yes, .6 .1 for no in each cluster: 3 of 4 pairs are in order.
    values = {"a": 0.9, "b": 0.4, "c": 0.6, "d": 0.1}
    judge = WrittenJudge(lambda text, view: values[text[0]], "hand")
    made = [Label(f"q{q}", text, "v", text in "ab", None, f"q{q}") for q in range(4) for text in "abcd"]
    found = validate(judge, made, "hand")
    assert found.auroc.value == 0.75
    assert found.accuracy.value == 0.75
    assert found.threshold == pytest.approx(0.25)  # balanced accuracy 3/4, as at 0.75; the lowest is taken
    assert found.spearman is None


def test_what_is_not_answered_is_counted():
    shy = WrittenJudge(lambda text, view: np.nan if view.startswith("View 3") else RIGHT.strength(text, view), "shy")
    found = validate(shy, labels(), "made")
    silent = [label for label in halves(labels())[1] if label.view.startswith("View 3")]
    assert found.unanswered == len(silent) > 0
    assert found.n + found.unanswered == 120


def test_figures_are_those_of_the_libraries():
    made, rng = labels(), generator("figures")
    noisy = WrittenJudge(lambda text, view: round(generator(text, view).random() + 0.4 * (view in text), 1) / 2, "n")
    made = [replace(one, rating=rng.integers(0, 5) / 4) for one in made]
    found = validate(noisy, made, "made")
    test = halves(made)[1]
    s, y = strengths(noisy, test), [one.represented for one in test]
    assert found.auroc.value == pytest.approx(roc_auc_score(y, s))
    assert found.kappa.value == pytest.approx(cohen_kappa_score(y, s >= found.threshold))
    assert found.spearman is not None
    assert found.spearman.value == pytest.approx(spearmanr(s, [one.rating for one in test]).statistic)


def test_labels_are_read_as_responses_are():
    made = labels(4, 3)
    assert strengths(RIGHT, made, "sentence").tolist() == strengths(RIGHT, made, "passage").tolist()
    assert strengths(RIGHT, [Label.rated("q", "", "v", 1.0)]).tolist() == [0]


def test_a_half_of_one_kind_is_refused():
    made = [Label.rated(f"q{i}", "text", "v", 1.0) for i in range(10)]
    with pytest.raises(DataError, match="both kinds"):
        validate(RIGHT, made, "made")


def test_stored_validations_come_back(tmp_path):
    path = tmp_path / "validation.json"
    found = validate(RIGHT, labels(), "made")
    found.write(path)
    assert Validation.read(path) == found
    path.write_text("{}")
    with pytest.raises(DataError, match="no validation"):
        Validation.read(path)


def test_the_report_wants_the_validation_of_its_own_judge():
    question = Question.of("q", "What?", ["View 1 of 1!", "View 2 of 1!"])
    judged = rows(RIGHT, "t", [question], [Response("q", "m", "View 1 of 1!")])
    found = validate(RIGHT, labels(), "made")
    shown = report(judged, ["m"], RIGHT.facts, found)
    assert shown.warning is None
    assert {r["metric"]: r["value"] for r in shown.records()}["coverage"] == 0.5
    assert all(record["warning"] is None for record in shown.records())
    other = report(judged, ["m"], GUESS.facts, found)
    assert "another judge" in other.warning
    assert other.validation is None
    whole = rows(RIGHT, "t", [question], [Response("q", "m", "View 1 of 1!")], reading="passage")
    assert "another judge or reading" in report(whole, ["m"], RIGHT.facts, found).warning
