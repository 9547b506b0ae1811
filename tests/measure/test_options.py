"""Options listed in a question: found, recognised as refusals, reordered and relabelled."""

from dataclasses import replace

import pytest

from pluralign.episode import Process, Target
from pluralign.measure.options import is_refusal, listed, refusals, swapped_label, swapped_order, texts

from .population import LETTERS, TEXTS, survey


def plain(choices, question, description=None, shares=None) -> Process:
    shares = shares or [1 / len(choices)] * len(choices)
    return Process("p", (), (description,) if description else (), choices, question, Target(tuple(shares)))


def test_lettered_numbered_and_plain_lists_are_found():
    (question,) = survey(1)
    assert texts(question) == TEXTS
    assert listed(question).before == ("What do you think of number 0?",)
    numbered = plain(("1", "2"), "Likely?\nTitle: x\n1: Unlikely\n2: Likely\nThank you.")
    assert (texts(numbered), listed(numbered).after) == (("Unlikely", "Likely"), ("Thank you.",))
    bullets = plain(("3", "4"), "How many?\n- 3\n- 4")
    assert (texts(bullets), listed(bullets).labelled) == (("3", "4"), False)


@pytest.mark.parametrize(
    "question",
    [None, "Which?", "Which? A. x B. y", "A. x\nB", "B. y\nA. x", "A. x\n\nB. y", "A. x\nB: y", "A. x\nB. "],
)
def test_what_is_no_list_is_not_taken_for_one(question):
    process = plain(("A", "B"), question)
    assert listed(process) is None
    assert texts(process) == ("A", "B")
    assert swapped_order(process) is None


def test_refusals_of_real_surveys():
    for text in ("Don't know", "DK/Refused", "Don’t know (DO NOT READ)", "No answer/Refused", "Hard to say", "Unsure"):
        assert is_refusal(text)
    for text in ("Missing; Not applicable for other reasons", "Other missing; Multiple answers Mail (EVS)", "Missing"):
        assert is_refusal(text)
    for text in ("None at all", "Know", "No", "Neither", "I don't know any foreigners", "None of these (VOL)", ""):
        assert not is_refusal(text)
    assert refusals(survey(1)[0]) == (False, False, False, True)
    assert refusals(plain(("Yes", "No", "Unsure"), "Well?")) == (False, False, True)


def test_order_moves_texts_and_target_but_neither_labels_nor_refusals():
    process = plain(LETTERS, survey(1)[0].question, shares=(0.1, 0.2, 0.3, 0.4))
    swapped, order = swapped_order(process)
    assert swapped.question.splitlines()[1:] == ["A. Bad", "B. Rather good", "C. Very good", "D. Don't know"]
    assert (swapped.choices, swapped.target.probabilities) == (LETTERS, (0.3, 0.2, 0.1, 0.4))
    assert order == (2, 1, 0, 3)
    back, _ = swapped_order(swapped)
    assert back == process


def test_order_of_plain_lists_moves_the_choices():
    swapped, order = swapped_order(plain(("3", "4", "5"), "How many?\n- 3\n- 4\n- 5", shares=(0.5, 0.3, 0.2)))
    assert (swapped.question, swapped.choices) == ("How many?\n- 5\n- 4\n- 3", ("5", "4", "3"))
    assert (swapped.target.probabilities, order) == ((0.2, 0.3, 0.5), (2, 1, 0))


def test_a_list_with_one_opinion_has_no_other_order():
    assert swapped_order(plain(("A", "B"), "Well?\nA. Yes\nB. Refused")) is None


def test_label_becomes_text_and_text_becomes_letter():
    (process,) = survey(1)
    by_text = swapped_label(process)
    assert by_text.choices == TEXTS
    assert by_text.question.splitlines()[1:] == [f"- {text}" for text in TEXTS]
    assert by_text.descriptions == ("Somebody answers with the text of one option.",)
    assert by_text.target == process.target
    by_letter = swapped_label(plain(("too much", "too little"), "Spending on parks", "Somebody says."))
    assert by_letter.choices == ("A", "B")
    assert by_letter.question == "Spending on parks\nA. too much\nB. too little"
    assert by_letter.descriptions == ("Somebody says. The answer is the letter of one option.",)


def test_a_scale_says_text_where_it_said_one_number():
    said = "Somebody answers with one number from 1 to 2."
    swapped = swapped_label(plain(("1", "2"), "Likely?\n1: Unlikely\n2: Likely", said))
    assert swapped.descriptions == ("Somebody answers with the text of one option.",)


def test_labels_that_cannot_be_changed_are_left():
    assert swapped_label(plain(("1", "2"), "From 1 (bad) to 2 (good)?")) is None
    assert swapped_label(plain(("A", "B"), "Well?\nA. Yes\nB. Yes")) is None
    assert swapped_label(plain(("A", "B"), "Well?\nA. Yes\nB. No", "A single letter is drawn.")) is None
    assert swapped_label(plain(tuple(f"text {i}" for i in range(27)), "Well?")) is None
    assert swapped_label(replace(plain(("one",), "Well?"))) is None
