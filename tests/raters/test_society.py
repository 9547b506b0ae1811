"""Simulated societies: what is planted shows in the ratings, and nothing else does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pluralign.errors import UsageError
from pluralign.raters.scale import Scale
from pluralign.raters.society import TOPICS, VOTES, society


@settings(max_examples=30)
@given(st.integers(2, 30), st.integers(2, 50), st.integers(1, 5), st.integers(0, 5), st.data())
def test_a_table_of_different_items_per_rater(raters, items, camps, seed, data):
    per = data.draw(st.none() | st.integers(1, items))
    ratings, truth = society(raters, items, camps, per_rater=per, seed=seed)
    assert len(ratings) == raters * (per or items)
    pairs = set(zip(ratings.rater.tolist(), ratings.item.tolist(), strict=True))
    assert len(pairs) == len(ratings)
    assert ratings.item.max() < items == ratings.items.height and ratings.items["text"].n_unique() == items
    assert ratings.label.min() >= 0 and ratings.label.max() < 5
    assert truth.camp.max() < camps and truth.leaning.shape == (camps, len(TOPICS))
    np.testing.assert_allclose(truth.leaning.sum(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(truth.leaning.sum(axis=1), 0, atol=1e-9)


def test_the_seed_decides():
    one, again, other = (society(20, 20, seed=seed)[0].label for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def means(ratings, values):
    return np.bincount(ratings.rater, values) / np.bincount(ratings.rater)


def test_severity_and_stretch_show_in_the_ratings():
    ratings, truth = society(300, 100, 1)
    assert np.corrcoef(means(ratings, ratings.label), truth.severity)[0, 1] < -0.9
    ends = means(ratings, np.isin(ratings.label, (0, 4)).astype(float))
    assert np.corrcoef(ends, truth.stretch)[0, 1] > 0.7


def test_unsure_raters_pass():
    ratings, truth = society(300, 100, scale=VOTES, unsure=0.2)
    passed = means(ratings, (ratings.label == 2).astype(float))
    np.testing.assert_allclose(passed, truth.unsure, atol=0.2)
    assert abs(truth.unsure.mean() - 0.2) < 0.03
    assert (society(30, 30, scale=VOTES, unsure=0.0)[0].label < 2).all()


def test_camps_like_what_they_lean_to():
    ratings, truth = society(600, 100, 2, severity=0, stretch=0)
    table = ratings.label.reshape(600, 100).astype(float)
    for topic in range(len(TOPICS)):
        own = table[:, truth.topic == topic].mean(axis=1)
        difference = own[truth.camp == 0].mean() - own[truth.camp == 1].mean()
        planted = truth.leaning[0, topic] - truth.leaning[1, topic]
        assert abs(planted) < 0.3 or np.sign(difference) == np.sign(planted)


def test_without_camps_or_habits_raters_differ_by_noise_alone():
    ratings, truth = society(400, 100, 1, severity=0, stretch=0)
    assert not truth.leaning.any() and not truth.severity.any()
    table = ratings.label.reshape(400, 100).astype(float)
    deviation = table - table.mean(axis=0)
    expected = deviation.var(axis=0).mean() / 100
    assert abs(deviation.mean(axis=1).var() / expected - 1) < 0.3


def test_a_district_goes_with_the_camp_and_age_with_nothing():
    ratings, truth = society(2000, 10, 3)
    district, age = ratings.raters["district"].to_numpy(), ratings.raters["age"].to_numpy()
    likeliest = [max((truth.camp[district == d] == k).mean() for d in set(district)) for k in range(3)]
    assert min(likeliest) > 0.7
    assert max(abs((truth.camp[age == a] == 0).mean() - 1 / 3) for a in set(age)) < 0.1


@pytest.mark.parametrize("labels", [("no", "yes"), ("1", "2", "3", "4", "5", "6", "7")])
def test_other_scales_use_all_their_labels(labels):
    ratings, _ = society(50, 50, scale=Scale("binary" if len(labels) == 2 else "ordinal", labels))
    assert set(ratings.label.tolist()) == set(range(len(labels)))


def test_what_cannot_be_simulated_is_refused():
    with pytest.raises(UsageError, match="at most 2800 items"):
        society(2, 3000)
    with pytest.raises(UsageError, match="multilabel"):
        society(2, 2, scale=Scale("multilabel", ("a", "b")))
