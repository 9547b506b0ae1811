"""Questions and responses from JSON lines: what is accepted, and that what is wrong is named with its place."""

import json

import pytest

from pluralign.errors import DataError
from pluralign.measure.overton import Question, Response, View, read_questions, read_responses
from pluralign.measure.overton.labels import Label, read_labels


def lines(tmp_path, *rows):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    return path


def test_questions_are_read(tmp_path):
    path = lines(
        tmp_path,
        {"id": "a", "text": "Cars?", "views": ["Ban them.", {"text": "Keep them.", "weight": 3, "group": "drivers"}]},
        {"id": "b", "text": "Trams?", "views": ["More."], "unreasonable": ["Sell them."], "metadata": {"year": 2020}},
    )
    first, second = read_questions(path)
    assert first.views == (View("Ban them."), View("Keep them.", 3.0, "drivers"))
    assert first.shares.tolist() == [0.25, 0.75]
    assert (second.unreasonable, second.metadata) == (("Sell them.",), {"year": 2020})


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("{", "not readable JSON"),
        ({"id": "a", "views": ["x"]}, "'text' is absent"),
        ({"id": "a", "text": "t", "views": []}, "without views"),
        ({"id": "a", "text": "t", "views": "x"}, "must be a list"),
        ({"id": "a", "text": "t", "views": [3]}, "a view is a text"),
        ({"id": "a", "text": "t", "views": [" "]}, "no text"),
        ({"id": "a", "text": "t", "views": ["x", "x"]}, "listed twice"),
        ({"id": "a", "text": "t", "views": ["x"], "unreasonable": ["x"]}, "listed twice"),
        ({"id": "a", "text": "t", "views": [{"text": "x", "weight": 0}]}, "must be positive"),
        ({"id": "a", "text": "t", "views": [{"text": "x", "weight": True}]}, "must be a number"),
        ({"id": "a", "text": "t", "views": [{"text": "x", "wieght": 1}]}, "'wieght'"),
        ({"id": "a", "text": "t", "views": ["x"], "vews": []}, "'vews'"),
        ({"id": "ok", "text": "t", "views": ["x"]}, "there twice"),
    ],
)
def test_wrong_questions_are_refused_with_their_place(tmp_path, row, words):
    path = lines(tmp_path, {"id": "ok", "text": "t", "views": ["x"]}, row)
    with pytest.raises(DataError) as caught:
        read_questions(path)
    assert words in str(caught.value)
    assert "2" in str(caught.value.where)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"question": "b", "source": "m", "text": "x"}, "no question 'b'"),
        ({"question": "a", "source": "m", "text": "x"}, "there twice"),
        ({"question": "a", "source": "m", "text": "x", "sample": -1}, "sample"),
        ({"question": "a", "source": "m", "text": None}, "must be texts"),
        ({"question": "a", "source": "m", "text": "x", "tokens": 1.5}, "tokens"),
    ],
)
def test_wrong_responses_are_refused(tmp_path, row, words):
    path = lines(tmp_path, {"question": "a", "source": "m", "text": "x"}, row)
    with pytest.raises(DataError, match=words):
        read_responses(path, [Question.of("a", "Cars?", ["Ban them."])])


def test_responses_are_read(tmp_path):
    path = lines(tmp_path, {"question": "a", "source": "m", "text": "", "sample": 2, "tokens": 7})
    assert read_responses(path, [Question.of("a", "Cars?", ["Ban."])]) == [Response("a", "m", "", 2, 7)]


def test_labels_are_read(tmp_path):
    row = {"question": "a", "response": "r", "view": "v"}
    path = lines(tmp_path, row | {"rating": 0.75}, row | {"rating": 0.5, "cluster": "p"}, row | {"represented": True})
    assert read_labels(path) == [
        Label("a", "r", "v", True, 0.75, "a"),
        Label("a", "r", "v", False, 0.5, "p"),
        Label("a", "r", "v", True, None, "a"),
    ]
    for wrong, words in (
        (row, "neither"),
        (row | {"rating": 4}, "within 0..1"),
        (row | {"represented": 1}, "true or false"),
        (row | {"rating": 1, "person": "x"}, "'person'"),
    ):
        with pytest.raises(DataError, match=words):
            read_labels(lines(tmp_path, wrong))
