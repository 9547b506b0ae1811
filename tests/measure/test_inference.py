"""Inference-time baselines: what they ask, what they give, and what they do with what cannot be read."""

import json

import numpy as np
import pytest

from pluralign.episode import Example, Process, Prompt
from pluralign.errors import UsageError
from pluralign.lm.scripted import ScriptedModel
from pluralign.measure import cover, inference
from pluralign.measure.asking import Asking
from pluralign.measure.readouts import Reading, counted, read

from .population import speaker, survey

QUESTIONS = survey(4)
P = np.array([0.5, 0.3, 0.15, 0.05])


def test_temperature_sharpens_and_flattens():
    found = inference.temperatures(speaker(lambda _: P), QUESTIONS, (0, 0.5, 1, 2), Asking(draws=400))
    first = {t: np.mean([r.probabilities[0] for r in readings]) for t, readings in found.items()}
    assert first[0] == 1
    assert first[0.5] == pytest.approx(0.5**2 / (P**2).sum(), abs=0.05)
    assert first[1] == pytest.approx(0.5, abs=0.05)
    assert first[2] == pytest.approx(0.5**0.5 / (P**0.5).sum(), abs=0.05)


def stated(**percents) -> str:
    return json.dumps([{"text": text, "percent": percent} for text, percent in percents.items()])


def test_verbalised_sampling_draws_from_what_is_stated():
    model = ScriptedModel(lambda _: {stated(red=45, blue=135): 1.0})
    (found,) = inference.verbalised_sampling(model, [Prompt("p", "A ball?")], n=2000, lists=3)
    assert (len(found.texts), found.failed, found.requests) == (2000, 0, 3)
    assert counted(found.texts, ("red", "blue")).probabilities == pytest.approx((0.25, 0.75), abs=0.04)
    again = inference.verbalised_sampling(model, [Prompt("q"), Prompt("p", "A ball?")], n=2000, lists=3)
    assert again[1] == found


def test_lists_that_can_be_read_weigh_alike_and_the_others_are_counted():
    model = ScriptedModel(lambda _: {stated(red=1, blue=1): 0.4, stated(green=50): 0.4, "red, blue": 0.2})
    (found,) = inference.verbalised_sampling(model, [Prompt("p")], n=4000, lists=200)
    assert found.failed == pytest.approx(0.2, abs=0.08)
    shares = counted(found.texts, ("red", "blue", "green")).probabilities
    assert shares == pytest.approx((0.25, 0.25, 0.5), abs=0.06)
    (nothing,) = inference.verbalised_sampling(ScriptedModel(lambda _: {"?": 1.0}), [Prompt("p")], lists=2)
    assert (nothing.texts, nothing.failed) == ((), 1)


@pytest.mark.parametrize("examples", [(), tuple(Example(f"day {i}") for i in range(7))])
def test_verbalised_sampling_shows_lists_in_the_form_that_it_reads(examples):
    asked = []

    def answers(prompt):
        asked.append(prompt)
        return {prompt.examples[0].output: 1.0}

    process = Process("days", examples, ("Name a day.",), accept=lambda text: text, size=7)
    prompts = [cover.prompt(process, "both")]
    (found,) = inference.verbalised_sampling(ScriptedModel(answers), prompts, k=5, n=50, lists=1)
    assert found.failed == 0
    shown = [entry["text"] for example in asked[0].examples for entry in json.loads(example.output)]
    assert shown == ([e.output for e in examples] or [f"made-up result {i}" for i in range(1, 6)])
    assert asked[0].description.startswith("Name a day. Each output lists 5")
    assert ("made up" in asked[0].description) == (not examples)


def test_drawn_texts_enter_the_measure_of_coverage():
    names = ("Monday", "Tuesday", "Sunday")
    process = Process("days", (), ("Name a day.",), accept=lambda t: t if t in names else None, size=3)
    model = ScriptedModel(lambda _: {stated(Monday=50, Tuesday=30, Sunday=20): 1.0})
    (found,) = inference.verbalised_sampling(model, [cover.prompt(process, "description")], n=60, lists=1)
    rows = cover.of_texts("stated", "days", process, "description", found.texts)
    values, _ = cover.jackknife(rows["canonical"])
    assert values.tolist() == pytest.approx([1, 3 / 60, 5])


def test_union_has_each_answer_once():
    assert inference.union(["It is fair.", "it is  fair.", " ", "It is not.\n", ""]) == "It is fair.\n\nIt is not."
    assert inference.union([]) == ""


def reading(*p, readout="logprob", failed=0.0) -> Reading:
    return Reading(readout, p or None, failed, 1)


def test_a_mixture_is_the_weighted_mean_of_probabilities():
    found = inference.mixture([reading(1.0, 0.0), reading(0.2, 0.8)], [3, 1])
    assert found.probabilities == pytest.approx((0.8, 0.2))
    assert found.requests == 2
    assert inference.mixture([reading(1.0, 0.0), reading(0.2, 0.8)]).probabilities == pytest.approx((0.6, 0.4))


def test_a_model_without_an_answer_leaves_its_weight_to_the_others():
    found = inference.mixture([reading(0.2, 0.8), reading(failed=1.0), None], [1, 2, 1])
    assert found.probabilities == pytest.approx((0.2, 0.8))
    assert found.failed == pytest.approx(3 / 4)
    assert inference.mixture([reading(failed=1.0)]).probabilities is None
    assert inference.mixture([None, None]) is None


@pytest.mark.parametrize("weights", [[1], [0, 0], [1, -1], [np.nan, 1]])
def test_senseless_weights_are_refused(weights):
    with pytest.raises(UsageError, match="weight"):
        inference.mixture([reading(1.0), reading(1.0)], weights)


def test_readings_of_different_readouts_are_not_mixed():
    with pytest.raises(UsageError, match="one read-out"):
        inference.mixture([reading(1.0), reading(1.0, readout="sampled")])


def test_a_mixture_of_communities_is_closer_to_the_people_than_any_of_them():
    people = np.array([0.4, 0.3, 0.2, 0.1])
    each = [read(speaker(lambda _, k=k: np.eye(4)[k]), QUESTIONS[:1])[0] for k in range(4)]
    mixed = inference.mixture(each, people)
    assert mixed.probabilities == pytest.approx(people)


def test_the_summariser_sees_the_question_and_every_distinct_answer_as_data():
    seen = []

    def answers(prompt):
        seen.append(prompt)
        return {"Some say yes, others say no.": 1.0}

    found = inference.summarised(ScriptedModel(answers), ["Is it fair?"], [["Yes.", "No.", " Yes. ", ""]])
    assert found == ["Some say yes, others say no."]
    assert seen[0].input == "Is it fair?\n\nAnswer: Yes.\n\nAnswer: No."
    with pytest.raises(UsageError, match="lists of answers"):
        inference.summarised(ScriptedModel(answers), ["Is it fair?"], [])


def test_the_nearest_community_is_chosen_by_its_description():
    vectors = {"farmers": [1.0, 0.0], "teachers": [0.0, 1.0], "people who grow wheat": [0.8, 0.6]}
    models = {"teachers": "model of teachers", "farmers": "model of farmers"}
    found = inference.nearest("people who grow wheat", models, lambda texts: np.array([vectors[t] for t in texts]))
    assert found == ("farmers", "model of farmers")
    with pytest.raises(UsageError, match="no community"):
        inference.nearest("farmers", {}, lambda texts: np.zeros((1, 2)))
