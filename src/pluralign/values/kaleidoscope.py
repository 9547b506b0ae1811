"""What every model of considerations offers: generate, relevance, valence, explain."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pluralign.lm.protocol import Progress
from pluralign.values.consideration import Consideration, Kind, Pair
from pluralign.values.dedup import Limits


@dataclass(frozen=True, slots=True)
class Generated:
    """What a model lists for one situation.

    Attributes:
        considerations: in the model's order; perhaps repeated.
        malformed: lines that are no consideration, kept aside.
    """

    considerations: tuple[Consideration, ...]
    malformed: tuple[str, ...] = ()


class Kaleidoscope(Protocol):
    """A model of considerations. All verbs are batched; results do not depend on batch size or order."""

    @property
    def name(self) -> str:
        """How the user called it."""
        ...

    @property
    def facts(self) -> dict:
        """What a run records: path, digest, templates, thresholds."""
        ...

    @property
    def thresholds(self) -> dict[Kind, float]:
        """Relevance from which a consideration of each kind is shown."""
        ...

    @property
    def limits(self) -> Limits:
        """From which likeness on two considerations say the same."""
        ...

    def generate(self, situations: Sequence[str], progress: Progress | None = None) -> list[Generated]:
        """Candidate considerations of each situation, not yet filtered."""
        ...

    def relevance(self, pairs: Sequence[Pair], progress: Progress | None = None) -> np.ndarray:
        """Probability that each consideration bears on its situation, shape (pairs,)."""
        ...

    def valence(self, pairs: Sequence[Pair], progress: Progress | None = None) -> np.ndarray:
        """Probabilities of supports, opposes and either, shape (pairs, 3); rows sum to 1."""
        ...

    def explain(self, pairs: Sequence[Pair], progress: Progress | None = None) -> list[str]:
        """One short explanation of each; empty where the model has none."""
        ...
