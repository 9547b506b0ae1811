"""Whose values: the study finds planted gaps, stays silent as often as it says, and refuses tables that contradict."""

import gc
import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom
from statsmodels.stats.power import NormalIndPower

from pluralign.errors import DataError, UsageError
from pluralign.report.text import clean
from pluralign.runs import read as read_run
from pluralign.values import bank
from pluralign.values.permutation import difference
from pluralign.values.power import POWER, detectable, spread
from pluralign.values.responses import read
from pluralign.values.study import study
from pluralign.values.study_findings import LEVEL, Comparison, Study
from pluralign.values.study_page import MISSING, render, save
from pluralign.values.study_views import entries, views
from pluralign.values.study_words import verdict
from tests.report.test_page import Page
from tests.values.simulated_answers import ICC, responses, simulate, tendency

HEADER = ("person", "situation", "kind", "text", "agree", "missing", "missing_text", "town")
REPETITIONS = 200


def table(path, *rows, header=HEADER):
    pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row").write_csv(path)
    return path


def row(person="a", situation="Biking", text="Health", agree="yes", missing="no", wrote=None, town="x", kind="value"):
    return (person, situation, kind, text, agree, missing, wrote, town)


def comparisons(found: Study) -> dict[tuple[str, str], Comparison]:
    return {(attribute.name, one.outcome): one for attribute in found.attributes for one in attribute.comparisons}


@pytest.fixture
def quick_correction():
    """The correction collects garbage each time, which costs more than the study where a lot lives."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def test_false_findings_are_as_frequent_as_stated(quick_correction):
    found = [study(responses(simulate(seed))) for seed in range(REPETITIONS)]
    assert {one.comparisons for one in found} == {4}
    false = sum(any(one.differs for one in comparisons(each).values()) for each in found)
    low, high = binom.interval(0.95, REPETITIONS, LEVEL)
    print(f"any false finding in {false} of {REPETITIONS} studies without a gap; expected {low:.0f} to {high:.0f}")
    assert low <= false <= high


def test_a_planted_gap_is_found_and_the_others_stay_silent(quick_correction):
    gaps = {"east": (-0.3, 0.3)}
    hits = {"agreement": 0, "missing": 0}
    false = 0
    for seed in range(REPETITIONS):
        found = comparisons(study(responses(simulate(1000 + seed, gaps=gaps))))
        for outcome in hits:
            one = found["region", outcome]
            hits[outcome] += one.differs and one.gaps[0].group == "east"
        false += any(found["work", outcome].differs for outcome in hits)
    print(f"planted gaps of 30 points found in {hits} of {REPETITIONS}; false findings beside them in {false}")
    assert min(hits.values()) >= 0.75 * REPETITIONS
    assert false <= binom.ppf(0.975, REPETITIONS, LEVEL)


@pytest.mark.parametrize("sizes", [(40, 80), (25, 60, 40)])
def test_the_gap_that_could_be_detected_is_detected_with_the_stated_power(sizes):
    draw, level, rate = np.random.default_rng(5), 0.0125, 0.2
    could = detectable(sizes[0], sum(sizes[1:]), len(sizes), rate, 8 / (1 + 7 * ICC), level)
    hits = 0
    for _ in range(REPETITIONS):
        groups = []
        for place, people in enumerate(sizes):
            expected = rate if place else could.above
            groups.append(draw.binomial(8, tendency(draw, np.full(people, expected))) / 8)
        hits += difference(groups) <= level
    print(
        f"a gap that is detectable with {POWER:.0%} was detected in {hits} of {REPETITIONS} studies of {sizes} people"
    )
    assert abs(hits / REPETITIONS - POWER) < 0.1


def test_intervals_cover_as_often_as_they_say_in_a_small_group(quick_correction):
    groups = {"work": {"day": 80, "night": 10}}
    inside = 0
    for seed in range(150):
        table = simulate(5000 + seed, groups=groups, missing=0.06, situations=400, shown=6, considerations=1)
        whole = study(responses(table))
        night = next(group for group in whole.attributes[0].groups if group.name == "night")
        rate = night.rates["missing"]
        # Situations shift the log-odds, which moves the expected rate from 0.06 to about 0.065.
        inside += rate.low <= 0.065 <= rate.high
    print(f"95% intervals of 10 people cover in {inside} of 150")
    assert inside >= binom.ppf(0.01, 150, 0.95)


def test_a_rate_counts_people_not_answers():
    busy = [(0, f"s{n}", "value", "t", 1.0) for n in range(9)]
    agreed = pl.DataFrame(
        [*busy, (1, "s0", "value", "t", 0.0)], schema=["person", "situation", "kind", "text", "value"], orient="row"
    )
    whole = responses(simulate(0))
    found = study(replace(whole, count=2, agreed=agreed, missed=whole.missed.clear(), people=pl.DataFrame()))
    assert found.rates["agreement"].value == 0.5 and found.rates["agreement"].answers == 10
    assert found.rates["missing"].value is None and found.rates["missing_ever"].people == 0
    assert not found.same_situations and any("noise" in note for note in found.notes)
    assert verdict(found) and Page(render(found))


def test_spread_follows_its_formula():
    draw = np.random.default_rng(0)
    rates = draw.binomial(8, draw.beta(0.3 * 7 / 3, 0.7 * 7 / 3, 20000)) / 8
    found = spread(rates, np.full(20000, 8.0))
    assert found is not None and found.icc == pytest.approx(0.3, abs=0.02)
    assert found.design_effect == pytest.approx(1 + 7 * found.icc)
    assert found.independent_per_person == pytest.approx(8 / found.design_effect)
    assert spread(np.ones(5), np.ones(5)) is None
    once = spread(np.array([0.0, 1.0, 1.0]), np.ones(3))
    assert once is not None and once.icc is None


def test_detectable_gaps_of_two_groups_are_those_of_two_proportions():
    found = detectable(30_000, 90_000, 2, 0.4, 0.0025, 0.0125)
    h = NormalIndPower().solve_power(nobs1=75, alpha=0.0125, power=POWER, ratio=3)
    assert found.cohens_h == pytest.approx(h, rel=1e-3)
    assert found.above is not None and 2 * np.arcsin(np.sqrt(found.above)) - 2 * np.arcsin(
        np.sqrt(0.4)
    ) == pytest.approx(h, rel=1e-3)
    assert detectable(30_000, 90_000, 5, 0.4, 0.0025, 0.0125).cohens_h > found.cohens_h
    assert detectable(30, 90, 2, 0.4, 2.5, 0.0125).cohens_h > found.cohens_h
    few = detectable(10, 10, 2, 0.5, 0.5, 0.01)
    assert few.below is None and few.above is None


def test_the_test_sees_groups_without_variation_and_nothing_where_nobody_differs():
    assert difference([np.zeros(12), np.zeros(20)]) is None
    assert difference([np.zeros(12), np.ones(12)]) == pytest.approx(1e-4, rel=1)
    assert difference([np.tile([0.0, 1.0], 20), np.tile([0.0, 1.0], 40)]) > 0.5


def test_small_groups_are_shown_and_not_compared():
    groups = {"region": {"north": 60, "south": 30, "west": 9}}
    found = study(responses(simulate(3, groups=groups, gaps={"west": (-0.7, 0.7)})))
    (region,) = found.attributes
    assert [group.name for group in region.groups if group.small] == ["west"]
    assert region.groups[-1].rates["agreement"].people == 9
    assert all({gap.group for gap in one.gaps} == {"north", "south"} for one in region.comparisons)
    assert any("west (9)" in warning for warning in found.warnings)


def test_groups_that_saw_different_situations_are_warned_about():
    table = simulate(4, groups={"work": {"day": 40, "night": 40}}, situations=2, shown=2)
    seen = pl.when(pl.col("work") == "day").then(pl.lit("Situation 0")).otherwise(pl.lit("Situation 1"))
    table = table.filter(pl.col("situation") == seen)
    hard = pl.when(pl.col("work") == "day").then(pl.lit("no")).otherwise("agree")
    found = study(responses(table.with_columns(agree=hard)))
    gap = comparisons(found)["work", "agreement"].gaps[0]
    assert gap.by_situations == pytest.approx(gap.difference)
    assert any("situations that" in warning for warning in found.warnings)


def test_a_table_is_read_as_the_simulation_has_it(tmp_path):
    made = simulate(7, groups={"work": {"day": 20, "night": 15}})
    made.write_csv(tmp_path / "a.csv", separator=";")
    made.with_columns(
        agree=pl.col("agree") == "yes", missing=(pl.col("missing") == "yes").cast(pl.Float64)
    ).write_parquet(tmp_path / "a.parquet")
    direct = study(responses(made))
    for name in ("a.csv", "a.parquet"):
        found = study(read(tmp_path / name))
        assert found.rates == direct.rates and found.spreads == direct.spreads
        assert [group.people for group in found.attributes[0].groups] == [20, 15]
        assert found.people == 35 and found.same_situations


def test_what_is_left_out_is_counted(tmp_path):
    path = table(
        tmp_path / "a.csv",
        row(),
        row(),  # the same again
        row(text="Honesty", agree="NA", missing=None),
        row("b", agree="0", missing="TRUE", wrote=" Quiet\nstreets "),
        row("b", "Driving", missing=None),
        row(None),
        row("c", missing="no", wrote="nothing", town="y"),
    )
    found = read(path)
    assert (found.count, found.agreed.height, found.missed.height) == (3, 4, 3)
    for said in ("1 row without", "1 repeated", "1 consideration without", "1 time a person", "1 text by people"):
        assert any(said in note for note in found.notes), said
    assert found.views.rows() == [(1, "Biking", "Quiet\nstreets", 5)]
    assert found.people["town"].to_list() == ["x", "x", "y"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row(agree="maybe"), row("b")], ["'maybe' is neither yes nor no", "row 2", "'agree'"]),
        ([row(missing="2"), row("b", missing="3")], ["'2' is neither yes nor no; 2 such", "row 2"]),
        ([row(), row("b"), row(agree="no")], ["agrees and disagrees", "row 2", "row 4"]),
        ([row(), row("b"), row(text="Honesty", missing="yes")], ["is missing and that it is not", "row 2", "row 4"]),
        ([row(), row()], ["one person"]),
        ([row(None)], ["no row has a person"]),
        ([row(kind="virtue"), row("b")], ["no kind of consideration 'virtue'", "row 2"]),
        ([row(text=None), row("b")], ["whose kind or text is empty", "row 2"]),
        ([row(agree=None, missing=None), row("b", agree=None, missing=None)], ["nobody answered"]),
    ],
)
def test_wrong_tables(tmp_path, rows, said):
    with pytest.raises(DataError) as caught:
        read(table(tmp_path / "a.csv", *rows))
    assert all(part in str(caught.value) for part in said), str(caught.value)


def test_wrong_columns(tmp_path):
    path = table(tmp_path / "a.csv", row(), row("b", town="y"), row(text="Honesty", town="z"))
    with pytest.raises(DataError, match=r"no column 'missing'.*missing_text"):
        read(table(tmp_path / "b.csv", row()[:5] + row()[6:], header=HEADER[:5] + HEADER[6:]))
    with pytest.raises(DataError, match=r"two values of 'town'.*row 2, and .*row 4"):
        read(path, ["town"])
    with pytest.raises(DataError, match="no column 'city'"):
        read(path, ["city"])
    with pytest.raises(UsageError, match="says nothing about people"):
        read(path, ["kind"])
    with pytest.raises(DataError, match="no such file"):
        read(tmp_path / "absent.csv")
    with pytest.raises(UsageError, match="words"):
        read(table(tmp_path / "c.csv", row(situation="word " * 2000), row("b")))
    found = read(path)
    assert any("differs within a person" in note for note in found.notes) and not found.people.width


def test_attributes_are_grouped(tmp_path):
    rows = [
        (
            f"p{n}",
            "Biking",
            "value",
            "Health",
            "yes",
            "no",
            str(18 + n),
            f"name {n}",
            "same",
            "ab"[n % 2],
            None if n else "x",
        )
        for n in range(40)
    ]
    header = (*HEADER[:6], "age", "name", "constant", "side", "rare")
    found = read(table(tmp_path / "a.csv", *rows, header=header))
    assert found.people.columns == ["age", "side"]
    assert found.people["age"].dtype == pl.Enum(["18–27", "28–37", "38–47", "48–57"])
    assert sum("not used" in note for note in found.notes) == 3
    assert study(found).comparisons == 0  # everybody agrees, so that nothing can be compared
    assert "No groups could be compared" in " ".join(verdict(study(found)))


def test_views_are_counted_and_become_entries_of_the_bank(tmp_path):
    texts = pl.DataFrame(
        [
            (0, "Biking", "Quiet streets", 2),
            (1, "Biking", " quiet  STREETS.", 5),
            (1, "Driving", "quiet streets", 6),
            (2, "Driving", "\N{WARNING SIGN}", 9),
        ],
        schema=["person", "situation", "text", "row"],
        orient="row",
    )
    found = views(texts)
    assert [(view.text, view.people) for view in found] == [("Quiet streets", 2), ("\N{WARNING SIGN}", 1)]
    made = entries(found, "a.csv")
    assert made[0] == {"kind": None, "text": "Quiet streets", "situation": "Biking", "source": "study:a.csv#2,5"}
    assert made[1]["source"] == "study:a.csv#6"
    edited = tmp_path / "own.jsonl"
    edited.write_text(json.dumps(made[0] | {"kind": "value", "text": "Quiet"}), encoding="utf-8")
    (entry,) = bank.read(edited)
    assert (entry.kind, entry.text, entry.source) == ("value", "Quiet", "study:a.csv#2,5")


HOSTILE = '<script>alert(1)</script>"onmouseover="x'


def test_the_run_folder_and_its_page(tmp_path):
    rows = [
        row(
            f"p{n}",
            HOSTILE if n % 2 else "Biking",
            HOSTILE,
            "yes" if n % 3 else "no",
            "yes" if n % 4 == 0 else "no",
            HOSTILE,
            f"{HOSTILE}{n % 2}",
        )
        for n in range(30)
    ]
    header = (*HEADER[:7], HOSTILE)
    path = table(tmp_path / "a.csv", *rows, header=header)
    answers = read(path, [HOSTILE])
    found = study(answers)
    folder = save(found, answers, path, [HOSTILE], tmp_path / "run")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page and Page(page)
    assert all(clean(sentence)[:20] for sentence in verdict(found))
    config, metrics, kept = read_run(folder)
    assert config["request"]["command"] == "values study" and kept.height == 60
    everybody = {one["metric"]: one["value"] for one in metrics if one["model"] == "everybody"}
    assert everybody["agreement_share"] == found.rates["agreement"].value
    assert "texts" not in found.as_dict(texts=False) and json.loads((folder / "study.json").read_text())["texts"]
    # What a person has edited stays.
    (folder / MISSING).write_text("edited", encoding="utf-8")
    save(found, answers, path, [HOSTILE], folder)
    assert (folder / MISSING).read_text(encoding="utf-8") == "edited"
