"""From representations of raters to what the network is told."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from pluralign.errors import DataError
from pluralign.raters.compact.network import Told
from pluralign.raters.compact.texts import Components, Embed, Vocabulary, Wording, embedded, sentences, with_empty
from pluralign.raters.representation import Representation

_AT_ONCE = 32


def tell(
    representations: Sequence[Representation],
    wording: Wording,
    embed: Embed,
    components: Components,
    items: int,
    outcomes: int,
) -> Iterator[tuple[np.ndarray, Told]]:
    """Some representations after another, those of like size together.

    Args:
        components: of the embeddings.
        items: number of items that there are.
        outcomes: of the scale.

    Yields:
        numbers of the representations, and what they tell.

    Raises:
        DataError: a demonstration lacks its label, or its item or label is out of range.
        ModelError: the texts cannot be embedded.
    """
    vocabulary = Vocabulary()
    facts: list[list[int]] = []
    profiles: list[list[int]] = []
    for number, told in enumerate(representations):
        _check(told, f"representation {number}", items, outcomes)
        facts.append(vocabulary.add(wording.fact(name, value) for name, value in told.demographics))
        profiles.append(vocabulary.add(sentences(told.profile)) if told.profile is not None else [])
    vectors = np.zeros((0, components.matrix.shape[1]), np.float32)
    if vocabulary.texts:
        vectors = components(embedded(embed, vocabulary.texts))
    vectors = torch.from_numpy(with_empty(vectors))
    shown = np.array([len(told.items) for told in representations], int)
    said = np.array([len(fact) + len(profile) for fact, profile in zip(facts, profiles, strict=True)], int)
    # Batches of like size have little padding.
    order = np.lexsort((said, shown))
    for first in range(0, len(order), _AT_ONCE):
        some = order[first : first + _AT_ONCE]
        item, label = np.zeros((2, len(some), max(shown[some].max(), 1)), int)
        text = np.zeros((len(some), said[some].max()), int)
        for row, number in enumerate(some.tolist()):
            item[row, : shown[number]] = representations[number].items
            label[row, : shown[number]] = representations[number].labels
            text[row, : said[number]] = facts[number] + profiles[number]
        place = np.arange(text.shape[1])
        there = np.arange(item.shape[1]) < shown[some, None]
        of_profile = place >= np.array([len(facts[number]) for number in some])[:, None]
        parts = (item, label, there)
        yield (
            some,
            Told(
                *map(torch.from_numpy, parts),
                vectors[torch.from_numpy(text)],
                torch.from_numpy(of_profile),
                torch.from_numpy(place < said[some, None]),
            ),
        )


def _check(told: Representation, where: str, items: int, outcomes: int) -> None:
    if len(told.items) != len(told.labels):
        raise DataError(f"{len(told.items)} items are demonstrated with {len(told.labels)} labels", where=where)
    for name, values, size in (("item", told.items, items), ("label", told.labels, outcomes)):
        if wrong := [value for value in values if not 0 <= value < size]:
            raise DataError(f"there is no {name} number {wrong[0]}", where=where, fix=f"There are {size}, from 0.")
