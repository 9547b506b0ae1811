"""Maps of situations by a Kaleido checkpoint against a plain loop: the same considerations kept, in less time.

    python benchmarks/kaleidoscope.py

A tiny T5 with the configuration of the Kaleido checkpoints is made and taught here for some seconds. Both ways take
100 beams per situation, keep what is relevant, drop what is said twice, and give relevance and valence of the rest;
both embed with MiniLM, without a cache on disk. The plain loop does what the earlier system does, save its defects in
scoring: one situation at a time, batches of 8 candidates, a pass for relevance and one for valence of every candidate,
every candidate embedded, then ROUGE-L of stemmed words and cosine of one pair at a time. Ours takes situations
together, scores a candidate once, batches by length, embeds each distinct text that is left, compares all pairs at
once, and asks for the valence of what is kept. Median of seven runs in turns, in seconds of processor time of one
thread; from one start to the next the ratio moved by a tenth on a shared machine.
"""

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np
import snowballstemmer
import torch
from transformers import AutoTokenizer

from pluralign.lm.embed import default
from pluralign.values.consideration import Consideration, Pair, core, parse
from pluralign.values.dedup import distinct
from pluralign.values.kaleido import KaleidoModel

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.values.tiny_t5 import build, teach

STEMS = (
    *("honesty", "safety", "health", "privacy", "fairness", "care", "freedom", "trust", "respect", "loyalty"),
    *("comfort", "speech", "rest", "work", "family", "nature", "justice", "property", "equality", "learning"),
)
KINDS = ("Value: ", "Right: Right to ", "Duty: Duty to ")
ENDINGS = ("", " of others", " at work", " for children", " in public", " with friends")
DEEDS = ("biking to work", "telling a friend the truth", "taking the last seat", "reading a letter", "keeping a dog")
WHEN = ("instead of driving", "in a crowded old town", "without asking anyone", "when nobody else would do it at all")

PORTER = snowballstemmer.stemmer("porter")

Kept = list[tuple[str, float, np.ndarray]]
"""What is kept for a situation, with its relevance and valence."""


class Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.last = process_time()

    def lap(self, stage: str) -> None:
        now = process_time()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self.last
        self.last = now


def checkpoint(folder: Path) -> KaleidoModel:
    lines = ["".join(parts) for parts in product(KINDS, STEMS, ENDINGS)]
    situations = asked(20)
    rng = np.random.default_rng(0)
    pairs = []
    for line in lines:
        kind, text = line.split(": ", 1)
        situation = str(rng.choice(situations))
        fields = f"Action: {situation}\t{kind}: {text}"
        pairs.append((f"[Generate]:\tAction: {situation}", line))
        pairs.append((f"[Relevance]:\t{fields}", "Yes" if rng.random() < 0.5 + 0.3 * (len(text) % 3 - 1) else "No"))
        pairs.append((f"[Valence]:\t{fields}", str(rng.choice(["Supports", "Opposes", "Either"]))))
    teach(build(folder, [*lines, *situations], width=64), pairs, steps=100)
    return KaleidoModel.load(str(folder), device="cpu")


def asked(count: int) -> list[str]:
    return [f"{deed} {when}" for deed, when in product(DEEDS, WHEN)][:count]


def ours(model: KaleidoModel, situations: Sequence[str], clock: Clock) -> list[Kept]:
    candidates = [list(dict.fromkeys(one.considerations)) for one in model.generate(situations)]
    clock.lap("generate")
    pairs = [Pair(s, one.kind, one.text) for s, ones in zip(situations, candidates, strict=True) for one in ones]
    relevance = np.split(model.relevance(pairs), np.cumsum([len(ones) for ones in candidates])[:-1])
    clock.lap("relevance")
    least = [np.array([model.thresholds[one.kind] for one in ones]) for ones in candidates]
    shown = [np.flatnonzero(p >= bound) for p, bound in zip(relevance, least, strict=True)]
    candidates = [[ones[i] for i in rows] for ones, rows in zip(candidates, shown, strict=True)]
    relevance = [p[rows] for p, rows in zip(relevance, shown, strict=True)]
    kept = distinct(candidates, relevance, model.limits)
    clock.lap("deduplicate")
    rows = [(k, i) for k, chosen in enumerate(kept) for i in chosen]
    valence = model.valence([Pair(situations[k], candidates[k][i].kind, candidates[k][i].text) for k, i in rows])
    clock.lap("valence")
    found: list[Kept] = [[] for _ in situations]
    for (k, i), probabilities in zip(rows, valence, strict=True):
        found[k].append((str(candidates[k][i]), float(relevance[k][i]), probabilities))
    return found


def plain(model: KaleidoModel, situations: Sequence[str], clock: Clock) -> list[Kept]:
    tokenizer = AutoTokenizer.from_pretrained(model.seq2seq.name)
    found = []
    for situation in situations:
        line = model.templates["generate"].write(situation)
        ids = tokenizer([line], return_tensors="pt").input_ids
        with torch.inference_mode():
            made = model.seq2seq.model.generate(ids, num_beams=100, num_return_sequences=100, max_new_tokens=30)
        candidates = [parse(text) for text in tokenizer.batch_decode(made, skip_special_tokens=True) if ": " in text]
        clock.lap("generate")
        relevance = plain_labels(model, tokenizer, situation, candidates, "relevance", ["Yes", "No"])[:, 0]
        clock.lap("relevance")
        valence = plain_labels(model, tokenizer, situation, candidates, "valence", ["Supports", "Opposes", "Either"])
        clock.lap("valence")
        vectors = default().embed([core(one.text) for one in candidates])
        order = [
            i for i in np.argsort(-relevance, kind="stable") if relevance[i] >= model.thresholds[candidates[i].kind]
        ]
        kept = plain_dedup(model, order, candidates, vectors)
        clock.lap("deduplicate")
        found.append([(str(candidates[i]), relevance[i], valence[i]) for i in kept])
    return found


@torch.inference_mode()
def plain_labels(
    model: KaleidoModel, tokenizer, situation: str, candidates: Sequence[Consideration], task, words: Sequence[str]
) -> np.ndarray:
    tokens = [tokenizer(word).input_ids[0] for word in words]
    lines = [model.templates[task].write(situation, one.kind.capitalize(), one.text) for one in candidates]
    parts = []
    for start in range(0, len(lines), 8):
        batch = tokenizer(lines[start : start + 8], padding=True, truncation=True, max_length=128, return_tensors="pt")
        first = torch.zeros((len(batch.input_ids), 1), dtype=torch.long)
        logits = model.seq2seq.model(**batch, decoder_input_ids=first).logits[:, -1]
        parts.append(logits[:, tokens].softmax(-1).numpy())
    return np.concatenate(parts).astype(float)


def plain_dedup(
    model: KaleidoModel, order: Sequence[int], candidates: Sequence[Consideration], vectors: np.ndarray
) -> list[int]:
    limits = model.limits
    by_words: list[int] = []
    for i in order:
        for j in by_words:
            if candidates[i].kind == candidates[j].kind:
                precision, recall, f1 = rouge_l(core(candidates[i].text), core(candidates[j].text))
                if f1 > limits.f1 or precision > limits.precision or recall > limits.recall:
                    break
        else:
            by_words.append(i)
    kept: list[int] = []
    for i in by_words:
        for j in kept:
            if candidates[i].kind == candidates[j].kind:
                a, b = vectors[i], vectors[j]
                if np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b)) > limits.cosine[candidates[i].kind]:
                    break
        else:
            kept.append(i)
    return kept


def rouge_l(target: str, prediction: str) -> tuple[float, float, float]:
    a, b = ([stem(word) for word in re.findall(r"\w+", text)] for text in (target, prediction))
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a)):
        for j in range(len(b)):
            table[i + 1][j + 1] = table[i][j] + 1 if a[i] == b[j] else max(table[i][j + 1], table[i + 1][j])
    common = table[-1][-1]
    return common / len(b), common / len(a), 2 * common / (len(a) + len(b))


def stem(word: str) -> str:
    return PORTER.stemWord(word) if len(word) > 3 else word


def timed(runs: Sequence[Callable[[Clock], list[Kept]]]) -> list[tuple[dict[str, float], list[Kept]]]:
    """Median seconds by stage of seven calls of each, in turns, and what the last ones found."""
    clocks: list[list[Clock]] = [[] for _ in runs]
    found: list[list[Kept]] = [[] for _ in runs]
    for _ in range(7):
        for k, run in enumerate(runs):
            start, clock = process_time(), Clock()
            found[k] = run(clock)
            clock.seconds["all"] = process_time() - start
            clocks[k].append(clock)
    medians = [{stage: median(one.seconds[stage] for one in some) for stage in some[0].seconds} for some in clocks]
    return list(zip(medians, found, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--situations", type=int, default=20, help="how many, up to 20")
    situations = asked(parser.parse_args().situations)
    os.environ["XDG_CACHE_HOME"] = os.devnull
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    torch.set_num_threads(1)
    default().embed(["warm"])
    with tempfile.TemporaryDirectory() as folder:
        model = checkpoint(Path(folder))
        (slow, expected), (fast, found) = timed(
            [lambda clock: plain(model, situations, clock), lambda clock: ours(model, situations, clock)]
        )
    kept = sum(map(len, expected))
    print(
        f"{model.facts['parameters'] / 1e6:.1f} M parameters, {model.facts['device']}, 1 thread; "
        f"{len(situations)} situations, 100 beams each, {kept} considerations kept"
    )
    print(f"{'seconds per situation':22}{'plain':>9}{'pluralign':>11}{'times':>8}")
    for stage in ("generate", "relevance", "valence", "deduplicate", "all"):
        a, b = slow[stage] / len(situations), fast[stage] / len(situations)
        print(f"{stage:22}{a:9.4f}{b:11.4f}{a / b:8.1f}")
    print(f"situations per second: {len(situations) / slow['all']:.2f} and {len(situations) / fast['all']:.2f}")
    for one, other in zip(expected, found, strict=True):
        scores = {text: (p, v) for text, p, v in other}
        assert {text for text, *_ in one} == set(scores), "the two ways keep other considerations"
        # What is equally relevant but for rounding may change places.
        assert np.allclose([p for _, p, _ in one], [p for _, p, _ in other], rtol=0, atol=1e-5), "another order"
        for text, p, v in one:
            q, w = scores[text]
            assert max(abs(p - q), np.abs(v - w).max()) < 1e-5, "the two ways disagree on a score"


if __name__ == "__main__":
    main()
