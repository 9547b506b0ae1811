"""How alike items are, in the words of their texts and in what an encoder reads in them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pluralign.raters.lewidi.data import LewidiSet

_ROWS = 512
_LEAST = 20
"""Items that a language needs for its words to be compared."""
_DIMENSIONS = 48


@dataclass(frozen=True)
class Block:
    """The items of one language.

    Attributes:
        items: their numbers, shape (n,).
        last: likeness of the field that was rated, the last one, 0 to 1, shape (n, n).
        first: mean likeness of the fields before it; None where there are none, shape (n, n).
    """

    items: np.ndarray
    last: np.ndarray
    first: np.ndarray | None


def blocks(data: LewidiSet) -> list[Block]:
    """Likeness of texts by their n-grams of 2 to 5 characters within words, weighed by rareness, in each language."""
    language = data.train.items["lang"].to_numpy()
    found = []
    for one in np.unique(language):
        here = np.flatnonzero(language == one)
        if len(here) < _LEAST:
            continue
        alike = [_grams(data.train.items[field].gather(here).to_list()) for field in data.fields]
        found.append(Block(here, alike[-1], np.mean(alike[:-1], axis=0) if len(alike) > 1 else None))
    return found


def vectors(found: Sequence[Block], embeddings: np.ndarray) -> np.ndarray:
    """Vectors of length 1 whose product says how alike two items are, shape (items, dimensions).

    Args:
        found: blocks of the items; items of different languages are not alike.
        embeddings: sentence embeddings, rows of length 1, shape (items, width); they count as much as the n-grams.
            The width is 0 where there are none.
    """
    rows = np.zeros((len(embeddings), _DIMENSIONS + len(found)), np.float32)
    for place, block in enumerate(found):
        alike = block.last if block.first is None else (block.last + block.first) / 2
        own = components(alike - alike.mean(axis=0), _DIMENSIONS)
        rows[block.items, : own.shape[1]] = own
        rows[block.items] /= np.maximum(np.linalg.norm(rows[block.items], axis=1, keepdims=True), 1e-9)
        # Items of one language have this in common, so that the nearest are among them.
        rows[block.items, _DIMENSIONS + place] = float(len(found) > 1)
    joined = np.concatenate([rows, embeddings], axis=1)
    return joined / np.maximum(np.linalg.norm(joined, axis=1, keepdims=True), 1e-9)


def components(columns: np.ndarray, count: int) -> np.ndarray:
    """Coordinates on the first principal components, divided by the roots of their spreads so that late ones count."""
    from sklearn.utils.extmath import randomized_svd

    u, s, _ = randomized_svd(columns, min(count, *columns.shape), random_state=0)
    found = u * np.sqrt(s)
    return (found / max(float(found[:, 0].std()), 1e-9)).astype(np.float32)


def _grams(texts: Sequence[str]) -> np.ndarray:
    from sklearn.feature_extraction.text import TfidfVectorizer

    number = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    places = np.array([number[text] for text in texts])
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, max_df=0.3, sublinear_tf=True)
    try:
        rows = vectorizer.fit_transform(list(number)).astype(np.float32)
    except ValueError:
        # No n-gram is in two texts, but not in most.
        return np.eye(len(number), dtype=np.float32)[places][:, places]
    across = rows.T.tocsr()
    parts = [(rows[start : start + _ROWS] @ across).toarray() for start in range(0, len(number), _ROWS)]
    return np.concatenate(parts)[places][:, places]
