"""Building the embedded models at a tiny scale, from files written here; and the models that ship."""

import math

import numpy as np
import polars as pl
import pytest
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer

from pluralign.lm import nano
from pluralign.suite import DataRoot
from pluralign.template import resolve
from pluralign.tune import recipe
from pluralign.tune.nano import RECIPES, Build, Scale, build

TINY = Scale(characters=400_000, context=256, hidden_size=32, intermediate_size=64, layers=2, heads=2)
STATES = ("base", *RECIPES)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """All three states, built by the function that builds the shipped ones, with recipes cut short."""
    root, work = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("work")
    (root / "corpora").mkdir()
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list("abcdefghilmnoprstu"), rng.integers(3, 9))) for _ in range(900)]
    lines = [" ".join(rng.choice(words, 9)).capitalize() + ". " for _ in range(6000)]
    pl.DataFrame({"text": ["".join(lines[:3000]), "".join(lines[3000:])]}).write_parquet(
        root / "corpora" / "classic_books.parquet"
    )
    short = {"tokens": 40_000, "batch_tokens": 1024, "max_length": 256, "weights": {"coinflip": 1.0}, "heldout": ()}
    whole = recipe.load
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(work / "xdg"))
        patch.setattr(recipe, "load", lambda name: recipe.change(whole(name), **short))
        place = Build(DataRoot(root), work / "cache", work / "out", TINY)
        yield place, {state: build(state, place) for state in STATES}


def test_every_state_trains_and_its_loss_falls(built):
    _, facts = built
    assert facts["base"]["first_loss"] > facts["base"]["last_loss"]
    assert facts["spectrum"]["first_loss"] > facts["spectrum"]["last_loss"]
    assert facts["spectrum"]["tokens"] == pytest.approx(40_000, rel=0.1)


def test_states_load_with_plain_transformers_and_differ(built):
    place, _ = built
    models = [AutoModelForCausalLM.from_pretrained(place.out / state) for state in STATES]
    weights = [model.get_input_embeddings().weight for model in models]
    assert not torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[1], weights[2])


def test_templates_follow_from_the_saved_tokenizers(built):
    place, _ = built
    names = {s: resolve(AutoTokenizer.from_pretrained(place.out / s)).name for s in STATES}
    assert names == {"base": "colon", "instruct": "spectrum", "spectrum": "spectrum"}


def test_saved_chat_template_knows_both_sets_of_roles(built):
    place, _ = built
    tokenizer = AutoTokenizer.from_pretrained(place.out / "spectrum")
    ours = tokenizer.apply_chat_template(
        [{"role": "description", "content": "A coin."}, {"role": "output", "content": "Heads"}],
        tokenize=False,
        add_generation_prompt=True,
    )
    assert ours == "<|description|>A coin.<|end|><|output|>Heads<|end|><|output|>"
    usual = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
    assert tokenizer.apply_chat_template(usual, tokenize=False, add_generation_prompt=True) == (
        "<|system|>Be brief.<|end|><|user|>Hello<|end|><|assistant|>"
    )


def test_training_again_from_finished_checkpoints_gives_the_same_weights(built, tmp_path):
    place, _ = built
    before = AutoModelForCausalLM.from_pretrained(place.out / "base").get_input_embeddings().weight
    again = Build(place.root, tmp_path / "cache", tmp_path / "out", TINY)
    build("base", again)
    after = AutoModelForCausalLM.from_pretrained(again.out / "base").get_input_embeddings().weight
    assert torch.equal(before, after)


@pytest.mark.parametrize("name", nano.NAMES)
def test_shipped_states_are_ordinary_checkpoints(name):
    folder = nano.folder(name)
    model = AutoModelForCausalLM.from_pretrained(folder)
    assert 4e6 <= model.num_parameters() <= 10e6
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = torch.tensor([tokenizer("It was a bright cold day and the old man").input_ids])
    loss = model(input_ids=ids, labels=ids).loss.item()
    assert loss < math.log(len(tokenizer)) - 1
    assert (folder / "README.md").is_file()


def test_tokenizers_load_as_they_were_saved(built):
    """Some architectures make transformers put another pre-tokenizer in the place of the saved one."""
    place, _ = built
    text = "Output: 1066\n\nInput: it's   so\n\n"
    for folder in [place.out / state for state in STATES] + [nano.folder(name) for name in nano.NAMES]:
        saved = Tokenizer.from_file(str(folder / "tokenizer.json"))
        assert AutoTokenizer.from_pretrained(folder)(text).input_ids == saved.encode(text).ids
