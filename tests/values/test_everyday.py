from collections import Counter

import polars as pl

from pluralign.values.bank import bank
from pluralign.values.everyday import Scene, pairs, scenes
from tests.raters.bags import bag

NAMES = {entry.text: entry for entry in bank()}


def test_every_situation_that_ships_names_entries_of_the_bank_and_stands_once():
    written = scenes()
    assert len({one.situation.casefold() for one in written}) == len(written)
    for one in written:
        named = (*one.supports, *one.opposes, *one.either, *one.unrelated)
        assert set(named) <= NAMES.keys(), one.situation
        assert len(set(named)) == len(named), one.situation
        assert len(named) - len(one.unrelated) >= 5 and len(one.unrelated) >= 3, one.situation
    # Neither side is the rule, and no entry is everywhere.
    sides = Counter(side for one in written for side in ("supports", "opposes") for _ in getattr(one, side))
    assert 0.5 < sides["supports"] / sides["opposes"] < 2
    most = Counter(name for one in written for name in (*one.supports, *one.opposes, *one.either))
    assert max(most.values()) < 0.2 * len(written)


def test_pairs_carry_the_side_near_misses_and_entries_that_nobody_listed():
    scene = Scene("Lending a saw", ("Generosity",), ("Caution",), ("Privacy",), ("Duty to tell the truth",))
    chosen = [NAMES[name] for name in ("Generosity", "Privacy", "Honesty", "Fairness", "Play", "Thrift")]
    found = pairs([scene, Scene("Nothing known", ("Caution",), (), (), ())], chosen, bag, 0)
    assert set(found["situation"]) == {"Lending a saw"}
    told = {row["text"]: row for row in found.iter_rows(named=True)}
    assert told["Generosity"]["valence"] == told["Generosity"]["form"] == "supports"
    assert told["Privacy"]["valence"] == "either" and told["Privacy"]["relevant"]
    drawn = found.filter(pl.col("form") == "random")
    assert drawn.height and not drawn["relevant"].any() and drawn["valence"].null_count() == drawn.height
    assert not set(drawn["text"]) & {"Generosity", "Privacy"}


def test_situations_that_read_alike_are_of_one_group():
    alike = [Scene(text, ("Generosity",), (), (), ()) for text in ("Lending a saw", "Lending a saw", "Mowing grass")]
    found = pairs(alike, [NAMES["Generosity"], NAMES["Play"]], bag, 0)
    groups = dict(found.select("situation", "group").iter_rows())
    assert len(set(found["group"])) == 2 and groups["Lending a saw"] != groups["Mowing grass"]
