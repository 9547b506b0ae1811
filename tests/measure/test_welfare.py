"""Power means: limits, order, bounds, and no overflow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pluralign.errors import DataError
from pluralign.measure.welfare import power_mean

positive = arrays(float, 5, elements=st.floats(1e-6, 1e3))
weights = arrays(float, 5, elements=st.floats(0, 10)).filter(lambda w: w.sum() > 0.1)
exponents = st.floats(-1e4, 1e4) | st.floats(-1e-3, 1e-3) | st.sampled_from([-np.inf, np.inf, 0.0, -1e-300, 1e-300])


def test_by_hand():
    u = [1.0, 4.0]
    assert power_mean(u, [1, 1], 1) == 2.5
    assert power_mean(u, [1, 1], 0) == pytest.approx(2)
    assert power_mean(u, [1, 1], -1) == pytest.approx(1.6)
    assert power_mean(u, [3, 1], 2) == pytest.approx(np.sqrt((3 + 16) / 4))
    assert power_mean(u, [1, 1], -np.inf) == 1
    assert power_mean(u, [0, 1], -np.inf) == 4  # who has no weight is not the worst off
    assert power_mean([[1.0, 4.0], [2.0, 2.0]], [1, 1], 0) == pytest.approx([2, 2])


def test_zero_utilities_take_the_limit():
    assert power_mean([0.0, 4.0], [1, 1], 1) == 2
    assert power_mean([0.0, 4.0], [1, 1], 0.5) == pytest.approx(1)
    for p in (0.0, -1e-9, -1.0, -50.0, -np.inf):
        assert power_mean([0.0, 4.0], [1, 1], p) == 0
        assert power_mean([1e-30, 4.0], [1, 1], p) < 1e-14
        assert power_mean([0.0, 4.0], [0, 1], p) == pytest.approx(4)
    assert power_mean([0.0, 0.0], [1, 1], 0.3) == 0


@given(positive, weights, exponents, exponents)
def test_never_falls_as_p_grows_and_stays_between_worst_and_best(u, w, p, q):
    low, high = sorted((p, q))
    a, b = power_mean(u, w, low), power_mean(u, w, high)
    assert a <= b * (1 + 1e-9)
    assert u[w > 0].min() <= a <= u[w > 0].max()


@given(positive, weights, st.floats(-50, 50), st.permutations(range(5)), st.floats(0.1, 10))
def test_order_of_jurors_and_units_do_not_matter(u, w, p, order, factor):
    whole = power_mean(u, w, p)
    assert power_mean(u[order], w[order], p) == pytest.approx(whole, rel=1e-9)
    assert power_mean(u * factor, w, p) == pytest.approx(whole * factor, rel=1e-9)
    assert power_mean(u, w * factor, p) == pytest.approx(whole, rel=1e-9)


@given(positive, weights)
def test_limits(u, w):
    assert power_mean(u, w, 1e-9) == pytest.approx(power_mean(u, w, 0), rel=1e-6)
    assert power_mean(u, w, -1e-9) == pytest.approx(power_mean(u, w, 0), rel=1e-6)
    w = np.maximum(w, 0.01)
    assert power_mean(u, w, -1e5) == pytest.approx(u.min(), rel=1e-3)


def test_wrong_input_is_refused():
    for u, w, p in (([-1.0], [1], 1), ([1.0], [0], 1), ([np.nan], [1], 1), ([1.0], [1], np.nan), ([1.0], [-1], 1)):
        with pytest.raises(DataError):
            power_mean(u, w, p)
