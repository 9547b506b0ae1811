"""Kaleido checkpoints: their configuration, their templates, and what is read from their answers."""

import copy
import logging

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer

from pluralign.errors import ModelError
from pluralign.lm.seq2seq import Decoding
from pluralign.values.consideration import Consideration, Pair
from pluralign.values.kaleido import TEMPLATES, KaleidoModel, Template
from tests.values.tiny_t5 import SYSTEM, TASKS, build, teach

SITUATION = "Biking to work instead of driving."
PAIRS = [
    Pair(SITUATION, "value", "Health,"),
    Pair("Telling a friend the truth about a bad haircut.", "duty", "Duty to care for others;"),
    Pair("Telling", "right", "Right to privacy, safety, fairness, honesty"),
    Pair(SITUATION, "right", "safety,"),
]
LINES = ["Value: care: for others;", "Right: Right to privacy,", "Duty to care", "truth: honesty,"]
EXPLANATIONS = ["it helps,", "it harms others;", "it depends.", "it helps, it harms"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> str:
    return build(tmp_path_factory.mktemp("kaleido"))


@pytest.fixture(scope="module")
def model(folder) -> KaleidoModel:
    return KaleidoModel.load(folder, device="cpu")


def alone(folder: str, model: KaleidoModel, task: str, pair: Pair, words: list[str]) -> np.ndarray:
    """One forward pass of one pair, written by hand and without padding."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    line = f"[{task}]:\tAction: {pair.situation}\t{pair.kind.capitalize()}: {pair.text}"
    with torch.inference_mode():
        logits = model.seq2seq.model(
            input_ids=tokenizer(line, return_tensors="pt").input_ids, decoder_input_ids=torch.tensor([[0]])
        ).logits[0, 0]
    return logits[[tokenizer(word).input_ids[0] for word in words]].softmax(-1).numpy()


# The earlier system's batches of 8 ended with an empty one where the count divides evenly.
@pytest.mark.parametrize("count", [1, 3, 8, 16])
def test_scores_are_those_of_unbatched_forward_passes(folder, model, count):
    pairs = (PAIRS * 4)[:count]
    relevance = [alone(folder, model, "Relevance", pair, ["Yes", "No"])[0] for pair in PAIRS]
    valence = [alone(folder, model, "Valence", pair, ["Supports", "Opposes", "Either"]) for pair in PAIRS]
    assert np.ptp(relevance) > 0.05, "pairs should differ, or the test shows nothing"
    np.testing.assert_allclose(model.relevance(pairs), (relevance * 4)[:count], atol=1e-5)
    np.testing.assert_allclose(model.valence(pairs), (valence * 4)[:count], atol=1e-5)


def test_nothing_asked(model):
    assert model.relevance([]).shape == (0,)
    assert model.valence([]).shape == (0, 3)
    assert model.explain([]) == []
    assert model.generate([]) == []


def test_settings_are_the_checkpoints(model):
    assert model.thresholds == {"value": 0.4, "right": 0.5, "duty": 0.6}
    assert (model.limits.f1, model.limits.precision, model.limits.recall) == (0.7, 0.9, 0.8)
    assert model.limits.cosine == {"value": 0.6, "right": 0.65, "duty": 0.7}
    assert model.facts["templates"]["valence"] == TASKS["valence"]["template"]
    assert model.facts["decoding"]["n"] == 100


def test_a_checkpoint_may_bring_no_settings(tmp_path):
    bare = KaleidoModel.load(build(tmp_path, tasks=None, system=None), device="cpu")
    assert bare.facts["templates"] == TEMPLATES
    assert bare.thresholds == {"value": 0.5, "right": 0.5, "duty": 0.5}
    line = bare.templates["valence"].write("Telling", "Duty", "Duty to care")
    assert line == "[Valence]:\tSituation: Telling\tDuty: Duty to care"


def test_thresholds_take_other_forms(tmp_path):
    system = {"relevance_threshold": 0.3, "ngram_threshold": {"fmeasure": 0.5}, "dedup_across_vrd": True}
    loaded = KaleidoModel.load(build(tmp_path, system=system), device="cpu")
    assert loaded.thresholds == {"value": 0.3, "right": 0.3, "duty": 0.3}
    assert loaded.limits.f1 == 0.5
    assert loaded.limits.across


TEMPLATE = "task_specific_params.valence"


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        (("tasks", "valence"), "Valence: TEXT", f"{TEMPLATE}.template should be a text"),
        (("tasks", "valence", "template"), 3, f"{TEMPLATE}.template should be a text"),
        (("tasks", "valence", "template"), "ACTION TEXT", f"{TEMPLATE}.template should be a text that holds 'VRD'"),
        (("tasks", "valence", "args"), ["ACTION", "TEXT"], f"{TEMPLATE}.args should be 3 different words"),
        (("tasks", "valence", "args"), "ATX", f"{TEMPLATE}.args should be 3 different words"),
        (("tasks",), ["valence"], "task_specific_params should be an object"),
        (("system", "relevance_threshold", "Duty"), 1.5, "system_params.relevance_threshold.Duty should be a number"),
        (("system", "relevance_threshold"), "high", "system_params.relevance_threshold.Value should be a number"),
        (("system", "relevance_threshold", "Virtue"), 0.5, "relevance_threshold.Virtue should be one of Value, Right"),
        (("system", "ngram_threshold", "recall"), True, "system_params.ngram_threshold.recall should be a number"),
        (("system", "dedup_across_vrd"), "no", "system_params.dedup_across_vrd should be true or false"),
    ],
)
def test_corrupt_settings_are_named(tmp_path, place, value, told):
    settings = {"tasks": copy.deepcopy(TASKS), "system": copy.deepcopy(SYSTEM)}
    inner = settings
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    with pytest.raises(ModelError) as error:
        KaleidoModel.load(build(tmp_path, **settings), device="cpu")
    assert told in error.value.what
    assert error.value.where == f"{tmp_path}/config.json"


def test_a_field_that_spells_a_placeholder_stays():
    template = Template(TASKS["relevance"]["template"], ("ACTION", "VRD", "TEXT"))
    assert template.write("TEXT of a VRD", "Value", "ACTION") == "[Relevance]:\tAction: TEXT of a VRD\tValue: ACTION"


def test_long_situations_are_shortened_not_the_consideration(folder, model, caplog):
    long = "Biking to work instead of driving " * 60
    with caplog.at_level(logging.WARNING):
        found = model.relevance([Pair(long, "value", "Health,"), Pair(long, "duty", "Duty to care")])
    assert "situations shortened to what it reads (128 tokens): 1" in caplog.text
    assert "inputs cut" not in caplog.text
    assert abs(found[0] - found[1]) > 1e-4


@pytest.fixture(scope="module")
def taught(tmp_path_factory) -> KaleidoModel:
    """A checkpoint that has learnt a few lines by heart."""
    folder = build(tmp_path_factory.mktemp("taught"), LINES)
    pairs = [(f"[Generate]:\tAction: {SITUATION}", line) for line in LINES]
    for pair, words in zip(PAIRS, EXPLANATIONS, strict=True):
        pairs.append((f"[Explanation]:\tAction: {pair.situation}\t{pair.kind.capitalize()}: {pair.text}", words))
    teach(folder, pairs, steps=100)
    return KaleidoModel.load(folder, decoding=Decoding(n=6, max_new_tokens=12), device="cpu")


def test_generated_lines_are_parsed_and_the_malformed_kept_aside(taught):
    (found,) = taught.generate([SITUATION])
    assert len(found.considerations) + len(found.malformed) == 6
    assert Consideration("value", "care: for others;") in found.considerations
    assert Consideration("right", "Right to privacy,") in found.considerations
    assert {"Duty to care", "truth: honesty,"} <= set(found.malformed)


def test_explanations_are_those_of_each_pair(taught):
    assert taught.explain(PAIRS) == EXPLANATIONS
