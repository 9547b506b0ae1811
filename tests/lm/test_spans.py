"""Where the tokens named by a server lie in what it was sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralign.lm._requests import Refused
from pluralign.lm._spans import spans

TEXTS = st.text(st.sampled_from("ab \nÄ🙂<▁東"), min_size=1, max_size=30)


@given(TEXTS, st.lists(st.integers(1, 29)), st.lists(st.sampled_from(["x", "ab", ""]), max_size=2))
def test_pieces_of_a_text_lie_where_they_were_cut(text, cuts, drawn):
    ends = sorted({cut for cut in cuts if cut < len(text)} | {len(text)})
    places = list(zip([0, *ends], ends, strict=False))
    found = spans(text, [text[a:b] for a, b in places] + drawn)
    assert [tuple(place) for place in found] == places


@pytest.mark.parametrize(
    ("text", "tokens", "places"),
    [
        ("ab", ["<s>", "a", "b", "c"], [(0, 0), (0, 1), (1, 2)]),
        ("so 🙂!", ["so", " �", "�", "�", "!"], [(0, 2), (2, 4), (2, 4), (2, 4), (4, 5)]),
        ("so 🙂", ["so ", "", "", "🙂", "x"], [(0, 3), (3, 3), (3, 3), (3, 4)]),
        ("a b\n", ["▁a", "▁b", "<0x0A>"], [(0, 1), (1, 3), (3, 4)]),
        ("🙂", ["�", "�", "�", "�"], [(0, 1)] * 4),
    ],
)
def test_parts_of_characters_and_other_spellings(text, tokens, places):
    assert [tuple(place) for place in spans(text, tokens)] == places


@pytest.mark.parametrize("tokens", [["a"], [], ["c", "d"], ["b", "a"]])
def test_a_text_that_was_cut_or_changed_is_refused(tokens):
    with pytest.raises(Refused, match="do not spell"):
        spans("a long text", tokens)
