"""Trade-off steering: models that are known to follow the asked mixture, to ignore it, or to do the reverse."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pluralign.errors import DataError, UsageError
from pluralign.measure import group_questions as gq
from pluralign.measure import tradeoff
from pluralign.measure.group_answers import arrays as as_arrays
from pluralign.measure.scalars import Scalar
from tests.measure.people import CONTRARY, DEAF, GROUPS, HEAVIER, PERFECT, SHARES, WORDING, processes

MODELS = (PERFECT, DEAF, CONTRARY, HEAVIER)
NAMES = [model.name for model in MODELS]


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    questions = gq.shared(processes(), "place", GROUPS)
    ways = tradeoff.steerings(WORDING, GROUPS, tradeoff.mixtures(2))
    return pl.concat([tradeoff.rows(model, "t", GROUPS, questions, ways) for model in MODELS])


@pytest.fixture(scope="module")
def found(rows) -> dict[tuple[str, str], float | None]:
    return {(m.model, m.metric): m.value for m in tradeoff.metrics(rows, NAMES)}


def test_mixtures_are_all_the_weightings():
    assert tradeoff.mixtures(2, 2) == [(1, 0), (0.5, 0.5), (0, 1)]
    assert len(tradeoff.mixtures(3, 4)) == 15
    assert all(sum(weights) == pytest.approx(1) for weights in tradeoff.mixtures(3, 4))


def test_descriptions_name_the_mixture():
    ways = {way.name: way for way in tradeoff.steerings(WORDING, GROUPS, [(1, 0), (0.7, 0.3)])}
    assert ways["100/0"].description == "A person from North answers."
    mixed = "A person from a group of which 70 % are from North and 30 % are from South answers."
    assert ways["70/30"].description == mixed
    assert ways["none"].description == "A person answers."
    assert ways["bare"].description is None
    assert ways["placebo 2"].description == "A person with a dog answers."


def test_a_perfectly_steerable_model_has_no_regret(found):
    assert found["perfect", "brier_regret_to_own_best"] == pytest.approx(0)
    assert found["perfect", "brier_regret_to_reachable"] == pytest.approx(0)
    assert found["perfect", "brier_response"] == pytest.approx(1)
    assert found["perfect", "brier_hypervolume_share"] == pytest.approx(1)
    assert found["perfect", "brier_gain_over_fixed"] > 0.01
    # Without a group it answers the even mixture, of which 1/2 |p - q|^2 / 4 is lost to each group: by hand,
    # the gain of the mixture w over the even one is (w - 1/2)^2 |p - q|^2 / 2.
    squares = np.mean([np.square(np.subtract(*shares)).sum() for shares in SHARES.values()])
    by_hand = np.mean([(w - 0.5) ** 2 for w in (1, 0.75, 0.5, 0.25, 0)]) * squares / 2
    assert found["perfect", "brier_gain_over_unsteered"] == pytest.approx(by_hand)
    assert found["deaf - perfect", "brier_total"] == pytest.approx(-by_hand)


def test_a_model_that_does_not_steer_gains_nothing(found):
    for agreement in ("brier", "tv"):
        assert found["deaf", f"{agreement}_gain_over_fixed"] == pytest.approx(0)
        assert found["deaf", f"{agreement}_gain_over_unsteered"] == pytest.approx(0)
        assert found["deaf", f"{agreement}_regret_to_own_best"] == pytest.approx(0)
        assert found["deaf", f"{agreement}_response"] is None
        assert found["deaf", f"{agreement}_front_points"] == 1
    assert found["deaf", "brier_total"] == pytest.approx(found["pooled people", "brier_total"])


def test_a_contrary_model_is_told_from_one_that_does_not_steer(found):
    assert found["contrary", "brier_response"] == pytest.approx(-1)
    assert found["contrary", "brier_gain_over_unsteered"] < found["deaf", "brier_gain_over_unsteered"]
    assert found["contrary", "brier_regret_to_own_best"] > 0.01


def test_total_variation_rewards_the_heavier_group_and_not_the_mixture(found):
    assert found["heavier", "tv_regret_to_reachable"] == pytest.approx(0, abs=1e-9)
    assert found["perfect", "tv_regret_to_reachable"] > 0.01
    assert found["heavier", "brier_regret_to_reachable"] > 0.001


def test_results_do_not_depend_on_the_order_of_rows(rows):
    first = {(m.model, m.metric): (m.value, m.low, m.high) for m in tradeoff.metrics(rows, NAMES)}
    for m in tradeoff.metrics(rows.sample(fraction=1, shuffle=True, seed=1), NAMES):
        assert (m.value, m.low, m.high) == pytest.approx(first[m.model, m.metric], abs=1e-9), m


def test_a_question_without_an_answer_is_left_out_for_all_and_counted(rows):
    question = rows["question"][0]
    gone = (pl.col("question") == question) & (pl.col("model") == "deaf") & (pl.col("steering") == "none")
    holes = rows.with_columns(probabilities=pl.when(gone).then(None).otherwise("probabilities"))
    answers = as_arrays(holes, NAMES)
    assert answers.left_out == 1
    assert question not in answers.questions
    left = [m.value for m in tradeoff.metrics(holes, NAMES) if m.metric == "left_out"]
    assert left == [1, 1, 1, 1]
    with pytest.raises(DataError, match="no question was answered"):
        as_arrays(rows.with_columns(probabilities=None), NAMES)


def test_shared_questions_need_groups_that_share_some():
    questions = gq.shared(processes(), "place", GROUPS)
    assert sorted(q.text for q in questions) == sorted(SHARES)
    by_text = {q.text: q for q in questions}
    assert [t.probabilities for t in by_text["Tea?"].targets] == [(0.8, 0.2), (0.3, 0.7)]
    assert gq.shared(processes()[::-1], "place", GROUPS, limit=2) == gq.shared(processes(), "place", GROUPS, limit=2)
    with pytest.raises(UsageError, match="no question that all"):
        gq.shared(processes(), "place", ("North", "East"))
    with pytest.raises(UsageError, match="two or more different"):
        gq.shared(processes(), "place", ("North", "North"))
    with pytest.raises(DataError, match="answers one question twice"):
        gq.shared([*processes(), processes()[0]], "place", GROUPS)


point = st.floats(0, 1)
FUNCTIONS = [Scalar("weighted_sum", weights) for weights in ((1.0, 0.0), (0.5, 0.5), (0.0, 1.0))]


@given(
    arrays(float, (3, 2), elements=point), arrays(float, (2, 2), elements=point), arrays(float, (4, 2), elements=point)
)
def test_regrets_are_never_negative_and_reference_points_only_add(steered, unsteered, others):
    found = tradeoff.statistics(FUNCTIONS, steered, unsteered, others)
    assert 0 <= found["regret_to_own_best"] <= found["regret_to_reachable"] + 1e-12
    alone = tradeoff.statistics(FUNCTIONS, steered, unsteered, others[:0])
    assert alone["regret_to_reachable"] <= found["regret_to_reachable"] + 1e-12
    assert found["total"] == pytest.approx(np.mean([f(p) for f, p in zip(FUNCTIONS, steered, strict=True)]))
    # The best single point of the model serves each function at most as well as its own best point.
    assert -found["gain_over_fixed"] <= found["regret_to_own_best"] + 1e-12


def test_other_commensurating_functions_have_no_weights_to_respond_to():
    points = np.array([[0.2, 0.4], [0.6, 0.1]])
    found = tradeoff.statistics([Scalar("minimum"), Scalar("mean")], points, points[:1], points[:0])
    assert found["total"] == pytest.approx((0.2 + 0.35) / 2)
    assert np.isnan(found["response"])
    with pytest.raises(UsageError, match="2 steered points for 1"):
        tradeoff.statistics([Scalar("mean")], points, points, points)
