"""Ratings predicted by a language model."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pluralign.episode import Example, Prompt
from pluralign.errors import ContextError
from pluralign.lm import load
from pluralign.lm.scripted import ScriptedModel
from pluralign.raters.lm_decoder import LMDecoder
from pluralign.raters.ratings import Ratings
from pluralign.raters.representation import Profile, Representation, Statement
from pluralign.raters.scale import Scale
from tests.servers.scripted import scripted

TEXTS = ["A pun about tea.", "A long story about a bus.", "A riddle on numbers.", "A pun about snow."]
PUNS = Profile((Statement("likes puns; minds long stories"),))


def jokes(scale=None, texts=TEXTS):
    return Ratings(
        "jokes",
        "Is the joke funny?",
        scale or Scale("binary", ("no", "yes")),
        pl.DataFrame({"rater": [0], "item": [0], "label": [1]}),
        pl.DataFrame({"rater": ["r"]}),
        pl.DataFrame({"item": [f"i{k}" for k in range(len(texts))], "text": texts}),
    )


def fond_of_puns(prompt):
    """Says yes to puns where the description tells of puns, or as often as the examples said yes, and else rambles."""
    if "likes puns" in prompt.description:
        return {"yes": 0.9, "no": 0.1} if "pun" in prompt.input else {"yes": 0.2, "no": 0.3, "Well": 0.5}
    yes = sum(example.output == "yes" for example in prompt.examples)
    share = (yes + 1) / (len(prompt.examples) + 2)
    return {"yes": share, "no": 1 - share}


DECODER = LMDecoder(ScriptedModel(fond_of_puns), jokes())
TOLD = [Representation(), Representation(profile=PUNS), Representation(items=(0, 1, 3), labels=(1, 1, 1))]


def test_probabilities_are_renormalised_and_the_rest_is_reported():
    reading = DECODER.read(np.array([0, 0, 1, 2]), TOLD, np.array([0, 1, 1, 2]))
    assert reading.probabilities == pytest.approx(np.array([[0.5, 0.5], [0.1, 0.9], [0.6, 0.4], [0.2, 0.8]]))
    assert reading.outside == pytest.approx([0, 0, 0.5, 0])
    assert reading.left_out.tolist() == [0, 0, 0, 0]


def test_order_and_company_of_queries_change_nothing():
    items, who = np.array([0, 3, 1, 2, 0]), np.array([2, 1, 0, 1, 1])
    together = DECODER.predict(items, TOLD, who)
    assert DECODER.predict(items[::-1], TOLD, who[::-1])[::-1] == pytest.approx(together)
    alone = [DECODER.predict(items[[k]], TOLD, who[[k]])[0] for k in range(len(items))]
    assert np.array(alone) == pytest.approx(together)
    assert DECODER.predict(np.array([], int), TOLD, np.array([], int)).shape == (0, 2)


def test_a_description_tells_what_is_known_and_no_more():
    full = Representation((("age", "40\nto 50"), ("place", "north")), PUNS)
    assert DECODER.description(full) == (
        "Is the joke funny?\nAn answer is one of these: no, yes.\nAll answers are by the same person.\n"
        "About the person:\nage: 40 to 50\nplace: north\nHow the person answers: likes puns; minds long stories"
    )
    assert DECODER.description(Representation(profile=Profile())) == (
        "Is the joke funny?\nAn answer is one of these: no, yes.\nAll answers are by the same person."
    )
    tags = LMDecoder(DECODER.model, jokes(Scale("multilabel", ("sad", "odd"))))
    assert "one or several of these, joined by commas: sad, odd" in tags.description(Representation())


def test_an_attribute_is_data_and_not_a_template():
    assert "{{ question }} {% raw %}" in DECODER.description(Representation((("x", "{{ question }} {% raw %}"),)))


def test_all_outcomes_of_several_labels_are_choices():
    scale = Scale("multilabel", ("sad", "odd"))
    tags = LMDecoder(ScriptedModel(lambda prompt: {"sad": 0.3, "sad,odd": 0.7}), jokes(scale))
    assert tags.predict(np.array([0]), [Representation()], np.array([0])) == pytest.approx(np.array([[0.3, 0, 0.7]]))


def test_where_no_answer_has_probability_all_are_alike_and_the_mass_is_outside():
    silent = replace(DECODER, model=ScriptedModel(lambda prompt: {"Well": 1.0}))
    reading = silent.read(np.array([0]), [Representation()], np.array([0]))
    assert (reading.probabilities.tolist(), reading.outside.tolist()) == ([[0.5, 0.5]], [1.0])


class Short(ScriptedModel):
    """Takes prompts of up to 60 characters of items."""

    def choices(self, prompts, choices, progress=None):
        found = super().choices(prompts, choices)
        return [scores if room(prompt) <= 60 else None for prompt, scores in zip(prompts, found, strict=True)]


def room(prompt: Prompt) -> int:
    return len(prompt.input) + sum(len(example.input) for example in prompt.examples)


def test_of_too_many_demonstrations_the_first_are_left_out():
    seen = []

    def noted(prompt):
        seen.append(prompt)
        return fond_of_puns(prompt)

    counted = []
    short = LMDecoder(Short(noted), jokes(), counted.append)
    told = [Representation(items=(1, 0, 2, 3), labels=(0, 0, 1, 1)), Representation(items=(3,), labels=(1,))]
    items, who = np.array([0, 2, 0]), np.array([0, 0, 1])
    reading = short.read(items, told, who)
    # 16 and 20 characters of the items leave room for the last two demonstrations, of 20 and 17.
    assert reading.left_out.tolist() == [2, 2, 0]
    assert reading.probabilities[:, 1] == pytest.approx([3 / 4, 3 / 4, 2 / 3])
    kept = [Representation(items=(2, 3), labels=(1, 1)), told[1]]
    assert reading.probabilities == pytest.approx(DECODER.predict(items, kept, who))
    assert sum(counted) == 3
    assert (Example("yes", TEXTS[2]), Example("yes", TEXTS[3])) in [prompt.examples for prompt in seen]


def test_an_item_that_is_too_long_by_itself_is_named():
    short = LMDecoder(Short(fond_of_puns), jokes(texts=[*TEXTS, "long " * 20]))
    with pytest.raises(ContextError, match="jokes, item i4"):
        short.predict(np.array([0, 4]), TOLD, np.array([2, 2]))


def test_the_embedded_model_is_a_decoder():
    ratings = jokes(Scale("ordinal", ("1", "2", "3", "4", "5")))
    model = load("nano-spectrum", max_length=160)
    decoder = LMDecoder(model, ratings)
    many = Representation(items=(0,) * 12, labels=(4,) * 12)
    reading = decoder.read(np.array([2, 2, 2]), [TOLD[1], TOLD[2], many], np.arange(3))
    assert reading.probabilities.shape == (3, 5)
    assert reading.probabilities.sum(axis=1) == pytest.approx(1)
    assert ((reading.outside >= 0) & (reading.outside < 1)).all()
    # Answers that are shown tell a model the form of an answer, if nothing else.
    assert reading.outside[1] < reading.outside[0]

    assert reading.left_out[:2].tolist() == [0, 0]
    kept = 12 - int(reading.left_out[2])
    assert 0 < kept < 12
    told = Prompt("q", TEXTS[2], (Example("5", TEXTS[0]),) * kept, decoder.description(Representation()))
    (scores,) = model.choices([told], [ratings.scale.outcomes])
    expected = np.exp(scores.logprobs) / np.exp(scores.logprobs).sum()
    assert reading.probabilities[2] == pytest.approx(expected, abs=1e-4)
    one_more = replace(told, examples=(told.examples[0],) * (kept + 1))
    assert model.choices([one_more], [ratings.scale.outcomes]) == [None]


@pytest.mark.parametrize(("template", "first_token"), [("colon", False), ("chat", True)])
def test_a_server_is_a_decoder(template, first_token):
    about = r"(?s)likes puns[^.]*A pun"
    script = [(about, {"yes": 0.9, "no": 0.1}), ("", {"yes": 0.5, "no": 0.5})]
    with scripted(script) as server:
        model = load(f"openai:any@{server.url}", template=template, first_token=first_token)
        reading = LMDecoder(model, jokes()).read(np.array([0, 0]), TOLD, np.array([0, 1]))
    assert reading.probabilities == pytest.approx(np.array([[0.5, 0.5], [0.1, 0.9]]), abs=1e-6)
