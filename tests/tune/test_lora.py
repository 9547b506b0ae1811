"""Adapters: trained by the command's own function, merged, saved, and loaded again."""

import json

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from pluralign.tune import tune
from pluralign.tune.markers import prepare
from pluralign.tune.recipe import Lora, Recipe
from tests.tune.tiny_models import base_tokenizer, tiny_model


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A base model of Gemma's shape, whose head is tied to its embeddings, and what training made of it."""
    folder = tmp_path_factory.mktemp("lora")
    tiny_model("gemma").save_pretrained(folder / "base")
    base_tokenizer("gemma").save_pretrained(folder / "base")
    recipe = Recipe(
        "lora",
        tasks=("coinflip",),
        max_length=96,
        tokens=4000,
        batch_tokens=384,
        learning_rate=1e-2,
        precision="float32",
        lora=Lora(r=4, alpha=8),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        tune(str(folder / "base"), folder / "job", recipe)
    return folder / "base", folder / "job" / "model"


def test_adapters_learn(trained):
    losses = json.loads((trained[1] / "training.json").read_text())["losses"]
    assert sum(losses[-3:]) < sum(losses[:3]) - 0.3


def test_the_merged_model_is_the_base_with_its_adapters(trained):
    base, made = trained
    model, tokenizer = AutoModelForCausalLM.from_pretrained(base), AutoTokenizer.from_pretrained(base)
    prepare(model, tokenizer, None)
    ids = torch.tensor([AutoTokenizer.from_pretrained(made)("Heads, Tails and <start_of_turn>output").input_ids])
    with torch.no_grad():
        merged = AutoModelForCausalLM.from_pretrained(made)(input_ids=ids).logits
        before = model(input_ids=ids).logits
        adapted = PeftModel.from_pretrained(model, str(made / "adapter"))(input_ids=ids).logits
    assert (merged - adapted).abs().max() < 1e-5
    assert (merged - before).abs().max() > 1e-2


def test_the_merged_model_has_the_tensors_of_the_base_and_changed_layers_only(trained):
    base, made = (AutoModelForCausalLM.from_pretrained(path).state_dict() for path in trained)
    assert base.keys() == made.keys()
    changed = {name for name in base if not torch.equal(base[name], made[name])}
    # The rows of the turn markers were initialised, in the embeddings and so in the head that is tied to them.
    embeddings = {"model.embed_tokens.weight", "lm_head.weight"}
    assert changed == embeddings | {name for name in base if "_proj" in name}


def test_the_recipe_of_the_training_is_recorded(trained):
    record = json.loads((trained[1] / "training.json").read_text())["recipe"]["lora"]
    assert (record["r"], record["alpha"]) == (4, 8)
