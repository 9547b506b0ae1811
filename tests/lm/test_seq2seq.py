"""Labels and texts of encoder-decoder models."""

import logging

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from pluralign.errors import ModelError, UsageError
from pluralign.lm.seq2seq import Decoding, Seq2SeqModel
from tests.values.tiny_t5 import build

WORDS = ("Supports", "Opposes", "Either")
INPUTS = [
    "[Valence]:\tAction: Biking to work instead of driving.\tValue: Health,",
    "[Valence]:\tAction: Telling\tDuty: Duty to care",
    "truth",
    "[Valence]:\tAction: Telling a friend the truth about a bad haircut.\tRight: Right to privacy",
    "it depends, it helps or it harms",
    "[Relevance]:\tAction: a bad friend\tValue: honesty,",
    "x",
    "safety, fairness, privacy",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> str:
    return build(tmp_path_factory.mktemp("t5"))


@pytest.fixture(scope="module")
def model(folder) -> Seq2SeqModel:
    return Seq2SeqModel.load(folder, device="cpu")


def unbatched(folder: str, model: Seq2SeqModel, text: str) -> np.ndarray:
    """One forward pass of one input without padding, by the library's own tokenizer."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with torch.inference_mode():
        logits = model.model(
            input_ids=tokenizer(text, return_tensors="pt").input_ids, decoder_input_ids=torch.tensor([[0]])
        ).logits[0, 0]
    return logits[[tokenizer(word).input_ids[0] for word in WORDS]].softmax(-1).numpy()


def test_labels_are_those_of_an_unbatched_forward_pass(folder, model):
    expected = np.stack([unbatched(folder, model, text) for text in INPUTS])
    found = model.labels(INPUTS, WORDS)
    assert found.shape == (len(INPUTS), 3)
    assert np.ptp(expected, axis=0).max() > 0.05, "inputs should differ, or the test shows nothing"
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(found.sum(1), 1)


@settings(max_examples=10)
@given(st.lists(st.sampled_from(INPUTS), max_size=12))
def test_labels_do_not_depend_on_what_is_asked_together(model, inputs):
    alone = {text: model.labels([text], WORDS)[0] for text in set(inputs)}
    found = model.labels(inputs, WORDS)
    assert found.shape == (len(inputs), 3)
    for text, row in zip(inputs, found, strict=True):
        np.testing.assert_allclose(row, alone[text], atol=1e-5)


def test_every_input_is_reported_once(model):
    seen = []
    model.labels([*INPUTS, *INPUTS], WORDS, seen.append)
    assert sum(seen) == 2 * len(INPUTS)


def test_labels_that_begin_alike_are_refused(model):
    with pytest.raises(ModelError, match="'Yes' and 'Yes No' begin with the same token"):
        model.labels(["x"], ("Yes", "Yes No"))
    with pytest.raises(ModelError, match="no token"):
        model.labels(["x"], ("", "No"))


def test_long_inputs_are_cut_closed_and_counted(folder, model, caplog):
    short = Seq2SeqModel.load(folder, device="cpu", max_length=6)
    words = ["it", "helps,", "harms", "or", "depends.", "Telling", "a", "friend"]
    with caplog.at_level(logging.WARNING):
        found = short.labels([" ".join(words), "it helps,"], WORDS)
    assert "1 of 2 inputs cut at 6 tokens" in caplog.text
    np.testing.assert_allclose(found[0], model.labels([" ".join(words[:5])], WORDS)[0], atol=1e-5)
    caplog.clear()
    short.labels(["it helps,"], WORDS)
    assert not caplog.text


def test_fit_shortens_one_part_of_an_input(folder):
    short = Seq2SeqModel.load(folder, device="cpu", max_length=6)
    assert short.fit("it helps,", lambda text: f"{text} Value: care") == "it helps,"
    assert short.fit("it helps, harms or depends.", lambda text: f"{text} Value: care") == "it helps, harms"
    assert short.fit("it helps,", lambda text: f"{text} {'care ' * 9}") == ""


def test_text_cannot_spell_a_control_token(model):
    # Read as a control token, the second would end the input before "harms".
    broken, spelt = (model.labels([f"it helps, {end} harms"], WORDS)[0] for end in ("< /s>", "</s>"))
    np.testing.assert_allclose(spelt, broken)


def test_beams_do_not_depend_on_what_is_asked_together(model):
    decoding = Decoding(n=7, max_new_tokens=5)
    together = model.generate(INPUTS, decoding)
    assert [len(texts) for texts in together] == [7] * len(INPUTS)
    assert together == [model.generate([text], decoding)[0] for text in INPUTS]


def test_beams_are_those_of_a_search_that_encodes_each_of_them(model):
    expected = []
    for text in INPUTS:
        ids = torch.tensor([model.tokenizer.encode(text).ids])
        made = model.model.generate(ids, num_beams=7, num_return_sequences=7, max_new_tokens=5)
        expected.append([line.strip() for line in model.tokenizer.decode_batch(made.tolist())])
    assert model.generate(INPUTS, Decoding(n=7, max_new_tokens=5)) == expected


def test_draws_depend_on_the_input_and_the_seed_alone(model):
    decoding = Decoding(n=5, method="sample", max_new_tokens=5)
    together = model.generate(INPUTS, decoding)
    assert together == [model.generate([text], decoding)[0] for text in INPUTS]
    assert together != model.generate(INPUTS, Decoding(n=5, method="sample", max_new_tokens=5, seed=1))


def test_draws_have_the_frequencies_of_the_nucleus(model):
    # The first token, with those outside of the nucleus left out and the others brought to a sum of 1.
    text = INPUTS[0]
    ids = torch.tensor([model.tokenizer.encode(text).ids])
    with torch.inference_mode():
        p = model.model(input_ids=ids, decoder_input_ids=torch.tensor([[0]])).logits[0, 0].double().softmax(-1).numpy()
    order = np.argsort(-p)
    nucleus = order[: np.searchsorted(np.cumsum(p[order]), 0.6) + 1]
    expected = p[nucleus] / p[nucleus].sum()
    assert 1 < len(nucleus) < len(p) / 2
    n = 4000
    drawn = model.generate([text], Decoding(n=n, method="sample", max_new_tokens=1, top_p=0.6))[0]
    names = [model.tokenizer.decode([token]).strip() for token in nucleus]
    counts = np.array([drawn.count(name) for name in names])
    assert counts.sum() == n
    assert np.all(np.abs(counts / n - expected) < 5 * np.sqrt(expected * (1 - expected) / n) + 1e-9)


def test_nothing_asked(model):
    assert model.labels([], WORDS).shape == (0, 3)
    assert model.generate([]) == []


@pytest.mark.parametrize("wrong", [{"n": 0}, {"max_new_tokens": 0}, {"method": "diverse"}, {"top_p": 0.0}])
def test_impossible_decodings_are_refused(wrong):
    with pytest.raises(UsageError):
        Decoding(**wrong)


def test_a_causal_model_is_no_encoder_decoder():
    with pytest.raises(ModelError, match="cannot be loaded"):
        Seq2SeqModel.load("nano-base", device="cpu")
