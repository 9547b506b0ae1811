import numpy as np
import pytest

from pluralign.values.bank import Entry
from pluralign.values.evidence import Evidence, actions

BANK = (
    Entry("value", "Quiet", "own", "", ("a", "b"), ("c", "d")),
    Entry("value", "Rest", "own"),
    Entry("duty", "Duty to rest", "own", "", (), ("e",)),
)
ANGLES = dict(zip("abcde", np.deg2rad([0, 30, 60, 90, 45]), strict=True))
EVIDENCE = Evidence(BANK, {name: np.array([np.cos(at), np.sin(at)]) for name, at in ANGLES.items()})
EAST = np.array([[1.0, 0.0]])


def cosine(*degrees):
    return np.cos(np.deg2rad(degrees)).mean()


def test_the_three_nearest_actions_count_beside_those_of_other_entries():
    assert actions(BANK) == list("abcde")
    middle = (cosine(0, 30, 60) + cosine(45)) / 2
    np.testing.assert_allclose(EVIDENCE.near(EAST), [[cosine(0, 30, 60) - middle, 0, cosine(45) - middle]], atol=1e-6)


def test_an_action_that_reads_the_same_is_left_out_and_an_entry_may_lose_its_only_one():
    found = EVIDENCE.near(np.repeat(EAST, 2, 0), ["a", "e"])
    middle = (cosine(30, 60, 90) + cosine(45)) / 2
    np.testing.assert_allclose(found[0], [cosine(30, 60, 90) - middle, 0, cosine(45) - middle], atol=1e-6)
    np.testing.assert_allclose(found[1], [cosine(0, 30, 60) / 2, 0, -cosine(0, 30, 60) / 2], atol=1e-6)


def test_the_nearest_action_of_a_side():
    assert EVIDENCE.nearest(0, False, EAST[0]) == ("c", pytest.approx(0.5))
    assert EVIDENCE.nearest(0, True, EAST[0]) == ("a", pytest.approx(1.0))
    assert EVIDENCE.nearest(2, True, EAST[0]) is None


def test_a_bank_without_actions_is_no_evidence():
    assert not Evidence(BANK[1:2], {}).near(EAST).any()
