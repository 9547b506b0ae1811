"""Profiles tell what was planted, stay silent about noise, and rest on numbers that can be counted again."""

import re
from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pluralign.errors import DataError
from pluralign.raters.descriptive import DescriptiveEncoder
from pluralign.raters.descriptive.crowd import crowd
from pluralign.raters.descriptive.levels import LEVEL
from pluralign.raters.descriptive.readings import LIKELY
from pluralign.raters.descriptive.wording import amount
from pluralign.raters.ratings import Ratings
from pluralign.raters.scale import Scale
from pluralign.raters.society import POINTS, TOPICS, VOTES, society

LONG = Scale("ordinal", tuple(str(point) for point in range(11)))


def rows_of(ratings, raters):
    return [np.flatnonzero(ratings.rater == rater) for rater in raters]


@cache
def encoded(camps=3, scale=POINTS, per_rater=None, seed=0, **planted):
    """A society of 400, its truth, an encoder learned from the first 200, and the profiles of the others."""
    ratings, truth = society(400, 100, camps, scale=scale, per_rater=per_rater, seed=seed, **planted)
    encoder = DescriptiveEncoder(ratings, np.flatnonzero(ratings.rater < 200))
    return ratings, truth, encoder, encoder.encode(ratings, rows_of(ratings, range(200, 400)))


def stated(profiles, up, down):
    """+1, -1 or 0 per profile: whether a sentence has the words ``up`` or ``down``."""
    return np.array([(up in profile.text) * 1 - (down in profile.text) * 1 for profile in profiles])


def figures(found, planted, size):
    """Precision of the stated signs, and recall where the planted value is at least ``size``."""
    some, large = found != 0, np.abs(planted) >= size
    return (found == np.sign(planted))[some].mean(), (found == np.sign(planted))[large].mean()


@pytest.mark.parametrize(("per_rater", "least"), [(None, 0.9), (20, 0.75)])
def test_severity_is_told(per_rater, least):
    _, truth, _, profiles = encoded(per_rater=per_rater)
    found = stated(profiles, "higher than others.", "lower scores than most people.")
    precision, recall = figures(found, -truth.severity[200:], 0.5)
    assert precision > 0.85 and recall > least


def test_passing_is_told():
    _, truth, _, profiles = encoded(scale=VOTES)
    found = stated(profiles, "nswers “Pass”", "paring with “Pass”")
    precision, recall = figures(found, truth.unsure[200:] - truth.unsure[:200].mean(), 0.1)
    assert precision > 0.9 and recall > 0.8


def test_use_of_the_scale_is_told():
    _, truth, _, profiles = encoded(camps=1, severity=0, stretch=0.5)
    found = stated(profiles, "paring with “3”", "nswers “3”")
    precision, recall = figures(found, np.log(truth.stretch[200:]), 0.5)
    assert precision > 0.9 and recall > 0.7


def test_ends_of_a_long_scale_are_told():
    _, truth, _, profiles = encoded(camps=1, scale=LONG, severity=0, stretch=0.5)
    found = stated(profiles, "oes to extremes", "eeps to the middle")
    precision, recall = figures(found, np.log(truth.stretch[200:]), 0.5)
    assert precision > 0.9 and recall > 0.8


def leanings(ratings, truth, profiles):
    """Of each stated axis: by how much more the rater's camp likes what it is said to favour, by profile."""
    for rater, profile in enumerate(profiles, 200):
        for statement in profile.statements:
            evidence = dict(statement.evidence)
            if "items elsewhere" in evidence:
                toward, away = (
                    truth.leaning[truth.camp[rater], truth.topic[[int(one) for one in evidence[name].split(", ")]]]
                    for name in ("items", "items elsewhere")
                )
                yield rater, toward.mean() - away.mean()


@pytest.mark.parametrize(("scale", "per_rater"), [(POINTS, None), (POINTS, 20), (VOTES, None)])
def test_camps_are_told_by_what_they_favour(scale, per_rater):
    ratings, truth, _, profiles = encoded(scale=scale, per_rater=per_rater)
    found = list(leanings(ratings, truth, profiles))
    assert np.mean([gain > 0 for _, gain in found]) > 0.9
    assert len({rater for rater, _ in found}) > 150


def test_severity_extremity_and_topics_are_told_side_by_side():
    ratings, truth, _, profiles = encoded(scale=LONG, per_rater=60, severity=0.6, stretch=0.4)
    severe = stated(profiles, "lower scores than most people.", "higher than others.")
    extreme = stated(profiles, "oes to extremes", "eeps to the middle")
    for found, planted in ((severe, truth.severity), (extreme, np.log(truth.stretch))):
        precision, recall = figures(found, planted[200:], 0.6)
        assert precision > 0.85 and recall > 0.8
    topics = list(leanings(ratings, truth, profiles))
    assert np.mean([gain > 0 for _, gain in topics]) > 0.9
    assert len({rater for rater, _ in topics}) > 150


@pytest.mark.parametrize("scale", [POINTS, VOTES, Scale("binary", ("no", "yes"))])
@pytest.mark.parametrize("per_rater", [None, 20])
def test_noise_is_not_described(scale, per_rater):
    empty = [
        not profile.statements
        for seed in range(3)
        for profile in encoded(camps=1, scale=scale, per_rater=per_rater, seed=seed, severity=0, stretch=0, unsure=0)[
            3
        ]
    ]
    assert np.mean(empty) > 0.98


def expected(ratings, train, values, row):
    """What the crowd answers to the item of a rating, counted by hand."""
    strength = crowd(ratings, train).score(values).strength
    scores = values[ratings.label]
    others = train[(ratings.item[train] == ratings.item[row]) & (ratings.rater[train] != ratings.rater[row])]
    return (scores[others].sum() + strength * scores[train].mean()) / (len(others) + strength)


def counted_again(ratings, train, rows, statement):
    evidence = dict(statement.evidence)
    label = re.search(r"(?:nswers|paring with) “(\w+)”", statement.text)
    own = np.arange(len(ratings.scale.labels)) == ratings.scale.labels.index(label[1]) if label else None
    values = amount(ratings.scale) if own is None else own.astype(float)

    def means(rows):
        crowds = [expected(ratings, train, values, row) for row in rows]
        return len(rows), values[ratings.label[rows]].mean(), np.mean(crowds)

    inside, outside = rows, rows[:0]
    if "items" in evidence:
        inside = np.array([row for row in rows if str(ratings.item[row]) in evidence["items"].split(", ")])
        outside = np.setdiff1d(rows, inside)
    if "items elsewhere" in evidence:
        outside = np.array([row for row in rows if str(ratings.item[row]) in evidence["items elsewhere"].split(", ")])
    count, rater, others = means(inside)
    assert (evidence["ratings"], evidence["rater"]) == (count, pytest.approx(rater))
    assert evidence["crowd"] == pytest.approx(others)
    difference = rater - others
    if "ratings elsewhere" in evidence:
        count, rater, others = means(outside)
        assert (evidence["ratings elsewhere"], evidence["rater elsewhere"]) == (count, pytest.approx(rater))
        assert evidence["crowd elsewhere"] == pytest.approx(others)
        difference -= rater - others
    assert evidence.get(LEVEL, evidence.get("difference")) == pytest.approx(difference)
    assert LIKELY <= evidence["certainty"] <= 1
    assert statement.text.startswith("Perhaps ") == (evidence["certainty"] < 0.9)


@settings(max_examples=25)
@given(st.sampled_from([POINTS, VOTES]), st.integers(0, 399), st.integers(1, 20), st.randoms(use_true_random=False))
def test_every_number_can_be_counted_again(scale, rater, count, random):
    ratings, _, encoder, _ = encoded(scale=scale, per_rater=20)
    own = np.flatnonzero(ratings.rater == rater)
    rows = np.array(sorted(random.sample(own.tolist(), count)))
    for statement in encoder.encode(ratings, [rows])[0].statements:
        counted_again(ratings, np.flatnonzero(ratings.rater < 200), rows, statement)


def test_themes_are_told_with_their_numbers():
    ratings, truth = society(400, 200, 4, severity=0, seed=1)
    vectors = np.eye(len(TOPICS))[truth.topic] + 0.01 * np.random.default_rng(0).normal(size=(200, len(TOPICS)))
    train = np.flatnonzero(ratings.rater < 200)
    rows = rows_of(ratings, range(200, 400))
    right = []
    for rater, profile in enumerate(DescriptiveEncoder(ratings, train, vectors).encode(ratings, rows), 200):
        for statement in profile.statements:
            theme = re.search(r"\b(on|down) items", statement.text.lower())
            if theme:
                items = [int(one) for one in dict(statement.evidence)["items"].split(", ")]
                gain = truth.leaning[truth.camp[rater], truth.topic[items]].mean()
                right.append((theme[1] == "on") == (gain > 0))
                if len(right) % 40 == 0:
                    counted_again(ratings, train, rows[rater - 200], statement)
    assert len(right) > 100 and np.mean(right) > 0.9


def test_a_profile_does_not_depend_on_the_others():
    ratings, _, encoder, profiles = encoded()
    alone = [encoder.encode(ratings, rows_of(ratings, [rater]))[0] for rater in (390, 205)]
    assert [profile.text for profile in alone] == [profiles[190].text, profiles[5].text]
    assert encoder.encode(ratings, []) == []


def test_profiles_are_short_and_each_sentence_stands_once():
    for options in ({}, {"scale": VOTES}, {"camps": 1, "stretch": 0.5}):
        for profile in encoded(**options)[3]:
            sentences = [statement.text for statement in profile.statements]
            assert len(sentences) <= 12 and len(set(sentences)) == len(sentences)


def test_few_ratings_tell_little_and_that_as_a_guess():
    ratings, _, encoder, profiles = encoded()
    for count, most in ((0, 0), (1, 1.5), (2, 3)):
        few = encoder.encode(ratings, [rows[:count] for rows in rows_of(ratings, range(200, 400))])
        told = [statement.text for profile in few for statement in profile.statements]
        assert len(told) / len(few) <= most
        assert sum(text.startswith("Perhaps ") for text in told) >= 0.95 * len(told)
    assert np.mean([len(profile.statements) for profile in profiles]) > 5


def test_no_item_is_quoted_where_none_may_be():
    ratings, _ = society(200, 60)
    encoder = DescriptiveEncoder(ratings, np.arange(len(ratings)), np.eye(60), quote=False)
    profiles = encoder.encode(ratings, rows_of(ratings, range(200)))
    text = " ".join(profile.text for profile in profiles)
    assert re.search(r"ates items like item \d+ and item \d+ \w+ higher than ones like item \d+", text)
    assert not any(words in text for words in ("town", "cycle", "library"))


def table(scale, labels, texts=None):
    """Ratings of all items by all raters; ``labels`` has shape (raters, items)."""
    raters, items = labels.shape
    names = [str(number) for number in range(items)]
    return Ratings(
        "made",
        "",
        scale,
        pl.DataFrame(
            {
                "rater": np.repeat(np.arange(raters), items),
                "item": np.tile(np.arange(items), raters),
                "label": labels.ravel(),
            }
        ),
        pl.DataFrame({"rater": [str(number) for number in range(raters)]}),
        pl.DataFrame({"item": names, "text": texts or [f"Number {name}." for name in names]}),
    )


@pytest.mark.parametrize(
    "scale", [POINTS, VOTES, Scale("multilabel", ("a", "b")), Scale("nominal", ("red", "green", "blue"))]
)
def test_equal_answers_have_empty_profiles(scale):
    ratings = table(scale, np.full((30, 12), 1))
    encoder = DescriptiveEncoder(ratings, np.arange(len(ratings)), np.eye(12))
    assert {profile.text for profile in encoder.encode(ratings, rows_of(ratings, range(30)))} == {""}


def test_sets_of_labels():
    scale = Scale("multilabel", ("calm", "glad", "keen"))
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=(60, 40))
    some = rng.random((30, 40)) < 0.7
    labels[:30][some] = scale.outcomes.index("calm,keen")
    ratings = table(scale, labels)
    profiles = DescriptiveEncoder(ratings, np.arange(len(ratings))).encode(ratings, rows_of(ratings, range(60)))
    several = stated(profiles, "ften gives several answers at once", "ettles on a single answer")
    keen = stated(profiles, "nswers “keen”", "paring with “keen”")
    for found in (several, keen):
        assert np.mean(found[:30] == 1) > 0.9 and np.mean(found[30:] == -1) > 0.8
    numbers = dict(profiles[0].statements[0].evidence)
    assert numbers["ratings"] == 40 and numbers["rater"] > numbers["crowd"]


def test_answers_without_an_order():
    rng = np.random.default_rng(0)
    scale = Scale("nominal", ("red", "green", "blue"))
    labels = rng.integers(3, size=(80, 40))
    camp, kind = np.arange(80) % 2, np.arange(40) % 2
    loyal = rng.random(labels.shape) < 0.6
    labels = np.where(loyal, (camp[:, None] + kind) % 2, labels)  # one camp: red to even items, green to odd ones
    ratings = table(scale, labels, [f"{('round', 'square')[n % 2]} thing number {n}" for n in range(40)])
    profiles = DescriptiveEncoder(ratings, np.arange(len(ratings))).encode(ratings, rows_of(ratings, range(80)))
    told = [re.search(r"nswers “(\w+)” to “(\w+)", profile.text) for profile in profiles]
    right = [
        match is not None and {"red": 0, "green": 1}[match[1]] == (camp[rater] + (match[2] == "square")) % 2
        for rater, match in enumerate(told)
    ]
    assert np.mean(right) > 0.95


def test_ratings_of_items_that_nobody_in_training_rated():
    ratings, _ = society(100, 60, per_rater=20)
    train = np.flatnonzero((ratings.rater < 50) & (ratings.item < 30))
    profiles = DescriptiveEncoder(ratings, train).encode(ratings, rows_of(ratings, range(50, 100)))
    assert len(profiles) == 50


def test_nothing_to_learn_from_is_an_error():
    ratings, _ = society(5, 5)
    with pytest.raises(DataError, match="no ratings to learn from"):
        DescriptiveEncoder(ratings, np.zeros(0, np.int64))
