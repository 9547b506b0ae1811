"""A look at data whose camps are known, at data with nothing to find, and at very little data."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

from pluralign.raters.compact import Settings
from pluralign.raters.describe import camps as camps_of
from pluralign.raters.describe import checks, describe
from pluralign.raters.describe.predictable import ceiling
from pluralign.raters.findings import Told, read
from pluralign.raters.reading import Reading
from pluralign.raters.society import society
from pluralign.raters.splits import split
from pluralign.raters.trained import fit
from tests.raters.bags import SMALL, bag


def found(ratings):
    trained = fit(
        ratings,
        split(ratings, "raters", 0),
        bag(ratings.items["text"].to_list()),
        settings=Settings(width=32, factors=6, steps=150, batch=32),
        embed=bag,
    )
    return trained, camps_of.find(ratings, trained.candidates)


def test_planted_camps_are_found_and_the_attribute_that_goes_with_them():
    ratings, truth = society(120, 40, 2, leaning=1.5, agreement=0.9)
    trained, camps = found(ratings)
    assert camps.count == 2
    assert adjusted_rand_score(truth.camp, camps.camp) > 0.8
    told = camps_of.describe(ratings, camps, trained.encoder)
    assert [camp.name for camp in told] == ["A", "B"] and told[0].raters >= told[1].raters
    assert all(camp.profile for camp in told)
    for camp in told:
        assert next(fact for fact, here, there in camp.attributes if here > there + 0.4).startswith("district: ")
        assert not any("rater" in key or key.startswith("items") for said in camp.profile for key in said.evidence)
    texts = ratings.items["text"].to_list()
    divergent, _ = checks.matching(trained, texts)
    assert divergent.cases == 40 and divergent.accuracy[1] > 0.5
    most = camps_of.dividing(ratings, camps, texts)[0]
    gap = np.abs(np.diff(truth.leaning[:, truth.topic], axis=0))[0]
    assert gap[texts.index(most.text)] > np.median(gap)
    assert sum(most.counts) == (ratings.item == texts.index(most.text)).sum()
    assert all(sum(shares) == pytest.approx(1) for shares in most.shares)


def test_a_society_without_camps_is_one_camp():
    ratings, _ = society(120, 30, 1, severity=0, stretch=0)
    _, camps = found(ratings)
    assert camps.count == 1
    assert set(camps.camp.tolist()) == {0}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Forty raters, some of whom are hardly known."""
    folder = tmp_path_factory.mktemp("describe")
    ratings, _ = society(40, 20, 2, leaning=2.0)
    ratings = replace(ratings, raters=ratings.raters.with_columns(("secret-" + pl.col("rater")).alias("rater")))
    few = (ratings.rater < 2) & (ratings.item > 0)
    reading = Reading(ratings.rows(~few), columns=(("rater", "who"),))
    return reading, folder, describe(reading, folder, settings=SMALL, embed=bag)


def test_findings_are_whole_and_written(small):
    reading, folder, findings = small
    assert read(folder) == findings
    assert (findings.raters, findings.items, findings.ratings) == (40, 20, 38 * 20 + 2)
    assert findings.per_rater == (1, 20, 20)
    assert sum(findings.answers) == pytest.approx(1)
    assert findings.told[0].representation == "none"
    assert {one.representation for one in findings.told} >= {"profile", "demonstrations-all", "demographics:age"}
    assert {field.name for field in findings.fields} == {"district", "age"}
    assert sum(camp.raters for camp in findings.camps) == 40
    assert any("2 raters rated fewer than 4 items" in warning for warning in findings.warnings)
    ages = next(field for field in findings.fields if field.name == "age")
    assert ages.warning.startswith("Fewer than 10 raters in") == (min(size for _, size in ages.groups) < 10)
    bins = findings.calibration
    assert bins and all(0 <= p <= 1 and 0 <= q <= 1 for p, q, _ in bins)
    divergent, random = findings.matching
    assert (divergent.kind, random.kind) == ("most divergent", "random")
    assert divergent.undecided <= divergent.cases <= 20
    # The raters held out answer all items, so that agreement on each can be observed.
    assert findings.foreseen.items == 20 and -1 <= findings.foreseen.correlation[0] <= 1
    # The same request again reads what is there.
    assert describe(reading, folder, settings=SMALL, embed=lambda texts: 1 / 0) == findings


def test_people_have_predictions_that_their_profile_had_not_seen(small):
    reading, _, findings = small
    ratings = reading.ratings
    texts = ratings.items["text"].to_list()
    assert 4 <= len(findings.people) <= 10
    for person in findings.people:
        number = int(person.name.removeprefix("rater ")) - 1
        answers = {texts[i]: ratings.scale.outcomes[y] for i, y in zip(*_own(ratings, number), strict=True)}
        shown = {text for near in person.nearest for text, _ in near}
        for (text, p, given), near in zip(person.predicted, person.nearest, strict=True):
            assert sum(p) == pytest.approx(1) and given == answers[text] and text not in shown
            assert near and all(answers[other] == said for other, said in near)


def test_a_stopped_run_goes_on_with_the_next_split(tmp_path):
    ratings, _ = society(24, 12, 2, leaning=2.0)
    given = {"splits": 2, "settings": SMALL, "embed": bag}
    whole = describe(Reading(ratings), tmp_path / "whole", **given)

    class Stopped(Exception):
        pass

    begun = []

    def stop(what, done, total):
        begun.append(what)
        if begun.count("writing profiles") == 2:
            raise Stopped

    with pytest.raises(Stopped):
        describe(Reading(ratings), tmp_path / "parts", said=stop, **given)
    told = []
    found = describe(Reading(ratings), tmp_path / "parts", said=lambda what, done, total: told.append(what), **given)
    assert found == whole and told.count("writing profiles") == 1
    rows = [pl.read_parquet(tmp_path / name / "rows.parquet") for name in ("whole", "parts")]
    assert rows[0].equals(rows[1]) and rows[0]["seed"].n_unique() == 2


def test_the_ceiling_is_that_of_the_best_which_is_clear():
    ratings, _ = society(6, 5, 1)
    some = (0.5, 0.4, 0.6)
    told = [Told("none", some, (1.0, 0.9, 1.1), (0.0, 0.0, 0.0), some)]
    told += [Told("demonstrations-all", some, some, (0.2, 0.15, 0.25), some)]
    told += [Told("demographics:age", some, some, (0.4, -0.1, 0.9), some)]
    said = ceiling(ratings, told, [])
    assert "all that may be told of the rater's own ratings, takes that to 0.80" in said
    assert "20% (15% to 25%)" in said
    nothing = (None, None, None)
    said = ceiling(ratings, told, [(2, nothing, (0.3, 0.25, 0.35)), (4, some, nothing)])
    assert "a latent-factor model with 2 factors" in said and "30% (25% to 35%)" in said
    assert ceiling(ratings, told[::2], []).endswith("Nothing that is known of a rater clearly lowers this.")


def _own(ratings, rater):
    rows = ratings.rater == rater
    return ratings.item[rows].tolist(), ratings.label[rows].tolist()


def test_ids_are_written_only_where_they_may_be_shown(small, tmp_path):
    reading, folder, _ = small
    for name in ("findings.json", "config.json", "metrics.json"):
        assert "secret-" not in (folder / name).read_text()
    few = Reading(reading.ratings.rows(reading.ratings.rater < 6))
    shown = describe(few, tmp_path, settings=SMALL, embed=bag, show_ids=True)
    assert all(person.name.startswith("secret-") for person in shown.people)


@pytest.mark.parametrize(("raters", "per_rater"), [(1, 1), (3, 5), (7, 6), (30, 2)])
def test_very_little_data_is_counted_and_the_rest_is_said_to_be_unknown(tmp_path, raters, per_rater):
    ratings, _ = society(raters, 8, 1, per_rater=per_rater)
    findings = describe(Reading(ratings), tmp_path, settings=SMALL, embed=bag)
    assert findings.warnings and "too few" in findings.warnings[0]
    assert findings.ratings == raters * per_rater
    assert not findings.told and not findings.fields and len(findings.camps) == 1
    assert findings.people and not any(person.predicted for person in findings.people)
