"""Processes, the examples they generate, and episodes drawn from them. Pure data."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from pluralign.errors import DataError


@dataclass(frozen=True, slots=True)
class Example:
    """One ``(input, output)`` pair of a process; the input may be absent."""

    output: str
    input: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """The distribution of answers that a population gives.

    Attributes:
        probabilities: one per choice of the process, in its order; non-negative, sum 1.
        respondents: how many people (or draws) stand behind it; None where it is exact (a stated urn) or not known.
        ordered: True where the choices form an ordinal scale in the order given.
    """

    probabilities: tuple[float, ...]
    respondents: float | None = None
    ordered: bool = False

    def __post_init__(self) -> None:
        p = self.probabilities
        if min(p, default=-1.0) < 0 or abs(sum(p) - 1) > 1e-6:
            raise DataError(f"target probabilities must be non-negative and sum to 1, got sum {sum(p):.6f}")


@dataclass(frozen=True, slots=True)
class Process:
    """One data-generating process: a rater, a population, a coin.

    Attributes:
        id: unique within its task and stable between runs; seeds are derived from it.
        examples: exchangeable examples of the process, in any order.
        descriptions: alternative wordings, of which an episode shows one or none.
        choices: the closed list of possible outputs, or None where outputs are open.
        question: the input of the output to be predicted, for processes that are asked one thing.
        target: what the population answers to ``question`` (kind ``align``).
        accept: maps a text to the canonical form of a valid answer, or to None (kind ``cover``).
        size: number of distinct valid answers, where that is finite and known (kind ``cover``).
        metadata: facts about the process, such as demographics; shown only where a description says so.
        described: the largest chance that an episode shows a description, for processes whose descriptions would leave
            little to infer if they were shown as often as those of others.
    """

    id: str
    examples: tuple[Example, ...] = ()
    descriptions: tuple[str, ...] = ()
    choices: tuple[str, ...] | None = None
    question: str | None = None
    target: Target | None = None
    accept: Callable[[str], str | None] | None = None
    size: int | None = None
    metadata: Mapping[str, str | int | float] = field(default_factory=dict)
    described: float = 1.0


@dataclass(frozen=True, slots=True)
class Episode:
    """One draw from a process: a description or none, then examples in a drawn order.

    Attributes:
        id: ``process-id#draw``, unique within the task.
        process: id of the process that it was drawn from.
    """

    id: str
    process: str
    examples: tuple[Example, ...]
    description: str | None = None
    choices: tuple[str, ...] | None = None

    def prompt(self, index: int) -> "Prompt":
        """The prompt whose answer is example ``index`` (0-based), after the examples before it."""
        return Prompt(f"{self.id}@{index}", self.examples[index].input, self.examples[:index], self.description)


@dataclass(frozen=True, slots=True)
class Prompt:
    """An episode whose last output is to be predicted."""

    id: str
    input: str | None = None
    examples: tuple[Example, ...] = ()
    description: str | None = None


@dataclass(frozen=True, slots=True)
class GeometricPoisson:
    """The suite's law for numbers of examples: Geometric(2/mean), support from 1, plus Poisson(mean/2).

    The mean is ``mean`` and the standard deviation about half of it (Sorensen et al. 2025, arXiv 2510.06084, code).
    """

    mean: float

    def __call__(self, rng: np.random.Generator) -> int:
        return int(rng.geometric(2 / self.mean) + rng.poisson(self.mean / 2))


def generator(*keys: object) -> np.random.Generator:
    """A random generator that depends on ``keys`` alone: not on order, workers or the platform's hash seed."""
    text = "\x1f".join(map(str, keys))
    return np.random.default_rng(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "big"))


def draw(
    process: Process,
    *,
    task: str,
    seed: int = 0,
    index: int = 0,
    law: Callable[[np.random.Generator], int] | None = None,
    description_probability: float = 0.8,
) -> Episode:
    """Draw one episode from a process.

    Args:
        process: where the examples come from.
        task: name of its task; with ``process.id``, ``seed`` and ``index`` it determines the draw.
        index: which draw of this process, so that several can be taken.
        law: how many examples, given a generator; None takes all. Never more than there are.
        description_probability: chance that one of the descriptions is shown (the paper keeps it in 8 of 10); never
            more than the process allows.
    """
    rng = generator(task, process.id, seed, index)
    shown = rng.random() < min(description_probability, process.described) and process.descriptions
    description = process.descriptions[rng.integers(len(process.descriptions))] if shown else None
    count = len(process.examples) if law is None else min(law(rng), len(process.examples))
    order = rng.permutation(len(process.examples))[:count]
    return Episode(
        f"{process.id}#{index}", process.id, tuple(process.examples[i] for i in order), description, process.choices
    )
