"""What is told about a rater: nothing, demographics, a profile, demonstrations, or several of them."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pluralign.raters.ratings import Ratings


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of a profile and the numbers behind it.

    Attributes:
        text: the sentence.
        evidence: names and values of the numbers that it was read from; empty where a language model wrote it.
    """

    text: str
    evidence: tuple[tuple[str, float | str], ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """A short description of a rater in natural language; empty where nothing sets the rater apart."""

    statements: tuple[Statement, ...] = ()

    @property
    def text(self) -> str:
        """The sentences, one after the other."""
        return " ".join(statement.text for statement in self.statements)


@dataclass(frozen=True, slots=True)
class Representation:
    """What is told about one rater.

    Attributes:
        demographics: names and values of facts about the rater.
        profile: a description, or None.
        items: items of the demonstrations, in the order in which they are told.
        labels: what the rater answered to them (places in the scale's outcomes); as many as ``items``.
    """

    demographics: tuple[tuple[str, str], ...] = ()
    profile: Profile | None = None
    items: tuple[int, ...] = ()
    labels: tuple[int, ...] = ()


class Encoder(Protocol):
    """Writes profiles. Made for one data set and the ratings that it may learn from."""

    def encode(self, ratings: Ratings, rows: list[np.ndarray]) -> list[Profile]:
        """One profile per entry of ``rows``, each the numbers of the ratings by one rater that it may be read from."""
        ...


class Decoder(Protocol):
    """Predicts ratings from representations. Made for one data set and the ratings that it may learn from."""

    def predict(self, items: np.ndarray, representations: list[Representation], who: np.ndarray) -> np.ndarray:
        """Probabilities of each answer.

        Args:
            items: item of each query, shape (queries,).
            representations: what is told, one per rater or candidate.
            who: which of ``representations`` goes with each query, shape (queries,).

        Returns:
            shape (queries, outcomes), rows summing to 1.
        """
        ...
