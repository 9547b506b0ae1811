import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pluralign.values.split import clusters, overlap, two_way

WORDS = [f"{a}{b}" for a in "bcdfg" for b in "aeiou"]


def letters(texts):
    """Texts are alike by the letters they have in common."""
    found = np.array([[text.count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts], np.float32)
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)


tables = st.lists(st.tuples(st.integers(0, 8), st.sampled_from(WORDS), st.booleans()), min_size=1, max_size=60)


def table(drawn):
    return pl.DataFrame(
        [
            {"source": "s", "group": f"g{g}", "situation": f"Doing {g}", "text": f"{'Right to ' if r else ''}{word}"}
            for g, word, r in drawn
        ]
    )


@settings(max_examples=60)
@given(tables, st.integers(0, 3))
def test_what_is_held_out_is_unknown_to_the_seen_part(drawn, seed):
    frame = two_way(table(drawn), letters, situations=0.4, considerations=0.4, near=0.8, seed=seed)
    assert frame.height == len(drawn)
    seen = frame.filter(part="seen")
    for part, new in (("new situation", "group"), ("new consideration", "cluster"), ("both new", "group")):
        own = frame.filter(part=part)
        assert not set(own[new].to_list()) & set(seen[new].to_list())
    assert not set(frame.filter(part="both new")["cluster"]) & set(seen["cluster"])
    told = {row["part"]: row for row in overlap(frame, letters).to_dicts()}
    assert told["new consideration"]["texts_seen"] in (0, None)
    assert told["new situation"]["situations_seen"] in (0, None)
    nearest = [told[part]["nearest"] for part in ("new consideration", "both new")]
    assert all(value is None or value < 0.8 for value in nearest)


def test_clusters_are_chains_of_near_neighbours_whatever_the_kind():
    found = clusters(["Right to ab", "abc", "Duty to abcd", "xyz", "XYZ"], letters, near=0.8)
    assert found[0] == found[1] == found[2] != found[3] == found[4]


def test_a_deal_does_not_depend_on_the_order_of_the_rows():
    drawn = [(k % 9, WORDS[k % 25], False) for k in range(60)]
    one = two_way(table(drawn), letters, situations=0.4, considerations=0.4, near=0.95)
    two = two_way(table(drawn[::-1]), letters, situations=0.4, considerations=0.4, near=0.95)
    held = [set(f.filter(pl.col("part").is_in(["new situation", "both new"]))["group"]) for f in (one, two)]
    assert held[0] == held[1] != set()
