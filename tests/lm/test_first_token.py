"""Choices told apart by the first token of an answer."""

from math import exp, log

import pytest

from pluralign.errors import UsageError
from pluralign.lm._first_token import read


def listed(**tokens):
    return [(token.replace("_", " "), log(p)) for token, p in tokens.items()]


def test_forms_of_one_choice_are_added_as_probabilities():
    scores = read(listed(Yes=0.5, _Yes=0.2, Y=0.1, No=0.15, Maybe=0.03), ("Yes", "No"), where="q")
    assert [exp(p) for p in scores.logprobs] == pytest.approx([0.8, 0.15])
    assert scores.outside == pytest.approx(0.05)


def test_a_choice_that_is_not_listed_gets_the_most_that_it_can_have():
    few = read(listed(Yes=0.9, Yep=0.04, Yeah=0.05), ("Yes", "No"), where="q")
    assert exp(few.logprobs[1]) == pytest.approx(0.01)
    many = read(listed(Yes=0.5, Yep=0.001), ("Yes", "No"), where="q")
    assert exp(many.logprobs[1]) == pytest.approx(0.001)


def test_spaces_alone_begin_no_choice():
    scores = read([(" ", log(0.3)), ("\n", log(0.3)), ("Yes", log(0.4))], ("Yes", "No"), where="q")
    assert scores.outside == pytest.approx(1 - 0.4 - exp(scores.logprobs[1]))


@pytest.mark.parametrize(("token", "choices"), [("1", ("1", "10")), ("Very", ("Very good", "Very bad"))])
def test_a_beginning_of_several_choices_is_refused(token, choices):
    with pytest.raises(UsageError, match=f"{token}.*several"):
        read([(token, log(0.01)), ("x", log(0.9))], choices, where="q")
    assert read([(token, log(1e-4)), ("x", log(0.9))], choices, where="q").outside > 0.99
