"""The low-rank model: planted axes are found, their number too, and gaps do not mislead it."""

import numpy as np
import pytest
from scipy import sparse

from pluralign.raters.descriptive.axes import Deviations, choose, fit, positions


def planted(raters=300, cells=60, axes=2, seen=0.4, seed=0):
    """Deviations with known positions, a level and noise of a third of all variance."""
    rng = np.random.default_rng(seed)
    loading = rng.normal(size=(cells, axes)) * (rng.random((cells, axes)) < 0.5) / max(axes, 1) ** 0.5
    position, level = rng.normal(size=(raters, axes)), 0.3 * rng.normal(size=raters)
    full = position @ loading.T + level[:, None] + 0.7 * rng.normal(size=(raters, cells))
    rows, columns = np.nonzero(rng.random((raters, cells)) < seen)

    def matrix(values):
        return sparse.csr_matrix((values, (rows, columns)), shape=full.shape)

    usual = rng.normal(size=cells)[columns]
    data = Deviations(
        matrix(full[rows, columns]), matrix(np.ones(len(rows))), matrix(usual), np.zeros(cells, np.int64)
    )
    return data, loading, position, level


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_number_of_axes_is_found(count):
    data, *_ = planted(axes=count)
    assert choose(data, None) == count


def test_loadings_and_positions_are_found_up_to_rotation():
    data, loading, position, level = planted()
    axes = fit(data, 2)
    mean, covariance = positions(data, axes)
    assert abs(axes.noise - 0.49) < 0.06
    turn = np.linalg.lstsq(axes.loadings, loading, rcond=None)[0]
    assert np.abs(axes.loadings @ turn - loading).mean() < 0.1
    found = mean[:, 2:] @ np.linalg.inv(turn).T
    assert min(np.corrcoef(found[:, k], position[:, k])[0, 1] for k in range(2)) > 0.9
    assert np.corrcoef(mean[:, 0], level)[0, 1] > 0.75
    # The positions' own uncertainty accounts for how far they are off.
    variance = turn @ np.einsum("rpq->pq", covariance[:, 2:, 2:]) @ turn.T / len(mean)
    assert np.isfinite(variance).all() and (np.einsum("rpp->rp", covariance) > 0).all()


def test_certainty_of_positions_is_honest():
    data, loading, position, _ = planted(axes=1, seen=0.08)
    axes = fit(data, 1)
    mean, covariance = positions(data, axes)
    sign = np.sign(axes.loadings[:, 0] @ loading[:, 0])
    z = (sign * mean[:, 2] - position[:, 0]) / np.sqrt(covariance[:, 2, 2])
    assert 0.8 < z.std() < 1.4


def test_a_rater_without_ratings_is_in_the_middle():
    data, *_ = planted()
    axes = fit(data, 2)
    empty = Deviations(*(sparse.csr_matrix((1, 60)) for _ in range(3)), data.answer)
    mean, covariance = positions(empty, axes)
    np.testing.assert_allclose(mean, 0)
    np.testing.assert_allclose(np.diag(covariance[0]), axes.prior)


def test_texts_carry_loadings_to_cells_with_few_ratings():
    rng = np.random.default_rng(3)
    features = rng.normal(size=(800, 8))
    loading = features[:, :1] * 0.9
    position = rng.normal(size=(250, 1))
    rows, columns = np.nonzero(rng.random((250, 800)) < 0.012)  # three ratings of each cell
    values = (position @ loading.T)[rows, columns] + 0.7 * rng.normal(size=len(rows))

    def matrix(numbers):
        return sparse.csr_matrix((numbers, (rows, columns)), shape=(250, 800))

    data = Deviations(matrix(values), matrix(np.ones(len(rows))), matrix(0 * values), np.zeros(800, np.int64))
    with_texts, without = (fit(data, 1, texts).loadings[:, 0] for texts in (features, None))
    likeness = [abs(np.corrcoef(found, loading[:, 0])[0, 1]) for found in (with_texts, without)]
    assert likeness[0] > 0.9 > likeness[1]


def test_no_deviations_have_no_axes():
    data, *_ = planted()
    still = Deviations(data.value * 0, data.seen, data.following, data.answer)
    assert choose(still, None) == 0
    assert fit(still, 0).noise > 0
