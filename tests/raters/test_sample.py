"""A part of the raters: theirs are all ratings and items that are left."""

import numpy as np
import polars as pl
import pytest

from pluralign.errors import UsageError
from pluralign.raters.reading import Note, Reading
from pluralign.raters.sample import at_most
from pluralign.raters.society import society

RATINGS = society(30, 200, 2, per_rater=9)[0]
READING = Reading(RATINGS, (Note("rows without a label left out", 3),))


def named(ratings) -> set[tuple[str, str, int]]:
    raters, items = ratings.raters["rater"], ratings.items["item"]
    return {(raters[r], items[i], label) for r, i, label in ratings.table.rows()}


def test_the_ratings_of_those_who_are_left_are_whole():
    part = at_most(READING, 7)
    ratings = part.ratings
    assert ratings.raters.height == 7 and len(ratings) == 7 * 9
    ids = set(ratings.raters["rater"])
    assert named(ratings) == {row for row in named(RATINGS) if row[0] in ids}
    assert ratings.raters.rows() == [row for row in RATINGS.raters.rows() if row[0] in ids]
    assert set(ratings.item.tolist()) == set(range(ratings.items.height))
    texts = dict(RATINGS.items.select("item", "text").rows())
    assert all(texts[item] == text for item, text in ratings.items.select("item", "text").rows())
    assert [str(note) for note in part.notes] == [
        "rows without a label left out: 3",
        "raters left out at random: 23",
    ]
    assert ratings.table.schema == RATINGS.table.schema


def test_who_is_left_depends_on_seed_and_ids_alone():
    assert named(at_most(READING, 7).ratings) == named(at_most(READING, 7).ratings)
    assert named(at_most(READING, 7, seed=1).ratings) != named(at_most(READING, 7).ratings)
    assert at_most(READING, 30) is READING
    one = at_most(READING, 7).ratings.raters["rater"].to_list()
    two = at_most(READING, 8).ratings.raters["rater"].to_list()
    assert set(one) < set(two)


def test_less_than_one_rater_is_refused():
    with pytest.raises(UsageError, match="at least 1"):
        at_most(READING, 0)


def test_numbers_keep_their_type_and_order():
    ratings = at_most(READING, 5).ratings
    assert isinstance(ratings.table["rater"].dtype, type(RATINGS.table["rater"].dtype))
    assert (np.diff(ratings.rater) >= 0).all() and pl.Series(ratings.rater).n_unique() == 5
