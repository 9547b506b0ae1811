"""The language of profiles: amounts, cuts, and sentences that differ where their meaning does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralign.raters.descriptive import wording
from pluralign.raters.scale import Scale

FIVE = Scale("ordinal", ("1", "2", "3", "4", "5"))
VOTES = Scale("nominal", ("Agree", "Disagree", "Pass"))
IRONY = Scale("binary", ("not ironic", "ironic"))
FUNNY = Scale("ordinal", ("not funny", "a bit", "funny"))
FRUIT = Scale("nominal", ("apple", "pear", "plum"))


def test_amounts():
    np.testing.assert_array_equal(wording.amount(VOTES), [1, -1, 0])
    np.testing.assert_array_equal(wording.amount(Scale("nominal", ("No", "Unsure", "Yes"))), [-1, 0, 1])
    np.testing.assert_array_equal(wording.amount(FIVE), [1, 2, 3, 4, 5])
    assert wording.amount(FRUIT) is None
    assert wording.amount(Scale("nominal", ("Agree", "Disagree", "Perhaps later"))) is None
    assert wording.amount(Scale("multilabel", ("a", "b"))) is None


@pytest.mark.parametrize("scale", [FIVE, VOTES, IRONY, FUNNY])
def test_each_direction_and_degree_has_its_own_sentence(scale):
    for say in (wording.level, wording.crowd, lambda *args: wording.theme(args[0], "trees", *args[1:])):
        sentences = [say(scale, up, grade) for up in (False, True) for grade in range(5)]
        assert len(set(sentences)) == 10
        assert all(sentence.endswith(".") and sentence[0].isupper() for sentence in sentences)


@pytest.mark.parametrize("scale", [FIVE, VOTES, IRONY, FUNNY, FRUIT])
def test_an_axis_names_both_poles(scale):
    sentences = {wording.axis(scale, ["“A”", "“B”"], ["“C”"], grade) for grade in range(5)}
    assert len(sentences) == 5
    for sentence in sentences:
        assert sentence.index("“A” and “B”") < sentence.index("“C”")
        assert "  " not in sentence
    assert "others" in wording.axis(scale, ["“A”"], [], 0)
    assert "“A”" in wording.pole(scale, "“A”")


def test_degrees_rise_with_the_size():
    assert [wording.degree(size) for size in (0.1, 0.5, -0.9, 1.2, -1.7, 9)] == [0, 1, 1, 2, 3, 4]


def test_a_guess_says_so():
    assert wording.perhaps("Rates higher.") == "Perhaps rates higher."


@given(st.text(min_size=1))
def test_quotes_are_short_and_begin_like_the_text(text):
    words = " ".join(text.split())
    found = wording.quoted(text)
    assert found[0] == "“" and found[-1] == "”" and len(found) <= 63
    assert words.startswith(found[1:-1].removesuffix("…"))


def test_quotes_end_with_a_word():
    found = wording.quoted("word " * 30)
    assert found.endswith("word…”")
