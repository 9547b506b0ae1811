import pytest

from pluralign.values.acts import plain
from pluralign.values.stance import Stance, stance


@pytest.mark.parametrize(
    ("rule", "speaks_for", "about"),
    [
        ("It's kind to wait for a friend.", True, "wait for a friend"),
        ("It is wrong to read a friend's mail.", False, "read a friend's mail"),
        ("It isn't okay to push in line.", False, "push in line"),
        ("It's not okay to not pay a debt.", True, "pay a debt"),
        ("It's important not to gossip.", False, "gossip"),
        ("There's nothing wrong with taking a nap.", True, "taking a nap"),
        ("You shouldn’t lie to friends.", False, "lie to friends"),
        ("You should be honest with friends who aren't close.", True, "be honest with friends who aren't close"),
        ("You can't expect others to clean up.", False, "expect others to clean up"),
        ("You don't need to tip.", False, "tip"),
        ("You're not expected to share.", False, "share"),
        ("Guests are expected to be on time.", True, "be on time"),
        ("Never leave a child alone in a car.", False, "leave a child alone in a car"),
        ("Don't brag!", False, "brag"),
        ("Leaving work unfinished is lazy.", False, "Leaving work unfinished"),
        ("Practice is important.", True, "Practice"),
        ("Right to privacy", True, "Right to privacy"),
        ("Honesty", True, "Honesty"),
        ("", True, ""),
    ],
)
def test_a_rule_is_taken_apart(rule, speaks_for, about):
    assert stance(rule) == Stance(speaks_for, about)


def test_what_is_said_the_other_way_round_speaks_the_other_way():
    """Of the rules that ship with their reverse about the same words, nearly all are told apart."""
    pairs = [(stance(one.duty), stance(one.turned)) for one in plain()]
    same = [(one, other) for one, other in pairs if one.about.casefold() == other.about.casefold()]
    assert len(same) > 0.6 * len(pairs)
    assert sum(one.speaks_for != other.speaks_for for one, other in same) > 0.97 * len(same)
