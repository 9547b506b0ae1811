"""Coins of unknown or stated bias: the simplest distribution to infer from examples or from a description."""

from collections.abc import Iterator
from dataclasses import replace

from pluralign.episode import Example, GeometricPoisson, Process, generator
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import task
from pluralign.suite.synthetic import SYNTHETIC

COINS = 1000
MEAN_FLIPS = 128
# Four times the mean: fewer than one episode in a thousand asks for more.
FLIPS = 4 * MEAN_FLIPS
SIDES = ("Heads", "Tails")


def describe(heads: float) -> tuple[str, ...]:
    """Seven descriptions of a coin that shows heads with probability ``heads``; they tell from all to nothing."""
    heads_percent = f"{heads:.1%}"
    decimals = f'{{"Heads": {heads:.3f}, "Tails": {1 - round(heads, 3):.3f}}}'
    percentages = f'{{"Heads": "{heads_percent}", "Tails": "{100 - float(heads_percent[:-1]):.1f}%"}}'
    if round(heads, 2) == 0.5:
        lean = "Both sides of the coin are about equally likely."
    else:
        lean = f"The coin shows {SIDES[heads < 0.5]} more often than {SIDES[heads > 0.5]}."
    return (
        "Each output is one of these labels: Heads, Tails.",
        f"Labels and their probabilities: {decimals}",
        f"Independent draws from Bernoulli({decimals})",
        f"How often each side comes up: {percentages}",
        f"Independent draws from Bernoulli({percentages})",
        lean,
        "Flips of one coin, which may be biased.",
    )


@task(
    replace(
        SYNTHETIC,
        name="coinflip",
        summary="flips of one coin, whose bias is drawn uniformly from 0 to 1",
        unit="coin",
        generated=("side",),
    ),
    law=GeometricPoisson(MEAN_FLIPS),
)
def coinflip(root: DataRoot) -> Iterator[Process]:
    heads_example, tails_example = map(Example, SIDES)
    for index in range(COINS):
        rng = generator("coinflip", index)
        heads = rng.random()
        yield Process(
            id=f"coin-{index:04d}",
            examples=tuple(heads_example if flip else tails_example for flip in rng.random(FLIPS) < heads),
            descriptions=describe(heads),
            choices=SIDES,
            metadata={"heads": heads},
        )
