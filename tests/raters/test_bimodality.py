import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralign.raters.bimodality import UNIFORM, bimodality


def noisy(rng, leanings, ratings, noise=2.0):
    rater = np.repeat(np.arange(len(leanings)), ratings)
    return leanings[rater] + noise * rng.normal(size=len(rater)), rater


@pytest.mark.parametrize(("leanings", "expected"), [([-1, 1], 1), ([0, 0, 0, 7], 1), ([-1, 0, 1], 2 / 3)])
def test_hand_computed_without_noise(leanings, expected):
    # Two points have skewness^2 + 1 = kurtosis whatever their weights; -1, 0, 1: (2/3)^3 / ((2/3) (2/3)).
    values, rater = noisy(np.random.default_rng(0), np.array(leanings, float), 5, noise=0.0)
    assert bimodality(values, rater)[0] == pytest.approx(expected)


@given(st.integers(0, 100), st.floats(-3, 3), st.floats(0.1, 5))
def test_place_and_unit_do_not_matter(seed, shift, factor):
    rng = np.random.default_rng(seed)
    values, rater = noisy(rng, rng.normal(size=30), 6, noise=0.2)
    order = rng.permutation(len(values))
    one, other = bimodality(values, rater), bimodality(shift + factor * values[order], rater[order])
    assert other == pytest.approx(one, rel=1e-6)


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        (lambda rng, n: rng.choice([-1.0, 1.0], n), 1),
        (lambda rng, n: np.where(rng.random(n) < 0.2, 2.0, -0.5), 1),
        (lambda rng, n: rng.uniform(-1.7, 1.7, n), UNIFORM),
        (lambda rng, n: rng.normal(size=n), 1 / 3),
    ],
)
def test_noise_twice_as_large_as_the_differences_is_taken_out(draw, expected):
    rng = np.random.default_rng(0)
    value, sure = bimodality(*noisy(rng, draw(rng, 4000), 20))
    assert value == pytest.approx(expected, abs=0.07)
    assert sure > 0.99 if expected == 1 else sure < 0.9
    # What one sees without taking it out looks normal.
    values, rater = noisy(rng, draw(rng, 4000), 20)
    means = np.bincount(rater, values) / 20
    z = (means - means.mean()) / means.std()
    assert expected < 1 or ((z**3).mean() ** 2 + 1) / (z**4).mean() < 0.85


def test_raters_with_fewer_than_four_ratings_play_no_part():
    values, rater = noisy(np.random.default_rng(1), np.array([-1.0, 1.0, 0.5]), 4)
    assert bimodality(values[:11], rater[:11]) == bimodality(values[:8], rater[:8])
    value, sure = bimodality(values[:7], rater[:7])
    assert np.isnan(value) and sure == 0


def test_no_difference_between_raters():
    value, sure = bimodality(np.tile([-1.0, 1, -1, 1], 10), np.repeat(np.arange(10), 4))
    assert np.isnan(value) and sure == 0
