"""Public-domain books as raw material: passages, frequent words and short sentences."""

import re
from collections import Counter
from pathlib import Path

import polars as pl

from pluralign.episode import generator
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import Fetch

FOLDER = "git/mlschmitt/classic-books-markdown"
FILES = f"corpora/classic_books.parquet|{FOLDER}"
FETCH = Fetch(
    "git",
    "https://github.com/mlschmitt/classic-books-markdown",
    FOLDER,
    ("*.md",),
    "944882722e9a96fa6cf2739dc2ea757e101f412f",
)
_FUNCTION_WORDS = frozenset(
    re.findall(r"\w+", "the of and to a in that he was it his i with as had for is not but at on by you be")
)


def passages(root: DataRoot, characters: int, seed: int = 0) -> list[str]:
    """Passages of about 4,000 characters from random places of the books, ``characters`` in all.

    Raises:
        DataError: the corpus is not under the data root.
    """
    texts = _texts(root.file(*FILES.split("|")))
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


def _texts(place: Path) -> pl.Series:
    """Whole books: the compact table, or the English ones among the Markdown files of the repository."""
    if place.is_file():
        return pl.read_parquet(place, columns=["text"])["text"]
    paths = sorted(path for path in place.rglob("*.md") if path.name.lower() != "readme.md")
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in paths]
    return pl.Series("text", [text for text in texts if _english(text)], dtype=pl.String)


def _english(text: str) -> bool:
    """True where more than 17 % of the words are the commonest of English, as the compact table was chosen."""
    words = text.lower().split()
    return sum(word in _FUNCTION_WORDS for word in words) > 0.17 * len(words)


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
