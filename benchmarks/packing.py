"""Packed training against one sequence per step: tokens per second, and the same loss on the same episodes.

Both ways go through the trainer of `pluralign tune` with the embedded model, and both apply the output head at scored
positions only. Tokens are those of the episodes, without padding. The learning rate is next to nothing, so that every
step sees the same weights.
"""

import argparse
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from transformers.utils import logging

from pluralign.encode import Encoded, Encoder, Packed, pack
from pluralign.episode import Episode, Example, GeometricPoisson
from pluralign.lm import nano
from pluralign.template import resolve
from pluralign.tune.recipe import Recipe
from pluralign.tune.sft import Plan, trainer

ROW = 1024
PLACES = ("the library", "the old harbour", "the market square", "the school", "the swimming pool", "the night bus")
PLANS = ("should open on Sundays", "needs more light", "should be free for everyone", "could close a little earlier")


class Watch(TrainerCallback):
    """Seconds from the first step's beginning to the last one's end, without what a trainer does before and after."""

    def on_step_begin(self, args, state, control, **kwargs):
        if state.global_step == 0:
            self.start = perf_counter()

    def on_step_end(self, args, state, control, **kwargs):
        self.seconds = perf_counter() - self.start


def episodes(count: int) -> list[Episode]:
    """Votes of invented voters, as many from each as the suite's law gives."""
    rng, law = np.random.default_rng(0), GeometricPoisson(8)
    made = []
    for k in range(count):
        p = rng.dirichlet(np.ones(3))
        examples = tuple(
            Example(
                str(rng.choice(("Agree", "Disagree", "Pass"), p=p)),
                f"{rng.choice(PLACES).capitalize()} {rng.choice(PLANS)}.",
            )
            for _ in range(law(rng))
        )
        made.append(Episode(f"{k}#0", str(k), examples, "Each output is the vote of one voter on a plan."))
    return made


def alone(encoded: list[Encoded]) -> Packed:
    """One sequence in each row, padded to the length of a row."""
    rows = [pack([one], ROW) for one in encoded]
    parts = ([getattr(row, name) for row in rows] for name in ("ids", "labels", "position_ids"))
    return Packed(*map(np.concatenate, parts), left_out=0)


def train(rows: Packed) -> tuple[float, float]:
    """Train the embedded model for one epoch, a step for each row: seconds, and mean nats per scored token."""
    folder = nano.folder("nano-base")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    recipe = Recipe("packing", batch_tokens=ROW, learning_rate=1e-12, precision="float32", save_steps=10**6)
    watch, losses = Watch(), []
    with tempfile.TemporaryDirectory() as place:
        plan = Plan(len(rows.ids), accumulation=1, devices=1)
        made = trainer(
            recipe,
            model.train(),
            tokenizer,
            rows,
            plan,
            Path(place),
            callbacks=(watch,),
            on_step=lambda step: losses.append(step.loss),
        )
        made.go()
    return watch.seconds, float(np.average(losses, weights=(rows.labels != -100).sum(1)))


def main() -> None:
    logging.disable_progress_bar()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--episodes", type=int, default=24)
    count = parser.parse_args().episodes
    tokenizer = AutoTokenizer.from_pretrained(nano.folder("nano-base"))
    template = resolve(tokenizer, "spectrum")
    encoded = Encoder(tokenizer).encode([template.episode(one) for one in episodes(count)])
    lengths = [len(one.ids) for one in encoded]
    ways = {"one padded sequence": alone(encoded), "packed rows": pack(encoded, ROW)}
    print(
        f"{count} episodes of {min(lengths)} to {max(lengths)} tokens (mean {np.mean(lengths):.0f}), rows of {ROW}; "
        f"{torch.get_num_threads()} threads"
    )
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    losses = dict.fromkeys(ways, 0.0)
    for _ in range(3):
        for name, rows in ways.items():
            spent, losses[name] = train(rows)
            seconds[name].append(spent)
    print(f"{'per step':22}{'steps':>7}{'seconds':>9}{'tokens/s':>10}{'times':>7}{'loss':>10}")
    first = median(next(iter(seconds.values())))
    for name, rows in ways.items():
        spent = median(seconds[name])
        rate, times = sum(lengths) / spent, first / spent
        print(f"{name:22}{len(rows.ids):7}{spent:9.2f}{rate:10.0f}{times:7.1f}{losses[name]:10.5f}")
    assert max(losses.values()) - min(losses.values()) < 1e-4, "the two ways disagree"


if __name__ == "__main__":
    main()
