import pytest

from pluralign.values import lines
from pluralign.values.consideration import Consideration

GOOD = "Duty | Duty to keep promises | Opposes | A promise was given."


def read(*answer, situation="Breaking a promise"):
    return [(line.status, line.reason) for line in lines.read_answer("\n".join(answer), situation)]


def test_a_well_formed_line_is_kept():
    (line,) = lines.read_answer(f"\n  {GOOD}  \n\n", "Breaking a promise")
    assert line.status == "kept"
    assert line.consideration == Consideration("duty", "Duty to keep promises", "opposes", "A promise was given.")


def test_the_shown_examples_are_themselves_well_formed():
    asked = lines.prompt("Anything")
    assert len(asked.examples) >= 2
    for example in asked.examples:
        found = lines.read_answer(example.output, example.input)
        assert len(found) >= lines.FEWEST
        assert {line.status for line in found} == {"kept"}
        assert len(lines.exact([line.consideration for line in found])) == len(found)
    told = asked.description
    assert "{{" not in told and f"{lines.FEWEST} to {lines.MOST} lines" in told


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Here are some values:", "not four fields"),
        (f"| {GOOD} |", "not four fields"),
        ("Value | Honesty | Supports", "not four fields"),
        ("Value | Honesty | Supports | This | that.", "not four fields"),
        ("- Value | Honesty | Supports | It is open.", "unknown kind"),
        ("Virtue | Honesty | Supports | It is open.", "unknown kind"),
        ("Value | Honesty | For | It is open.", "unknown valence"),
        ("Value | | Supports | It is open.", "empty field"),
        ("Value | Honesty | Supports |", "empty field"),
        (f"Value | {'a' * 101} | Supports | It is open.", "too long a field"),
        (f"Value | Honesty | Supports | {'a ' * 201}.", "too long a field"),
        ("Value | =1+1 | Supports | It is open.", "a field that begins with a sign"),
        ("Value | Honesty | Supports | @now it is.", "a field that begins with a sign"),
    ],
)
def test_malformed_lines_have_a_reason(line, reason):
    assert read(line, GOOD) == [("malformed", reason), ("kept", None)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Value | breaking a  Promise. | Opposes | It is this.", "the situation itself"),
        ("Value | a b c d e f g h i | Opposes | It is long.", "a name of more than 8 words"),
        ("Value | Right to rest | Opposes | It is a right.", "worded as another kind"),
    ],
)
def test_what_is_no_consideration_is_filtered(line, reason):
    assert read(line, GOOD) == [("filtered", reason), ("kept", None)]


def test_an_answer_that_was_cut_off_loses_its_last_line_only():
    unended = GOOD.removesuffix(".")
    assert read(unended, GOOD, unended) == [("kept", None), ("kept", None), ("malformed", "the answer was cut off")]
    assert read("Value | Duty-free shops | Either | They ask “why?”") == [("kept", None)]


def test_control_characters_reach_no_field():
    (line,) = lines.read_answer("Value | Hon\x1besty\u202e | Supports | It\tis \x00open.", "Lying")
    assert line.consideration == Consideration("value", "Honesty", "supports", "It is open.")


def test_repetitions_are_found_within_a_kind():
    texts = [
        ("right", "Right to privacy"),
        ("value", "Privacy"),
        ("right", "right to  Privacy."),
        ("value", "privacy"),
    ]
    assert lines.exact([Consideration(kind, text) for kind, text in texts]) == [0, 1]


def test_what_is_asked_depends_on_the_situation_only_in_its_input():
    one, other = lines.prompt("A"), lines.prompt("B")
    assert one.id != other.id
    assert (one.description, one.examples) == (other.description, other.examples)
    assert len(lines.digest()) == 12
