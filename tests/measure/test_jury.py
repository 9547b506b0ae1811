"""Juries: by hand, missing jurors, influence, and where ratings come from."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pluralign.errors import DataError, UsageError
from pluralign.lm.scripted import ScriptedModel
from pluralign.measure.jurors import Case, decoder, language_model, people
from pluralign.measure.jury import Juror, Scale, by_juror, composition, influence, jury, means, welfare
from pluralign.measure.jury_metrics import dissent, metrics
from pluralign.raters.representation import Representation

FIVE = Scale(1, 5, 0.2)


def table(text: str) -> pl.DataFrame:
    """Rows ``juror item candidate rating``, one per line."""
    cells = [line.split() for line in text.strip().splitlines()]
    return pl.DataFrame(
        [(j, i, c, None if r == "-" else float(r)) for j, i, c, r in cells],
        schema={"juror": pl.String, "item": pl.String, "candidate": pl.String, "rating": pl.Float64},
        orient="row",
    )


THREE = """
    a q good 5
    a q safe 3
    b q good 5
    b q safe 3
    c q good 1
    c q safe 3
"""


def find(found, model, metric):
    (one,) = [m for m in found if m.model == model and m.metric == metric]
    return one


def test_the_best_candidate_depends_on_the_welfare_function():
    found = metrics(jury(table(THREE), FIVE), "t", ["good", "safe"])
    assert find(found, "good", "welfare[p=1]").value == pytest.approx((1 + 1 + 0.2) / 3)
    assert find(found, "safe", "welfare[p=1]").value == pytest.approx(0.6)
    assert find(found, "good", "welfare[p=0]").value == pytest.approx(0.2 ** (1 / 3))
    assert find(found, "good", "welfare[p=-inf]").value == pytest.approx(0.2)
    assert find(found, "safe - good", "welfare[p=-inf]").value == pytest.approx(0.4)
    assert find(found, "safe", "welfare[p=-inf]").low is None
    assert find(found, "safe", "welfare[p=-1]").low == pytest.approx(0.6)


def test_weights_count():
    heavy = [Juror("a", 1), Juror("b", 1), Juror("c", 8)]
    found = metrics(jury(table(THREE), FIVE, heavy), "t")
    assert find(found, "good", "welfare[p=1]").value == pytest.approx((1 + 1 + 8 * 0.2) / 10)


def test_missing_jurors_are_named_and_their_single_ratings_left_out():
    jurors = [Juror(name) for name in "abcde"]
    asked = jury(table(THREE.strip() + "\n d q good 5\n d q safe -"), FIVE, jurors)
    assert asked.missing == ("d", "e")
    found = metrics(asked, "t")
    assert find(found, "jury", "jurors_missing").value == 2
    assert find(found, "jury", "ratings_missing").value == 3
    assert find(found, "jury", "ratings_left_out").value == 1
    assert find(found, "good", "welfare[p=1]").value == pytest.approx((1 + 1 + 0.2) / 3)  # d does not push it up
    rows = by_juror(asked)
    assert rows.filter(juror="e").row(0) == ("e", None, 1.0, 0, None, None)
    assert rows.filter(juror="c").row(0)[3:] == pytest.approx((1, 0.2, 0.6))


def test_items_are_scored_one_by_one_and_then_averaged():
    """Two jurors, each served well on one item: no item is good for both, though every juror's mean is the same."""
    asked = jury(table("a q m 5\n b q m 1\n a r m 1\n b r m 5"), Scale(1, 5, 0))
    assert means(asked)[:, 0].tolist() == [0.5, 0.5]
    assert welfare(asked, -np.inf, np.ones((1, 2)))[0, 0] == 0


def test_dissent_by_hand():
    jurors = [Juror("a", group="x"), Juror("b", group="x"), Juror("c", group="y"), Juror("z")]
    asked = jury(table(THREE), FIVE, jurors)
    found = dissent(asked, np.ones((1, 4)))
    assert found["good"]["spread"][0] == pytest.approx(np.std([1, 1, 0.2]))
    assert found["good"]["below_own_middle"][0] == pytest.approx(1 / 3)
    assert found["safe"]["below_own_middle"][0] == pytest.approx(2 / 3)
    assert found["good"]["largest_group_gap"][0] == pytest.approx(0.8)
    assert found["good"]["zero_utility"][0] == 0
    # Of three ways to choose who is alone, one makes the gap 0.8 and two 0.4, for "good"; "safe" never has one.
    assert found["groups shuffled"]["largest_group_gap"][0] == pytest.approx((0.8 + 0.4 + 0.4) / 3 / 2, abs=0.05)
    assert composition(asked).filter(group="x").row(0) == ("x", 2, 0, 0.5, 2.0)
    assert composition(asked).filter(pl.col("group").is_null()).row(0)[1:3] == (1, 1)


def test_influence_is_the_change_without_a_juror():
    rows = influence(jury(table(THREE), FIVE), curve=(1.0,))
    without_c = rows.filter(juror="c", candidate="good").row(0, named=True)
    assert without_c["change"] == pytest.approx(1 - (1 + 1 + 0.2) / 3)
    assert not without_c["turns"]
    # Without a, "good" and "safe" tie at 0.6, so the best one is still among the best.
    assert not rows.filter(juror="a")["turns"].any()
    assert influence(jury(table("a q m 5\n a q n 1"), FIVE)).is_empty()
    minimum = influence(jury(table(THREE), FIVE), curve=(-np.inf,))
    assert minimum.filter(juror="c")["turns"].all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=2, max_size=6), st.randoms())
def test_order_of_rows_does_not_matter_and_curves_fall(ratings, random):
    lines = [f"j{k} q {c} {r}" for k, pair in enumerate(ratings) for c, r in zip("mn", pair, strict=True)]
    first = metrics(jury(table("\n".join(lines)), FIVE), "t")
    random.shuffle(lines)
    second = metrics(jury(table("\n".join(lines)), FIVE), "t")
    for one in first:
        other = find(second, one.model, one.metric)
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))
    curve = [m.value for m in first if m.model == "m" and m.metric.startswith("welfare")]
    assert all(a >= b - 1e-12 for a, b in pairwise(curve))


def test_bad_tables_are_refused():
    with pytest.raises(DataError, match="rates one candidate twice"):
        jury(table("a q m 1\n a q m 2"), FIVE)
    with pytest.raises(DataError, match="from 1 to 6"):
        jury(table("a q m 1\n a q n 6"), FIVE)
    with pytest.raises(DataError, match="not on the list: b"):
        jury(table("b q m 1"), FIVE, [Juror("a")])
    with pytest.raises(DataError, match="all candidates"):
        jury(table("a q m 1\n b q n 1"), FIVE)
    with pytest.raises(UsageError, match="low < high"):
        Scale(5, 1, 0)


def test_people_are_read_from_a_file(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text("who,what,vote,side\na,s1,well,left\na,s2,poorly,left\nb,s1,,right\nb,s2,well,right\n")
    columns = {"juror": "who", "candidate": "what", "rating": "vote", "group": "side"}
    ratings, jurors = people(path, **columns, levels=("poorly", "well"))
    assert ratings["rating"].to_list() == [1, 0, None, 1]
    assert jurors == [Juror("a", group="left"), Juror("b", group="right")]
    assert jury(ratings, Scale(0, 1, 0), jurors).missing == ("b",)
    with pytest.raises(DataError, match=r"not a rating: 'well'.*row 2"):
        people(path, **columns)
    with pytest.raises(DataError, match="no column nobody"):
        people(path, **columns | {"juror": "nobody"}, levels=("poorly", "well"))
    path.write_text("who,what,vote,side\na,s1,well,left\na,s2,well,right\n")
    with pytest.raises(DataError, match=r"two weights or groups.*row 3"):
        people(path, **columns, levels=("poorly", "well"))


def test_a_language_model_rates_as_who_it_is_told_to_be():
    def rates(prompt):
        liked = ("garden" in prompt.input) == ("gardener" in (prompt.description or ""))
        return {"1": 0.1, "2": 0.4, "junk": 0.5} if liked else {"1": 0.4, "2": 0.1, "junk": 0.5}

    cases = [Case("all", "s1", "more gardens"), Case("all", "s2", "more roads")]
    jurors = [Juror("g", description="A gardener."), Juror("d", description="A driver.")]
    found = language_model(ScriptedModel(rates), jurors, cases, ("1", "2"))
    assert found["rating"].to_list() == pytest.approx([0.8, 0.2, 0.2, 0.8])
    assert found["mass_outside"].to_list() == pytest.approx([0.5] * 4)
    mute = ScriptedModel(lambda prompt: {"1": 0.01, "junk": 0.99})
    assert language_model(mute, jurors, cases, ("1", "2"))["rating"].null_count() == 4


def test_a_decoder_rates_by_expectation():
    class Certain:
        def predict(self, items, representations, who):
            return np.eye(3)[(items + who) % 3]

    cases = [(0, Case("all", "s1", "")), (1, Case("all", "s2", ""))]
    told = [(Juror("a"), Representation()), (Juror("b"), Representation())]
    found = decoder(Certain(), told, cases, (1.0, 2.0, 3.0))
    assert found["rating"].to_list() == [1, 2, 2, 3]
    assert found["juror"].to_list() == ["a", "a", "b", "b"]
