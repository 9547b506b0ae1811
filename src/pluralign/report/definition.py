"""How metrics and kinds of measurement are described."""

from dataclasses import dataclass
from typing import Literal

Better = Literal["lower", "higher", "neither"]


@dataclass(frozen=True, slots=True)
class Definition:
    """One metric.

    Attributes:
        label: what tables call it.
        better: the direction in which a model improves.
        text: formula in words, unit, log base and range.
    """

    label: str
    better: Better
    text: str


@dataclass(frozen=True, slots=True)
class Desideratum:
    """One kind of measurement.

    Attributes:
        title: its name in headings.
        question: what it asks of a model.
        headline: metrics of the headline table, in order; the first is the one that the verdict rests on.
        claim: how the verdict says that one model does better than another on the first metric.
        amount: unit of a difference in that metric, as the verdict says it.
        noun: what the verdict calls its tasks.
    """

    title: str
    question: str
    headline: tuple[str, ...]
    claim: str
    amount: str
    noun: str
