"""The recipes that come with Pluralign are readable, and name what exists."""

from pathlib import Path

import pytest
import yaml
from accelerate.commands.config.config_args import load_config_from_file

from pluralign.suite import all_tasks
from pluralign.tune import recipe

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = sorted((ROOT / "recipes" / "accelerate").glob("*.yaml"))


@pytest.mark.parametrize("name", recipe.names())
def test_every_recipe_loads_and_names_tasks_that_exist(name):
    found = recipe.load(name)
    named = {*found.tasks, *found.weights, *found.heldout}
    assert found.name == name
    assert named <= set(all_tasks())
    assert all(all_tasks()[task].card.split == "heldout" for task in found.heldout)


@pytest.mark.parametrize("model", ["gemma-3-12b", "qwen3-14b", "llama-3.1-8b"])
def test_published_recipes_differ_in_the_batch_alone(model):
    v0, v1 = recipe.load(f"{model}-v0"), recipe.load(f"{model}-v1")
    assert (v0.batch_sequences, v1.batch_sequences) == (2048, 1024)
    assert recipe.change(v1, name=v0.name, batch_sequences=2048) == v0
    assert (v0.learning_rate, v0.schedule, v0.warmup, v0.epochs, v0.max_length) == (3e-6, "linear", 0, 1, 1024)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_accelerate_reads_every_configuration(path):
    config = load_config_from_file(str(path))
    assert config.distributed_type.value == {"ddp": "MULTI_GPU", "fsdp2": "FSDP", "zero3": "DEEPSPEED"}[path.stem]
    assert yaml.safe_load(path.read_text())["num_processes"] > 1
