from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pluralign.raters.baselines import habits
from pluralign.raters.ratings import Ratings
from pluralign.raters.scale import Scale
from pluralign.raters.society import society
from pluralign.raters.splits import Split, split


def loss(ratings, rows, p):
    return -np.log(p[np.arange(len(rows)), ratings.label[rows]]).mean()


def crowd(ratings, one):
    """Shares of the answers of training raters to each item, one rating of each added."""
    items, outcomes = ratings.items.height, len(ratings.scale.outcomes)
    counts = np.ones((items, outcomes))
    np.add.at(counts, (ratings.item[one.train], ratings.label[one.train]), 1)
    return (counts / counts.sum(1, keepdims=True))[ratings.item[one.evaluate]]


def test_severe_and_lenient_raters_are_predicted_better_by_their_habits():
    ratings, _ = society(200, 30, 1, severity=1.5, stretch=0)
    one = split(ratings, "raters", 0)
    p = habits(ratings, one)
    np.testing.assert_allclose(p.sum(1), 1)
    assert loss(ratings, one.evaluate, p) < loss(ratings, one.evaluate, crowd(ratings, one)) - 0.1


def test_where_raters_do_not_differ_their_habits_do_no_harm():
    ratings, _ = society(200, 30, 1, severity=0, stretch=0)
    one = split(ratings, "raters", 0)
    assert loss(ratings, one.evaluate, habits(ratings, one)) == pytest.approx(
        loss(ratings, one.evaluate, crowd(ratings, one)), abs=0.01
    )


def test_what_is_to_be_predicted_is_not_read():
    ratings, _ = society(40, 12, 2)
    one = split(ratings, "raters", 0)
    label = ratings.label.copy()
    label[one.evaluate] = (label[one.evaluate] + 1) % 5
    other = replace(ratings, table=ratings.table.with_columns(label=pl.Series(label)))
    np.testing.assert_array_equal(habits(ratings, one), habits(other, one))


def test_two_kinds_of_raters_who_always_say_the_same():
    # Items are alike; even raters always answer a, odd ones b.
    rater = np.repeat(np.arange(40), 6)
    ratings = Ratings(
        "invented",
        "Which?",
        Scale("binary", ("a", "b")),
        pl.DataFrame({"rater": rater, "item": np.tile(np.arange(6), 40), "label": rater % 2}),
        pl.DataFrame({"rater": [str(k) for k in range(40)]}),
        pl.DataFrame({"item": [str(k) for k in range(6)], "text": [f"thing {k}" for k in range(6)]}),
    )
    row = np.arange(240)
    old, place = rater < 20, row % 6
    one = Split("raters", 0, row[old], row[~old & (place < 3)], row[~old & (place >= 3)])
    p = habits(ratings, one)
    assert (p[np.arange(len(p)), ratings.label[one.evaluate]] > 0.8).all()
