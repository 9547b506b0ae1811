"""The score of OvertonBench, by hand."""

import polars as pl
import pytest

from pluralign.errors import DataError
from pluralign.measure.overton.represented import clusters, metrics


def ratings(*rows):
    return pl.DataFrame(rows, schema=["model", "question", "cluster", "person", "rating"], orient="row")


TABLE = ratings(
    ("m", "q1", "a", "p1", 5), ("m", "q1", "a", "p2", 3), ("m", "q1", "a", "p3", 4),
    ("m", "q1", "b", "p4", 4), ("m", "q1", "b", "p5", 3),
    ("m", "q2", "a", "p1", 1), ("m", "q2", "b", "p4", 5),
    ("n", "q1", "a", "p1", 1), ("n", "q1", "b", "p4", 5),
    ("n", "q2", "a", "p1", 5), ("n", "q2", "b", "p4", 5),
    ("n", "q3", "a", "p1", 5),
)  # fmt: skip


def test_clusters_by_hand():
    found = {(r["model"], r["question"], r["cluster"]): r for r in clusters(TABLE).to_dicts()}
    assert found["m", "q1", "a"] == {
        "model": "m", "question": "q1", "cluster": "a", "raters": 3, "mean": 4.0, "size": 3, "covered": True
    }  # fmt: skip
    assert (found["m", "q1", "b"]["mean"], found["m", "q1", "b"]["covered"]) == (3.5, False)
    assert (found["n", "q1", "a"]["size"], found["n", "q1", "a"]["raters"]) == (3, 1)


def test_score_by_hand():
    table = {(m.model, m.metric): m.value for m in metrics(TABLE, "t", ["m", "n"])}
    assert table["m", "represented"] == pytest.approx((1 / 2 + 1 / 2) / 2)
    assert table["m", "represented_weighted"] == pytest.approx((3 / 5 + 1 / 2) / 2)
    assert table["m", "represented@3.5"] == pytest.approx((1 + 1 / 2) / 2)
    assert table["m", "represented@4.5"] == pytest.approx((0 + 1 / 2) / 2)
    assert table["n - m", "represented"] == pytest.approx(((1 / 2 - 1 / 2) + (1 - 1 / 2)) / 2)
    assert (table["m", "left_out"], table["n", "left_out"]) == (0, 1)


def test_a_cluster_that_nobody_rated_is_counted():
    table = ratings(("m", "q", "a", "p", 5), ("n", "q", "a", "p", 5), ("n", "q", "b", "r", 1))
    found = {(m.model, m.metric): m.value for m in metrics(table, "t", ["m", "n"])}
    assert found["m", "represented"] == 1
    assert (found["m", "unrated"], found["n", "unrated"]) == (1, 0)


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (("m", "q1", "a", "p1", 2), "rated a response twice"),
        (("n", "q1", "b", "p2", 2), "in two clusters"),
        (("m", "q4", "a", "p1", 6), "outside 1..5"),
        (("m", "q4", "a", "p1", None), "missing"),
    ],
)
def test_wrong_ratings_are_refused(extra, words):
    with pytest.raises(DataError, match=words):
        clusters(TABLE.vstack(ratings(extra).cast(TABLE.schema)))
    with pytest.raises(DataError, match="'person' is absent"):
        clusters(TABLE.drop("person"))
