import numpy as np
import pytest
import torch

from pluralign.lm.halves import prepare
from pluralign.values.learning import Pairs, Settings
from pluralign.values.learning_norms import Sided, learn_norms
from pluralign.values.norms import Norms, expect
from pluralign.values.reader import TOKENS

RETURNS, KEEPS = "She brings the book back on Monday.", "She keeps the book for good."


def given(does: float, good: float, held: float) -> Norms:
    """A model that says the same of every text."""
    norms = Norms()
    with torch.no_grad():
        norms.match.shift.fill_(does)
        norms.match.cosine.zero_()
        norms.good.bias.fill_(good)
        norms.held.bias.fill_(held)
    return norms.eval()


def test_a_rule_against_what_an_act_does_is_broken_by_it():
    norms, pair = given(0.7, 0.0, 0.0), [("bring books back", RETURNS)] * 2
    assert expect(norms, pair, np.array([True, False])) == pytest.approx([0.7, -0.7], abs=1e-6)


def test_a_good_act_keeps_what_is_held_and_breaks_the_reverse():
    norms, pair = given(0.0, 2.0, 3.0), [("bring books back", RETURNS)] * 2
    # The log-odds of 3 that people speak for it, and those of 1 that any rule is one that people hold.
    assert expect(norms, pair, np.array([True, False])) == pytest.approx([2 * np.tanh(2), -2 * np.tanh(1)], abs=1e-5)


def test_who_returns_what_they_borrow_does_what_the_rule_is_about():
    """With as many rules about returning as about keeping, neither text alone tells the side."""
    abouts = [
        "return what you borrow",
        "bring back borrowed things",
        "keep what you borrow",
        "hold on to borrowed things",
    ]
    acts = [RETURNS, "He hands back the ladder.", KEEPS, "He never gives the ladder back."]
    rows = [(about, act, (k < 2) == (n < 2)) for k, about in enumerate(abouts) for n, act in enumerate(acts)]
    texts = [*abouts, *acts]
    pairs = Pairs(
        np.array([texts.index(about) for about, _, _ in rows]),
        np.array([texts.index(act) for _, act, _ in rows]),
        np.ones(len(rows), int),
        np.arange(len(rows)),
    )
    supports = np.array([does for *_, does in rows])
    norms = Norms()
    sided = Sided(supports, np.ones(len(rows), bool), np.ones(len(rows)))
    learn_norms(norms, prepare([(text,) for text in texts], TOKENS), pairs, sided, Settings(epochs=0))
    found = expect(norms, [row[:2] for row in rows], np.ones(len(rows), bool))
    assert ((found > 0) == supports).mean() > 0.9
    alone = np.concatenate([expect(norms, [row[:2]], np.array([True])) for row in rows])
    np.testing.assert_allclose(found, alone, atol=1e-4)
