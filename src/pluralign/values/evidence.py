"""Recorded actions as evidence: an entry of the bank bears on a situation that is like actions recorded for it.

Likeness is the cosine similarity of the packaged encoder. How much it counts beside what the reader says is fitted on
development situations (:mod:`pluralign.values.training`). Recorded actions tell nothing sure of the side: what an
entry speaks for and what it speaks against are often worded alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pluralign.values.bank import Entry

_COUNTED = 3
"""Nearest actions of an entry that count."""


@dataclass(frozen=True)
class Evidence:
    """The recorded actions of a bank.

    Attributes:
        entries: the bank.
        vectors: of each of :func:`actions`, of length 1, by its text.
    """

    entries: tuple[Entry, ...]
    vectors: Mapping[str, np.ndarray]

    def near(self, situations: np.ndarray, texts: Sequence[str] | None = None) -> np.ndarray:
        """How near the nearest actions of each entry come to each situation, beside those of other entries.

        Args:
            situations: vectors of length 1, shape (situations, size).
            texts: of the situations; given, an action that reads the same is left out.

        Returns:
            mean cosine similarity of the three nearest actions, minus the mean over entries; 0 for an entry without
            actions; shape (situations, entries).
        """
        found = np.zeros((len(situations), len(self.entries)))
        known = np.array([bool(entry.supports or entry.opposes) for entry in self.entries])
        if not known.any():
            return found
        likeness = situations @ self._matrix.T
        if texts is not None:
            likeness[np.asarray(texts)[:, None] == np.asarray(self._actions)[None]] = np.nan
        end = 0
        for number, entry in enumerate(self.entries):
            start, end = end, end + len(entry.supports) + len(entry.opposes)
            if start < end:
                # An action that is left out sorts behind the others.
                top = -np.sort(-likeness[:, start:end], axis=1)[:, :_COUNTED]
                left = ~np.isnan(top)
                found[:, number] = np.where(left, top, 0).sum(1) / left.sum(1).clip(min=1)
        found[:, known] -= found[:, known].mean(1, keepdims=True)
        return found

    def nearest(self, number: int, supports: bool, situation: np.ndarray) -> tuple[str, float] | None:
        """The nearest action that an entry speaks for, or against, and its likeness; None where it has none.

        Args:
            number: of the entry.
            situation: a vector of length 1.
        """
        found = self.entries[number].supports if supports else self.entries[number].opposes
        near = [float(self.vectors[action] @ situation) for action in found]
        return max(zip(found, near, strict=True), key=lambda one: one[1], default=None)

    @cached_property
    def _actions(self) -> list[str]:
        return actions(self.entries)

    @cached_property
    def _matrix(self) -> np.ndarray:
        return np.array([self.vectors[action] for action in self._actions], np.float32)


def actions(entries: Sequence[Entry]) -> list[str]:
    """The recorded actions of a bank: of each entry those it speaks for, then those it speaks against."""
    return [action for entry in entries for action in (*entry.supports, *entry.opposes)]
