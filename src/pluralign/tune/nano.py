"""Build the embedded models: one small model pre-trained, and tuned by the recipes ``nano`` and ``nano-instruct``."""

import itertools
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedModel, PreTrainedTokenizerFast

from pluralign.episode import Process, generator
from pluralign.suite import DataRoot, books
from pluralign.suite.tasks.simulated import process
from pluralign.tune import corpus, job, recipe
from pluralign.tune.circuit import LOOKUP, PREVIOUS, copying_circuit
from pluralign.tune.pretrain import pretrain

VOCABULARY = 4096
END, PAD = "<|endoftext|>", "<|pad|>"
# One token per role, right before the content: what stands before an answer then tells that an answer follows.
MARKERS = ("<|end|>", *(f"<|{r}|>" for r in ("description", "input", "output", "system", "user", "assistant")))
SPECIAL = (PAD, END, *MARKERS)
FEW_SHOT_SHARE = 0.57
RECIPES = {"spectrum": "nano", "instruct": "nano-instruct"}
"""The recipe of each state that is tuned from the base."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How large the base model is, and how long it is trained.

    Attributes:
        characters: text for pre-training.
        repeats: rows of random tokens said again and again, as a share of the rows of text.
        context: longest sequence, and length of a training row, in tokens.
    """

    characters: int = 36_000_000
    repeats: float = 0.1
    context: int = 1024
    hidden_size: int = 256
    intermediate_size: int = 512
    layers: int = 5
    heads: int = 4


@dataclass(frozen=True, slots=True)
class Build:
    """Where a build reads and writes.

    Attributes:
        root: source data.
        cache: checkpoints, one folder per state.
        out: finished states, one folder each.
    """

    root: DataRoot
    cache: Path
    out: Path
    scale: Scale = Scale()


def build(state: str, place: Build) -> dict:
    """Build one state; ``instruct`` and ``spectrum`` start from the finished ``base``.

    Returns:
        parameters, tokens, steps, first_loss and last_loss, the losses in nats per scored token.

    Raises:
        PluralignError: source data is absent, or something cannot be written.
    """
    return _build_base(place) if state == "base" else _build_tuned(state, place)


def build_tokenizer(texts: Iterator[str]) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer with turn markers; digits stand alone, so that numbers are spelled consistently."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=END, pad_token=PAD, additional_special_tokens=list(MARKERS)
    )


def simulated(passages: list[str]) -> Iterator[Process]:
    """An endless stream of simulated processes, none of which is in the task ``simulated``."""
    words, sentences = books.vocabulary(passages), books.sentences(passages)
    return (process(0, index, words, sentences) for index in itertools.count())


def stream_rows(tokenizer: PreTrainedTokenizerFast, texts: list[str], length: int) -> np.ndarray:
    """Documents joined by the end token and cut into rows of ``length`` token ids."""
    ids: list[int] = []
    for encoding in tokenizer.backend_tokenizer.encode_batch_fast(texts):
        ids += [*encoding.ids, tokenizer.eos_token_id]
    return np.array(ids[: len(ids) // length * length], dtype=np.int64).reshape(-1, length)


def repeated_rows(count: int, length: int, vocabulary: int) -> np.ndarray:
    """Rows of ``length`` random token ids that come again and again, so that copying stays of use for any token."""
    rng = generator("repeats")
    rows = []
    for _ in range(count):
        parts: list[np.ndarray] = []
        while sum(map(len, parts)) < length:
            parts.append(np.tile(rng.integers(len(SPECIAL), vocabulary, rng.integers(2, 120)), rng.integers(2, 6)))
        rows.append(np.concatenate(parts)[:length])
    return np.array(rows, dtype=np.int64).reshape(-1, length)


def _optimizer(model: PreTrainedModel, learning_rate: float) -> torch.optim.Optimizer:
    """AdamW that moves the copying circuit and the embeddings it reads more gently than the rest.

    At the full rate the circuit is gone after fifty steps, before the rest has learned to use it.
    """
    gentle = ("embed_tokens", f"layers.{PREVIOUS}.self_attn", f"layers.{LOOKUP}.self_attn", "model.norm")
    groups = {(slow, decayed): [] for slow in (True, False) for decayed in (True, False)}
    for name, weight in model.named_parameters():
        groups[any(part in name for part in gentle), weight.ndim > 1].append(weight)
    return torch.optim.AdamW(
        [
            {"params": weights, "lr": learning_rate * (0.3 if slow else 1.0), "weight_decay": 0.05 * decayed}
            for (slow, decayed), weights in groups.items()
        ],
        betas=(0.9, 0.95),
    )


def _build_base(place: Build) -> dict:
    """Pre-train on books and few-shot documents."""
    scale = place.scale
    passages = books.passages(place.root, int(scale.characters * (1 - FEW_SHOT_SHARE)))
    texts = list(corpus.documents(passages, simulated(passages), FEW_SHOT_SHARE))
    tokenizer = build_tokenizer(iter(texts))
    rows = stream_rows(tokenizer, texts, scale.context)
    ids = np.concatenate([rows, repeated_rows(int(scale.repeats * len(rows)), scale.context, len(tokenizer))])
    torch.manual_seed(0)
    # Not Qwen2, which has such biases too: transformers gives its models a tokenizer of their own, whatever was saved.
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=scale.hidden_size,
        intermediate_size=scale.intermediate_size,
        num_hidden_layers=scale.layers,
        num_attention_heads=scale.heads,
        num_key_value_heads=scale.heads,
        max_position_embeddings=scale.context,
        attention_bias=True,
        rope_parameters={"rope_type": "default", "rope_theta": 1e8},
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = AutoModelForCausalLM.from_config(config)
    copying_circuit(model)
    log = pretrain(model, ids, place.cache / "base", optimizer=_optimizer(model, 1e-3))
    out = place.out / "base"
    model.to(torch.bfloat16).save_pretrained(out)
    tokenizer.save_pretrained(out)
    curve = [round(float(np.mean(log[start : start + 20])), 4) for start in range(0, len(log), 20)]
    facts = {
        "parameters": model.num_parameters(),
        "tokens": int(ids.size),
        "steps": len(log),
        "first_loss": curve[0],
        "last_loss": curve[-1],
    }
    (out / "training.json").write_text(json.dumps(facts | {"loss_per_20_steps": curve}) + "\n")
    return facts


def _build_tuned(state: str, place: Build) -> dict:
    """Tune the base by a recipe; the job stays in the cache, the model comes out of it."""
    done = job.tune(
        str(place.out / "base"), recipe.load(RECIPES[state]), place.cache / state, data_root=place.root.path
    )
    out = place.out / state
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(done["model"], out)
    parameters = json.loads((out / "training.json").read_text(encoding="utf-8"))["parameters"]
    return {"parameters": parameters} | {name: done[name] for name in ("tokens", "steps", "first_loss", "last_loss")}
