"""Draws from categorical distributions with probabilities from a flat Dirichlet."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pluralign.episode import Example, GeometricPoisson, Process, generator
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import task
from pluralign.suite.synthetic import SYNTHETIC

DISTRIBUTIONS = 500
MEAN_CATEGORIES = 12
MEAN_DRAWS = 1024
# Four times the mean: fewer than one episode in a thousand asks for more.
DRAWS = 4 * MEAN_DRAWS


def describe(probabilities: Sequence[float]) -> tuple[str, ...]:
    """Three descriptions: a sentence with the probabilities (to 4 decimals), the family alone, and a compact form."""
    printed = [f"{p:.4f}" for p in probabilities]
    listed = ", ".join(f"{index} with probability {p}" for index, p in enumerate(printed))
    return (
        f"Independent draws of a category: {listed}.",
        "Independent draws from a categorical distribution.",
        f"Categorical([{', '.join(printed)}])",
    )


@task(
    replace(
        SYNTHETIC,
        name="categorical",
        summary="draws from a categorical distribution over the labels 0, 1, 2, ...",
        generated=("category",),
    ),
    law=GeometricPoisson(MEAN_DRAWS),
)
def categorical(root: DataRoot) -> Iterator[Process]:
    size_law = GeometricPoisson(MEAN_CATEGORIES)
    for index in range(DISTRIBUTIONS):
        rng = generator("categorical", index)
        size = max(2, size_law(rng))
        probabilities = rng.dirichlet([1.0] * size)
        labels = tuple(str(category) for category in range(size))
        shared = [Example(label) for label in labels]
        yield Process(
            id=f"categorical-{index:03d}",
            examples=tuple(shared[category] for category in rng.choice(size, DRAWS, p=probabilities).tolist()),
            descriptions=describe(probabilities.tolist()),
            choices=labels,
            metadata={"categories": size},
        )
