"""Other judgements of natural language inference, on which an encoder can be trained before it reads VariErr NLI.

VariErr NLI took its items from those of ChaosNLI, so most of its items are there with the labels of 100 other people.
Every pair that shares a premise or a hypothesis with any item of the set (training, dev or test) is left out. Two of
the sources do not allow commercial use or state no licence: what is trained on them stays with the user.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pluralign.errors import DataError
from pluralign.raters.lewidi.data import LewidiSet
from pluralign.suite.data import DataRoot, read_jsonl

LABELS = ("contradiction", "entailment", "neutral")
_CODES = {"c": 0, "e": 1, "n": 2}
_CHAOS = {"snli": "chaosNLI_snli.jsonl", "mnli": "chaosNLI_mnli_m.jsonl"}
_AMBIENT = "git/alisawuffles/ambient/AmbiEnt"
_VARIATION = "git/epavlick/NLI-variation-data"
_SLIDER = 50 / 3
"""Slider answers from -50 to 50: below minus this is contradiction, above it entailment."""


@dataclass(frozen=True)
class Auxiliary:
    """Pairs of premise and hypothesis, and the share of people who gave each of ``LABELS``.

    Attributes:
        texts: premise and hypothesis of each pair.
        shares: shape (pairs, 3).
        left_out: pairs that were left out since the data set has their premise or hypothesis.
    """

    texts: list[tuple[str, str]]
    shares: np.ndarray
    left_out: int


def auxiliary(data: LewidiSet, root: DataRoot) -> Auxiliary | None:
    """What there is for a data set under a data root; None where its labels are others, or nothing is there.

    Raises:
        DataError: a file is there but not in the documented form.
    """
    if data.scale.labels != LABELS or len(data.fields) != 2:
        return None
    taken = {normal(text) for field in data.fields for text in data.train.items[field].to_list()}
    texts, shares, left_out = [], [], 0
    for premise, hypothesis, share in _judgements(root):
        if normal(premise) in taken or normal(hypothesis) in taken:
            left_out += 1
        else:
            texts.append((premise, hypothesis))
            shares.append(share)
    return Auxiliary(texts, np.array(shares), left_out) if texts else None


def normal(text: str) -> str:
    """A text without what may differ between two copies of it: case, punctuation, space."""
    return re.sub(r"\W+", "", text.casefold())


def _judgements(root: DataRoot) -> Iterator[tuple[str, str, list[float]]]:
    for name in _CHAOS.values():
        for item in _lines(root, f"chaosnli/{name}.gz", f"chaosnli/{name}", f"chaosnli/chaosNLI_v1.0/{name}"):
            counts = [item["label_counter"].get(code, 0) for code in _CODES]
            yield item["example"]["premise"], item["example"]["hypothesis"], [n / sum(counts) for n in counts]
    for name in ("dev.jsonl", "test.jsonl"):
        for item in _lines(root, f"ambient/{name}.gz", f"{_AMBIENT}/{name}"):
            given = item["labels"].split(", ")
            yield item["premise"], item["hypothesis"], [float(label in given) for label in LABELS]
            for one in item["disambiguations"]:
                yield one["premise"], one["hypothesis"], [float(label == one["label"]) for label in LABELS]
    for name in ("sentence_pairs.jsonl", "context.jsonl"):
        folder = "_no_licence_stated/nli_variation"
        for item in _lines(root, f"{folder}/{name}.gz", f"{_VARIATION}/{name}"):
            marks = np.array([mark for mark in item["labels"] if mark is not None], dtype=float)
            low, high = float(np.mean(marks < -_SLIDER)), float(np.mean(marks > _SLIDER))
            yield item["premise"], item["hypothesis"], [low, high, 1 - low - high]


def _lines(root: DataRoot, *alternatives: str) -> Iterator[Mapping[str, Any]]:
    path = root.find(*alternatives)
    if path is None:
        return
    try:
        yield from read_jsonl(path)
    except (KeyError, TypeError, AttributeError, ZeroDivisionError):
        raise DataError("not in the documented form", where=path, fix="Fetch the file again.") from None
