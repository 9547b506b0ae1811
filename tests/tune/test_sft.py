import copy
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy
from trl import SFTTrainer

from pluralign.encode import Encoded, Packed, pack
from pluralign.errors import ModelError
from pluralign.tune import checkpoints
from pluralign.tune.recipe import Lora, Recipe
from pluralign.tune.sft import Plan, RowTrainer, learning_rate, plan, trainer
from tests.tiny import FAMILIES
from tests.tune.tiny_models import tiny_model

ROW = 48
RECIPE = Recipe("test", batch_tokens=2 * ROW, max_length=ROW, precision="float32", learning_rate=1e-2, save_steps=2)


def episodes(count: int = 20) -> list[Encoded]:
    """Sequences of different lengths, with different numbers of scored tokens."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(count):
        length = int(rng.integers(8, 30))
        scored = rng.random(length) < 0.4
        scored[0], scored[-1] = False, True
        found.append(Encoded(rng.integers(0, 400, length).astype(np.int32), scored, np.zeros(length, np.int32)))
    return found


def training(
    folder: Path, rows: Packed, model=None, recipe: Recipe = RECIPE, family: str = "llama", **options
) -> RowTrainer:
    model = model or tiny_model(family)
    return trainer(recipe, model, FAMILIES[family](), rows, plan(recipe, len(rows.ids), 20), folder, **options)


def batch(rows: Packed, index: slice = slice(None)) -> dict[str, torch.Tensor]:
    names = {"input_ids": rows.ids, "labels": rows.labels, "position_ids": rows.position_ids}
    return {name: torch.from_numpy(part[index]) for name, part in names.items()}


def weights(model) -> dict[str, torch.Tensor]:
    return {name: part.detach().clone() for name, part in model.state_dict().items()}


@pytest.mark.parametrize("family", FAMILIES)
def test_packed_episodes_have_the_loss_that_they_have_alone(tmp_path, family):
    some, model = episodes(), tiny_model(family)
    rows = pack(some, ROW)
    assert len(rows.ids) < len(some)
    count = int((rows.labels != -100).sum())
    with torch.no_grad():
        packed = training(tmp_path, rows, model, family=family).compute_loss(
            model, batch(rows), num_items_in_batch=count
        )
        alone = 0.0
        for one in some:
            ids = torch.from_numpy(one.ids.astype(np.int64))
            at = np.flatnonzero(one.scored)
            logits = model(ids[None], use_cache=False).logits[0]
            alone += cross_entropy(logits[at - 1], ids[at], reduction="sum").item()
    assert packed.item() == pytest.approx(alone / count, abs=1e-5)


def test_the_loss_is_that_of_the_parent(tmp_path):
    rows = pack(episodes(), ROW)
    made = training(tmp_path, rows)
    found = []
    for way in (RowTrainer.compute_loss, SFTTrainer.compute_loss):
        made.model.zero_grad()
        loss = way(made, made.model, batch(rows, slice(3)), num_items_in_batch=17)
        loss.backward()
        found.append((loss.item(), {name: part.grad.clone() for name, part in made.model.named_parameters()}))
    (one, gradients), (other, expected) = found
    assert one == pytest.approx(other, rel=1e-6)
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradient, expected[name], msg=name)


def test_accumulated_rows_are_one_batch(tmp_path):
    """Steps over several rows, one after the other, are AdamW's steps on the mean over all their scored tokens."""
    rows = pack(episodes(), ROW)
    steps = math.ceil(len(rows.ids) / 2)
    start = tiny_model("llama")
    made = training(tmp_path, rows, copy.deepcopy(start), replace(RECIPE, schedule="constant", weight_decay=0.1))
    made.go()

    decayed = [p for p in start.parameters() if p.ndim > 1]
    plain = [p for p in start.parameters() if p.ndim == 1]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=1e-2, betas=(0.9, 0.999))
    losses = []
    for step in range(steps):
        inputs = batch(rows, slice(2 * step, 2 * step + 2))
        logits = start(inputs["input_ids"], position_ids=inputs["position_ids"], use_cache=False).logits[:, :-1]
        loss = cross_entropy(logits.flatten(0, 1), inputs["labels"][:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(start.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        losses.append(loss.item())
    assert [e["loss"] for e in made.state.log_history if "loss" in e] == pytest.approx(losses, abs=1e-4)
    for name, part in weights(made.model).items():
        torch.testing.assert_close(part, start.state_dict()[name], atol=2e-4, rtol=1e-3, msg=name)


def test_rows_without_a_label_fill_up_and_add_nothing(tmp_path):
    rows = pack(episodes(), ROW)
    uneven = Packed(rows.ids[:3], rows.labels[:3], rows.position_ids[:3], 0)
    made = trainer(RECIPE, tiny_model("llama"), FAMILIES["llama"](), uneven, Plan(3, 1, devices=2), tmp_path)
    assert len(made.train_dataset) == 4
    assert (np.asarray(made.train_dataset[3]["labels"]) == -100).all()
    blank = made.data_collator([made.train_dataset[3]])
    loss = made.compute_loss(made.model, blank, num_items_in_batch=torch.tensor(5))
    loss.backward()
    assert loss.item() == 0
    assert all(part.grad is not None and not part.grad.any() for part in made.model.parameters())


def test_the_loss_falls(tmp_path):
    seen = []
    rows = pack(episodes(), ROW)
    many = Packed(*(np.tile(part, (8, 1)) for part in (rows.ids, rows.labels, rows.position_ids)), left_out=0)
    training(tmp_path, many, on_step=seen.append).go()
    assert [step.number for step in seen] == list(range(1, seen[0].total + 1))
    assert seen[-1].loss < seen[0].loss - 1


def test_a_stopped_training_goes_on_to_the_same_weights(tmp_path):
    rows = pack(episodes(40), ROW)
    whole = training(tmp_path / "whole", rows)
    whole.go()

    class Stop(Exception):
        pass

    def stop(step):
        if step.number == 5:
            raise Stop

    with pytest.raises(Stop):
        training(tmp_path / "parts", rows, on_step=stop).go()
    assert checkpoints.last(tmp_path / "parts").name == "checkpoint-4"
    seen = []
    again = training(tmp_path / "parts", rows, on_step=lambda step: seen.append(step.number))
    again.go()
    assert seen[0] == 5
    for name, part in weights(again.model).items():
        assert torch.equal(part, whole.model.state_dict()[name]), name


def test_time_runs_out(tmp_path):
    rows = pack(episodes(40), ROW)
    seen = []
    made = training(tmp_path, rows, max_minutes=1e-9, on_step=seen.append)
    made.go()
    assert [step.number for step in seen] == [1]
    assert checkpoints.last(tmp_path).name == "checkpoint-1"


def broken_at(step: int):
    """A model whose loss becomes NaN in a step, counted in rows."""
    model, calls = tiny_model("llama"), []

    def spoil(module, arguments, output):
        calls.append(1)
        return output * float("nan") if len(calls) == step else output

    model.lm_head.register_forward_hook(spoil)
    return model


def test_a_loss_that_is_no_number_stops_before_the_weights_are_spoiled(tmp_path):
    rows = pack(episodes(40), ROW)
    made = training(tmp_path, rows, broken_at(9))
    with pytest.raises(ModelError, match=r"not a finite number at step 5.*last checkpoint is good"):
        made.go()
    assert all(part.isfinite().all() for part in made.model.parameters())
    last = checkpoints.last(tmp_path)
    assert last.name == "checkpoint-4"
    again = training(tmp_path, rows)
    again.go()
    assert again.state.global_step == again.state.max_steps


def test_weights_that_are_no_numbers_are_not_saved(tmp_path):
    rows = pack(episodes(40), ROW)
    made = training(tmp_path, rows, recipe=replace(RECIPE, learning_rate=1e39, save_steps=1))
    with pytest.raises(ModelError, match="a weight is not a finite number"):
        made.go()
    assert checkpoints.last(tmp_path) is None


def test_adapters_alone_are_trained(tmp_path):
    rows = pack(episodes(), ROW)
    model = tiny_model("llama")
    before = weights(model)
    made = training(tmp_path, rows, model, replace(RECIPE, lora=Lora(4, 8)))
    made.go()
    after = {name.replace(".base_layer", ""): part for name, part in weights(made.model.get_base_model()).items()}
    assert all(torch.equal(part, after[name]) for name, part in before.items())
    adapters = {name: part for name, part in after.items() if "lora_B" in name}
    assert adapters and all(part.any() for part in adapters.values())


@given(
    schedule=st.sampled_from(["linear", "cosine", "constant"]),
    warmup=st.floats(0, 0.9),
    final=st.floats(0, 1),
    steps=st.integers(1, 50),
    used=st.floats(0, 1),
)
def test_the_learning_rate_rises_then_falls(schedule, warmup, final, steps, used):
    recipe = Recipe("test", batch_tokens=1, schedule=schedule, warmup=warmup, final_share=final)
    rates = [learning_rate(recipe, step, steps, 0.0) for step in range(steps + 1)]
    assert all(-1e-9 <= rate <= 1 + 1e-9 for rate in rates)
    after = [rate for step, rate in enumerate(rates) if step / steps >= warmup]
    assert after == sorted(after, reverse=True)
    assert rates[-1] == pytest.approx(1.0 if schedule == "constant" else final)
    # Time counts where it is ahead of the steps.
    assert learning_rate(recipe, 0, steps, 1.0) == rates[-1]
    assert learning_rate(recipe, steps, steps, used) == rates[-1]


def test_a_linear_decay_is_that_of_the_published_runs():
    recipe = Recipe("test", batch_tokens=1)
    assert [learning_rate(recipe, step, 4, 0.0) for step in range(4)] == [1.0, 0.75, 0.5, 0.25]


@pytest.mark.parametrize(
    ("values", "devices", "rows_per_step", "steps"),
    [
        ({"batch_tokens": 8 * 48}, 1, 8, 13),
        ({"batch_tokens": 8 * 48}, 2, 8, 13),
        ({"batch_tokens": 8 * 48}, 3, 9, 12),
        ({"batch_tokens": 1}, 4, 4, 25),
        ({"batch_tokens": None, "batch_sequences": 40}, 1, 20, 5),
    ],
)
def test_a_batch_is_turned_into_rows(values, devices, rows_per_step, steps):
    found = plan(replace(RECIPE, **values), rows=100, episodes=200, devices=devices)
    assert (found.rows_per_step, found.steps) == (rows_per_step, steps)
