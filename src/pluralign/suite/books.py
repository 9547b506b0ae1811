"""Public-domain books as raw material: passages, frequent words and short sentences."""

import re
from collections import Counter

import polars as pl

from pluralign.episode import generator
from pluralign.suite.data import DataRoot

FILE = "corpora/classic_books.parquet"


def passages(root: DataRoot, characters: int, seed: int = 0) -> list[str]:
    """Passages of about 4,000 characters from random places of the books, ``characters`` in all.

    Raises:
        DataError: the corpus is not under the data root.
    """
    texts = pl.read_parquet(root.file(FILE), columns=["text"])["text"]
    rng = generator("books", seed)
    lengths = texts.str.len_chars().to_numpy().astype(float)
    chosen = rng.choice(len(texts), size=max(1, characters // 4000), p=lengths / lengths.sum())
    found = []
    for book, count in sorted(Counter(chosen.tolist()).items()):
        text = texts[book]
        for start in rng.integers(0, max(1, len(text) - 4000), count):
            cut = text[start : start + 4000]
            found.append(cut[cut.find(" ") + 1 : cut.rfind(" ")])
    return [found[i] for i in rng.permutation(len(found))]


def vocabulary(passages: list[str], size: int = 6000) -> list[str]:
    """The most frequent plain lower-case words of 3 to 9 letters, in order of frequency."""
    counts = Counter(word for text in passages for word in re.findall(r"(?<= )[a-z]{3,9}(?=[ ,.;])", text))
    return [word for word, _ in counts.most_common(size)]


def sentences(passages: list[str], size: int = 20000) -> list[str]:
    """Up to ``size`` distinct short sentences (20 to 90 characters, one line)."""
    found = {}
    for text in passages:
        for sentence in re.findall(r"(?<=[.!?] )[A-Z][^.!?\n\"“”_*]{18,88}[.!?](?= )", text):
            found.setdefault(sentence)
            if len(found) == size:
                return list(found)
    return list(found)
