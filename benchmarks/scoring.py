"""Scoring and choice scoring against plain loops over the same model: the same numbers, in less time.

    python benchmarks/scoring.py

Two models: ``nano-spectrum`` with its vocabulary of 4,096, and a random model of the same body with the vocabulary
of Gemma 3 (262,144), because what a plain loop wastes on logits grows with the vocabulary. Three comparisons on
episodes of up to 20 examples, median of three runs:

- ``score``: every output of every episode. The plain loop takes one episode at a time, log-softmax over the whole
  vocabulary at every position, then a Python loop over examples and tokens.
- ``score, asked``: the same numbers; this plain loop asks for one output at a time and runs its context anew.
- ``choices``: the choices at every shot. The plain loop runs the whole prompt anew for each choice.
"""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedTokenizerFast

from pluralign.episode import Episode, Example
from pluralign.lm.transformers import TransformersModel

PLACES = ("the library", "the old harbour", "the market square", "the school", "the swimming pool", "the night bus")
PLANS = ("should open on Sundays", "needs more light", "should be free for everyone", "could close a little earlier")
REASONS = (
    "Many who live near it work all week and cannot come at any other time, and they pay for it as everyone does.",
    "We asked about it two years ago, were told to wait for the new budget, and have heard nothing since that day.",
    "It would cost less than the car park that was built last year, and far more people would have some use for it.",
)


def episodes(count: int, shots: int = 40) -> list[Episode]:
    """Votes of voters on invented plans, and ratings by readers: texts of two sentences, as in real rating tasks."""
    rng = np.random.default_rng(0)
    made = []
    for k in range(count):
        if k % 2:
            choices, description = ("Agree", "Disagree", "Pass"), "Each output is the vote of one voter on a plan."
        else:
            choices, description = ("convincing", "weak"), "Each output is what one reader says of a text."
        inputs = [
            f"{rng.choice(PLACES).capitalize()} {rng.choice(PLANS)}. {rng.choice(REASONS)}" for _ in range(shots)
        ]
        p = rng.dirichlet(np.ones(len(choices)))
        examples = tuple(Example(str(rng.choice(choices, p=p)), text) for text in inputs)
        made.append(Episode(f"process {k}#0", f"process {k}", examples, description, choices))
    return made


def plain_score(model: TransformersModel, asked: Sequence[Episode]) -> list[float]:
    found = []
    for episode in asked:
        (encoded,) = model.encoder.encode([model.template.episode(episode)])
        logprobs = plain_logprobs(model, encoded.ids)
        for j in range(len(episode.examples)):
            found.append(0.0)
            for t in np.flatnonzero(encoded.scored & (encoded.example == j)):
                found[-1] += logprobs[t - 1, encoded.ids[t]].item()
    return found


def plain_choices(model: TransformersModel, asked: Sequence[Episode], every: bool = True) -> list[float]:
    """The choices at every shot, or, if not ``every``, the output that came."""
    found = []
    for episode in asked:
        for shot, example in enumerate(episode.examples):
            prompt = model.template.prompt(episode.prompt(shot))
            for choice in episode.choices if every else (example.output,):
                (encoded,) = model.encoder.encode([prompt + model.template.answer(choice)])
                logprobs = plain_logprobs(model, encoded.ids)
                found.append(0.0)
                for t in np.flatnonzero(encoded.scored):
                    found[-1] += logprobs[t - 1, encoded.ids[t]].item()
    return found


@torch.inference_mode()
def plain_logprobs(model: TransformersModel, ids: np.ndarray) -> torch.Tensor:
    network = model.forward.model
    tokens = torch.tensor(ids[None], dtype=torch.long, device=network.device)
    return network(tokens).logits[0].float().log_softmax(-1)


def score(model: TransformersModel, asked: Sequence[Episode]) -> list[float]:
    return [one.logprob for scores in model.score(asked) for one in scores if one is not None]


def choices(model: TransformersModel, asked: Sequence[Episode]) -> list[float]:
    prompts = [episode.prompt(shot) for episode in asked for shot in range(len(episode.examples))]
    options = [episode.choices or () for episode in asked for _ in episode.examples]
    return [logprob for one in model.choices(prompts, options) if one is not None for logprob in one.logprobs]


def timed(runs: Sequence[Callable[[], list[float]]]) -> list[tuple[float, np.ndarray]]:
    """Median seconds of three calls of each, in turns so that a busy machine is fair to all, and the numbers found."""
    seconds: list[list[float]] = [[] for _ in runs]
    found = [np.empty(0)] * len(runs)
    for _ in range(3):
        for k, run in enumerate(runs):
            start = perf_counter()
            found[k] = np.array(run())
            seconds[k].append(perf_counter() - start)
    return [(median(some), numbers) for some, numbers in zip(seconds, found, strict=True)]


def random_model(folder: str, vocabulary: int) -> str:
    """A random model with the body of the embedded ones, and a tokenizer made of the episodes."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=4096, special_tokens=["<eos>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator([f"{e.input} {e.output}\n" for one in episodes(8) for e in one.examples], trainer)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<eos>").save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=256,
        intermediate_size=704,
        num_hidden_layers=4,
        num_attention_heads=4,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
    )
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    return folder


def compare(model: TransformersModel, name: str, count: int, most: int) -> None:
    """Time the three comparisons on ``count`` episodes of up to ``most`` examples, as many as the model takes."""
    for shots in range(most, 0, -1):
        asked = episodes(count, shots)
        lengths = [len(one.ids) for one in model.encoder.encode([model.template.episode(one) for one in asked])]
        if max(lengths) < model.max_length:
            break
    print(
        f"{name}: {model.facts['parameters'] / 1e6:.1f} M parameters, "
        f"{model.facts['device']}, {torch.get_num_threads()} threads; "
        f"{len(asked)} episodes of {shots} examples, {min(lengths)} to {max(lengths)} tokens"
    )
    print(f"{'':14}{'plain':>10}{'pluralign':>11}{'times':>8}{'difference':>12}")
    for label, plain, ours in (
        ("score", lambda: plain_score(model, asked), lambda: score(model, asked)),
        ("score, asked", lambda: plain_choices(model, asked, every=False), lambda: score(model, asked)),
        ("choices", lambda: plain_choices(model, asked), lambda: choices(model, asked)),
    ):
        (slow, expected), (fast, found) = timed([plain, ours])
        difference = np.abs(found - expected).max()
        print(f"{label:14}{slow:9.2f}s{fast:10.2f}s{slow / fast:8.1f}{difference:12.1e}", flush=True)
        assert difference < 1e-4, "the two ways disagree"


def main() -> None:
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    compare(TransformersModel.load("nano-spectrum"), "nano-spectrum", count=2, most=20)
    with tempfile.TemporaryDirectory() as folder:
        wide = TransformersModel.load(random_model(folder, vocabulary=262_144))
        compare(wide, "random, vocabulary of Gemma 3", count=4, most=8)


if __name__ == "__main__":
    main()
