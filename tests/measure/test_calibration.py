import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralign.measure.calibration import gaps


def by_definition(p, q, bins):
    """The error from its definition, for probabilities without ties."""
    order = np.argsort(np.concatenate(q))
    parts = np.array_split(order, bins)
    p, q = np.concatenate(p), np.concatenate(q)
    return sum(len(part) / len(p) * abs(q[part].mean() - p[part].mean()) for part in parts)


def test_by_hand():
    # Two bins, split at the median 0.5: q of 0.2 and 0.4 against p of 0.5 and 0.5; q of 0.6 and 0.8 against the same.
    p, q = [np.array([0.5, 0.5])] * 2, [np.array([0.2, 0.8]), np.array([0.4, 0.6])]
    assert gaps(p, q, 2).mean() == pytest.approx((2 * 0.2 + 2 * 0.2) / 4)
    assert gaps(p, q, 2) == pytest.approx([2 / 4 * 0.6, 2 / 4 * 0.2])


@given(st.integers(0, 10_000))
def test_equals_its_definition(seed):
    rng = np.random.default_rng(seed)
    sizes = [4] * 15
    p, q = ([rng.dirichlet(np.ones(n)) for n in sizes] for _ in range(2))
    assert gaps(p, q, 10).mean() == pytest.approx(by_definition(p, q, 10), abs=1e-12)


@given(st.integers(0, 10_000))
def test_bounded_and_blind_to_order(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 7, size=8)
    p, q = ([rng.multinomial(5, np.ones(n) / n) / 5 for n in sizes] for _ in range(2))
    whole = gaps(p, q)
    assert -1e-12 <= whole.mean() <= 1
    order = rng.permutation(8)
    assert gaps([p[i][::-1] for i in order], [q[i][::-1] for i in order]) == pytest.approx(whole[order])


def test_the_population_and_what_claims_nothing_are_calibrated_and_the_collapsed_is_not():
    p = list(np.random.default_rng(0).dirichlet(np.ones(4), size=50))
    assert gaps(p, p).mean() == pytest.approx(0, abs=1e-12)
    assert gaps(p, [np.full(4, 0.25)] * 50).mean() == pytest.approx(0, abs=1e-12)
    collapsed = [np.eye(4)[one.argmax()] for one in p]
    sure = np.mean([one.max() for one in p])
    # Of each question one option claims 1 and has `sure`, three claim 0 and have the rest.
    assert gaps(p, collapsed).mean() == pytest.approx(2 * (1 - sure) / 4)


def test_no_questions():
    assert gaps([], []).tolist() == []
