import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import check_estimator

from pluralign.errors import DataError, UsageError
from pluralign.raters.clusters import (
    FLOOR,
    ProfileClusters,
    curve,
    even_halves,
    loss_matrix,
    probability_table,
    told_loss,
)
from pluralign.raters.representation import Profile, Representation, Statement

matrices = arrays(np.float32, st.tuples(st.integers(1, 30), st.integers(2, 8)), elements=st.floats(0, 10, width=32))


def society(rng, *, camps, raters=300, ratings=30, items=60, candidates=24, outcomes=3, own=0.9):
    """Raters in camps that share a part of what they answer; candidates are noisy copies of camps."""
    common, each = rng.dirichlet(np.ones(outcomes), (items, 1)), rng.dirichlet(np.ones(outcomes), (items, camps))
    truth = (1 - own) * common + own * each
    table = truth[:, np.arange(candidates) % camps] * rng.uniform(0.7, 1.3, (items, candidates, outcomes))
    camp = rng.integers(camps, size=raters)
    rater = np.repeat(np.arange(raters), ratings)
    item = rng.random((raters, items)).argsort(1)[:, :ratings].ravel()
    steps = np.cumsum(truth[item, camp[rater]], 1)
    label = (rng.random((len(rater), 1)) > steps[:, :-1]).sum(1)
    return camp, table / table.sum(-1, keepdims=True), item, label, rater


def parts(table, item, label, rater, raters):
    one = even_halves(rater, 0)
    return [loss_matrix(table, item[k], label[k], rater[k], raters) for k in (one, ~one)]


def test_hand_computed_loss_matrix():
    table = np.array([[[0.5, 0.5], [0.25, 0.75]], [[0.1, 0.9], [1.0, 0.0]]])
    losses = loss_matrix(table, np.array([0, 1, 1]), np.array([0, 1, 0]), np.array([0, 0, 2]), 3)
    expected = [
        [(np.log(2) - np.log(0.9)) / 2, (np.log(4) - np.log(FLOOR)) / 2],
        [np.nan, np.nan],
        [-np.log(0.1), 0],
    ]
    np.testing.assert_allclose(losses, expected, rtol=1e-5)


def test_a_rating_twice_counts_twice_and_order_does_not_matter():
    rng = np.random.default_rng(0)
    _, table, item, label, rater = society(rng, camps=2, raters=20, ratings=5)
    losses = loss_matrix(table, item, label, rater, 20)
    order = rng.permutation(np.tile(np.arange(len(item)), 2))
    np.testing.assert_allclose(loss_matrix(table, item[order], label[order], rater[order], 20), losses, rtol=1e-5)


@pytest.mark.parametrize("name", ["item", "label", "rater"])
def test_numbers_out_of_range(name):
    numbers = {"item": np.zeros(2, int), "label": np.zeros(2, int), "rater": np.zeros(2, int)} | {
        name: np.array([0, 9])
    }
    with pytest.raises(DataError, match=f"a {name} lies outside"):
        loss_matrix(np.full((2, 2, 2), 0.5), **numbers, raters=2)


def test_one_decoder_query_for_each_item_and_candidate():
    asked = []

    class Shifted:
        def predict(self, items, representations, who):
            asked.append(len(items))
            p = np.array([float(representations[w].profile.text) for w in who]) / (items + 1)
            return np.stack([p, 1 - p], 1)

    told = [Representation(profile=Profile((Statement(text),))) for text in ("0.2", "0.6")]
    table = probability_table(Shifted(), np.array([0, 1, 5]), told)
    assert sum(asked) == 6
    np.testing.assert_allclose(table[:, :, 0], [[0.2, 0.6], [0.1, 0.3], [0.2 / 6, 0.1]], rtol=1e-6)


@given(matrices, st.integers(1, 8), st.integers(0, 3))
def test_the_objective_never_rises_and_is_the_mean_of_the_smallest_losses(losses, k, seed):
    k = min(k, losses.shape[1])
    clusters = ProfileClusters(k, n_init=3, random_state=seed).fit(losses)
    assert np.all(np.diff(clusters.history_) <= 1e-6)
    assert len(set(clusters.centers_.tolist())) == k
    assert clusters.inertia_ == pytest.approx(losses[:, clusters.centers_].min(1).mean(dtype=float), abs=1e-5)
    assert clusters.inertia_ <= losses.mean(0, dtype=float).min() + 1e-5
    assert np.array_equal(clusters.predict(losses), clusters.labels_)


@given(matrices)
def test_as_many_clusters_as_candidates_give_every_rater_the_best(losses):
    clusters = ProfileClusters(losses.shape[1]).fit(losses)
    assert clusters.inertia_ == pytest.approx(losses.min(1).mean(dtype=float), abs=1e-5)
    assert np.array_equal(clusters.labels_, losses.argmin(1))


@given(matrices)
def test_no_single_move_improves_the_result(losses):
    """Where it stops, every centre is the best that it can be with the others held fixed."""
    k = min(3, losses.shape[1])
    clusters = ProfileClusters(k, n_init=1).fit(losses)
    for c in range(k):
        others = np.delete(clusters.centers_, c)
        for candidate in set(range(losses.shape[1])) - set(others.tolist()):
            moved = losses[:, [*others, candidate]].min(1).mean(dtype=float)
            assert clusters.inertia_ <= moved + 1e-5


def test_restarts_find_what_the_greedy_start_misses():
    rng = np.random.default_rng(3)
    improved = 0
    for _ in range(30):
        losses = rng.random((40, 30)).astype(np.float32)
        one, many = (ProfileClusters(5, n_init=n).fit(losses).inertia_ for n in (1, 20))
        assert many <= one
        improved += many < one
    assert improved > 5


def test_raters_without_ratings_have_no_cluster_and_no_say():
    losses = np.array([[0.0, 1, 2], [np.nan] * 3, [2, 1, 0]], np.float32)
    clusters = ProfileClusters(2).fit(losses)
    assert clusters.labels_.tolist() == [0, -1, 1]
    assert clusters.centers_.tolist() == [0, 2]
    assert clusters.inertia_ == 0


def test_equal_candidates_and_empty_clusters():
    clusters = ProfileClusters(2).fit(np.ones((4, 3)))
    assert clusters.centers_.tolist() == [0, 1]
    assert clusters.labels_.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("losses", "k", "error", "message"),
    [
        (np.ones((3, 2)), 3, UsageError, "cannot choose 3 clusters from 2 candidates"),
        (np.ones((3, 2)), 0, UsageError, "cannot choose 0"),
        (np.full((3, 2), np.nan), 1, DataError, "no rater has a rating"),
        (np.array([[1, np.inf]]), 1, ValueError, "infinity"),
        (np.array([[1, np.nan]]), 1, DataError, "some candidates only"),
    ],
)
def test_what_cannot_be_clustered(losses, k, error, message):
    with pytest.raises(error, match=message):
        ProfileClusters(k).fit(losses)


NOT_THESE = {
    "check_clustering": "asks for three clusters of a table with two columns, but centres are columns",
    "check_estimators_pickle": "has rows that are missing in part, but a rater is rated under all candidates or none",
}


def test_scikit_learn_conventions():
    found = check_estimator(ProfileClusters(2, n_init=2), expected_failed_checks=NOT_THESE, on_skip=None)
    assert sum(one["status"] == "passed" for one in found) > 35


def test_parameters_and_labels():
    clusters = ProfileClusters(3, n_init=2, random_state=7)
    assert clone(clusters).get_params() == clusters.get_params()
    losses = np.random.default_rng(0).random((20, 6))
    assert np.array_equal(clusters.fit_predict(losses), clusters.labels_)


@pytest.mark.parametrize("camps", [2, 4])
def test_planted_camps_are_recovered(camps):
    camp, table, item, label, rater = society(np.random.default_rng(camps), camps=camps)
    found = ProfileClusters(camps).fit(loss_matrix(table, item, label, rater, 300))
    assert adjusted_rand_score(camp, found.labels_) > 0.9


def test_halves_are_even_and_whole():
    rater = np.array([2, 0, 0, 2, 0, 2, 2, 5])
    first = even_halves(rater, 1)
    assert np.bincount(rater[first], minlength=6).tolist() == [1, 0, 2, 0, 0, 0]


def test_loss_of_a_rater_is_that_of_the_assigned_centre():
    clusters = ProfileClusters(2).fit(np.array([[0.0, 9, 5], [9, 0, 5]]))
    fit = np.array([[1.0, 2, 0], [2, 1, 0], [np.nan] * 3])
    assert told_loss(clusters, fit, np.array([[3.0, 4, 5], [3, 4, 5], [3, 4, 5]])).tolist()[:2] == [3, 4]
    assert np.isnan(told_loss(clusters, fit, np.ones((3, 3)))[2])


def test_information_rises_to_the_number_of_camps_and_levels_off():
    _, table, item, label, rater = society(np.random.default_rng(9), camps=4, raters=400)
    first, second = parts(table, item, label, rater, 400)
    test = np.arange(400) >= 200
    none = loss_matrix(table.mean(1, keepdims=True), item, label, rater, 400)[:, 0]
    train = (first + second)[~test] / 2
    found = curve(train, first[test], second[test], none[test], np.full(int(test.sum()), 15), (1, 2, 4, 16))
    gain = dict(zip(found["clusters"], found["information_nats"], strict=True))
    assert gain[1] < gain[2] < gain[4]
    assert gain[4] > 0.05
    assert gain[16] < gain[4] + 0.01
    assert (found["information_nats_low"] < found["information_nats"]).all()
