"""The number of camps: as planted, and one where people differ by nothing or by degree."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import adjusted_rand_score

from pluralign.errors import DataError
from pluralign.raters.camp_count import choose
from pluralign.raters.clusters import ProfileClusters, loss_matrix
from pluralign.raters.society import society

SIZES = (1, 2, 3, 4, 5, 6, 8, 12)
HABITS = {"severity": 0.5, "stretch": 0.3}
NONE = {"severity": 0.0, "stretch": 0.0}


def planted(camps, habits, seed, raters=200, candidates=100):
    """A simulated society, and candidates who answer by its law as some of its raters do."""
    ratings, truth = society(raters, 60, camps, **habits, seed=seed)
    edges, grid = np.linspace(-1.5, 1.5, 4), np.linspace(-4, 4, 401)
    spread = np.sqrt(1 + habits["severity"] ** 2 + (camps > 1))
    # An item's merit is read from its mean rating.
    mean = np.bincount(ratings.item, ratings.label) / raters
    merit = np.interp(mean, norm.cdf((grid[:, None] - edges) / spread).sum(1), grid)
    who = np.random.default_rng(seed).permutation(raters)[:candidates]
    middle = merit[:, None] + truth.leaning[truth.camp[who]][:, truth.topic].T - truth.severity[who]
    below = norm.cdf(edges / truth.stretch[who, None] - middle[..., None])
    table = np.diff(below, prepend=0, append=1)
    return truth, (table, ratings.item, ratings.label, ratings.rater, raters)


@pytest.mark.parametrize("habits", [NONE, HABITS])
@pytest.mark.parametrize("camps", [2, 3, 4])
def test_planted_camps_are_counted_and_recovered(camps, habits):
    truth, data = planted(camps, habits, seed=camps)
    chosen = choose(*data, SIZES)
    assert chosen.camps == camps
    assert (chosen.raters, chosen.left_out) == (200, 0)
    found = ProfileClusters(chosen.camps).fit(loss_matrix(*data))
    assert adjusted_rand_score(truth.camp, found.labels_) > 0.9


@pytest.mark.parametrize("seed", range(5))
def test_a_society_without_camps_has_one(seed):
    chosen = choose(*planted(1, NONE, seed)[1], SIZES)
    assert (chosen.camps, chosen.parts) == (1, 1)
    assert chosen.curve["clusters"].to_list() == list(SIZES)
    assert chosen.curve["stands"].to_list() == [True] + [False] * 7


@pytest.mark.parametrize("seed", range(5))
def test_habits_in_which_people_differ_by_degree_are_parts_and_no_camps(seed):
    chosen = choose(*planted(1, HABITS, seed)[1], SIZES)
    assert chosen.camps == 1
    assert chosen.parts > 1


def test_habits_within_camps_are_parts_of_them():
    chosen = choose(*planted(3, HABITS, seed=0)[1], SIZES)
    assert chosen.camps == 3 < chosen.parts
    apart = dict(zip(chosen.curve["clusters"], chosen.curve["apart"], strict=True))
    assert apart[3] and not apart[4] and not apart[12]


def test_the_order_of_ratings_and_names_of_raters_do_not_make_camps():
    _, (table, item, label, rater, raters) = planted(2, HABITS, seed=7)
    order = np.random.default_rng(0).permutation(len(item))
    other = choose(table, item[order], label[order], raters - 1 - rater[order], raters, SIZES)
    assert other.camps == 2


def test_raters_that_cannot_be_held_out_are_counted():
    _, (table, item, label, rater, raters) = planted(1, NONE, 1, raters=20, candidates=5)
    kept = (rater != 3) | (np.arange(len(rater)) == np.flatnonzero(rater == 3)[0])
    chosen = choose(table, item[kept], label[kept], rater[kept], raters, (1, 2))
    assert (chosen.raters, chosen.left_out) == (19, 1)
    few = rater < 4
    with pytest.raises(DataError, match="4 raters with two or more ratings are too few for 5 folds"):
        choose(table, item[few], label[few], rater[few], raters)
