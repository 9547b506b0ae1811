import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pluralign.errors import DataError
from pluralign.measure.distances import (
    entropy_nats,
    js_distance_base2,
    js_divergence_nats,
    kl_nats,
    total_variation,
    wasserstein,
)

METRICS = [js_distance_base2, total_variation, wasserstein]
SYMMETRIC = [js_divergence_nats, *METRICS]


@st.composite
def distributions(draw, sides: int):
    """``sides`` distributions over the same 1 to 7 options, zeros and very small numbers among them."""
    options = draw(st.integers(1, 7))
    entries = st.floats(0, 1) | st.sampled_from([0.0, 5e-324, 1e-300, 1e-12])
    raw = draw(hnp.arrays(float, (sides, options), elements=entries))
    raw[np.arange(sides), draw(hnp.arrays(int, sides, elements=st.integers(0, options - 1)))] += 0.5
    return raw / raw.sum(1, keepdims=True)


@pytest.mark.parametrize("distance", [*SYMMETRIC, kl_nats])
@given(distributions(2))
def test_zero_to_itself_and_never_negative(distance, sides):
    p, q = sides
    assert distance(p, p) == 0
    assert 0 <= distance(p, q) < np.inf


@pytest.mark.parametrize("distance", SYMMETRIC)
@given(distributions(2))
def test_symmetric_and_bounded(distance, sides):
    p, q = sides
    assert distance(p, q) == pytest.approx(distance(q, p), abs=1e-12)
    assert distance(p, q) <= (np.log(2) if distance is js_divergence_nats else 1)


@pytest.mark.parametrize("distance", METRICS)
@given(distributions(3))
def test_triangle_inequality(distance, sides):
    p, q, r = sides
    assert distance(p, r) <= distance(p, q) + distance(q, r) + 1e-7


@pytest.mark.parametrize("distance", [js_divergence_nats, js_distance_base2, total_variation, kl_nats])
@given(distributions(2), st.randoms(use_true_random=False))
def test_order_of_options_does_not_matter(distance, sides, random):
    order = random.sample(range(sides.shape[1]), sides.shape[1])
    p, q = sides[:, order]
    # The square root turns a rounding error of 1e-16 into one of 1e-8.
    assert distance(p, q) == pytest.approx(distance(*sides), abs=1e-7 if distance is js_distance_base2 else 1e-12)
    assert entropy_nats(p) == pytest.approx(entropy_nats(sides[0]), abs=1e-12)


def test_wasserstein_depends_on_the_order_of_options():
    near, far = wasserstein([1, 0, 0], [0, 1, 0]), wasserstein([1, 0, 0], [0, 0, 1])
    assert (near, far) == (0.5, 1)
    assert total_variation([1, 0, 0], [0, 1, 0]) == total_variation([1, 0, 0], [0, 0, 1]) == 1


@given(distributions(2))
def test_wasserstein_is_the_mean_shift_between_nested_distributions(sides):
    # Where one cumulative function lies nowhere above the other, the distance is the difference of the means.
    p, q = sides
    # Sums may round to above 1.
    cdf = np.minimum(np.minimum(np.cumsum(p), np.cumsum(q)), 1)
    lower = np.diff(np.append(0, np.append(cdf[:-1], 1)))
    positions = np.linspace(0, 1, len(p)) if len(p) > 1 else np.zeros(1)
    assert wasserstein(p, lower) == pytest.approx(abs(positions @ lower - positions @ p), abs=1e-12)


@given(distributions(2))
def test_total_variation_is_the_largest_gap_in_any_event(sides):
    p, q = sides
    assert total_variation(p, q) == pytest.approx((p - q)[p > q].sum(), abs=1e-12)


@pytest.mark.parametrize("distance", [js_divergence_nats, total_variation])
@given(distributions(2))
def test_options_without_probability_change_nothing(distance, sides):
    padded = np.pad(sides, ((0, 0), (0, 3)))
    assert distance(*padded) == pytest.approx(distance(*sides), abs=1e-12)


def test_hand_values():
    # p = (1, 0), q = (1/2, 1/2), m = (3/4, 1/4): JS = ln(4/3)/2 + (ln(2/3) + ln 2)/4.
    p, q = [1.0, 0.0], [0.5, 0.5]
    expected = np.log(4 / 3) / 2 + (np.log(2 / 3) + np.log(2)) / 4
    assert js_divergence_nats(p, q) == pytest.approx(expected)
    assert js_distance_base2(p, q) == pytest.approx(np.sqrt(expected / np.log(2)))
    assert js_divergence_nats([1, 0], [0, 1]) == pytest.approx(np.log(2))
    assert js_distance_base2([1, 0], [0, 1]) == 1
    assert total_variation(p, q) == 0.5
    assert wasserstein([0.5, 0.5, 0, 0], [0, 0.5, 0.5, 0]) == pytest.approx(1 / 3)
    assert kl_nats(p, q, floor=0) == pytest.approx(np.log(2))
    assert kl_nats(q, p, floor=0) == np.inf
    assert kl_nats(q, p) == pytest.approx(0.5 * np.log(0.5 / 1) + 0.5 * np.log(0.5 / 1e-6), abs=1e-4)
    assert entropy_nats([0.25] * 4) == pytest.approx(np.log(4))
    assert entropy_nats([1, 0]) == 0
    assert wasserstein([1.0], [1.0]) == 0


def test_leading_axes_are_kept_and_broadcast():
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(4), size=(3, 5)), rng.dirichlet(np.ones(4), size=5)
    for distance in [*SYMMETRIC, kl_nats]:
        whole = distance(p, q)
        assert whole.shape == (3, 5)
        assert whole[2, 1] == pytest.approx(distance(p[2, 1], q[1]))
    assert entropy_nats(p).shape == (3, 5)


def test_rounded_shares_are_rescaled():
    assert total_variation([0.33334, 0.33334, 0.33334], [1 / 3] * 3) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("bad", [[0.5, 0.6], [1.5, -0.5], [0.5, np.nan], [0.0, 0.0], [np.inf, 0.0]])
def test_what_is_no_distribution_is_refused(bad):
    for distance in [*SYMMETRIC, kl_nats]:
        with pytest.raises(DataError, match="does not sum to 1"):
            distance([0.5, 0.5], bad)
    with pytest.raises(DataError, match="does not sum to 1"):
        entropy_nats([[0.5, 0.5], bad])


@pytest.mark.parametrize("other", [[0.5, 0.5], [1.0], [], 1.0])
def test_different_numbers_of_options_are_refused(other):
    with pytest.raises(DataError, match="same number of options"):
        js_divergence_nats([0.2, 0.3, 0.5], other)
