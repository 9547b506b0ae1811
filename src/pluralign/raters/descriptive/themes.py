"""Themes: groups of items with like texts, and a few words for each."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pluralign.raters.descriptive.wording import quoted

FEWEST_ITEMS = 40
"""Below this many different texts, each item can be named by itself."""

_MOST = 16
_PER_THEME = 15
_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True)
class Themes:
    """Groups of items.

    Attributes:
        group: theme of each item, shape (items,).
        names: of the themes, to stand in a sentence.
    """

    group: np.ndarray
    names: tuple[str, ...]


def themes(texts: Sequence[str], vectors: np.ndarray, *, quote: bool = True, seed: int = 0) -> Themes | None:
    """Group items by k-means over their embeddings.

    A theme is named by the three words that are most typical of its items against all others (class-based TF-IDF,
    Grootendorst 2022, arXiv 2203.05794) and occur in a tenth of them, English stop words aside; where there are none,
    by its most central item.

    Args:
        vectors: embeddings of the texts, shape (items, dimensions).
        quote: False names themes by number.

    Returns:
        None where there are fewer than 40 different texts.
    """
    different = len(set(texts))
    if different < FEWEST_ITEMS:
        return None
    from sklearn.cluster import KMeans
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    count = min(_MOST, different // _PER_THEME)
    found = KMeans(count, n_init=4, random_state=seed).fit(vectors)
    group = found.labels_
    if not quote:
        return Themes(group, tuple(f"items of theme {number + 1}" for number in range(count)))
    words = [Counter[str]() for _ in range(count)]
    for text, own in zip(texts, group, strict=True):
        words[own].update(set(_WORD.findall(text.lower())) - ENGLISH_STOP_WORDS)  # in how many items
    everywhere = sum(words, Counter[str]())
    usual = sum(everywhere.values()) / count
    names = []
    for own, counts in enumerate(words):
        size = int((group == own).sum())
        weight = {
            word: times * np.log1p(usual / everywhere[word])
            for word, times in counts.items()
            # A word of every theme, such as "the", is typical of none.
            if times >= max(2, size / 10) and times / size > 1.5 * everywhere[word] / len(texts)
        }
        best = sorted(weight, key=lambda word: (-weight[word], word))[:3]
        central = int(np.argmin(((vectors - found.cluster_centers_[own]) ** 2).sum(axis=1) + 1e9 * (group != own)))
        names.append(f"items about {', '.join(best)}" if best else f"items like {quoted(texts[central])}")
    return Themes(group, tuple(names))
