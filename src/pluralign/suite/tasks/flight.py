"""Travellers who choose between three flights by fixed hidden weights, to be inferred from their choices."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from pluralign.episode import Example, Process, generator
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import task
from pluralign.suite.synthetic import SYNTHETIC

TRAVELLERS = 200
CHOICES_EACH = 20
FLIGHTS = 3
FEATURES = ("departure", "duration", "stops", "price")
WEIGHTS = (-1.0, -0.5, 0.0, 0.5, 1.0)
GRID = 99
"""Departure, duration and price take the values 0/99, 1/99, ..., 99/99 of their ranges; stops 0, 1/2 or 1."""

DESCRIPTION = (
    "One traveller picks the flight they like best out of three, always by the same personal preferences. "
    "The output is the number of the flight picked."
)


def preferred(weights: np.ndarray, features: np.ndarray) -> int:
    """Index of the flight with the largest weighted sum of features, the first one on a tie.

    Args:
        weights: shape (4,), multiples of 1/2.
        features: shape (flights, 4), departure, duration and price in units of 1/99, stops as their number.
    """
    # In whole units of 1/396 ties are exact, which sums of binary fractions would not give.
    units = np.array([2, 2, GRID, 2])
    return int(np.argmax(features * units @ np.rint(2 * weights).astype(int)))


def write(features: np.ndarray) -> str:
    """One line per flight: 5:00 am to midnight, 45 minutes to 16 hours, 0 to 2 stops, $50 to $1,500.

    Args:
        features: as for :func:`preferred`.
    """
    lines = []
    for number, (departure, duration, stops, price) in enumerate(features.tolist(), 1):
        leaves = 5 * 60 + round(19 * 60 * departure / GRID)
        takes = 45 + round((16 * 60 - 45) * duration / GRID)
        hour, half = (leaves // 60 - 1) % 12 + 1, "pm" if 12 <= leaves // 60 < 24 else "am"
        length = f"{takes // 60} h {takes % 60:02d} min" if takes >= 60 else f"{takes} min"
        dollars = 10 * (5 + 145 * price // GRID)
        lines.append(
            f"Flight {number}: leaves {hour}:{leaves % 60:02d} {half}, takes {length}, "
            f"{stops} stop{'' if stops == 1 else 's'}, ${dollars:,}"
        )
    return "\n".join(lines)


@task(
    replace(
        SYNTHETIC,
        name="flight",
        summary="three flights, of which a traveller with hidden linear preferences picks one",
        source="Simulated travellers after Qiu et al. 2025 (arXiv 2503.17523, appendix A.1), generated anew",
        split="heldout",
        unit="traveller",
        given=("flights",),
        generated=("number of the flight picked",),
    )
)
def flight(root: DataRoot) -> Iterator[Process]:
    for index in range(TRAVELLERS):
        rng = generator("flight", index)
        weights = np.zeros(len(FEATURES))
        while not weights.any():
            weights = rng.choice(WEIGHTS, len(FEATURES))
        features = rng.integers(0, GRID + 1, (CHOICES_EACH, FLIGHTS, len(FEATURES)))
        features[:, :, FEATURES.index("stops")] = rng.integers(0, 3, (CHOICES_EACH, FLIGHTS))
        yield Process(
            id=f"traveller-{index:03d}",
            examples=tuple(Example(str(preferred(weights, three) + 1), write(three)) for three in features),
            descriptions=(DESCRIPTION,),
            choices=tuple(str(number) for number in range(1, FLIGHTS + 1)),
            metadata=dict(zip(FEATURES, weights.tolist(), strict=True)),
        )
