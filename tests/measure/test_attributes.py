"""Attribute steering on models whose behaviour is known, and its references."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pluralign.errors import DataError
from pluralign.measure import attributes
from pluralign.measure import group_questions as gq
from pluralign.measure.distances import entropy_nats, total_variation
from tests.measure.people import CARICATURE, CONTRARY, DEAF, GROUPS, PERFECT, SHARES, WORDING, model, processes

MODELS = (PERFECT, DEAF, CONTRARY, CARICATURE)
NAMES = [model.name for model in MODELS]
APART = float(np.mean([total_variation(*shares) for shares in SHARES.values()]))


def ask(respondents: int | None) -> pl.DataFrame:
    questions = gq.shared(processes(respondents), "place", GROUPS)
    ways = attributes.steerings(WORDING, GROUPS)
    return pl.concat([attributes.rows(model, "t", GROUPS, questions, ways) for model in MODELS])


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str], float | None]:
    return {(m.model, m.metric): m.value for m in attributes.metrics(ask(50), NAMES)}


def test_a_perfect_model_agrees_and_is_as_distinct_as_people(found):
    assert found["perfect", "agreement"] == pytest.approx(1)
    assert found["perfect", "argmax_match"] == 1
    assert found["perfect", "distinctness"] == pytest.approx(APART) == pytest.approx(found["people", "distinctness"])
    assert found["perfect", "exaggeration"] == pytest.approx(1)
    assert found["perfect", "directed_response"] == pytest.approx(1)
    assert found["perfect", "entropy_gap_nats"] == pytest.approx(0)
    assert found["perfect", "row_percentile"] == found["perfect", "column_percentile"] == 1
    # Without its group it answers the even mixture, half way between the two; the other group is all the way off.
    for way in ("none", "bare", "placebo"):
        assert found["perfect", f"gain_over_{way}"] == pytest.approx(APART / 2)
    assert found["perfect", "gain_over_other_groups"] == pytest.approx(APART)
    assert found["perfect", "placebo_distinctness"] == pytest.approx(0)


def test_a_deaf_model_gains_nothing_and_ties_at_half(found):
    for way in ("none", "bare", "placebo", "other_groups"):
        assert found["deaf", f"gain_over_{way}"] == pytest.approx(0)
    assert found["deaf", "distinctness"] == found["deaf", "exaggeration"] == found["deaf", "directed_response"] == 0
    assert found["deaf", "column_percentile"] == 0.5
    assert found["deaf", "agreement"] == pytest.approx(found["pooled people", "agreement"])


def test_a_contrary_model_is_distinct_but_the_wrong_way(found):
    assert found["contrary", "distinctness"] == pytest.approx(APART)
    assert found["contrary", "directed_response"] == pytest.approx(-1)
    assert found["contrary", "row_percentile"] == found["contrary", "column_percentile"] == 0
    assert found["contrary", "gain_over_none"] == pytest.approx(-APART / 2)


def test_a_caricature_is_caught_by_entropy_and_exaggeration_though_every_argmax_is_right(found):
    assert found["caricature", "argmax_match"] == 1
    assert found["caricature", "entropy_gap_nats"] < -0.3
    assert found["caricature", "exaggeration"] > 1.1
    assert found["caricature", "agreement"] < found["perfect", "agreement"] - 0.1
    mean = np.mean([entropy_nats(p) for shares in SHARES.values() for p in shares])
    assert found["majority", "entropy_gap_nats"] == pytest.approx(-mean)


def test_floors_are_there_where_the_number_of_respondents_is_known(found):
    assert 0.8 < found["human_split_half", "agreement"] < 1
    assert 0 < found["people of one kind", "distinctness"] < found["people", "distinctness"]
    unknown = {(m.model, m.metric) for m in attributes.metrics(ask(None), NAMES)}
    assert not {name for name, _ in unknown} & {"human_split_half", "people of one kind"}


def test_agreement_by_group_is_by_hand(found):
    assert found["other people", "agreement"] == pytest.approx(1 - APART)
    north = np.mean([1 - total_variation(shares[0], np.mean(shares, axis=0)) for shares in SHARES.values()])
    assert found["deaf", "agreement[North]"] == pytest.approx(north)


def test_rows_without_a_group_are_refused():
    rows = ask(50).filter(pl.col("steering") != "North")
    with pytest.raises(DataError, match="description of 'North'"):
        attributes.metrics(rows, NAMES)


def distributions(count: int):
    one = st.lists(st.floats(0.01, 1), min_size=3, max_size=3).map(lambda v: np.array(v) / sum(v))
    return st.lists(st.lists(one, min_size=4, max_size=4), min_size=count, max_size=count).map(np.array)


@settings(max_examples=40, deadline=None)
@given(distributions(3), distributions(3), st.permutations(range(3)), st.permutations(range(4)))
def test_contrasts_do_not_depend_on_the_order_of_groups_or_questions(q, p, groups, questions):
    weights = np.ones((1, 4))
    first = attributes.contrast(q, p, weights)
    second = attributes.contrast(q[groups][:, questions], p[groups][:, questions], weights)
    for name, value in first.items():
        assert value == pytest.approx(second[name], nan_ok=True), name
    for name in ("row_percentile", "column_percentile"):
        assert 0 <= first[name][0] <= 1
    assert not first["exaggeration"][0] < 0
    itself = attributes.contrast(p, p, weights)
    assert itself["row_percentile"] >= 0.5  # nobody agrees with a group more than the group itself


def test_mass_outside_the_options_is_told():
    talker = model(lambda p, weights: p.mean(0), "talker")
    silent = replace(
        talker, answers=lambda prompt: {k: v / 4 for k, v in talker.answers(prompt).items()} | {"x": 0.75}
    )
    questions = gq.shared(processes(), "place", GROUPS)
    rows = attributes.rows(silent, "t", GROUPS, questions, attributes.steerings(WORDING, GROUPS))
    metrics = {m.metric: m for m in attributes.metrics(rows, ["talker"])}
    assert metrics["mass_outside"].value == pytest.approx(0.75)
    assert (metrics["left_out"].value, metrics["left_out"].n) == (0, 4)
