"""What a judge is: it says how far a text expresses a view."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from pluralign.lm.protocol import Progress

Pair = tuple[str, str]
"""A text (a sentence of a response, or a response) and the text of a view."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judge says about pairs.

    Attributes:
        strengths: how far each text expresses its view, in 0..1, shape (pairs,); NaN where the judge gave no answer.
        failed: share of the judge's answers on each pair that could not be read, or did not fit it, in 0..1.
    """

    strengths: np.ndarray
    failed: np.ndarray


class Judge(Protocol):
    """Says how far texts express views. What it says on a pair does not depend on the other pairs."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What identifies it, as JSON values: ``name``, ``digest`` of the weights (or None), and its settings."""
        ...

    def __call__(self, pairs: Sequence[Pair], progress: Progress | None = None) -> Judgement:
        """Judge pairs."""
        ...


@dataclass(frozen=True)
class WrittenJudge:
    """A judge whose strengths are written down: for tests, and as a known answer for measures.

    Attributes:
        strength: from a text and a view to a number in 0..1, or to NaN for no answer.
    """

    strength: Callable[[str, str], float]
    name: str = "written"

    @property
    def facts(self) -> Mapping[str, Any]:
        """Its name."""
        return {"name": self.name, "digest": None}

    def __call__(self, pairs: Sequence[Pair], progress: Progress | None = None) -> Judgement:
        """The written strengths."""
        strengths = np.array([self.strength(text, view) for text, view in pairs], dtype=float)
        if progress is not None:
            progress(len(pairs))
        return Judgement(strengths, np.isnan(strengths).astype(float))


def judged(judge: Judge, pairs: Sequence[Pair], progress: Progress | None = None) -> Judgement:
    """Judge pairs, each distinct one once, with the result in the order given."""
    distinct = list(dict.fromkeys(pairs))
    if not distinct:
        return Judgement(np.zeros(0), np.zeros(0))
    found = judge(distinct, progress)
    number = {pair: index for index, pair in enumerate(distinct)}
    order = [number[pair] for pair in pairs]
    return Judgement(found.strengths[order], found.failed[order])
