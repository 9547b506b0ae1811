"""What is kept of considerations that say the same."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralign.values.consideration import KINDS, Consideration, core
from pluralign.values.dedup import Limits, apart, distinct

TEXTS = (
    "Honesty",
    "honest work",
    "Right to honest work",
    "Care",
    "Caring for others",
    "Duty to care for others",
    "!?",
)


def letters(texts) -> np.ndarray:
    """Unit vectors of how often each letter occurs: texts of like spelling are near."""
    counts = np.array([[1e-3 + text.count(chr(97 + k)) for k in range(26)] for text in texts])
    return (counts / np.linalg.norm(counts, axis=1, keepdims=True)).astype(np.float32)


def stem(word: str) -> str:
    return {"honesty": "honesti", "caring": "care", "others": "other"}.get(word, word)


def common(a: list[str], b: list[str]) -> int:
    """Length of the longest common subsequence, by its recursive definition."""
    if not a or not b:
        return 0
    if a[0] == b[0]:
        return 1 + common(a[1:], b[1:])
    return max(common(a[1:], b), common(a, b[1:]))


def plain(ones, relevance, limits: Limits) -> list[int]:
    order = sorted(range(len(ones)), key=lambda i: (-relevance[i], i))

    def greedy(rows, like) -> list[int]:
        kept = []
        for i in rows:
            if not any((limits.across or ones[i].kind == ones[j].kind) and like(i, j) for j in kept):
                kept.append(i)
        return kept

    def in_words(i, j) -> bool:
        a, b = ([stem(word) for word in re.findall(r"\w+", core(ones[k].text))] for k in (i, j))
        both, own, other = common(a, b), max(1, len(a)), max(1, len(b))
        return 2 * both / (own + other) > limits.f1 or both / other > limits.precision or both / own > limits.recall

    def in_meaning(i, j) -> bool:
        a, b = letters([core(ones[i].text), core(ones[j].text)])
        return float(a @ b) > limits.cosine[ones[i].kind]

    return greedy(greedy(order, in_words), in_meaning)


considerations = st.builds(Consideration, st.sampled_from(KINDS), st.sampled_from(TEXTS))
share = st.sampled_from([0.0, 0.3, 0.55, 0.72, 0.9, 1.0])
limits = st.builds(
    Limits,
    f1=share,
    precision=share,
    recall=share,
    cosine=st.fixed_dictionaries({kind: st.sampled_from([0.4, 0.77, 0.93, 1.1]) for kind in KINDS}),
    across=st.booleans(),
)


@given(st.lists(st.lists(st.tuples(considerations, st.sampled_from([0.2, 0.5, 0.9])), max_size=9), max_size=3), limits)
def test_keeps_what_the_pairwise_loop_keeps(situations, limits):
    listed = [[one for one, _ in some] for some in situations]
    relevance = [np.array([p for _, p in some]) for some in situations]
    found = distinct(listed, relevance, limits, letters)
    assert [list(rows) for rows in found] == [plain(*pair, limits) for pair in zip(listed, relevance, strict=True)]


def kept(ones, relevance, limits=None, embed=letters) -> list[str]:
    (rows,) = distinct([ones], [np.array(relevance)], limits, embed)
    return [ones[i].text for i in rows]


def test_the_more_relevant_of_two_alike_is_kept():
    ones = [Consideration("right", "Right to privacy"), Consideration("right", "Right to Privacy.")]
    assert kept(ones, [0.4, 0.6]) == ["Right to Privacy."]


def test_opening_words_make_nothing_alike():
    # Four words each, of which "Right to" and "of" are the same.
    ones = [Consideration("right", "Right to freedom of speech"), Consideration("right", "Right to quality of life")]
    assert kept(ones, [0.9, 0.8]) == [one.text for one in ones]


def test_kinds_are_compared_only_where_asked():
    ones = [Consideration("right", "Right to safety"), Consideration("value", "Safety")]
    assert len(kept(ones, [0.9, 0.8])) == 2
    assert kept(ones, [0.9, 0.8], Limits(across=True)) == ["Right to safety"]


@pytest.mark.parametrize(("name", "share"), [("f1", 1 / 2), ("precision", 1), ("recall", 1 / 3)])
def test_each_share_has_its_limit(name, share):
    """One word of one of "Honesty", which is kept, and of three of the other; F1 is their harmonic mean."""
    ones = [Consideration("value", "Honesty"), Consideration("value", "Honesty at work")]
    loose = {"f1": 1.0, "precision": 1.0, "recall": 1.0, "cosine": dict.fromkeys(KINDS, 2.0)}
    assert len(kept(ones, [0.9, 0.8], Limits(**{**loose, name: share}))) == 2
    assert kept(ones, [0.9, 0.8], Limits(**{**loose, name: share - 0.01})) == ["Honesty"]


def test_inflected_words_are_the_same_word():
    ones = [Consideration("duty", "Duty to keep promises"), Consideration("duty", "Duty to keeping a promise")]
    assert kept(ones, [0.9, 0.8], Limits(f1=0.7)) == ["Duty to keep promises"]


def test_each_text_is_embedded_once_and_only_what_words_left():
    asked = []

    def embed(texts):
        asked.append(list(texts))
        return letters(texts)

    lists = [[Consideration("value", "Care"), Consideration("value", "care")], [Consideration("duty", "Duty to care")]]
    found = distinct(lists, [np.array([0.5, 0.9]), np.array([0.3])], None, embed)
    assert [list(rows) for rows in found] == [[1], [0]]
    assert asked == [["care"]]


def test_nothing_to_keep():
    assert distinct([], []) == []
    assert [list(rows) for rows in distinct([[]], [np.array([])])] == [[]]


def test_of_one_list_the_first_of_those_that_are_alike_stays_in_its_place():
    texts = ["Honesty", "Right to privacy", "Being honest", "Honesty"]
    ones = [Consideration("value", text) for text in texts]
    assert apart(ones)[:2] == [0, 1] and 3 not in apart(ones)
    assert apart([]) == []
