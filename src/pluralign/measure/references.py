"""What stands beside a model's distance to a population: baselines that know nothing, and floors of chance."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pluralign.episode import Process, generator
from pluralign.measure import distances
from pluralign.stats import split_half_floor

REPEATS = 200
"""Random samples behind a floor."""

Distance = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Scale:
    """How far the uniform answer is from the population over a whole task: the unit of the normalised score.

    Attributes:
        uniform: mean total variation between the target and the uniform distribution.
        questions: over how many questions.
    """

    uniform: float
    questions: int


def scale(processes: Iterable[Process]) -> Scale | None:
    """The scale of a task from all its processes, never from those that happen to be measured.

    The normalised score of a question is 1 - TV(target, model) / ``uniform``: 1 for the population itself, 0 on
    average for the uniform answer, below 0 for what is farther away (SimBench, arXiv 2510.17516, has it times 100).
    With the denominator fixed, scores of subsets, groups and read-outs of one task can be compared.

    Returns:
        None where there is no target or every target is uniform, so that there is nothing to gain.
    """
    targets = [np.array(p.target.probabilities) for p in processes if p.target is not None]
    far = [float(distances.total_variation(t, np.full(len(t), 1 / len(t)))) for t in targets]
    return Scale(float(np.mean(far)), len(far)) if sum(far) > 0 else None


def uniform(target: np.ndarray) -> np.ndarray:
    """The same probability for every option."""
    return np.full(len(target), 1 / len(target))


def majority(target: np.ndarray) -> np.ndarray:
    """All probability on the commonest option, the first of several."""
    return np.eye(len(target))[target.argmax()]


def split_half(process: str, target: np.ndarray, respondents: float | None, distance: Distance) -> float:
    """Distance between two random halves of the respondents; see :func:`pluralign.stats.split_half_floor`."""
    return split_half_floor(target, respondents, distance, seed=generator("split-half", process))


def sampling(process: str, target: np.ndarray, draws: int, distance: Distance) -> float:
    """Mean distance between a distribution and ``draws`` independent answers from it.

    It is what a model that is the population itself scores by a read-out that counts so many draws.
    """
    return float(np.mean(distance(target, drawn(process, target, draws))))


def drawn(process: str, p: np.ndarray, draws: int) -> np.ndarray:
    """Shares among ``draws`` independent answers, shape (REPEATS, options)."""
    return generator("sampling-floor", process).multinomial(draws, p / p.sum(), size=REPEATS) / draws


def permuted(target: np.ndarray, q: np.ndarray, process: str) -> float:
    """Mean total variation between the target and the model's probabilities in random order.

    A model whose total variation is no better than this has the right unevenness at best, not the right options.
    """
    shuffled = generator("permuted", process).permuted(np.tile(q, (REPEATS, 1)), axis=1)
    return float(np.mean(distances.total_variation(target, shuffled)))


def without(p: np.ndarray, dropped: Sequence[bool]) -> np.ndarray | None:
    """A distribution over the options that are not dropped; None where these have no probability."""
    kept = p[~np.array(dropped, bool)]
    return kept / kept.sum() if kept.sum() > 1e-12 else None
