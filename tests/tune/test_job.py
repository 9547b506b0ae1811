import json

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from pluralign import runs
from pluralign.encode import Encoder
from pluralign.episode import Example, Prompt
from pluralign.errors import ModelError, RunError
from pluralign.template import resolve
from pluralign.tune import tune
from pluralign.tune.recipe import Recipe
from tests.tune import own_tasks
from tests.tune.test_markers import without_markers
from tests.tune.tiny_models import base_tokenizer, tiny_model

RECIPE = Recipe(
    "test",
    tasks=("own_words",),
    max_length=192,
    batch_tokens=384,
    tokens=6000,
    learning_rate=1e-2,
    precision="float32",
    heldout=("urn", "flight"),
    heldout_limit=2,
    save_steps=4,
)


@pytest.fixture(autouse=True)
def _own(monkeypatch, tmp_path):
    own_tasks.register(monkeypatch)
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("PLURALIGN_DATA", str(tmp_path / "data"))


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> str:
    """A base model in an ordinary folder: markers without a chat template."""
    folder = tmp_path_factory.mktemp("base")
    tiny_model("qwen").save_pretrained(folder)
    base_tokenizer("qwen").save_pretrained(folder)
    return str(folder)


def test_a_job_from_a_base_model_to_a_measured_one(base, tmp_path):
    out = tmp_path / "out"
    result = tune(base, out, RECIPE, evaluate_steps=8)
    assert result["model"] == str(out / "model")
    assert result["steps"] == result["planned"] > 8
    assert result["last_loss"] < result["first_loss"] - 1
    assert {path.name for path in out.iterdir()} >= {"config.json", "data.json", "measure", "looks", "log", "model"}
    assert not (out / "checkpoints").exists()

    record = json.loads((out / "model" / "training.json").read_text())
    assert record["source"] == base
    assert len(record["losses"]) == result["steps"]
    assert {share["task"] for share in record["shares"]} == {"own_words"}
    assert any("heldout/urn/js_divergence_nats" in entry for entry in record["heldout"])
    card = (out / "model" / "README.md").read_text()
    assert "| own_words | Apache-2.0 |" in card
    assert "| urn | js_divergence_nats (nats) |" in card and str(tmp_path) not in card.replace(base, "")

    _, metrics, rows = runs.read(out)
    assert rows["step"].to_list() == list(range(1, result["steps"] + 1))
    assert {m["task"] for m in metrics} >= {"urn", "flight"}
    assert any(m["model"] == f"{out / 'model'} - {base}" and m["low"] is not None for m in metrics)
    assert not list((out / "model").glob("*.bin"))

    before = (out / "model" / "model.safetensors").read_bytes()
    again = tune(base, out, RECIPE, evaluate_steps=8)
    assert again == result
    assert (out / "model" / "model.safetensors").read_bytes() == before


def test_plain_transformers_generates_with_the_saved_chat_template(base, tmp_path):
    changes = {"tasks": ("own_raters",), "heldout": (), "batch_tokens": 192, "tokens": 10000}
    folder = tune(base, tmp_path / "out", RECIPE, **changes)["model"]
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
    messages = [
        {"role": "description", "content": "Answers of one person."},
        {"role": "input", "content": "item 3"},
        {"role": "output", "content": "no"},
        {"role": "input", "content": "item 4"},
    ]
    inputs = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True, return_tensors="pt")
    prompt = Prompt("", "item 4", (Example("no", "item 3"),), "Answers of one person.")
    (encoded,) = Encoder(tokenizer).encode([resolve(tokenizer).prompt(prompt)])
    assert inputs["input_ids"][0].tolist() == encoded.ids.tolist()
    made = model.generate(**inputs, max_new_tokens=20, do_sample=False)[0, inputs["input_ids"].shape[1] :]
    assert tokenizer.decode(made) in ("yes<|im_end|>", "no<|im_end|>")
    assert "assistant" in tokenizer.apply_chat_template(
        [{"role": "user", "content": "Hello"}], add_generation_prompt=True, tokenize=False
    )


@pytest.mark.parametrize("method", ["instruct", "individual"])
def test_the_other_methods_train(base, tmp_path, method):
    changes = {"method": method, "tasks": ("own_raters",), "heldout": (), "batch_tokens": 192, "tokens": 6000}
    result = tune(base, tmp_path / "out", RECIPE, **changes)
    assert result["last_loss"] < result["first_loss"]
    assert json.loads((tmp_path / "out" / "config.json").read_text())["request"]["recipe"]["method"] == method


def test_a_folder_belongs_to_one_job(base, tmp_path):
    tune(base, tmp_path / "out", RECIPE, heldout=(), tokens=1000)
    with pytest.raises(RunError, match=r"recipe\.learning_rate was 0\.01, is now 0\.02"):
        tune(base, tmp_path / "out", RECIPE, heldout=(), tokens=1000, learning_rate=0.02)


def test_a_job_does_not_go_on_with_other_data(base, tmp_path, monkeypatch):
    changes = {"heldout": (), "learning_rate": 1e39, "save_steps": 100}
    with pytest.raises(ModelError, match="not a finite number"):
        tune(base, tmp_path / "out", RECIPE, **changes)
    monkeypatch.setattr(own_tasks, "PER_LIST", 5)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    with pytest.raises(RunError, match="not that with which this job began"):
        tune(base, tmp_path / "out", RECIPE, **changes)


def test_held_out_tasks_without_data_are_left_out(base, tmp_path):
    from pluralign.tune import job

    said = []
    recipe = Recipe("test", tasks=("own_words",), batch_tokens=384, max_length=192, heldout=("numbergame_perc", "urn"))
    job.tune(base, recipe, tmp_path / "out", watch=job.Watch(said=said.append))
    assert said[0] == "not measured, no data: numbergame_perc"


def test_a_tokenizer_without_turn_markers_is_refused(tmp_path):
    tiny_model("qwen").save_pretrained(tmp_path / "bare")
    without_markers().save_pretrained(tmp_path / "bare")
    with pytest.raises(ModelError, match="no turn markers"):
        tune(str(tmp_path / "bare"), tmp_path / "out", RECIPE)


def test_episodes_longer_than_the_model_takes_are_refused(base, tmp_path):
    with pytest.raises(ModelError, match="episodes of 2048 tokens, the model takes 512"):
        tune(base, tmp_path / "out", RECIPE, max_length=2048)
