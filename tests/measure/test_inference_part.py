"""Inference-time baselines as a part of an audit: models that hold a distribution or state it, and all together."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pluralign.episode import Target
from pluralign.errors import ContextError
from pluralign.lm.scripted import ScriptedModel
from pluralign.measure import inference_part
from pluralign.report.glossary import define

from .population import LETTERS, survey

PEOPLE = (0.5, 0.5, 0.0, 0.0)
QUESTIONS = [replace(one, target=Target(PEOPLE)) for one in survey(6)]


def holding(name, *shares, listed=None) -> ScriptedModel:
    """Answers with these shares, and states others when it is asked for a list."""
    stated = json.dumps([{"text": k, "percent": 100 * p} for k, p in zip(LETTERS, listed or shares, strict=True)])

    def answers(prompt):
        return {stated: 1.0} if prompt.id.endswith("/stated") else dict(zip(LETTERS, shares, strict=True))

    return ScriptedModel(answers, name=name)


def metrics(*models):
    rows = pl.concat([inference_part.rows(model, "survey", QUESTIONS) for model in models])
    found = inference_part.metrics(rows, [model.name for model in models])
    return {(one.model, one.metric): one for one in found}


def test_each_way_is_scored_by_itself():
    found = metrics(holding("m", 0.8, 0.2, 0.0, 0.0, listed=PEOPLE))
    values = {way: found["m", f"total_variation:{way}"].value for way in inference_part.ways()}
    # Shares of 0.8 and 0.2 raised to 1 / temperature: 0.94, 0.8 and 0.72 for the first option.
    expected = {"temperature 0.5": 0.44, "temperature 1": 0.3, "temperature 1.5": 0.216}
    assert {way: values[way] for way in expected} == pytest.approx(expected, abs=0.08)
    assert values["stated"] < 0.08
    assert found["m", "failed:stated"].value == 0
    assert found["sampling_floor", "total_variation:temperature 1"].value > 0
    assert found["uniform", "total_variation:stated"].value == 0.5


def test_models_that_disagree_are_together_what_people_are():
    found = metrics(holding("left", 1.0, 0.0, 0.0, 0.0), holding("right", 0.0, 1.0, 0.0, 0.0))
    for way in inference_part.ways():
        metric = f"total_variation:{way}"
        assert found["left", metric].value == found["right", metric].value == 0.5
        assert found[inference_part.TOGETHER, metric].value == 0
        assert found["right - left", metric].value == 0


def test_what_cannot_be_read_or_does_not_fit_is_counted():
    half = holding("m", 0.5, 0.0, 0.0, 0.5, listed=(0.5, 0.5, 0.0, 0.0))

    class Short(ScriptedModel):
        def sample(self, prompts, n, **how):
            if any(prompt.id == "q0/stated" for prompt in prompts):
                raise ContextError("too long", where="q0/stated")
            return super().sample(prompts, n, **how)

    found = metrics(Short(half.answers, name="m"))
    assert found["m", "left_out:stated"].value == 1
    assert found["m", "left_out:temperature 1"].value == 0
    mute = metrics(ScriptedModel(lambda prompt: {"no idea": 1.0}, name="m"))
    assert mute["m", "failed:stated"].value == mute["m", "failed:temperature 1"].value == 1
    assert ("m", "total_variation:stated") not in mute


@pytest.mark.parametrize("way", inference_part.ways())
def test_the_report_knows_each_way(way):
    assert way in define("inference", f"total_variation:{way}").label
    assert np.all([one in define("inference", f"entropy_nats:{way}").label for one in way.split()])
