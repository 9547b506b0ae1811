import numpy as np
import pytest
from scipy.stats import entropy

from pluralign.values.consideration import Pair
from pluralign.values.system import AT_ONCE, maps, score, total
from tests.raters.bags import bag
from tests.values.example import Rules

BIKE = [
    ("Value: Health", 0.9, "supports"),
    ("Value: Healths", 0.8, "supports"),
    ("Duty: Duty to be on time", 0.7, "opposes"),
    ("Value: Thrift", 0.4, "supports"),
    ("no consideration", 0.9, "supports"),
    ("Value: health", 0.9, "supports"),
    ("Right: Right to clean air", 0.95, "either"),
]


def test_a_map_from_beginning_to_end():
    [found] = maps(Rules({"Biking": BIKE}), ["Biking"], embed=bag)
    shown = [(one.kind, one.text) for one in found.considerations]
    assert shown == [("right", "Right to clean air"), ("value", "Health"), ("duty", "Duty to be on time")]
    assert found.repeated == 1
    assert found.candidates == 5 and found.below == 1 and found.malformed == 1
    assert all(one.explanation == f"{one.text} in Biking" for one in found.considerations)
    weights = np.array([one.relevance for one in found.considerations])
    sides = np.array([(one.supports, one.opposes, one.either) for one in found.considerations])
    expected = (weights[:, None] * sides).sum(0) / weights.sum()
    np.testing.assert_allclose((found.supports, found.opposes, found.either), expected)
    assert found.entropy_nats == pytest.approx(entropy(expected))


def test_thresholds_most_and_nothing_to_show():
    model = Rules({"Biking": BIKE})
    [found] = maps(model, ["Biking"], thresholds={"value": 0.85}, most=2, explain=False, embed=bag)
    assert [one.text for one in found.considerations] == ["Right to clean air", "Health"]
    assert {one.explanation for one in found.considerations} == {""}
    [nothing] = maps(model, ["Biking"], thresholds=dict.fromkeys(model.thresholds, 1.0), embed=bag)
    assert nothing.considerations == () and nothing.entropy_nats is nothing.supports is None
    assert nothing.below == nothing.candidates == 5
    [empty] = maps(Rules({"Nothing": []}), ["Nothing"], embed=bag)
    assert (empty.candidates, empty.supports) == (0, None)


def test_many_situations_are_the_same_as_each_alone_and_scored_together():
    listed = {f"Doing {k}": [(line, r, v) for line, r, v in BIKE[: k % 7]] for k in range(2 * AT_ONCE + 1)}
    model = Rules(listed)
    found = list(maps(model, list(listed), embed=bag))
    assert len(model.asked) == 3
    assert found == [one for text in listed for one in maps(Rules(listed), [text], embed=bag)]


def test_the_first_map_does_not_wait_for_the_last():
    listed = {f"Doing {k}": BIKE for k in range(AT_ONCE)} | {"broken": [("Virtue: x", 0, "supports")]}
    stream = maps(Rules(listed), list(listed), embed=bag)
    assert [next(stream).situation for _ in range(AT_ONCE)] == list(listed)[:-1]


def test_given_pairs_keep_their_order():
    model = Rules({"Biking": BIKE})
    found = score(model, [Pair("Biking", "value", "Thrift"), Pair("Biking", "value", "Health")])
    assert [(one.text, one.relevance) for one in found] == [("Thrift", 0.4), ("Health", 0.9)]
    assert found[0].supports == pytest.approx(0.8)
    assert total([]) is None
    assert sum(total(found)) == pytest.approx(1)
