"""The entailment model: a tiny classifier made here, against a direct computation, and what is refused."""

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification, BertModel

from pluralign.errors import ModelError
from pluralign.lm.entailment import EntailmentModel
from pluralign.measure.overton.entailment import EntailmentJudge
from tests.tiny import FAMILIES

PAIRS = [
    ("The red ball is in the urn.", "A ball is red."),
    ("The city should build more cycle lanes.", "Build cycle lanes."),
    ("no", "yes"),
    ("The library should open on Sundays. " * 3, "The library is open."),
]
CLASSES = {0: "CONTRADICTION", 1: "NEUTRAL", 2: "ENTAILMENT"}


def save(tmp_path, classes, kind=BertForSequenceClassification):
    tokenizer = FAMILIES["gemma"]()
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.5,
        id2label=classes,
        label2id={name: index for index, name in classes.items()},
    )
    torch.manual_seed(0)
    kind(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    return str(tmp_path)


def test_probabilities_are_those_of_a_direct_computation(tmp_path):
    model = EntailmentModel(save(tmp_path, CLASSES), device="cpu")
    found = model.entails(PAIRS)
    direct = BertForSequenceClassification.from_pretrained(tmp_path).eval()
    for (premise, hypothesis), value in zip(PAIRS, found, strict=True):
        encoded = FAMILIES["gemma"]()(premise, hypothesis, return_tensors="pt")
        expected = torch.softmax(direct(**encoded).logits, -1)[0, 2].item()
        assert value == pytest.approx(expected, abs=1e-6)
    assert len(set(found.round(6))) == len(PAIRS)
    assert model.entails(PAIRS[::-1])[::-1] == pytest.approx(found, abs=1e-6)


def test_the_class_is_found_by_its_name(tmp_path):
    two = EntailmentModel(save(tmp_path / "two", {0: "entailment", 1: "not_entailment"}), device="cpu")
    turned = EntailmentModel(save(tmp_path / "turned", {0: "not_entailment", 1: "entailment"}), device="cpu")
    assert two.entails(PAIRS) == pytest.approx(1 - turned.entails(PAIRS), abs=1e-6)
    with pytest.raises(ModelError, match="which of its classes is entailment: LABEL_0, LABEL_1"):
        EntailmentModel(save(tmp_path / "bare", {0: "LABEL_0", 1: "LABEL_1"}), device="cpu").entails(PAIRS)


def test_what_is_no_classifier_is_refused(tmp_path):
    with pytest.raises(ModelError, match="lack"):
        EntailmentModel(save(tmp_path, CLASSES, BertModel), device="cpu").entails(PAIRS)


def test_a_pair_that_does_not_fit_has_no_answer(tmp_path):
    judge = EntailmentJudge(EntailmentModel(save(tmp_path, CLASSES), device="cpu"))
    counted = []
    found = judge([("The red ball. " * 60, "Red."), PAIRS[0]], counted.append)
    assert np.isnan(found.strengths).tolist() == [True, False]
    assert found.failed.tolist() == [1, 0]
    assert sum(counted) == 2
    assert judge.facts["name"].startswith("entailment:")
    assert len(judge.facts["digest"]) == 64
