"""Shrinkage: learned variances, calibrated certainty, and silence about noise."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pluralign.raters.descriptive.tendencies import between, effect


def measured(spread, noise, seed=0):
    rng = np.random.default_rng(seed)
    true = spread * rng.normal(size=len(noise))
    return true, true + np.sqrt(noise) * rng.normal(size=len(noise))


def test_the_variance_over_raters_is_found():
    noise = np.random.default_rng(1).uniform(0.1, 4, size=3000)
    _, difference = measured(1.0, noise)
    assert 0.85 < between(difference, noise) < 1.15


def test_noise_alone_has_none():
    noise = np.random.default_rng(1).uniform(0.1, 4, size=200)
    found = [between(measured(0.0, noise, seed)[1], noise) > 0 for seed in range(200)]
    assert np.mean(found) < 0.02


def test_few_raters_or_no_measurements_have_none():
    assert between(np.array([9.0, -9.0]), np.ones(2)) == 0
    assert between(np.zeros(50), np.full(50, np.inf)) == 0


def test_certainty_is_the_share_of_right_signs():
    noise = np.random.default_rng(1).uniform(0.1, 4, size=20_000)
    true, difference = measured(1.0, noise)
    found = effect(difference, noise, 1.0)
    for low, high in ((0.5, 0.7), (0.7, 0.9), (0.9, 0.99)):
        some = (found.certainty >= low) & (found.certainty < high)
        right = (np.sign(true) == np.sign(found.mean))[some].mean()
        assert abs(right - found.certainty[some].mean()) < 0.03


@given(st.floats(-5, 5), st.floats(0.01, 10), st.floats(0, 4))
def test_effects_are_shrunk_toward_nothing(difference, noise, variance):
    found = effect(np.array([difference]), np.array([noise]), variance)
    assert abs(found.mean[0]) <= abs(difference) and 0.5 <= found.certainty[0] <= 1
    assert found.sd[0] <= np.sqrt(variance) + 1e-12


def test_nothing_is_certain_where_nothing_was_measured():
    found = effect(np.array([0.0]), np.array([np.inf]), 1.0)
    assert found.mean[0] == 0 and found.certainty[0] == 0.5 and found.sd[0] == 1
