"""Eight families of distributions over counts, each with parameters of its own per process, stated or to be inferred.

Every process has one generator, seeded by the task and its own number; no two processes share a random stream.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from pluralign.episode import Example, GeometricPoisson, Process, generator
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import Card, task
from pluralign.suite.synthetic import SYNTHETIC

DISTRIBUTIONS = 500
MEAN_DRAWS = 1024
# Four times the mean: fewer than one episode in a thousand asks for more.
DRAWS = 4 * MEAN_DRAWS
# Hardly two vectors of counts are equal, so examples cannot share them; so many fill any usual context.
VECTORS = 256
LAW = GeometricPoisson(MEAN_DRAWS)
TRIALS = GeometricPoisson(1024)
POPULATION = GeometricPoisson(128)
CATEGORIES = GeometricPoisson(12)
TOTAL = GeometricPoisson(32)


def _card(name: str, summary: str, generated: str = "number") -> Card:
    return replace(
        SYNTHETIC,
        name=name,
        summary=summary,
        generated=(generated,),
    )


def _generators(name: str) -> Iterator[tuple[str, np.random.Generator]]:
    return ((f"{name}-{index:03d}", generator(name, index)) for index in range(DISTRIBUTIONS))


def _process(name: str, draws: np.ndarray, descriptions: tuple[str, ...], **parameters: float) -> Process:
    values, places = np.unique(draws, return_inverse=True)
    shared = [Example(str(value)) for value in values.tolist()]
    return Process(
        id=name,
        examples=tuple(shared[place] for place in places.tolist()),
        descriptions=descriptions,
        metadata=parameters,
    )


@task(_card("poisson", "draws from a Poisson distribution, of rates from far below one to thousands"), law=LAW)
def poisson(root: DataRoot) -> Iterator[Process]:
    for name, rng in _generators("poisson"):
        rate = rng.gamma(0.5, 2000)
        said = f"{rate:.6g}"
        descriptions = (
            f"Independent draws from a Poisson distribution with rate {said}.",
            "Independent draws from a Poisson distribution.",
            f"Poisson(rate={said})",
        )
        yield _process(name, rng.poisson(rate, DRAWS), descriptions, rate=rate)


@task(_card("geometric", "draws from a geometric distribution, which begins at 1"), law=LAW)
def geometric(root: DataRoot) -> Iterator[Process]:
    for name, rng in _generators("geometric"):
        chance = rng.random()
        said = f"{chance:.4g}"
        descriptions = (
            f"How many independent trials, each a success with probability {said}, it takes until the first success.",
            "Independent draws from a geometric distribution on 1, 2, 3, ...",
            f"Geometric(p={said})",
        )
        yield _process(name, rng.geometric(chance, DRAWS), descriptions, p=chance)


@task(_card("geometric_beta", "draws from a geometric distribution whose parameter comes from Beta(1, 1)"), law=LAW)
def geometric_beta(root: DataRoot) -> Iterator[Process]:
    for name, rng in _generators("geometric_beta"):
        chance = rng.beta(1, 1)
        said = f"{chance:.3f}" if chance >= 0.001 else f"{chance:.1g}"
        descriptions = (
            f"Waiting times, in trials, for an event that happens with probability {said} in each trial.",
            "Waiting times, in trials, for an event of one fixed but unknown probability. Geometric distribution.",
        )
        yield _process(name, rng.geometric(chance, DRAWS), descriptions, p=chance)


@task(_card("binomial", "numbers of successes in a fixed number of trials"), law=LAW)
def binomial(root: DataRoot) -> Iterator[Process]:
    for name, rng in _generators("binomial"):
        chance, trials = rng.random(), TRIALS(rng)
        said = f"{chance:.4g}"
        descriptions = (
            f"Number of successes in {trials} independent trials with success probability {said} each.",
            "Independent draws from a binomial distribution.",
            f"Binomial(n={trials}, p={said})",
        )
        yield _process(name, rng.binomial(trials, chance, DRAWS), descriptions, p=chance, n=trials)


@task(_card("negative_binomial", "numbers of failures before a (fractional) number of successes"), law=LAW)
def negative_binomial(root: DataRoot) -> Iterator[Process]:
    for name, rng in _generators("negative_binomial"):
        size, chance = rng.random(), rng.random()
        sizes, chances = f"{size:.4g}", f"{chance:.4g}"
        descriptions = (
            f"Independent draws from a negative binomial distribution: failures before success number {sizes}, where a"
            f" trial succeeds with probability {chances}.",
            "Independent draws from a negative binomial distribution.",
            f"NegativeBinomial(r={sizes}, p={chances})",
        )
        yield _process(name, rng.negative_binomial(size, chance, DRAWS), descriptions, r=size, p=chance)


@task(_card("hypergeometric", "marked items in samples drawn without replacement from a finite population"), law=LAW)
def hypergeometric(root: DataRoot) -> Iterator[Process]:
    for name, rng in _generators("hypergeometric"):
        population = POPULATION(rng)
        marked, sample = rng.integers(1, population + 1, 2).tolist()
        descriptions = (
            f"Of {population} items {marked} are marked. Each number counts the marked ones in a new sample of"
            f" {sample} items, drawn without replacement.",
            "Independent draws from a hypergeometric distribution.",
        )
        draws = rng.hypergeometric(marked, population - marked, sample, DRAWS)
        yield _process(name, draws, descriptions, population=population, marked=marked, sample=sample)


@task(_card("zipfian", "draws from a Zipf distribution, with tails from moderate to extreme"), law=LAW)
def zipfian(root: DataRoot) -> Iterator[Process]:
    for name, rng in _generators("zipfian"):
        exponent = rng.uniform(1 + 1e-6, 2.5)
        descriptions = (
            f"Independent draws of positive integers k with probability proportional to k^-{exponent:.4f}.",
            "Independent draws from a Zipf distribution.",
        )
        yield _process(name, rng.zipf(exponent, DRAWS), descriptions, exponent=exponent)


@task(_card("multinomial", "counts per category in repeated samples of a fixed size", "counts"), law=LAW)
def multinomial(root: DataRoot) -> Iterator[Process]:
    """Counts are written as a JSON list, or as a JSON object from category to count; one way per process."""
    for name, rng in _generators("multinomial"):
        size = max(2, CATEGORIES(rng))
        probabilities = rng.dirichlet([1.0] * size)
        total = TOTAL(rng)
        as_list = rng.random() < 0.5
        draws = rng.multinomial(total, probabilities, VECTORS).tolist()
        said = ", ".join(f"{p:.4f}" for p in probabilities)
        shape = "a list of counts" if as_list else "an object from category to count"
        # JSON by a pattern: half a million numbers are too many for an encoder.
        pattern = ", ".join(["%d"] * size if as_list else [f'"{category}": %d' for category in range(size)])
        pattern = f"[{pattern}]" if as_list else f"{{{pattern}}}"
        yield Process(
            id=name,
            examples=tuple(Example(pattern % tuple(counts)) for counts in draws),
            descriptions=(
                f"{total} items fall independently into {size} categories with probabilities {said}. Each output is"
                f" {shape}.",
                f"Independent draws from a multinomial distribution, each {shape}.",
                f"Multinomial(n={total}, p=[{said}])",
            ),
            metadata={"categories": size, "total": total},
        )
