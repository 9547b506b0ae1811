import numpy as np
import pytest

from pluralign.errors import ModelError
from pluralign.lm import load
from pluralign.lm.scripted import ScriptedModel
from pluralign.values.consideration import Consideration, Pair
from pluralign.values.prompted import PromptedModel

PRIVACY = Pair("Reading letters", "right", "Right to privacy")
THRIFT = Pair("Reading letters", "value", "Thrift")


def answers(prompt):
    kind, _, rest = prompt.id.partition("/")
    if kind == "generate":
        return {"Right: Right to privacy": 0.6, "Value: Trust: in full": 0.2, "privacy matters": 0.2}
    if kind == "explain":
        return {"Letters are private.\nMore.": 0.9, "No.": 0.1}
    if kind == "relevance":
        return {"Yes": 0.45, "No": 0.05, "Perhaps": 0.5} if "privacy" in rest else {"Yes": 0.1, "No": 0.9}
    return {"Supports": 0.1, "Opposes": 0.2, "Either": 0.1, "else": 0.6} if "privacy" in rest else {"else": 1.0}


def test_scores_are_of_the_listed_answers():
    model = PromptedModel(ScriptedModel(answers))
    np.testing.assert_allclose(model.relevance([PRIVACY, THRIFT, PRIVACY]), [0.9, 0.1, 0.9])
    # Where no listed answer has any probability, none is preferred.
    np.testing.assert_allclose(model.valence([PRIVACY, THRIFT]), [[0.25, 0.5, 0.25], [1 / 3] * 3])
    assert model.relevance([]).shape == (0,) and model.valence([]).shape == (0, 3)


def test_lines_that_are_no_consideration_are_kept_aside():
    [found, again] = PromptedModel(ScriptedModel(answers), draws=60).generate(["Reading letters"] * 2)
    assert found == again
    assert set(found.considerations) == {
        Consideration("right", "Right to privacy"),
        Consideration("value", "Trust: in full"),
    }
    assert set(found.malformed) == {"privacy matters"}
    assert len(found.considerations) + len(found.malformed) == 60


def test_an_explanation_is_one_line():
    assert PromptedModel(ScriptedModel(answers)).explain([PRIVACY]) == ["Letters are private."]


def test_the_embedded_language_model_answers_and_too_long_a_situation_is_named():
    model = PromptedModel(load("nano-base", max_length=400))
    found = model.valence([Pair("Biking to work", "value", "Health"), PRIVACY])
    np.testing.assert_allclose(found.sum(1), 1)
    with pytest.raises(ModelError, match="maximum length"):
        model.relevance([Pair("word " * 900, "value", "Health")])
