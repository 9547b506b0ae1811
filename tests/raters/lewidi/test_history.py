from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

from pluralign.raters.lewidi import baselines, history, standing
from pluralign.raters.lewidi.data import load
from pluralign.raters.lewidi.history import Outlook
from pluralign.raters.lewidi.pairs import Pairs, pairs_of
from tests.raters.lewidi import small


def planted(raters=12, items=80, queries=10, seed=0) -> tuple[Pairs, np.ndarray]:
    """One bit: rater r says yes with a log-odds of its own plus, for even raters, the sign of the item."""
    rng = np.random.default_rng(seed)
    item = np.repeat(np.arange(items + queries), raters)
    rater = np.tile(np.arange(raters), items + queries)
    sign = rng.choice([-1.0, 1.0], items + queries)
    z = np.linspace(-1.5, 1.5, raters)[rater] + np.where(rater % 2 == 0, 2.5, 0) * sign[item]
    item_fold = np.where(np.arange(items + queries) < items, np.arange(items + queries) % 4, -1)
    bits = (rng.random(len(item)) < expit(z)).astype(float)[:, None]
    bits[item_fold[item] < 0] = np.nan
    return Pairs(item, rater, item_fold[item], bits, np.zeros(1, int), item_fold, raters), sign


def test_items_with_the_same_texts_share_a_fold_and_queries_have_none(tmp_path):
    data = load(small.irony(tmp_path), "MP")
    pairs = pairs_of(data)
    texts = data.train.items.select(data.fields).rows()
    train = len(data.train)
    folds = {}
    for number in np.unique(data.train.item):
        folds.setdefault(texts[number], set()).add(int(pairs.item_fold[number]))
    assert all(len(found) == 1 for found in folds.values()) and len(set.union(*folds.values())) > 1
    assert (pairs.fold[:train] >= 0).all() and (pairs.fold[train:] == -1).all()
    assert np.isnan(pairs.bits[train:]).all() and not np.isnan(pairs.bits[:train]).any()


def test_nothing_about_a_pair_comes_from_its_own_fold(monkeypatch):
    """Changing the ratings of one fold changes nothing that is said about that fold's pairs.

    Strengths are single numbers for all folds; with one to choose from, they cannot change either.
    """
    monkeypatch.setattr(baselines, "_PENALTIES", (1.0,))
    pairs, sign = planted()
    other = pairs.bits.copy()
    own = pairs.fold == 2
    other[own] = 1 - other[own]
    changed = Pairs(pairs.item, pairs.rater, pairs.fold, other, pairs.channel, pairs.item_fold, pairs.raters)
    base = np.full(pairs.bits.shape, logit(0.4))
    for make in (
        history.common,
        baselines.rater_rates,
        lambda p: baselines.rater_mode(p, True),
        lambda p: history.similar(p, history.residuals(p, base), sign[:, None]),
        lambda p: baselines.ridge(p, sign[:, None], *standing.targets(p, history.residuals(p, base)))[p.item],
    ):
        before, after = make(pairs), make(changed)
        known = ~np.isnan(before)
        assert np.allclose(before[known & own[:, None]], after[known & own[:, None]])
        assert not np.allclose(before[known & ~own[:, None]], after[known & ~own[:, None]])


def test_base_rates_are_drawn_to_the_mean():
    pairs, _ = planted()
    rates = expit(history.offsets(pairs))[~pairs.known, 0].reshape(10, 12)
    told = pairs.bits[pairs.known, 0].reshape(80, 12).mean(axis=0)
    mean = told.mean()
    assert np.allclose(rates, rates[0])
    assert ((rates[0] - mean) * (told - mean) >= 0).all() and (np.abs(rates[0] - mean) <= np.abs(told - mean)).all()
    assert np.corrcoef(rates[0], told)[0, 1] > 0.999


def outlook(pairs, score):
    return Outlook(pairs, history.offsets(pairs), score)


def test_a_rater_who_follows_the_item_is_told_from_one_who_does_not():
    pairs, sign = planted()
    worlds = pairs.worlds()
    vectors = np.ones((90, 1))
    strengths = history.fit_personal(pairs, [outlook(world, sign[:, None]) for world in worlds[:2]], vectors)
    assert strengths[0][1] > 0
    own = history.personal(outlook(pairs, sign[:, None]), vectors, strengths)[:, 0]
    new = ~pairs.known
    along = own[new] * sign[pairs.item[new]]
    even = pairs.rater[new] % 2 == 0
    assert along[even].mean() > 0.2 and abs(along[~even].mean()) < 0.1
    assert not own[pairs.known].any()


def test_likeness_of_items_alone_says_as_much():
    pairs, sign = planted()
    rest = history.residuals(pairs, history.offsets(pairs))
    vectors = np.stack([sign > 0, sign < 0], axis=1).astype(float)
    new, even = ~pairs.known, pairs.rater % 2 == 0
    for found in (
        history.personal(outlook(pairs, np.zeros((90, 1))), vectors, [(0.05, 0.0, 0.1)]),
        history.similar(pairs, rest, vectors),
    ):
        assert (found[new & even, 0] * sign[pairs.item[new & even]]).mean() > 0.2


def test_a_hidden_fold_is_unknown_and_its_ratings_change_nothing():
    """What is made of residuals within a world cannot depend on the ratings that are hidden in it."""
    pairs, sign = planted()
    other = pairs.bits.copy()
    other[pairs.fold == 2] = 1 - other[pairs.fold == 2]
    changed = replace(pairs, bits=other)
    worlds, again = pairs.worlds(), changed.worlds()
    assert len(worlds) == 5 and worlds[-1] is pairs
    assert (worlds[2].known == (pairs.known & (pairs.fold != 2))).all() and worlds[2].fold.max() == 2
    assert np.array_equal(worlds[2].bits, again[2].bits, equal_nan=True)

    def own(world):
        return history.personal(outlook(world, sign[:, None]), np.ones((90, 1)), [(0.1, 0.1, 0.0)])

    made, remade = (some[0].assembled([own(world) for world in some[1]]) for some in ((pairs, worlds), (pairs, again)))
    assert np.array_equal(made[pairs.fold == 2], remade[pairs.fold == 2])
    assert not np.allclose(made[pairs.fold == 1], remade[pairs.fold == 1])


def test_log_odds_are_moved_to_the_mean_that_is_asked_for():
    pairs, _ = planted()
    wide = Pairs(pairs.item, pairs.rater, pairs.fold, np.tile(pairs.bits, 3), np.zeros(3, int), pairs.item_fold, 12)
    base = np.tile(logit([0.7, 0.4, 0.1]), (len(pairs.item), 1))
    moved = expit(history.shifted(wide, base, np.full((len(pairs.item), 1), 0.2)))
    assert moved.mean(axis=1) == pytest.approx(0.6, abs=1e-6)
    assert (np.diff(moved, axis=1) < 0).all()
