"""Decks of 52 playing cards, dealt to the last card: draws without replacement."""

from collections.abc import Iterator
from dataclasses import replace

from pluralign.episode import Example, Process
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import task
from pluralign.suite.synthetic import SYNTHETIC

DECKS = 100
RANKS = (*map(str, range(2, 11)), "J", "Q", "K", "A")
SUITS = "♠♥♦♣"


@task(
    replace(
        SYNTHETIC,
        name="cards",
        summary="the cards of one shuffled deck, one after the other",
        unit="shuffled deck",
        generated=("card",),
    )
)
def cards(root: DataRoot) -> Iterator[Process]:
    """The episode, which draws the order anew for each process, does the shuffling."""
    deck = tuple(rank + suit for suit in SUITS for rank in RANKS)
    examples = tuple(map(Example, deck))
    for index in range(DECKS):
        yield Process(
            id=f"deck-{index:02d}",
            examples=examples,
            descriptions=("Cards dealt from a well-shuffled deck of 52, without putting any back.",),
            choices=deck,
        )
