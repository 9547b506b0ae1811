import numpy as np
import pytest

from pluralign.values.turned import turned


@pytest.mark.parametrize(
    ("rule", "act"),
    [
        ("It's good to help your friends.", "help your friends."),
        ("It is expected to pay your debts.", "pay your debts."),
        ("You should always call ahead.", "call ahead."),
    ],
)
def test_praise_becomes_blame_of_the_same_act(rule, act):
    found = {turned(rule, np.random.default_rng(seed)) for seed in range(20)}
    assert len(found) > 2
    for one in found:
        assert one.endswith(f" {act}")
        assert one.startswith(
            (
                "You shouldn't ",
                "It's wrong to ",
                "It's bad to ",
                "It's rude to ",
                "It is not okay to ",
                "It's unacceptable to ",
            )
        )


@pytest.mark.parametrize(
    "rule",
    ["It's wrong to lie.", "It's good to not lie.", "You shouldn't lie.", "You should not lie.", "People are kind."],
)
def test_what_is_not_plain_praise_is_left_alone(rule):
    assert turned(rule, np.random.default_rng(0)) is None
