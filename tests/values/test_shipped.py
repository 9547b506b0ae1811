"""The embedded kaleidoscope as it ships, on plain cases written for this test."""

import numpy as np
import pytest

from pluralign.values.consideration import Pair
from pluralign.values.embedded import EmbeddedModel

PLAIN = [
    ("Carrying the shopping of a tired neighbour up the stairs", "help people who need it"),
    ("Giving half of her sandwich to a hungry classmate", "share what you have"),
    ("Telling the customer that the used car has a broken gearbox", "be honest with customers"),
    ("Thanking the nurse who looked after him", "thank those who care for you"),
    ("Waiting quietly at the end of the queue", "wait for your turn"),
    ("Bringing the borrowed bicycle back clean and on time", "take care of what you borrow"),
    ("Standing up for a boy whom the others laugh at", "defend those who are bullied"),
    ("Washing the dishes after the dinner that a friend cooked", "help your host"),
]
"""An act, and what a rule asks for."""


@pytest.fixture(scope="module")
def model() -> EmbeddedModel:
    return EmbeddedModel()


def lean(model: EmbeddedModel, rule: str) -> np.ndarray:
    """How far a rule about each case supports its act rather than opposes it."""
    found = model.valence([Pair(act, "duty", rule.format(asked)) for act, asked in PLAIN])
    return found[:, 0] - found[:, 1]


def test_acts_that_do_what_a_rule_asks_for_are_supported_and_the_rule_turned_around_speaks_against_them(model):
    held, turned = lean(model, "You should {}."), lean(model, "It is wrong to {}.")
    assert (held > 0).sum() >= 7
    assert (held > turned).sum() >= 7


def test_a_pair_is_judged_alike_alone_and_among_others(model):
    pairs = [Pair(act, "duty", f"You should {asked}.") for act, asked in PLAIN]
    alone = np.concatenate([model.valence([pair]) for pair in pairs])
    np.testing.assert_allclose(model.valence(pairs[::-1])[::-1], alone, atol=1e-5)
    alone = np.concatenate([model.relevance([pair]) for pair in pairs])
    np.testing.assert_allclose(model.relevance(pairs[::-1])[::-1], alone, atol=1e-5)
