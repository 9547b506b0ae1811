"""The sentences of the page: what they claim, and what they keep from claiming."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralign.raters.answers import Answers
from pluralign.raters.verdict import beyond_chance, counted, spoken, verdict
from tests.raters.example import NOTHING, around, bare, example

FOUND = example()


def said(findings) -> dict[str, str]:
    return dict(verdict(findings))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none", "nothing"),
        ("demographics", "all known attributes"),
        ("demographics:age", "the attribute “age”"),
        (
            "demographics:age+home town+profile-8",
            "the attributes “age+home town” and a profile written from 8 ratings",
        ),
        ("demonstrations-1", "one of the rater's own ratings"),
        ("demonstrations-16", "16 of the rater's own ratings"),
        ("demonstrations-all", "all that may be told of the rater's own ratings"),
        ("demographics+profile", "all known attributes and a profile in words"),
        ("profile-1", "a profile written from 1 rating"),
        ("cluster-4", "the rater's camp, one of 4"),
        ("habits-all", "how often the rater gives each answer"),
        ("latent-1", "a latent-factor model with one factor"),
        ("something new", "something new"),
    ],
)
def test_what_is_told_is_said_in_words(name: str, words: str) -> None:
    assert spoken(name) == words


def test_counts_agree_with_their_noun() -> None:
    assert [counted(n, "rater") for n in (0, 1, 2000)] == ["0 raters", "1 rater", "2,000 raters"]


def test_the_sentences_hold_the_numbers() -> None:
    text = said(FOUND)
    assert text[""] == "90 raters gave 2,160 ratings (24 each) to 40 items."
    assert "different answers in 61.3% of cases" in text["Disagreement"] and "differ in 77.6%" in text["Disagreement"]
    assert "3 camps: A with 34, B with 29 and C with 27" in text["Camps"]
    assert "0.081 nats" in text["Known attributes"] and "0.194 nats (clearly more)" in text["Known attributes"]
    assert "falls by 0.270 nats per answer, 19.1%" in text["Prediction"]
    assert "56.5% of other items instead of 43.0%" in text["Prediction"]
    assert "A profile in words keeps 78.0%" in text["Prediction"]


def test_uneven_numbers_of_ratings_are_told_with_their_middle() -> None:
    uneven = said(replace(FOUND, per_rater=(0, 3.5, 40)))[""]
    assert "(0 to 40 each, median 3.5)" in uneven
    assert said(replace(FOUND, raters=1, ratings=1, items=1))[""] == "1 rater gave 1 rating to 1 item."


@pytest.mark.parametrize(
    ("camps", "claim"),
    [
        (around(0.2), "clearly more"),
        (around(0.01, 0.001), "clearly less"),
        (around(0.1), "no clear difference"),
        ((0.2, None, None), "no clear difference"),
    ],
)
def test_camps_tell_more_than_an_attribute_only_where_intervals_are_apart(camps, claim: str) -> None:
    fields = [replace(FOUND.fields[0], camps_nats=camps)]
    assert f"({claim})" in said(replace(FOUND, fields=fields))["Known attributes"]


def test_an_attribute_explains_something_only_beyond_zero_and_chance() -> None:
    field = FOUND.fields[0]
    assert beyond_chance(field)
    assert not beyond_chance(replace(field, information_nats=(0.05, -0.01, 0.11)))
    assert not beyond_chance(replace(field, information_nats=(0.05, None, None)))
    assert not beyond_chance(replace(field, random_nats=(0.04, None, 0.09)))
    assert not beyond_chance(replace(field, random_nats=(0.09, None, None)))
    assert beyond_chance(replace(field, random_nats=NOTHING))
    alone = said(replace(FOUND, fields=[FOUND.fields[1]]))["Known attributes"]
    assert alone == "the only one does not tell clearly more about the answers than groups drawn at random."


def test_nothing_is_predictable_where_no_interval_is_above_zero() -> None:
    told = [replace(one, information_nats=(0.3, -0.1, 0.7)) for one in FOUND.told]
    assert said(replace(FOUND, told=told, curve=[]))["Prediction"].endswith("its predictions of the rater's answers.")
    bare_told = [replace(one, accuracy=NOTHING, nll_nats=NOTHING) for one in FOUND.told]
    short = said(replace(FOUND, told=bare_told))["Prediction"]
    assert short.startswith("when the model is told 32 of the rater's own ratings, its loss falls by 0.270 nats")
    assert "%" not in short.partition(".")[0]


def test_a_profile_that_tells_nothing_keeps_nothing() -> None:
    told = [
        replace(one, preserved_share=around(-0.4)) if one.representation == "profile" else one for one in FOUND.told
    ]
    text = said(replace(FOUND, told=told))["Prediction"]
    assert "A profile in words keeps nothing that the model could use" in text and "−" not in text


def test_a_predictor_without_texts_is_named_where_it_tells_more() -> None:
    counting = replace(FOUND.told[1], representation="habits-all", information_nats=around(0.3))
    found = replace(FOUND, told=[*FOUND.told, counting], curve=[])
    sentence = (
        "By comparison, counting how often the rater gives each answer, which reads no texts, lowers the loss by"
    )
    assert f"{sentence} 0.300 nats." in said(found)["Prediction"]
    assert said(found)["Prediction"].startswith("when the model is told 32 of the rater's own ratings")
    curve = [(1, NOTHING, around(0.35)), (2, NOTHING, (0.4, -0.1, 0.9))]
    text = said(replace(found, curve=curve))["Prediction"]
    assert "a latent-factor model with one factor, which reads no texts, lowers the loss by 0.350 nats." in text
    weaker = replace(FOUND, told=[*FOUND.told, replace(counting, information_nats=around(0.1))])
    assert "By comparison" not in said(weaker)["Prediction"]


def test_empty_findings_claim_nothing() -> None:
    text = said(bare(FOUND))
    assert text["Camps"] == "none were computed."
    assert text["Known attributes"] == "there are none that could be used."
    assert text["Disagreement"].startswith("it cannot be measured here")
    assert text["Prediction"].startswith("it was not measured")
    single = said(replace(FOUND, camps=FOUND.camps[:1], camps_note=""))["Camps"]
    assert single == "the raters are treated as one group."


def test_many_camps_are_counted_together() -> None:
    camps = said(replace(FOUND, camps=FOUND.camps * 4))["Camps"]
    assert "12 camps" in camps and camps.endswith("and 5 smaller ones.")


@given(st.data(), st.integers(1, 30), st.booleans())
def test_all_of_a_distribution_is_drawn(data, size: int, ordered: bool) -> None:
    weights = data.draw(st.lists(st.integers(0, 9), min_size=size, max_size=size).filter(any))
    shares = [weight / sum(weights) for weight in weights]
    scale = Answers(tuple(f"answer {k}" for k in range(size)), ordered, tuple(shares))
    parts = scale.parts(shares)
    assert sum(share for _, _, share in parts) == pytest.approx(1)
    assert len(scale.styles) == len(scale.own) and (ordered or len(scale.own) <= 6)
    assert all(style < len(scale.styles) and share > 0 for style, _, share in parts)
    for style, name, share in parts:
        if style >= 0:
            assert shares[scale.names.index(name)] == share and scale.names[scale.own[style]] == name
