from collections import Counter

from pluralign.values.acts import Acts, acts, pairs
from tests.raters.bags import bag


def test_every_pair_of_acts_that_ships_is_whole_and_stands_once():
    written = acts()
    assert len({act.casefold() for one in written for act in (one.keeps, one.breaks)}) == 2 * len(written)
    for one in written:
        assert len({one.duty.casefold(), one.turned.casefold(), one.other.casefold()}) == 3, one
        assert all(0 < len(text) <= 170 for text in (one.keeps, one.breaks, one.duty, one.turned, one.other)), one


def test_each_rule_is_kept_by_one_act_and_broken_by_the_other():
    one = Acts("Waiting in the queue", "Pushing to the front", "You should wait.", "You shouldn't wait.", "Speed")
    found = pairs([one], bag)
    sides = {(row["text"], row["situation"]): row["valence"] for row in found.iter_rows(named=True)}
    assert sides == {
        ("You should wait.", "Waiting in the queue"): "supports",
        ("You should wait.", "Pushing to the front"): "opposes",
        ("You shouldn't wait.", "Waiting in the queue"): "opposes",
        ("You shouldn't wait.", "Pushing to the front"): "supports",
        ("Speed", "Waiting in the queue"): "opposes",
        ("Speed", "Pushing to the front"): "supports",
    }
    assert Counter(found["form"]) == {"original": 2, "contrast": 2, "other": 2}
    assert (
        found["relevant"].all()
        and dict(found.select("form", "kind").iter_rows())
        == {
            "original": "duty",
            "contrast": "duty",
            "other": "value",
        }
        and found["group"].n_unique() == 1
    )


def test_nothing_written_gives_an_empty_table():
    assert pairs([], bag).height == 0
