"""Normal distributions of every location and scale, written with a fixed number of decimals."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from pluralign.episode import Example, GeometricPoisson, Process, generator
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import task
from pluralign.suite.synthetic import SYNTHETIC

DISTRIBUTIONS = 1000
DESCRIBED = 0.4
MEAN_DRAWS = 128
# Four times the mean: fewer than one episode in a thousand asks for more.
DRAWS = 4 * MEAN_DRAWS
FORMATS = ("{:.2f}", "{:.4f}", "{:.3g}", "{:.6g}", "{:.2e}", "{:.4e}")


def parameters(rng: np.random.Generator) -> tuple[float, float]:
    """Mean and standard deviation, from a mixture of three priors times one common factor from e^-10 to e^10."""
    kind = rng.random()
    if 0.4 <= kind < 0.6:
        # A standard deviation of zero has no inverse.
        mean, deviation = float(rng.poisson(10)), float(max(1, rng.poisson(20)))
        mean *= -1 if rng.random() < 0.5 else 1
        deviation **= -1 if rng.random() < 0.5 else 1
    else:
        mean, deviation = rng.uniform(0, 100), rng.uniform(1, 5)
        if 0.2 <= kind < 0.4:
            mean *= np.exp(rng.normal(0, 4))
            deviation *= np.exp(rng.normal(0, 3))
    factor = np.exp(rng.uniform(-10, 10))
    return float(mean * factor), float(deviation * factor)


def describe(mean: float, deviation: float, decimals: int, pattern: str) -> tuple[str, ...]:
    """Seven openings, of which three tell mean and standard deviation, each with three endings.

    Args:
        decimals: how many the outputs have.
        pattern: format of the two parameters; one that would print either as zero is replaced by significant digits.
    """
    mu, sigma = pattern.format(mean), pattern.format(deviation)
    if float(sigma) == 0 or (float(mu) == 0 and mean != 0):
        mu, sigma = f"{mean:.4g}", f"{deviation:.4g}"
    openings = (
        f"Independent draws from a normal distribution with mean {mu} and standard deviation {sigma}",
        f"Normal(mean={mu}, sd={sigma})",
        f"Numbers that scatter around {mu} like a bell curve, with a standard deviation of {sigma}",
        "Independent draws from one normal distribution",
        "Floating-point numbers",
        "Decimal fractions",
        "Numbers, all drawn in the same way",
    )
    places = f"{decimals} decimal place{'s' if decimals > 1 else ''}"
    endings = (f", written with {places}.", f". Precision: {places}.", ".")
    return tuple(opening + ending for opening in openings for ending in endings)


@task(
    replace(
        SYNTHETIC,
        name="normal",
        summary="draws from a normal distribution of any location and scale",
        generated=("number",),
    ),
    law=GeometricPoisson(MEAN_DRAWS),
)
def normal(root: DataRoot) -> Iterator[Process]:
    for index in range(DISTRIBUTIONS):
        rng = generator("normal", index)
        mean, deviation = parameters(rng)
        decimals = 1 + int(rng.poisson(3))
        pattern = FORMATS[rng.integers(len(FORMATS))]
        yield Process(
            id=f"normal-{index:03d}",
            # "z" writes what rounds to minus zero as zero.
            examples=tuple(Example(f"{x:z.{decimals}f}") for x in rng.normal(mean, deviation, DRAWS).tolist()),
            descriptions=describe(mean, deviation, decimals, pattern),
            metadata={"mean": mean, "deviation": deviation, "decimals": decimals},
            described=DESCRIBED,
        )
