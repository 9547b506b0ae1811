import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralign.errors import DataError, UsageError
from pluralign.values.consideration import KINDS, Consideration, core, parse
from pluralign.values.situation import WORDS, situation


@given(st.sampled_from(KINDS), st.text(min_size=1))
def test_what_is_written_is_read(kind, text):
    text = " ".join(text.split())
    if text:
        assert parse(str(Consideration(kind, text))) == Consideration(kind, text)


def test_all_after_the_first_colon_is_the_text():
    assert parse("Right: Right to truth: the whole of it") == Consideration("right", "Right to truth: the whole of it")
    assert parse(" duty :  Duty to  care ") == Consideration("duty", "Duty to care")


@pytest.mark.parametrize("line", ["", "Honesty", "Value:", "Value:  ", "Virtue: Honesty", ": Honesty"])
def test_what_is_no_consideration(line):
    with pytest.raises(DataError):
        parse(line)


def test_the_kind_cannot_be_read_off_the_core():
    assert core("Right to privacy") == core("privacy") == "privacy"
    assert core("Duty not to deceive.") == "deceive"
    assert core("Right  of assembly") == "assembly"
    assert core("Righteousness") == "righteousness"


def test_situations_are_cleaned_and_bounded():
    assert situation(" Biking\x00 to\n\twork‮ ") == "Biking to work"
    for empty in ("", "  ", "\x07", "...", "‮"):
        with pytest.raises(UsageError, match="empty"):
            situation(empty)
    assert len(situation("word " * WORDS).split()) == WORDS
    with pytest.raises(UsageError, match="10,000 words"):
        situation("word " * 10_000)
