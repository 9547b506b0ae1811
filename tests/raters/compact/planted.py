"""A small data set with known camps, and embeddings of words that need no model."""

import zlib
from collections.abc import Sequence

import numpy as np
import polars as pl

from pluralign.raters.ratings import Ratings
from pluralign.raters.scale import Kind, Scale

LABELS = {
    "binary": ("no", "yes"),
    "nominal": ("Disagree", "Pass", "Agree"),
    "ordinal": ("1", "2", "3", "4", "5"),
    "multilabel": ("a", "b", "c"),
}


def embed(texts: Sequence[str]) -> np.ndarray:
    """Sums of fixed random vectors of the words, of length 1; shape (texts, 24)."""
    words = [[np.random.default_rng(zlib.crc32(word.encode())).normal(size=24) for word in t.split()] for t in texts]
    vectors = np.array([np.sum(some, axis=0) for some in words]).reshape(len(texts), 24)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def planted(kind: Kind = "ordinal", raters: int = 60, items: int = 24, each: int = 14, seed: int = 0) -> Ratings:
    """Two camps that answer items about town and country in opposite ways; most raters say where they live."""
    rng = np.random.default_rng(seed)
    scale = Scale(kind, LABELS[kind])
    outcomes = len(scale.outcomes)
    town = np.arange(items) % 2 == 0
    camp = rng.integers(0, 2, raters)
    rows = []
    for rater in range(raters):
        for item in rng.permutation(items)[:each].tolist():
            high = town[item] == (camp[rater] == 0)
            p = np.exp(1.2 * (1 if high else -1) * np.linspace(-1, 1, outcomes))
            rows.append((rater, item, int(rng.choice(outcomes, p=p / p.sum()))))
    return Ratings(
        name="planted",
        question="What do you think of it?",
        scale=scale,
        table=pl.DataFrame(rows, schema=["rater", "item", "label"], orient="row"),
        raters=pl.DataFrame(
            {
                "rater": [f"r{number}" for number in range(raters)],
                "home": [["town", "country"][c] if rng.random() < 0.9 else None for c in camp.tolist()],
                "age": rng.integers(18, 80, raters),
            }
        ),
        items=pl.DataFrame(
            {
                "item": [f"i{number}" for number in range(items)],
                "text": [
                    f"{'tram' if t else 'tractor'} {'street' if t else 'field'} n{i}" for i, t in enumerate(town)
                ],
            }
        ),
    )
