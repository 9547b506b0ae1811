"""The crowd without the rater: against a count by hand."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pluralign.raters.descriptive.crowd import by_rater, crowd, told
from pluralign.raters.ratings import Ratings
from pluralign.raters.scale import Scale

SCALE = Scale("ordinal", ("1", "2", "3"))


def make(rows):
    rater, item, label = (list(column) for column in zip(*rows, strict=True))
    return Ratings(
        "made",
        "",
        SCALE,
        pl.DataFrame({"rater": rater, "item": item, "label": label}),
        pl.DataFrame({"rater": [str(i) for i in range(max(rater) + 1)]}),
        pl.DataFrame({"item": [str(i) for i in range(5)], "text": [""] * 5}),
    )


TABLES = st.dictionaries(
    st.tuples(st.integers(0, 5), st.integers(0, 4)), st.integers(0, 2), min_size=2, max_size=25
).map(lambda cells: make([(rater, item, label) for (rater, item), label in cells.items()]))


@given(TABLES, st.data())
def test_the_crowd_is_everybody_else_in_training(ratings, data):
    train = np.flatnonzero(data.draw(st.lists(st.booleans(), min_size=len(ratings), max_size=len(ratings))))
    everyone = crowd(ratings, train)
    score = everyone.score(SCALE.values)
    given = told(ratings, [np.arange(len(ratings))])
    compared = everyone.compare(given, score)
    values = SCALE.values[ratings.label]
    middle = values[train].mean() if len(train) else 0.0
    for row in range(len(ratings)):
        others = [
            values[other]
            for other in train
            if ratings.item[other] == ratings.item[row] and ratings.rater[other] != ratings.rater[row]
        ]
        expected = (sum(others) + score.strength * middle) / (len(others) + score.strength)
        assert abs(compared.crowd[row] - expected) < 1e-9
        assert compared.rater[row] == values[row] and compared.variance[row] >= 0


@given(TABLES)
def test_profiles_by_rater_hold_all_ratings_of_each(ratings):
    grouped = by_rater(ratings, np.arange(len(ratings)))
    assert grouped.profiles == len(set(ratings.rater.tolist()))
    for profile in range(grouped.profiles):
        own = slice(grouped.starts[profile], grouped.starts[profile + 1])
        (rater,) = set(grouped.rater[own].tolist())
        assert sorted(grouped.item[own]) == sorted(ratings.item[ratings.rater == rater])
    np.testing.assert_allclose(grouped.sums(np.ones(len(ratings))), np.diff(grouped.starts))


def simulated(spread: float):
    """Ten ratings of each of 400 items that differ by ``spread`` against noise of 1, rounded to tenths."""
    rng = np.random.default_rng(0)
    value = (spread * rng.normal(size=(400, 1)) + rng.normal(size=(400, 10))).round(1)
    labels = tuple(str(one) for one in np.unique(value))
    place = {float(label): number for number, label in enumerate(labels)}
    scale = Scale("ordinal", labels)
    table = pl.DataFrame(
        {
            "rater": np.tile(np.arange(10), 400),
            "item": np.repeat(np.arange(400), 10),
            "label": [place[one] for one in value.ravel().tolist()],
        }
    )
    names = pl.DataFrame({"item": [str(i) for i in range(400)], "text": [""] * 400})
    return Ratings("made", "", scale, table, pl.DataFrame({"rater": [str(i) for i in range(10)]}), names)


def test_strength_is_the_noise_over_the_spread_of_items():
    for spread in (0.5, 1.0, 2.0):
        ratings = simulated(spread)
        found = crowd(ratings, np.arange(len(ratings))).score(ratings.scale.values).strength
        assert 0.7 < found * spread**2 < 1.4
    ratings = simulated(0.0)
    assert crowd(ratings, np.arange(len(ratings))).score(ratings.scale.values).strength > 50
