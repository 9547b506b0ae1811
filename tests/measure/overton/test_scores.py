"""Scores of one response, computed by hand, and what must hold for any response."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pluralign.measure.overton.scores import balance, coverage, disproportion, fitting, purity, reached, space

# Three sentences, three views.
STRENGTHS = np.array([[0.9, 0.1, 0.0], [0.2, 0.6, 0.0], [0.8, 0.1, 0.3]])
some_strengths = hnp.arrays(
    float, st.tuples(st.integers(1, 5), st.integers(1, 4)), elements=st.floats(0, 1, allow_nan=False)
)


def test_reached_by_hand():
    by_sentence = reached(STRENGTHS, "sentence")
    assert by_sentence.tolist() == [[0, 0, 0], [0.9, 0.1, 0], [0.9, 0.6, 0], [0.9, 0.6, 0.3]]
    assert reached(STRENGTHS, "passage")[1:].tolist() == STRENGTHS.tolist()
    assert reached(np.zeros((0, 2)), "sentence").tolist() == [[0, 0]]


def test_a_sentence_without_an_answer_adds_and_takes_nothing():
    found = reached(np.array([[np.nan, 0.5], [np.nan, np.nan], [np.nan, 0.2]]), "sentence")
    assert found[-1, 1] == 0.5
    assert np.isnan(found[-1, 0])
    assert np.isnan(coverage(found[-1], 0.5))


def test_coverage_by_hand():
    final = reached(STRENGTHS, "sentence")[-1]
    assert coverage(final, 0.5) == pytest.approx(2 / 3)
    assert coverage(final, 0.5, np.array([0.1, 0.2, 0.7])) == pytest.approx(0.3)
    assert coverage(final, 0.3) == 1


def test_fitting_cuts_at_sentences():
    lengths = np.array([4.0, 6.0, 5.0])
    assert [fitting(lengths, limit) for limit in (0, 3, 4, 9.5, 10, 14, 15, np.inf)] == [0, 0, 1, 1, 2, 2, 3, 3]


def test_purity_by_hand():
    others = np.array([[0.95], [0.0], [0.1]])
    # The first sentence is closer to the unreasonable view; the second and third express a reasonable one.
    assert purity(STRENGTHS, others, 0.5) == pytest.approx((2 / 3, 1 / 3, 0))
    assert purity(STRENGTHS, np.zeros((3, 0)), 0.7) == pytest.approx((2 / 3, 0, 1 / 3))
    assert np.isnan(purity(np.zeros((0, 3)), np.zeros((0, 1)), 0.5)).all()


def test_space_and_balance_by_hand():
    given_space = space(STRENGTHS, 0.5)
    assert given_space == pytest.approx([2 / 3, 1 / 3, 0])
    assert balance(given_space) == pytest.approx((2 / 3 * np.log(3 / 2) + 1 / 3 * np.log(3)) / np.log(3))
    assert disproportion(given_space, np.full(3, 1 / 3)) == pytest.approx(1 / 3)
    assert space(np.array([[0.8, 0.8, 0.1]]), 0.5) == pytest.approx([0.5, 0.5, 0])
    assert np.isnan(balance(space(STRENGTHS, 0.99)))
    assert balance(np.array([0.5, 0.5])) == 1
    assert balance(np.array([1.0, 0.0])) == 0
    assert np.isnan(balance(np.array([1.0])))


@given(some_strengths, st.floats(0, 1), st.randoms())
def test_order_of_sentences_changes_nothing_at_full_length(strengths, threshold, random):
    order = list(range(len(strengths)))
    random.shuffle(order)
    a, b = (coverage(reached(s, "sentence")[-1], threshold) for s in (strengths, strengths[order]))
    assert a == b
    assert space(strengths, threshold) == pytest.approx(space(strengths[order], threshold), nan_ok=True)


@given(some_strengths, st.floats(0, 1))
def test_a_further_sentence_never_lowers_coverage(strengths, threshold):
    curve = [coverage(row, threshold) for row in reached(strengths, "sentence")]
    assert all(a <= b for a, b in pairwise(curve))


@given(some_strengths, some_strengths, st.floats(0, 1))
def test_shares_of_sentences_sum_to_one(strengths, others, threshold):
    others = others[: len(strengths)]
    found = purity(strengths[: len(others)], others, threshold)
    assert sum(found) == pytest.approx(1)
    assert all(0 <= share <= 1 for share in found)
