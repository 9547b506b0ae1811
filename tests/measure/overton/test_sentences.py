"""Sentences: abbreviations, lists, line breaks, quotations, texts written without care."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralign.measure.overton.sentences import sentences, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Dr. Smith met J. Doe, e.g. at noon. They spoke.", ["Dr. Smith met J. Doe, e.g. at noon.", "They spoke."]),
        ("It cost 3.50 in the U.S. market. Too much.", ["It cost 3.50 in the U.S. market.", "Too much."]),
        ("Trams, buses etc. are fine. Cars, vans etc. They pollute.",
         ["Trams, buses etc. are fine.", "Cars, vans etc.", "They pollute."]),
        ("- First point\n* Second. More of it\n\n3) Third", ["First point", "Second.", "More of it", "Third"]),
        ("## Views\n1. For.\n2. Against.", ["Views", "For.", "Against."]),
        ("i think so. you do not", ["i think so.", "you do not"]),
        ("It was me and I. We left.", ["It was me and I.", "We left."]),
        ('He said "No." Then he left. "Why?" she asked.', ['He said "No."', "Then he left.", '"Why?" she asked.']),
        ("Well... maybe. Well... Maybe", ["Well... maybe.", "Well...", "Maybe"]),
        ("公園を作る。道路は要らない！", ["公園を作る。", "道路は要らない！"]),
        ("See www.example.org/a.b for more.", ["See www.example.org/a.b for more."]),
        ("---\n...\n\n", []),
        ("", []),
    ],
)  # fmt: skip
def test_sentences(text, expected):
    assert sentences(text) == expected


@given(st.text(st.sampled_from("ab I.!?\n\"'(")))
def test_no_word_is_lost_or_made(text):
    joined = "".join("".join(sentences(text)).split())
    bare = "".join(text.split())
    letters = [c for c in bare if c.isalnum()]
    assert [c for c in joined if c.isalnum()] == letters


@given(st.lists(st.sampled_from(["Open the park.", "Close the road!", "Who pays?"])), st.sampled_from([" ", "\n"]))
def test_joined_sentences_come_apart_again(parts, space):
    assert sentences(space.join(parts)) == parts


def test_words_are_parted_by_space():
    assert words(" two  words\n") == 2
