import numpy as np
import pytest

from pluralign.values.calibration import Calibration, fit, weigh


def drawn(probabilities, rng):
    return (rng.random((len(probabilities), 1)) > np.cumsum(probabilities, 1)).sum(1)


def test_what_was_done_to_odds_and_logits_is_found_again():
    rng, n = np.random.default_rng(0), 20_000
    truth, near, logits = rng.normal(0, 2, n), rng.normal(0, 0.1, n), rng.normal(0, 1, (n, 3))
    bears = (rng.random(n) < 1 / (1 + np.exp(-truth))).astype(int)
    true = np.exp(logits + np.array([0.4, 0, -0.4]))
    ways = drawn(true / true.sum(1, keepdims=True), rng)
    odds = (truth - 0.5) * 4 - 6 * near
    found = fit(odds, near, bears, 3 * logits, ways, 6.0)
    assert found.odds == pytest.approx(0.25, rel=0.05) and found.near == pytest.approx(6 * found.odds)
    assert found.relevance == pytest.approx(0.5, abs=0.06)
    assert found.logits == pytest.approx(1 / 3, rel=0.05)
    np.testing.assert_allclose(found.valence, [0.4, 0, -0.4], atol=0.06)
    assert Calibration(**found.record()).bears(odds, near) == pytest.approx(found.bears(odds, near))
    assert found.bears(odds, near).mean() == pytest.approx(bears.mean(), abs=0.01)
    np.testing.assert_allclose(found.sides(3 * logits).mean(0), np.bincount(ways) / n, atol=0.01)


def test_nearness_counts_as_much_as_it_tells_apart_and_not_at_all_where_it_tells_nothing():
    rng = np.random.default_rng(1)
    odds, near = rng.normal(0, 1, (4000, 20)), rng.normal(0, 0.2, (4000, 20))
    for factor in (8.0, 0.0):
        told = np.exp(0.5 * odds + 0.5 * factor * near)
        entry = drawn(told / told.sum(1, keepdims=True), rng)
        assert weigh(odds, near, np.arange(4000), entry) == pytest.approx(factor, abs=0.8)
