"""Commensurating functions: from a vector of objectives, each the higher the better, to one number with a name."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pluralign.errors import UsageError


def _mean(v: np.ndarray, w: np.ndarray, z: np.ndarray) -> np.ndarray:
    return v.mean(-1)


def _minimum(v: np.ndarray, w: np.ndarray, z: np.ndarray) -> np.ndarray:
    return v.min(-1)


def _weighted_sum(v: np.ndarray, w: np.ndarray, z: np.ndarray) -> np.ndarray:
    return v @ w


def _chebyshev(v: np.ndarray, w: np.ndarray, z: np.ndarray) -> np.ndarray:
    return -(w * (z - v)).max(-1)


def _nash(v: np.ndarray, w: np.ndarray, z: np.ndarray) -> np.ndarray:
    gain = v - z
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(w > 0, w * np.log(gain), 0)
        return np.where(((gain >= 0) | (w == 0)).all(-1), np.exp(terms.sum(-1) / w.sum()), np.nan)


_FUNCTIONS: dict[str, tuple[Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray], bool, bool]] = {
    "mean": (_mean, False, False),
    "weighted_sum": (_weighted_sum, True, False),
    "minimum": (_minimum, False, False),
    "chebyshev": (_chebyshev, True, True),
    "nash": (_nash, True, True),
}
"""Each with whether it needs weights and a reference point."""


@dataclass(frozen=True)
class Scalar:
    """A commensurating function with all that determines it.

    With objectives v, weights w and reference z: ``mean``; ``weighted_sum``, the sum of w v; ``minimum``, the worst
    objective; ``chebyshev``, minus the largest w (z - v), where z is the ideal point; ``nash``, the geometric mean of
    the gains v - z over the disagreement point z with weights w / sum of w (undefined, NaN, where one is below it).

    Attributes:
        function: its name.
        weights: one per objective, non-negative and not all 0; None for ``mean`` and ``minimum``.
        reference: one number per objective, for ``chebyshev`` and ``nash``; else None.

    Raises:
        UsageError: an unknown name, or weights or a reference that it needs and lacks, or does not take.
    """

    function: str
    weights: tuple[float, ...] | None = None
    reference: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if self.function not in _FUNCTIONS:
            raise UsageError(f"no commensurating function {self.function!r}", fix=f"Name one of {self.names()}.")
        _, weighted, referred = _FUNCTIONS[self.function]
        for name, given, needed in (("weights", self.weights, weighted), ("reference", self.reference, referred)):
            if (given is not None) != needed:
                raise UsageError(f"{self.function} {'needs' if needed else 'does not take'} {name}")
        if self.weights is not None and not (min(self.weights) >= 0 and 0 < sum(self.weights) < np.inf):
            raise UsageError("weights must be non-negative and finite, and not all 0", where=self.weights)

    @staticmethod
    def names() -> str:
        """The names there are, for messages."""
        return ", ".join(_FUNCTIONS)

    @property
    def same_units(self) -> bool:
        """True where objectives are compared as they are, which asks for one unit; weights carry their own."""
        return self.weights is None

    @property
    def label(self) -> str:
        """Name, weights and reference: ``weighted_sum(0.7, 0.3)``."""
        told = [", ".join(f"{x:g}" for x in part) for part in (self.weights, self.reference) if part is not None]
        return f"{self.function}({'; '.join(told)})" if told else self.function

    def __call__(self, points: ArrayLike) -> np.ndarray:
        """The number of every point, from shape (..., O) to (...).

        Raises:
            UsageError: there are more or fewer objectives than weights or reference say.
        """
        v = np.asarray(points, dtype=float)
        for part in (self.weights, self.reference):
            if part is not None and len(part) != v.shape[-1]:
                raise UsageError(f"{self.label} is for {len(part)} objectives, got {v.shape[-1]}")
        rule, _, _ = _FUNCTIONS[self.function]
        return rule(v, np.array(self.weights or ()), np.array(self.reference or ()))
