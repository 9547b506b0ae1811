"""What is said about raters in words, and the numbers that stand for texts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from pluralign.errors import ModelError
from pluralign.raters.representation import Profile

Embed = Callable[[Sequence[str]], np.ndarray]
"""From texts to numbers of shape (texts, dimensions)."""

_MOST_VALUES = 8
_MOST_COMPONENTS = 128
_FAINTEST = 0.03
"""Least size of a component, as a share of the largest."""

_NOTHING = 1e-4
"""Size of a component below which it is rounding."""


def embedded(embed: Embed, texts: Sequence[str]) -> np.ndarray:
    """Embeddings of texts, float32 of shape (texts, dimensions).

    Raises:
        ModelError: the embedder gives something else than one finite vector per text.
    """
    vectors = np.asarray(embed(list(texts)), np.float32)
    if vectors.ndim != 2 or len(vectors) != len(texts) or not np.isfinite(vectors).all():
        raise ModelError(f"{len(texts)} texts were embedded as something else than one finite vector each")
    return vectors


@dataclass(frozen=True)
class Components:
    """The main components of embeddings of texts about raters, each brought to mean 0 and mean square 1.

    Attributes:
        mean: of the embeddings, shape (dimensions,), float32.
        matrix: shape (dimensions, components), float32.
    """

    mean: np.ndarray
    matrix: np.ndarray

    @classmethod
    def of(cls, vectors: np.ndarray) -> "Components":
        """The components of ``vectors``, shape (texts, dimensions); one of zeros where there are no two texts."""
        dimensions = vectors.shape[1]
        mean = vectors.mean(0) if len(vectors) else np.zeros(dimensions, np.float32)
        size, directions = np.zeros(0), np.zeros((0, dimensions))
        if len(vectors) > 1:
            _, size, directions = np.linalg.svd(vectors - mean, full_matrices=False)
        count = min(int((size > max(_FAINTEST * size.max(initial=0), _NOTHING)).sum()), _MOST_COMPONENTS)
        if not count:
            return cls(mean, np.zeros((dimensions, 1), np.float32))
        scale = np.sqrt(len(vectors)) / size[:count]
        return cls(mean, np.ascontiguousarray((directions[:count] * scale[:, None]).T, np.float32))

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """The components of ``vectors``, shape (texts, components), float32."""
        return ((vectors - self.mean) @ self.matrix).astype(np.float32)


@dataclass(frozen=True)
class Wording:
    """Facts in words. Numbers of many values are told by range, since few raters share one.

    Attributes:
        edges: by attribute, the upper ends of all ranges but the last, in rising order.
    """

    edges: dict[str, tuple[float, ...]]

    @classmethod
    def of(cls, attributes: pl.DataFrame) -> "Wording":
        """Ranges with about equally many raters (rows), for attributes that are numbers of more than 8 values."""
        edges = {}
        for cells in attributes.iter_columns():
            values = cells.drop_nulls()
            if cells.dtype.is_numeric() and values.n_unique() > _MOST_VALUES:
                cuts = np.quantile(values.to_numpy(), np.arange(1, _MOST_VALUES) / _MOST_VALUES, method="inverted_cdf")
                edges[cells.name] = tuple(np.unique(cuts).tolist())
        return cls(edges)

    def fact(self, name: str, value: str) -> str:
        """One fact in words."""
        try:
            edges, number = self.edges[name], float(value)
        except (KeyError, ValueError):
            return f"{name}: {value}"
        place = int(np.searchsorted(edges, number))
        ends = [f"above {edges[place - 1]:g}"] if place else []
        ends += [f"up to {edges[place]:g}"] if place < len(edges) else []
        return f"{name}: {' and '.join(ends)}"


def sentences(profile: Profile) -> list[str]:
    """The sentences of a profile; that nothing sets the rater apart is one empty sentence."""
    return [statement.text for statement in profile.statements] or [""]


@dataclass
class Vocabulary:
    """Distinct texts by number. Number 0 is the empty text."""

    numbers: dict[str, int] = field(default_factory=lambda: {"": 0})

    def add(self, texts: Iterable[str]) -> list[int]:
        """The numbers of ``texts``, which are added where they are new."""
        return [self.numbers.setdefault(text, len(self.numbers)) for text in texts]

    @property
    def texts(self) -> list[str]:
        """All texts but the empty one, by number."""
        return list(self.numbers)[1:]


def with_empty(vectors: np.ndarray) -> np.ndarray:
    """The vectors of a vocabulary: zeros for the empty text, then ``vectors``."""
    return np.concatenate([np.zeros((1, vectors.shape[1]), np.float32), vectors])
