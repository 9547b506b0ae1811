import numpy as np
import polars as pl
import pytest

from pluralign.errors import DataError
from pluralign.raters.groups import STRENGTHS, compare, group_information
from pluralign.raters.ratings import Ratings
from pluralign.raters.scale import Scale


def made(rater, item, label, outcomes=2, raters=None, items=None):
    kind, names = ("binary" if outcomes == 2 else "nominal"), tuple("abcdef"[:outcomes])
    raters, items = raters or max(rater) + 1, items or max(item) + 1
    return Ratings(
        "invented",
        "Which?",
        Scale(kind, names),
        pl.DataFrame({"rater": rater, "item": item, "label": label}),
        pl.DataFrame({"rater": [f"r{k}" for k in range(raters)]}),
        pl.DataFrame({"item": [f"i{k}" for k in range(items)], "text": ["?"] * items}),
    )


def camps(rng, *, raters=400, ratings=20, items=40, own=0.9):
    """Two camps that differ in ``own`` of what they answer; the second half of the raters is to be predicted."""
    camp = rng.integers(2, size=raters)
    truth = (1 - own) * rng.dirichlet(np.ones(3), (items, 1)) + own * rng.dirichlet(np.ones(3), (items, 2))
    rater = np.repeat(np.arange(raters), ratings)
    item = rng.integers(items, size=len(rater))
    label = (rng.random((len(rater), 1)) > np.cumsum(truth[item, camp[rater]], 1)[:, :-1]).sum(1)
    train = np.flatnonzero(rater < raters // 2)
    return camp, made(rater, item, label, 3), train, np.setdiff1d(np.arange(len(rater)), train)


def test_hand_computed_with_the_chosen_strengths():
    # Item 0: group 0 answers a 3 of 3 times, group 1 b 3 of 3 times; raters 6 and 7 are predicted, one of each group.
    ratings = made([0, 1, 2, 3, 4, 5, 6, 7], [0] * 8, [0, 0, 0, 1, 1, 1, 0, 1])
    found = group_information(ratings, np.arange(6), np.array([6, 7]), np.array([0, 0, 0, 1, 1, 1, 0, 1]))
    # All counts are even, so every distribution of the item is 1/2 whatever b is.
    assert found.baseline_nats == pytest.approx(np.log(2))
    a = found.strength
    assert a == STRENGTHS[0]
    assert found.nll_nats == pytest.approx(-np.log((3 + a / 2) / (3 + a)))
    assert found.information_nats.value == pytest.approx(np.log(2) - found.nll_nats)
    assert (found.groups, found.smallest, found.unknown) == (2, 3, 0)


def test_one_group_and_unknown_groups_tell_nothing():
    _, ratings, train, evaluate = camps(np.random.default_rng(0))
    for group in (np.zeros(400, int), np.full(400, -1)):
        assert group_information(ratings, train, evaluate, group).information_nats.value == pytest.approx(0, abs=1e-3)
    found = group_information(ratings, train, evaluate, np.full(400, -1))
    assert (found.groups, found.smallest, found.unknown) == (0, 0, 1)


def test_planted_camps_beat_a_field_that_follows_them_by_half_and_chance():
    rng = np.random.default_rng(1)
    camp, ratings, train, evaluate = camps(rng, raters=800)
    half = np.where(rng.random(800) < 0.2, 1 - camp, camp)
    nothing = rng.integers(4, size=800)
    table = compare(ratings, train, evaluate, {"camp": camp, "half": half, "nothing": nothing}, repeats=40)
    camp_row, half_row, none_row = table.iter_rows(named=True)
    assert camp_row["information_nats_low"] > half_row["information_nats_high"] > 0
    assert half_row["p"] == pytest.approx(1 / 41)
    assert none_row["p"] > 0.05
    assert abs(none_row["information_nats"]) < 0.01
    assert none_row["random_nats"] <= 1e-3
    assert (none_row["groups"], camp_row["groups"]) == (4, 2)


def test_names_of_groups_do_not_matter():
    camp, ratings, train, evaluate = camps(np.random.default_rng(2))
    one, other = (group_information(ratings, train, evaluate, group) for group in (camp, 10 * (1 - camp) + 3))
    assert one == other


def test_answers_of_raters_to_be_predicted_are_not_read():
    """Other answers in the rows to predict change no prediction: the losses are those of the new answers."""
    camp, ratings, train, evaluate = camps(np.random.default_rng(3))
    same = ratings.label.copy()
    same[evaluate] = 0
    changed = made(ratings.rater, ratings.item, same, 3)
    found = [group_information(r, train, evaluate, camp) for r in (ratings, changed)]
    assert found[0].strength == found[1].strength
    both = [group_information(changed, train, evaluate[k::2], camp).nll_nats for k in (0, 1)]
    assert np.mean(both) == pytest.approx(found[1].nll_nats)


def test_groups_made_from_the_counted_ratings_need_other_rows_to_tune_on():
    """Raters sorted by the very answers that are counted look sharply divided; other rows show that they are not."""
    rng = np.random.default_rng(4)
    rater, item = np.repeat(np.arange(200), 6), np.tile(np.arange(6), 200)
    label = rng.integers(2, size=len(rater))
    ratings = made(rater, item, label)
    train, evaluate = np.flatnonzero(rater < 150), np.flatnonzero(rater >= 150)
    group = (label.reshape(200, 6)[:, :3].sum(1) > 1).astype(int)
    group[150:] = rng.integers(2, size=50)
    fooled = group_information(ratings, train, evaluate, group)
    honest = group_information(ratings, train, evaluate, group, tune=train[item[train] >= 3])
    assert honest.strength > fooled.strength
    assert honest.information_nats.value > fooled.information_nats.value


def test_unseen_items_and_labels_have_finite_losses():
    ratings = made([0, 1, 2], [0, 0, 1], [0, 0, 1], items=3)
    found = group_information(ratings, np.array([0, 1]), np.array([2]), np.zeros(3, int))
    assert np.isfinite(found.nll_nats) and found.information_nats.value == pytest.approx(0)


def test_refusals():
    ratings = made([0, 1], [0, 0], [0, 1])
    zero, one = np.array([0]), np.array([1])
    with pytest.raises(DataError, match="also counted"):
        group_information(ratings, zero, zero, np.zeros(2, int))
    with pytest.raises(DataError, match="one group per rater"):
        group_information(ratings, zero, one, np.zeros(3, int))
    with pytest.raises(DataError, match="tune"):
        group_information(ratings, zero, one, np.zeros(2, int), tune=one)
