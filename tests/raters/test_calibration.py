from dataclasses import astuple

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralign.errors import DataError
from pluralign.raters.calibration import ece, reliability

VIEWS = [(view, binning) for view in ("top_label", "classwise") for binning in ("equal_mass", "equal_width")]
HAND = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]]), np.array([0, 0, 1, 1])


def perfect(quarters):
    """Four ratings for each prediction, answered exactly as often as predicted: probabilities in quarters."""
    p, y = [], []
    for q in quarters:
        p += [[q / 4, 1 - q / 4]] * 4
        y += [0] * q + [1] * (4 - q)
    return np.array(p), np.array(y)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=20), st.integers(1, 20), st.sampled_from(VIEWS))
def test_perfectly_calibrated_predictions_have_no_error(quarters, bins, how):
    # A tie of 2 and 2 quarters is a top label with probability 1/2 that comes true half of the time.
    p, y = perfect(quarters)
    assert ece(p, y, y, view=how[0], binning=how[1], bins=bins).value == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("view", "binning"), VIEWS)
def test_hand_computed_errors(view, binning):
    # Top label: half of the ratings at 0.9 with frequency 1, half at 0.6 with frequency 0: (0.1 + 0.6) / 2. For two
    # outcomes both columns have the same gaps, so the classwise mean is the same number.
    bins = 2 if binning == "equal_mass" else 10
    assert ece(*HAND, np.arange(4), view=view, binning=binning, bins=bins).value == pytest.approx(0.35)


def test_one_bin_compares_means_only():
    found = ece(*HAND, np.arange(4), view="top_label", binning="equal_width", bins=1)
    assert found.value == pytest.approx(abs(0.75 - 0.5))


@given(st.integers(0, 1000), st.sampled_from(VIEWS))
def test_errors_lie_within_bounds_and_ignore_order(seed, how):
    rng = np.random.default_rng(seed)
    p, y = rng.dirichlet(np.ones(3), 30), rng.integers(3, size=30)
    rater, order = rng.integers(6, size=30), rng.permutation(30)
    one = ece(p, y, rater, view=how[0], binning=how[1])
    other = ece(p[order], y[order], rater[order], view=how[0], binning=how[1])
    assert 0 <= one.low <= one.value <= one.high <= 1
    assert astuple(other) == pytest.approx(astuple(one))


def drawn(rng, size, raters=40, each=15):
    """Probabilities off by up to ``size``, answers, raters who sway to one side, and the gap at each probability."""
    p, rater = rng.uniform(0.05, 0.95, raters * each), np.repeat(np.arange(raters), each)
    true = np.clip(p + size * np.sin(2 * np.pi * p), 0, 1)
    sway = rng.choice([-0.2, 0.2], raters)[rater] * np.minimum(true, 1 - true)
    return np.stack([p, 1 - p], 1), (rng.random(len(p)) > true + sway).astype(int), rater, p - true


@pytest.mark.parametrize("size", [0, 0.03, 0.1, 0.2])
def test_intervals_cover_the_error_of_all_people_and_hold_their_value(size):
    rng = np.random.default_rng(0)
    hits, zeros = [], []
    for _ in range(100):
        p, y, rater, gap = drawn(rng, size)
        edges = np.quantile(p[:, 0], np.arange(1, 10) / 10)
        truth = np.abs(np.bincount(np.searchsorted(edges, p[:, 0]), gap)).sum() / len(gap)
        found = ece(p, y, rater, bins=10)
        assert found.low <= found.value <= found.high
        hits.append(found.low <= truth <= found.high)
        zeros.append(found.low == 0)
    assert np.mean(hits) >= 0.95
    # Right probabilities are not called wrong, and very wrong ones are seen to be.
    assert np.mean(zeros) >= 0.95 if size == 0 else size < 0.2 or np.mean(zeros) == 0


def test_the_error_by_chance_is_that_of_right_probabilities():
    rng = np.random.default_rng(1)
    found = [ece(*drawn(rng, 0.0)[:3]) for _ in range(60)]
    assert np.mean([one.by_chance for one in found]) == pytest.approx(np.mean([one.value for one in found]), rel=0.1)


def test_a_single_rater_has_no_interval():
    found = ece(*HAND, np.zeros(4, int), bins=2)
    assert found.value == pytest.approx(0.35)
    assert (found.low, found.high, found.by_chance) == (None, None, None)


def test_reliability_table():
    table = reliability(*HAND, np.array([0, 1, 0, 1]), view="top_label", binning="equal_width", bins=10)
    assert table["probability"].to_list() == pytest.approx([0.6, 0.9])
    assert table["frequency"].to_list() == [0, 1]
    assert table["predictions"].to_list() == [2, 2] and table["raters"].to_list() == [2, 2]
    classwise = reliability(*HAND, np.array([0, 1, 0, 1]), view="classwise", binning="equal_width")
    assert classwise["predictions"].sum() == 8
    assert (classwise["frequency_low"] >= 0).all() and (classwise["frequency_high"] <= 1).all()


def test_raters_not_ratings_set_the_width():
    rng = np.random.default_rng(1)
    p = np.tile([[0.5, 0.5]], (400, 1))
    raters = np.repeat(np.arange(20), 20)
    y = rng.integers(2, size=20)[raters]
    clustered, apart = (reliability(p, y, r, view="top_label").row(0, named=True) for r in (raters, np.arange(400)))
    widths = [one["frequency_high"] - one["frequency_low"] for one in (clustered, apart)]
    assert widths[0] > 3 * widths[1]


@pytest.mark.parametrize(
    ("p", "y", "message"),
    [
        (np.array([[0.5, 0.4]]), np.array([0]), "sum to 1"),
        (np.array([[0.5, 0.5]]), np.array([2]), "outside 0..1"),
        (np.array([[0.5, 0.5]]), np.array([0, 1]), "differ in shape"),
        (np.zeros((0, 2)), np.zeros(0, int), "differ in shape"),
    ],
)
def test_refusals(p, y, message):
    with pytest.raises(DataError, match=message):
        ece(p, y, np.zeros(len(y)))


def test_schema_is_numbers():
    table = reliability(*HAND, np.zeros(4, int))
    assert table.schema["frequency_low"] == pl.Float64
