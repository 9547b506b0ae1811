"""Vectors of texts without a model: which of 384 boxes their words fall into."""

import zlib
from collections.abc import Sequence

import numpy as np

from pluralign.raters.compact import Settings

SIZE = 384
"""That of the packaged model."""

SMALL = Settings(width=16, factors=4, heads=2, steps=30, batch=16)


def bag(texts: Sequence[str]) -> np.ndarray:
    vectors = np.zeros((len(texts), SIZE), np.float32)
    for row, text in enumerate(texts):
        for word in text.lower().split():
            vectors[row, zlib.crc32(word.encode()) % SIZE] += 1
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
