"""Urns of coloured balls with stated counts: distributions that are known exactly."""

from collections.abc import Iterator
from dataclasses import replace

from pluralign.episode import Process, Target, generator
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import task
from pluralign.suite.synthetic import SYNTHETIC

URNS = 1000
COLOURS = ("red", "blue", "green", "yellow", "purple", "orange", "brown", "black", "white")


@task(
    replace(
        SYNTHETIC,
        name="urn",
        kind="align",
        summary="the contents of an urn are stated, the colour of one drawn ball is predicted",
        split="heldout",
        unit="urn",
        given=("question",),
        generated=("colour",),
    )
)
def urn(root: DataRoot) -> Iterator[Process]:
    for index in range(URNS):
        rng = generator("urn", index)
        size = int(rng.integers(2, 6))
        colours = tuple(rng.choice(COLOURS, size, replace=False).tolist())
        counts = rng.integers(1, rng.integers(1, 11, size) + 1).tolist()
        yield Process(
            id=f"urn-{index:04d}",
            descriptions=(f"An urn holds these balls: {', '.join(map('{} {}'.format, counts, colours))}.",),
            choices=colours,
            question="One ball is drawn blindly. Give its colour as a single lower-case word.",
            target=Target(tuple(count / sum(counts) for count in counts)),
        )
