"""Four read-outs of models whose distributions are known."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralign.errors import ContextError, ModelError, UsageError
from pluralign.lm import Capabilities, ChoiceScores
from pluralign.lm.scripted import ScriptedModel
from pluralign.measure.asking import Asking, prompt, text_prompt
from pluralign.measure.readouts import READOUTS, counted, of_scores, read, sequences, verbalised
from pluralign.template import messages

from .population import LETTERS, speaker, survey

QUESTIONS = survey(6)
KNOWN = {p.id: np.array(p.target.probabilities) for p in QUESTIONS}


@pytest.mark.parametrize("readout", READOUTS)
def test_every_readout_finds_the_distribution_that_the_model_holds(readout):
    model = speaker(KNOWN.__getitem__, draws=1000)
    asking = Asking(draws=1000, repeats=2)
    for process, reading in zip(QUESTIONS, read(model, QUESTIONS, readout, asking), strict=True):
        exact = readout in ("logprob", "verbalised")
        assert reading.probabilities == pytest.approx(KNOWN[process.id], abs=1e-9 if exact else 0.06)
        assert sum(reading.probabilities) == pytest.approx(1)
        assert (reading.readout, reading.failed) == (readout, 0)
        assert reading.requests == {"logprob": 1, "sampled": 1000}.get(readout, 2)
        assert reading.draws == {"sampled": 1000, "sequence": 2000}.get(readout)


def test_logprob_rescales_over_the_options_and_keeps_the_mass_outside():
    (found,) = read(ScriptedModel(lambda _: {"A": 0.3, "B": 0.1, "A lot": 0.6}), QUESTIONS[:1])
    assert found.probabilities == pytest.approx((0.75, 0.25, 0, 0))
    assert found.outside == pytest.approx(0.6)
    nothing = of_scores(ChoiceScores((-np.inf, -np.inf), 1.0))
    assert nothing.probabilities == (0.5, 0.5)


def test_sampled_counts_what_is_an_option_and_reports_the_rest():
    found = counted(["A", " B\n", "A.", "a", "", "B"], LETTERS)
    assert found.probabilities == pytest.approx((1 / 3, 2 / 3, 0, 0))
    assert (found.failed, found.draws, found.requests) == (0.5, 3, 6)
    assert counted(["none", "of these"], LETTERS).probabilities is None
    assert counted(["none", "of these"], LETTERS).failed == 1


def test_verbalised_averages_probabilities_and_not_their_logarithms():
    """A letter that is missing in one answer keeps what the others give it (roadmap, pitfall 4)."""
    stated = [json.dumps(dict(zip(LETTERS, p, strict=True))) for p in ((0, 100, 0, 0), (60, 40, 0, 0))]
    found = verbalised([*stated, "I would say B."], LETTERS)
    assert found.probabilities == pytest.approx((0.3, 0.7, 0, 0))
    assert found.failed == pytest.approx(1 / 3)
    assert found.spread == pytest.approx(0.3)
    assert verbalised([stated[0], "?"], LETTERS).spread is None


def test_sequence_counts_every_person_and_every_missing_one():
    lists = ['["A", "A", "B"]', '["A", "x", "A", "B", "C"]', "A, A"]
    found = sequences(lists, LETTERS, 4)
    # 4 asked and 3 there, 5 there of which one is no option, 4 asked and none there
    assert found.draws == 7
    assert found.failed == pytest.approx(1 - 7 / 13)
    assert found.probabilities == pytest.approx((4 / 7, 2 / 7, 1 / 7, 0))
    assert sequences(["[]"], LETTERS, 4).probabilities is None


@pytest.mark.parametrize("readout", ["verbalised", "sampled", "sequence"])
def test_babble_is_a_rate_and_never_an_answer(readout):
    model = ScriptedModel(lambda _: {"I cannot say.": 1.0})
    for reading in read(model, QUESTIONS, readout):
        assert reading.probabilities is None
        assert reading.failed == 1


@pytest.mark.parametrize("readout", READOUTS)
def test_readings_do_not_depend_on_what_else_is_asked(readout):
    model, asking = speaker(KNOWN.__getitem__), Asking(seed=3)
    longer = replace(QUESTIONS[0], choices=(*LETTERS[:3], "an option that needs more room"))
    some = [longer, *QUESTIONS[1:]]
    together = read(model, some, readout, asking)
    backwards = read(model, some[::-1], readout, asking)[::-1]
    alone = [read(model, [process], readout, asking)[0] for process in some]
    assert together == backwards == alone


def test_a_question_that_does_not_fit_is_left_out_and_the_others_stay():
    class Short(ScriptedModel):
        def sample(self, prompts, n, **options):
            for one in prompts:
                if "number 2" in one.input:
                    raise ContextError("too long", where=one.id)
            return super().sample(prompts, n, **options)

    model = Short(speaker(KNOWN.__getitem__).answers)
    for readout in READOUTS[1:]:
        found = read(model, QUESTIONS, readout)
        assert [reading is None for reading in found] == [process.id == "q2" for process in QUESTIONS]
        assert found[0] == read(model, QUESTIONS[:1], readout)[0]


def test_a_readout_beyond_the_model_is_refused_with_the_reason():
    text_only = ScriptedModel(lambda _: {"A": 1.0}, capabilities=Capabilities(logprobs=False))
    with pytest.raises(ModelError, match="log-probabilities of given answers"):
        read(text_only, QUESTIONS)
    assert read(text_only, QUESTIONS[:1], "sampled")[0].probabilities == (1, 0, 0, 0)
    scorer = ScriptedModel(lambda _: {"A": 1.0}, capabilities=Capabilities(sampling=False))
    with pytest.raises(ModelError, match="drawn at a temperature"):
        read(scorer, QUESTIONS, "verbalised")
    first = ScriptedModel(lambda _: {"A": 1.0}, capabilities=Capabilities(logprobs=False, first_token=True))
    assert read(first, QUESTIONS[:1])[0].probabilities == (1, 0, 0, 0)
    with pytest.raises(UsageError, match="no read-out 'guessed'"):
        read(scorer, QUESTIONS, "guessed")
    with pytest.raises(UsageError, match="at least 1"):
        Asking(draws=0)


@pytest.mark.parametrize("readout", ["verbalised", "sequence"])
def test_made_up_answers_have_the_form_that_is_read(readout):
    asking = Asking(draws=7)
    asked = text_prompt(QUESTIONS[0], readout, asking, 0)
    for example in asked.examples:
        found = (verbalised if readout == "verbalised" else lambda a, c: sequences(a, c, 7))([example.output], LETTERS)
        assert found.failed == 0
        assert "\n" not in example.output  # some templates end an answer there
    assert asked.input.startswith(QUESTIONS[0].question)
    assert QUESTIONS[0].descriptions[0] in messages(asked)[0]["content"]
    assert asked != text_prompt(QUESTIONS[0], readout, asking, 1)
    assert asked == text_prompt(QUESTIONS[0], readout, asking, 0)


@given(st.integers(0, 10_000), st.integers(2, 30))
def test_made_up_percentages_are_whole_and_sum_to_100(seed, options):
    process = replace(QUESTIONS[0], choices=tuple(f"o{i}" for i in range(options)))
    for example in text_prompt(process, "verbalised", Asking(seed=seed), 0).examples:
        numbers = json.loads(example.output).values()
        assert sum(numbers) == 100
        assert all(isinstance(n, int) and n >= 0 for n in numbers)


def test_made_up_answers_favour_no_option_on_average():
    prompts = [text_prompt(QUESTIONS[0], "verbalised", Asking(seed=s), 0) for s in range(500)]
    shown = np.array([list(json.loads(e.output).values()) for p in prompts for e in p.examples])
    assert shown.mean(0) == pytest.approx([25] * 4, abs=3)


def test_sampled_asks_the_same_prompt_as_logprob():
    asked = []

    class Watched(ScriptedModel):
        def sample(self, prompts, n, **options):
            asked.extend(prompts)
            return super().sample(prompts, n, **options)

    read(Watched(lambda _: {"A": 1.0}), QUESTIONS, "sampled")
    assert asked == [prompt(process) for process in QUESTIONS]
