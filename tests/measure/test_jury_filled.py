"""Ratings that were not given: predicted by a decoder from those that were, and marked."""

import numpy as np
import polars as pl
import pytest

from pluralign.errors import DataError
from pluralign.measure.jury import Juror
from pluralign.measure.jury_filled import filled, held_out

SCHEMA = {"juror": pl.String, "item": pl.String, "candidate": pl.String, "rating": pl.Float64}
ROWS = [("a", "q", "x", 0.0), ("a", "q", "y", 2.0), ("b", "q", "x", 2.0), ("b", "q", "y", None), ("c", "q", "x", None)]


class AsTold:
    """Predicts that a rater answers with equal chance as in any of the demonstrations."""

    def __init__(self, ratings):
        self.ratings = ratings

    def predict(self, items, representations, who):
        outcomes = len(self.ratings.scale.outcomes)
        shares = [np.bincount(one.labels, minlength=outcomes) / len(one.labels) for one in representations]
        return np.array([shares[number] for number in who])


def test_what_is_missing_is_predicted_from_own_ratings_and_marked():
    table = pl.DataFrame(ROWS, schema=SCHEMA, orient="row")
    seen = []

    def made(ratings):
        seen.append(ratings)
        return AsTold(ratings)

    jurors = [Juror("a", group="left"), Juror("b"), Juror("c")]
    found = filled(table, jurors, made, levels=("no", "pass", "yes"), texts={"x": "More trams."})
    assert found.filter(juror="b", candidate="y").row(0)[3:] == (2.0, True)
    assert found.filter(juror="a").sort("candidate")["rating"].to_list() == [0.0, 2.0]
    assert found.filter(juror="a")["predicted"].to_list() == [False, False]
    assert "c" not in found["juror"].to_list()  # nothing is known of c
    (ratings,) = seen
    assert ratings.scale.labels == ("no", "pass", "yes")
    assert ratings.items["text"].to_list() == ["More trams.", "y"]
    assert ratings.raters["group"].to_list() == ["left", None]


def test_amounts_are_not_predicted():
    rows = [(f"j{i}", "q", "x", i / 7) for i in range(30)]
    with pytest.raises(DataError, match="30 different ratings"):
        filled(pl.DataFrame(rows, schema=SCHEMA, orient="row"), [Juror(f"j{i}") for i in range(30)], AsTold)


def test_the_error_on_hidden_ratings_is_by_hand():
    # Half of the jurors say 0 to everything and half say 2: told by their own, they are foreseen without error.
    rows = [(f"j{i}", "q", f"c{k}", 2.0 * (i % 2)) for i in range(20) for k in range(10)]
    table = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    told = []

    def made(ratings):
        told.append(len(ratings))
        return AsTold(ratings)

    held = held_out(table, [Juror(f"j{i}") for i in range(20)], made, levels=("no", "pass", "yes"))
    assert held.error == 0
    assert held.error_of_means == pytest.approx(1, abs=0.1)
    assert held.ratings + told[0] == 200 and 20 <= held.ratings <= 60


def test_one_juror_or_ratings_that_leave_nothing_to_compare_have_no_error():
    few = pl.DataFrame([("a", "q", "x", 0.0), ("b", "q", "y", 2.0)], schema=SCHEMA, orient="row")
    assert held_out(few, [Juror("a"), Juror("b")], AsTold, levels=("no", "pass", "yes")) is None
    alike = pl.DataFrame([(f"j{i}", "q", "x", 1.0) for i in range(30)], schema=SCHEMA, orient="row")
    assert held_out(alike, [Juror(f"j{i}") for i in range(30)], AsTold) is None
