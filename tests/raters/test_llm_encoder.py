"""Profiles written by a language model."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralign.errors import ContextError, UsageError
from pluralign.lm import load
from pluralign.lm.scripted import ScriptedModel
from pluralign.raters.llm_encoder import LLMEncoder, parse
from pluralign.raters.lm_decoder import LMDecoder
from pluralign.raters.ratings import Ratings
from pluralign.raters.representation import Profile
from pluralign.raters.scale import Scale
from tests.servers.scripted import scripted

KIND, STRICT = "kind to puns; forgives length", "strict on puns; wants short jokes"


def jokes(ratings=((0, 12), (1, 12), (2, 2), (3, 0))):
    """Rater 0 finds every joke funny, all others none; pairs of a rater and the number of ratings."""
    rows = [(rater, item, int(rater == 0)) for rater, count in ratings for item in range(count)]
    table = pl.DataFrame(rows, schema=["rater", "item", "label"], orient="row")
    items = pl.DataFrame({"item": [str(k) for k in range(12)], "text": [f"Joke {k}" for k in range(12)]})
    raters = pl.DataFrame({"rater": [f"r{k}" for k in range(len(ratings))]})
    return Ratings("jokes", "Is the joke funny?", Scale("binary", ("no", "yes")), table, raters, items)


RATINGS = jokes()
ROWS = [np.flatnonzero(rater == RATINGS.rater) for rater in range(4)]


def believer(prompt):
    """Predicts what a profile says."""
    share = 0.9 if KIND in prompt.description else 0.2 if STRICT in prompt.description else 0.5
    return {"yes": share, "no": 1 - share}


def careless(prompt):
    """Writes either profile whatever the ratings are, or something else."""
    return {KIND: 0.4, STRICT: 0.4, "Here is the profile: fond of puns": 0.2}


DECODER = LMDecoder(ScriptedModel(believer), RATINGS)
CHOOSING = LLMEncoder(ScriptedModel(careless), candidates=12, decoder=DECODER)


def test_the_candidate_that_predicts_the_held_out_ratings_is_kept():
    first, second, third, nobody = CHOOSING.write(RATINGS, ROWS)
    assert (first.profile.text, second.profile.text) == (KIND, STRICT)
    assert set(first.candidates) == {KIND, STRICT}
    by_text = dict(zip(first.candidates, first.losses, strict=True))
    assert by_text[KIND] == pytest.approx(-np.log(0.9))
    assert by_text[STRICT] == pytest.approx(-np.log(0.2))
    assert (first.shown, first.held_out) == (8, 4)
    assert len(first.candidates) + first.malformed == 12
    assert first.malformed > 0
    # Two ratings are too few to part, and none is nothing to ask about.
    assert (third.shown, third.held_out, third.losses) == (2, 0, ())
    assert third.profile.text == third.candidates[0]
    assert (nobody.profile, nobody.shown, nobody.malformed) == (Profile(), 0, 0)
    assert CHOOSING.encode(RATINGS, ROWS) == [w.profile for w in (first, second, third, nobody)]


def test_what_is_held_out_is_not_shown_and_nothing_else_is_read():
    shown, scored = [], []

    def writes(prompt):
        shown.append(prompt.input)
        return {KIND: 0.5, STRICT: 0.5}

    def predicts(prompt):
        scored.append(prompt)
        return {"yes": 0.5, "no": 0.5}

    encoder = replace(
        CHOOSING, model=ScriptedModel(writes), decoder=LMDecoder(ScriptedModel(predicts), RATINGS), candidates=4
    )
    encoder.write(RATINGS, [np.arange(9)])
    told = {k for k in range(12) if f'"Joke {k}"' in shown[0]}
    asked = {int(prompt.input.removeprefix("Joke ")) for prompt in scored}
    assert told | asked == set(range(9))
    assert (len(told), len(asked)) == (6, 3)
    assert all(prompt.examples == () for prompt in scored)
    assert "r0" not in shown[0]


def test_company_and_order_change_nothing():
    together = CHOOSING.write(RATINGS, ROWS)
    assert [CHOOSING.write(RATINGS, [own])[0] for own in ROWS] == together
    assert CHOOSING.write(RATINGS, ROWS[::-1]) == together[::-1]
    assert replace(CHOOSING, seed=1).write(RATINGS, ROWS)[0].candidates != together[0].candidates


def test_one_candidate_needs_no_decoder_and_several_do():
    (written,) = LLMEncoder(ScriptedModel(lambda prompt: {KIND: 1.0})).write(RATINGS, ROWS[:1])
    assert (written.profile.text, written.shown, written.held_out) == (KIND, 12, 0)
    with pytest.raises(UsageError, match="decoder"):
        LLMEncoder(CHOOSING.model, candidates=2)


def test_only_malformed_candidates_leave_an_empty_profile():
    (written,) = replace(CHOOSING, model=ScriptedModel(lambda prompt: {"No.": 1.0})).write(RATINGS, ROWS[:1])
    assert (written.profile, written.malformed, written.losses) == (Profile(), 12, ())


def test_no_more_ratings_are_shown_than_asked_for():
    inputs = []

    def writes(prompt):
        inputs.append(prompt.input)
        return {KIND: 1.0}

    (written,) = LLMEncoder(ScriptedModel(writes), most=5).write(RATINGS, ROWS[:1])
    assert written.shown == inputs[0].count('"answer": "yes"') == 5


class Short(ScriptedModel):
    """Takes inputs of up to 380 characters."""

    def sample(self, prompts, n, **settings):
        for prompt in prompts:
            if len(prompt.input) > 380:
                raise ContextError("too long", where=prompt.id)
        return super().sample(prompts, n, **settings)


def test_ratings_that_do_not_fit_are_left_out_by_halves():
    encoder = LLMEncoder(Short(careless))
    first, second, third, _ = encoder.write(RATINGS, ROWS)
    assert (first.shown, second.shown, third.shown) == (3, 3, 2)
    long = replace(RATINGS, items=RATINGS.items.with_columns(text=pl.lit("word " * 100)))
    with pytest.raises(ContextError):
        encoder.write(long, ROWS)


@pytest.mark.parametrize(
    ("text", "profile"),
    [
        (" likes puns; minds length.\n", "likes puns; minds length"),
        ("likes puns ;minds length;", "likes puns; minds length"),
        ("mag keine Wortspiele; findet Länge gut", "mag keine Wortspiele; findet Länge gut"),
        ("likes puns", None),
        ("", None),
        ("likes puns;; minds length", None),
        ("- likes puns\n- minds length", None),
        ("Profile: likes puns; minds length", None),
        ("likes puns; 1", None),
        ("; ".join(["likes puns"] * 21), None),
        ("likes puns; " + "very " * 12 + "long", None),
        ("likes puns;\tminds length", None),
    ],
)
def test_a_profile_is_one_line_of_short_phrases(text, profile):
    assert parse(text) == profile


@given(st.text(max_size=80))
def test_what_is_parsed_stays_as_it_is(text):
    profile = parse(text)
    assert profile is None or (parse(profile) == profile and "\n" not in profile)


def test_the_embedded_model_writes_or_fails_openly():
    model = load("nano-spectrum")
    encoder = LLMEncoder(model, candidates=2, decoder=LMDecoder(model, RATINGS), max_tokens=24)
    for written in encoder.write(RATINGS, ROWS[:2]):
        assert len(written.candidates) + written.malformed == 2
        assert bool(written.profile.statements) == bool(written.candidates)


def test_a_server_writes_and_chooses():
    script = [
        ("what one person answered", {KIND: 0.45, STRICT: 0.45, "I cannot tell.": 0.1}),
        (KIND, {"yes": 0.9, "no": 0.1}),
        (STRICT, {"yes": 0.2, "no": 0.8}),
    ]
    with scripted(script) as server:
        writer = load(f"openai:any@{server.url}", template="chat")
        reader = load(f"openai:any@{server.url}", template="colon")
        encoder = LLMEncoder(writer, candidates=6, decoder=LMDecoder(reader, RATINGS))
        written = encoder.write(RATINGS, ROWS[:2])
        assert [one.profile.text for one in written] == [KIND, STRICT]
        before = server.control()["requests"]
        assert encoder.write(RATINGS, ROWS[:2]) == written
        assert server.control()["requests"] == before
