import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralign.errors import DataError
from pluralign.raters.ratings import Ratings
from pluralign.raters.scale import Scale
from pluralign.raters.splits import LEAST, halves, left_out, split


def table(pairs, texts=None):
    """Ratings of (rater, item) pairs; items with ids ``i<number>`` and the given texts."""
    raters, items = sorted({r for r, _ in pairs}), sorted({i for _, i in pairs})
    texts = texts or {i: f"text {i}" for i in items}
    return Ratings(
        "some",
        "",
        Scale("binary", ("no", "yes")),
        pl.DataFrame(
            {
                "rater": [raters.index(r) for r, _ in pairs],
                "item": [items.index(i) for _, i in pairs],
                "label": [(r + i) % 2 for r, i in pairs],
            },
            schema=dict.fromkeys(("rater", "item", "label"), pl.Int32),
        ),
        pl.DataFrame({"rater": [f"r{r}" for r in raters]}),
        pl.DataFrame({"item": [f"i{i}" for i in items], "text": [texts[i] for i in items]}),
    )


pairs = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 11)), min_size=40, unique=True)
protocols = st.sampled_from(["raters", "items", "both"])
SEEDS = range(5)


def names(ratings, rows):
    """What the rows say, by ids."""
    raters, items = ratings.raters["rater"], ratings.items["item"]
    return {
        (raters[r], items[i]) for r, i in zip(ratings.rater[rows].tolist(), ratings.item[rows].tolist(), strict=True)
    }


@given(pairs, protocols, st.sampled_from(SEEDS))
def test_nothing_leaks(given_pairs, protocol, seed):
    ratings = table(given_pairs)
    part = split(ratings, protocol, seed)
    for rows in (part.train, part.fit, part.evaluate):
        assert (np.diff(rows) > 0).all()
    evaluate = set(part.evaluate.tolist())
    assert not evaluate & set(part.train.tolist()) and not evaluate & set(part.fit.tolist())
    new = ratings.rater[part.evaluate]
    if protocol != "items":
        assert not np.isin(ratings.rater[part.train], new).any()
        assert not np.isin(ratings.rater[part.train], ratings.rater[part.fit]).any()
    if protocol != "raters":
        asked = ratings.item[part.evaluate]
        assert not np.isin(ratings.item[part.train], asked).any()
        assert not np.isin(ratings.item[part.fit], asked).any()
    # Of each rater to be predicted something may be told, and nobody has too few ratings.
    assert np.isin(new, ratings.rater[part.fit]).all()
    assert not np.isin(ratings.rater[np.concatenate([part.train, part.fit, part.evaluate])], left_out(ratings)).any()


@given(pairs, st.sampled_from(SEEDS), st.randoms(use_true_random=False))
def test_the_order_of_rows_raters_and_items_does_not_matter(given_pairs, seed, random):
    ratings = table(given_pairs)
    mixed = {kind: random.sample(range(frame.height), frame.height) for kind, frame in vars_of(ratings).items()}
    where = {kind: np.argsort(order) for kind, order in mixed.items()}
    other = Ratings(
        ratings.name,
        ratings.question,
        ratings.scale,
        ratings.table.with_columns(
            rater=pl.Series(where["raters"][ratings.rater]), item=pl.Series(where["items"][ratings.item])
        )[mixed["table"]],
        ratings.raters[mixed["raters"]],
        ratings.items[mixed["items"]],
    )
    for protocol in ("raters", "items", "both"):
        one, two = split(ratings, protocol, seed), split(other, protocol, seed)
        for use in ("train", "fit", "evaluate"):
            assert names(ratings, getattr(one, use)) == names(other, getattr(two, use))


def vars_of(ratings):
    return {"table": ratings.table, "raters": ratings.raters, "items": ratings.items}


@given(pairs, st.sampled_from(SEEDS))
def test_each_side_of_a_raters_ratings_has_two(given_pairs, seed):
    ratings = table(given_pairs)
    fit, evaluate = halves(ratings, np.arange(len(ratings)), seed)
    counts = np.bincount(ratings.rater)
    told, asked = (np.bincount(ratings.rater[rows], minlength=len(counts)) for rows in (fit, evaluate))
    enough = counts >= LEAST
    assert (told + asked == np.where(enough, counts, 0)).all()
    assert (told[enough] >= 2).all() and (asked[enough] >= 2).all()
    assert set(np.flatnonzero(~enough)) == set(left_out(ratings))


def test_one_rater_is_halved_alike_whoever_else_there_is():
    pairs = [(r, i) for r in range(6) for i in range(10)]
    everybody, three = table(pairs), table([(r, i) for r, i in pairs if r < 3])
    for seed in SEEDS:
        fit, _ = halves(everybody, np.flatnonzero(everybody.rater < 3), seed)
        alone, _ = halves(three, np.arange(len(three)), seed)
        assert names(everybody, fit) == names(three, alone)
        # The split of unseen raters divides them in the same way.
        part = split(everybody, "raters", seed)
        again, _ = halves(everybody, np.flatnonzero(np.isin(everybody.rater, everybody.rater[part.fit])), seed)
        assert part.fit.tolist() == again.tolist()


def test_the_number_that_is_told_is_even_over_its_range():
    crowd = table([(r, i) for r in range(600) for i in range(8)])
    fit, _ = halves(crowd, np.arange(len(crowd)), 0)
    counts = np.bincount(np.bincount(crowd.rater[fit]))
    assert counts[:2].sum() == 0 and len(counts) == 7  # from 2 to 6
    assert (np.abs(counts[2:] - 120) < 40).all()  # four standard deviations


def test_half_of_the_raters_and_the_asked_share_of_items_train():
    full = table([(r, i) for r in range(10) for i in range(20)])
    by_rater, by_item, both = (split(full, protocol, 0) for protocol in ("raters", "items", "both"))
    assert len(by_rater.train) == 100 and len(by_rater.fit) + len(by_rater.evaluate) == 100
    assert (len(by_item.train), len(by_item.evaluate)) == (160, 40)
    assert by_item.fit.tolist() == by_item.train.tolist()
    assert (len(both.train), len(both.fit), len(both.evaluate)) == (80, 80, 20)
    assert len(split(full, "items", 0, old_items=0.5).train) == 100
    assert len({tuple(split(full, "raters", seed).train) for seed in SEEDS}) == len(SEEDS)
    # Items are new in the same way, whoever is.
    assert set(full.item[both.evaluate]) == set(full.item[by_item.evaluate])


def test_items_with_the_same_text_stay_together():
    texts = {i: f"text {i // 2}" for i in range(20)}
    full = table([(r, i) for r in range(8) for i in range(20)], texts)
    text = np.arange(20) // 2
    for seed in SEEDS:
        for protocol in ("raters", "items", "both"):
            part = split(full, protocol, seed)
            told = set(zip(full.rater[part.fit], text[full.item[part.fit]], strict=True))
            assert not told & set(zip(full.rater[part.evaluate], text[full.item[part.evaluate]], strict=True))
            if protocol != "raters":
                assert not set(text[full.item[part.train]]) & set(text[full.item[part.evaluate]])


def test_items_without_a_text_are_told_apart_by_their_ids():
    blank = table([(r, i) for r in range(8) for i in range(20)], dict.fromkeys(range(20), ""))
    assert len(split(blank, "items", 0).evaluate) == 32


def test_too_few_to_split():
    one = table([(0, i) for i in range(9)] + [(1, 0), (1, 1), (1, 2)])
    assert left_out(one).tolist() == [1]
    with pytest.raises(DataError, match=r"1 raters with 4 or more rated items, of 9 items, are too few .*some"):
        split(one, "raters", 0)
    assert len(split(one, "items", 0).evaluate) == 2
