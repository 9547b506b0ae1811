"""Answers in text are read strictly or not at all."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralign.measure import parsing

YES_NO = ("Yes", "No")


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ('{"Yes": 30, "No": 70}', 0.3),
        ('{"No": 70, "Yes": 30}', 0.3),
        ('{"Yes": "30%", "No": "70 %"}', 0.3),
        ('```json\n{"Yes": 30, "No": 70}\n```', 0.3),
        ('{"Yes": 29, "No": 68}', 29 / 97),  # 3 points short of 100: rescaled
        ('{"Yes": 0, "No": 100}', 0.0),
    ],
)
def test_percentages_of_all_options_are_a_distribution(text, share):
    assert parsing.shares(text, YES_NO) == pytest.approx([share, 1 - share])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Yes",
        "Yes: 30%, No: 70%",
        '{"Yes": 30}',
        '{"Yes": 100}',
        '{"Yes": 30, "No": 60}',  # 10 points short
        '{"Yes": 0.3, "No": 0.7}',  # shares, not percentages
        '{"Yes": 130, "No": -30}',
        '{"Yes": 30, "No": 60, "Perhaps": 10}',
        '{"Yes": 30, "Nope": 70}',
        '{"Yes": 30, "Yes": 30, "No": 70}',
        '{"Yes": 30, "Yes ": 70}',
        '{"Yes": true, "No": 99}',
        '{"Yes": NaN, "No": 70}',
        '{"Yes": 1e999, "No": 70}',
        '{"Yes": 1' + "0" * 400 + ', "No": 70}',
        '{"Yes": null, "No": 100}',
        '{"Yes": "about 30", "No": 70}',
        '[{"Yes": 30, "No": 70}]',
        'Sure! {"Yes": 30, "No": 70}',
        "[" * 100_000,
    ],
)
def test_anything_else_is_no_distribution(text):
    assert parsing.shares(text, YES_NO) is None


@given(st.text() | st.recursive(st.none() | st.floats() | st.text(max_size=3), st.lists).map(json.dumps))
def test_no_text_breaks_a_reader(text):
    found = parsing.shares(text, YES_NO)
    assert found is None or found.sum() == pytest.approx(1)
    parsing.draws(text, YES_NO)
    parsing.records(text)


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=6).filter(sum))
def test_what_is_written_down_is_read_back(counts):
    choices = [f"option, {i}" for i in range(len(counts))]
    p = np.array(counts) / sum(counts)
    text = json.dumps(dict(zip(choices, (100 * p).tolist(), strict=True)))
    assert parsing.shares(text, choices) == pytest.approx(p)


def test_an_answer_is_an_option_only_as_a_whole():
    assert [parsing.matched(t, YES_NO) for t in ("Yes", " No\n", "yes", "Yes.", "Yes, I do", "")] == [
        0,
        1,
        *[None] * 4,
    ]
    assert parsing.matched("10", ("1", "10")) == 1


def test_a_list_keeps_what_is_no_option_as_a_failure():
    assert parsing.draws('["Yes", "no", 1, null, " No"]', YES_NO) == [0, None, None, None, 1]
    assert parsing.draws("[]", YES_NO) == []
    assert parsing.draws("Yes, No", YES_NO) is None
    assert parsing.draws('{"Yes": 1}', YES_NO) is None


def test_answers_with_chances():
    assert parsing.records('[{"text": "a", "percent": 60}, {"text": "b", "percent": "40%"}]') == [("a", 60), ("b", 40)]
    for broken in (
        "[]",
        '[{"text": "a", "percent": 0}]',
        '[{"text": "a"}]',
        '[{"text": 1, "percent": 5}]',
        '[{"text": "a", "percent": 5, "why": "b"}]',
        '[{"text": "a", "percent": -5}, {"text": "b", "percent": 105}]',
        '{"text": "a", "percent": 5}',
    ):
        assert parsing.records(broken) is None
