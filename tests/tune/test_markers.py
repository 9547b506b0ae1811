import json

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from pluralign.errors import ModelError
from pluralign.template import resolve
from pluralign.tune.chat_template import with_roles
from pluralign.tune.markers import prepare
from tests.tiny import FAMILIES, gemma_like, qwen_like
from tests.tune.tiny_models import base_tokenizer, tiny_model

MARKERS = {
    "gemma": ["<start_of_turn>", "<end_of_turn>"],
    "qwen": ["<|im_start|>", "<|im_end|>"],
    "llama": ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
}


def matrices(model):
    return [
        model.get_input_embeddings().weight.detach().clone(),
        model.get_output_embeddings().weight.detach().clone(),
    ]


def saved(folder, model, tokenizer, **options):
    model.save_pretrained(folder, **options)
    tokenizer.save_pretrained(folder)
    return str(folder)


def without_markers():
    """A tokenizer that knows nothing of turns; the ids of all tokens differ from those of ``qwen_like``."""
    tokenizer = base_tokenizer("qwen")
    spec = json.loads(tokenizer.backend_tokenizer.to_str())
    spec["added_tokens"] = [token for token in spec["added_tokens"] if not token["content"].startswith("<|im_")]
    tokenizer._tokenizer = tokenizer.backend_tokenizer.from_str(json.dumps(spec))
    tokenizer.eos_token = "<|endoftext|>"
    return tokenizer


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("shards", [{}, {"max_shard_size": "20KB"}], ids=["one file", "sharded"])
def test_only_the_rows_of_the_markers_come_from_the_sibling(family, shards, tmp_path):
    model, other = tiny_model(family), tiny_model(family, seed=1)
    sibling = saved(tmp_path / "it", other, FAMILIES[family](), **shards)
    assert (tmp_path / "it" / "model.safetensors.index.json").exists() == bool(shards)
    tokenizer = base_tokenizer(family)
    before = matrices(model)
    prepare(model, tokenizer, sibling)
    ids = tokenizer.convert_tokens_to_ids(MARKERS[family])
    rest = [i for i in range(len(tokenizer)) if i not in ids]
    for old, new, theirs in zip(before, matrices(model), matrices(other), strict=True):
        assert torch.equal(new[ids], theirs[ids])
        assert torch.equal(new[rest], old[rest])
    assert tokenizer.chat_template == FAMILIES[family]().chat_template


def test_rows_are_found_by_token_where_a_sibling_numbers_them_otherwise(tmp_path):
    other = tiny_model("qwen", seed=1)
    sibling = saved(tmp_path / "it", other, qwen_like())
    tokenizer = without_markers()
    model = tiny_model("qwen", vocab_size=len(tokenizer))
    before = matrices(model)
    prepare(model, tokenizer, sibling)
    ours, theirs = (t.convert_tokens_to_ids(MARKERS["qwen"]) for t in (tokenizer, qwen_like()))
    assert ours != theirs
    assert model.get_input_embeddings().num_embeddings == len(tokenizer) == len(before[0]) + 2
    for old, new, its in zip(before, matrices(model), matrices(other), strict=True):
        assert torch.equal(new[ours], its[theirs])
        assert torch.equal(new[: len(old)], old)
    assert resolve(tokenizer, "spectrum").stop.control[0] == "<|im_end|>"
    ids = tokenizer("<|im_start|>user\nHello<|im_end|>").input_ids
    assert [ids[0], ids[-1]] == ours


def test_an_untied_head_takes_the_embeddings_of_a_tied_sibling(tmp_path):
    sibling = saved(tmp_path, tiny_model("llama", seed=1, tie_word_embeddings=True), FAMILIES["llama"]())
    model, tokenizer = tiny_model("llama"), base_tokenizer("llama")
    prepare(model, tokenizer, sibling)
    ids = tokenizer.convert_tokens_to_ids(MARKERS["llama"])
    inputs, outputs = matrices(model)
    assert torch.equal(inputs[ids], outputs[ids])


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_without_a_sibling_markers_start_as_far_apart_as_other_rows(family, dtype):
    model, tokenizer = tiny_model(family).to(dtype), base_tokenizer(family)
    before, state = matrices(model), torch.get_rng_state()
    prepare(model, tokenizer, None)
    assert torch.equal(torch.get_rng_state(), state)
    ids = tokenizer.convert_tokens_to_ids(MARKERS[family])
    rest = [i for i in range(len(tokenizer)) if i not in ids]
    for old, new in zip(before, matrices(model), strict=True):
        assert torch.equal(new[rest], old[rest])
        offset = new[ids].float() - old.float().mean(0)
        assert 0.8 * old.float().std() < offset.std() < 1.2 * old.float().std()
        assert not torch.equal(new[ids[0]], new[ids[1]])
    again = tiny_model(family).to(dtype)
    prepare(again, tokenizer, None)
    assert all(torch.equal(a, b) for a, b in zip(matrices(model), matrices(again), strict=True))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_that_knows_its_turns_keeps_its_rows(family):
    model = tiny_model(family)
    before = matrices(model)
    prepare(model, FAMILIES[family](), None)
    assert all(torch.equal(a, b) for a, b in zip(before, matrices(model), strict=True))


def test_a_tokenizer_without_markers_needs_a_sibling():
    tokenizer = without_markers()
    with pytest.raises(ModelError, match=r"no turn markers.*sibling"):
        prepare(tiny_model("qwen"), tokenizer, None)


def test_a_sibling_must_have_markers_of_the_right_kind_and_width(tmp_path):
    plain = saved(tmp_path / "plain", tiny_model("qwen"), without_markers())
    with pytest.raises(ModelError, match="neither"):
        prepare(tiny_model("qwen"), without_markers(), plain)
    gemma = saved(tmp_path / "gemma", tiny_model("gemma"), gemma_like())
    with pytest.raises(ModelError, match=r"lacks the turn marker '<\|im_start\|>'"):
        prepare(tiny_model("qwen"), FAMILIES["qwen"](), gemma)
    wide = saved(tmp_path / "wide", tiny_model("qwen", hidden_size=48), qwen_like())
    with pytest.raises(ModelError, match="width 32"):
        prepare(tiny_model("qwen"), base_tokenizer("qwen"), wide)
    (tmp_path / "wide" / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="weights cannot be read"):
        prepare(tiny_model("qwen"), base_tokenizer("qwen"), wide)


@pytest.mark.parametrize("family", FAMILIES)
def test_generate_of_plain_transformers_stops_at_the_end_of_the_turn(family, tmp_path):
    model, tokenizer = tiny_model(family, tie_word_embeddings=False), base_tokenizer(family)
    prepare(model, tokenizer, None)
    tokenizer.chat_template = with_roles(tokenizer)
    saved(tmp_path, model, tokenizer)
    model, tokenizer = AutoModelForCausalLM.from_pretrained(tmp_path), AutoTokenizer.from_pretrained(tmp_path)
    messages = [{"role": "description", "content": "A coin."}, {"role": "output", "content": "Heads"}]
    prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True, return_tensors="pt")
    # A head that sees in the last state of this prompt the end of the turn, and nothing anywhere else.
    end = tokenizer.convert_tokens_to_ids(MARKERS[family][-1])
    with torch.no_grad():
        state = model.model(**prompt).last_hidden_state[0, -1]
        model.lm_head.weight.zero_()
        model.lm_head.weight[end] = state
        found = model.generate(**prompt, max_new_tokens=8, do_sample=False)
    assert found[0, prompt["input_ids"].shape[1] :].tolist() == [end]
