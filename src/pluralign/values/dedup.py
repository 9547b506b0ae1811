"""Considerations that say what a more relevant one has said: found by their words, then by their embeddings."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import snowballstemmer
from rapidfuzz import process
from rapidfuzz.distance import LCSseq

from pluralign.lm.embed import embed
from pluralign.values.consideration import KINDS, Consideration, Kind, core

_STEMMED = 4
"""Letters from which a word is stemmed, as in common implementations of ROUGE."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Likeness to a kept consideration above which another is dropped.

    The first three are of ROUGE-L (Lin 2004): the longest common subsequence of stemmed words, as a share of the words
    of the kept one (precision), of the other (recall), and their harmonic mean.

    Attributes:
        f1: of both shares; from 0 to 1, where nothing is dropped for it.
        precision: share of the words of the kept one.
        recall: share of the words of the other; high where it adds no word of its own.
        cosine: of the embeddings, by the kind of the other.
        across: True to compare considerations of different kinds too.
    """

    f1: float = 0.7
    precision: float = 1.0
    recall: float = 0.9
    cosine: dict[Kind, float] = field(default_factory=lambda: dict.fromkeys(KINDS, 0.75))
    across: bool = False


def distinct(
    listed: Sequence[Sequence[Consideration]],
    relevance: Sequence[np.ndarray],
    limits: Limits | None = None,
    embed: Callable[[Sequence[str]], np.ndarray] = embed,
) -> list[np.ndarray]:
    """Which considerations of each list to keep.

    Each list is gone through from the most relevant on; one is dropped if it is too like any that was kept, in its
    words; then once more, in its embedding. The kinds' opening words ("Right to") count for neither. Texts of all
    lists are embedded in one call.

    Args:
        listed: considerations, one list per situation.
        relevance: of each list's considerations, shape (considerations,); of equals the first goes first.
        limits: how like is too like; None for the defaults.
        embed: gives the embeddings of texts, shape (texts, dimensions), rows of length 1.

    Returns:
        for each list the indices of what is kept, the most relevant first.
    """
    limits = limits or Limits()
    orders = [np.argsort(-np.asarray(scores), kind="stable") for scores in relevance]
    lists = [[ones[i] for i in order] for ones, order in zip(listed, orders, strict=True)]
    kept = [_greedy(_like_in_words(ones, limits) & _comparable(ones, limits)) for ones in lists]
    lists = [[ones[i] for i in rows] for ones, rows in zip(lists, kept, strict=True)]
    texts = list(dict.fromkeys(core(one.text) for ones in lists for one in ones))
    number = {text: row for row, text in enumerate(texts)}
    vectors = embed(texts) if texts else np.zeros((0, 1), np.float32)
    found = []
    for order, rows, ones in zip(orders, kept, lists, strict=True):
        own = vectors[[number[core(one.text)] for one in ones]]
        most = np.array([limits.cosine[one.kind] for one in ones])
        found.append(order[rows[_greedy((own @ own.T > most[:, None]) & _comparable(ones, limits))]])
    return found


def apart(ones: Sequence[Consideration]) -> list[int]:
    """The places of what is kept of one list without relevances: of two that are too like, the one listed first."""
    return sorted(distinct([ones], [np.zeros(len(ones))])[0].tolist())


def _like_in_words(ones: Sequence[Consideration], limits: Limits) -> np.ndarray:
    """Whether consideration i (row) is too like j (column) in its words; shape (considerations, considerations)."""
    words = [_words(one.text) for one in ones]
    common = process.cdist(words, words, scorer=LCSseq.similarity).astype(float)
    length = np.array([max(1, len(one)) for one in words], float)
    own, other = length[:, None], length[None, :]
    return (
        (2 * common / (own + other) > limits.f1) | (common / other > limits.precision) | (common / own > limits.recall)
    )


def _comparable(ones: Sequence[Consideration], limits: Limits) -> np.ndarray:
    kinds = np.array([KINDS.index(one.kind) for one in ones], int)
    return (kinds[:, None] == kinds[None, :]) | limits.across


def _greedy(like: np.ndarray) -> np.ndarray:
    """Rows that are like no kept row before them."""
    left = np.ones(len(like), bool)
    for row in range(len(like)):
        if left[row]:
            left[row + 1 :] &= ~like[row + 1 :, row]
    return np.flatnonzero(left)


def _words(text: str) -> list[str]:
    return [_stem(word) if len(word) >= _STEMMED else word for word in re.findall(r"\w+", core(text))]


@cache
def _stem(word: str) -> str:
    return snowballstemmer.stemmer("porter").stemWord(word)
