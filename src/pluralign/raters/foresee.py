"""What known people would say about items that they have not rated, and which of their ratings lie nearest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from pluralign.errors import DataError, UsageError
from pluralign.raters.attributes import facts
from pluralign.raters.compact import Settings
from pluralign.raters.compact.texts import Embed
from pluralign.raters.describe.people import nearest
from pluralign.raters.ratings import Ratings
from pluralign.raters.representation import Decoder, Representation
from pluralign.raters.splits import Protocol, Split
from pluralign.raters.trained import Said, Trained, fit, in_order, quiet


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One prediction.

    Attributes:
        rater, item: their numbers.
        probabilities: of each answer.
        nearest: the rater's own rated items with the nearest texts, and the answers given.
    """

    rater: int
    item: int
    probabilities: tuple[float, ...]
    nearest: tuple[tuple[str, str], ...]


def with_items(ratings: Ratings, texts: Sequence[str]) -> tuple[Ratings, np.ndarray]:
    """The ratings with new items that nobody has rated, and the numbers of these items.

    Raises:
        DataError: a text is empty.
    """
    if empty := [number for number, text in enumerate(texts, 1) if not text.strip()]:
        raise DataError("a new item has no text", where=f"item {empty[0]} of {len(texts)}")
    known = set(ratings.items["item"].to_list())
    ids = []
    for number in range(1, len(texts) + 1):
        name = f"new {number}"
        while name in known:
            name += "'"
        ids.append(name)
    added = pl.DataFrame({"item": ids, "text": list(texts)}, schema={"item": pl.String, "text": pl.String})
    first = ratings.items.height
    items = pl.concat([ratings.items, added], how="diagonal")
    return replace(ratings, items=items), np.arange(first, first + len(texts))


def whole(
    ratings: Ratings,
    vectors: np.ndarray,
    protocol: Protocol,
    *,
    settings: Settings | None = None,
    embed: Embed | None = None,
    quote: bool = True,
    seed: int = 0,
    said: Said = quiet,
) -> Trained:
    """Encoder and decoder fitted to all ratings.

    Args:
        vectors: embeddings of the items' texts, shape (items, dimensions).
        protocol: ``items`` to predict the same raters, ``raters`` to say what is typical of raters.

    Raises:
        DataError: there is too little to learn from.
    """
    rows = np.arange(len(ratings))
    every = Split(protocol, seed, rows, rows, rows[:0])
    return fit(ratings, every, vectors, settings=settings, embed=embed, quote=quote, said=said)


def foresee(
    ratings: Ratings, pairs: np.ndarray, vectors: np.ndarray, texts: Sequence[str], decoder: Decoder, seed: int = 0
) -> list[Foreseen]:
    """What raters would say, told their own ratings and what is known of them.

    Args:
        pairs: rater and item of each prediction, shape (predictions, 2).
        vectors: embeddings of the items, rows of length 1.
        texts: of the items, as they are shown.
        decoder: that predicts.
        seed: of the order in which ratings are told.
    """
    raters, who = np.unique(pairs[:, 0], return_inverse=True)
    own = in_order(ratings, np.arange(len(ratings)), raters, seed)
    told = [
        Representation(fact, None, tuple(ratings.item[rows].tolist()), tuple(ratings.label[rows].tolist()))
        for fact, rows in zip(facts(ratings, raters), own, strict=True)
    ]
    p = decoder.predict(pairs[:, 1], told, who)
    return [
        Foreseen(
            int(rater), int(item), tuple(row.tolist()), tuple(nearest(ratings, int(item), own[at], vectors, texts))
        )
        for (rater, item), at, row in zip(pairs.tolist(), who.tolist(), p, strict=True)
    ]


def unrated(ratings: Ratings, rater: int) -> np.ndarray:
    """The items that a rater has not rated, those with most ratings by others first."""
    count = np.bincount(ratings.item, minlength=ratings.items.height)
    count[ratings.item[ratings.rater == rater]] = -1
    order = np.argsort(-count, kind="stable")
    return order[count[order] >= 0]


def person(ratings: Ratings, name: str) -> int:
    """The number of the rater with an id, or called ``rater N`` as where ids are hidden.

    Raises:
        UsageError: there is no such rater.
    """
    found = (ratings.raters["rater"] == name).arg_true()
    if len(found):
        return int(found[0])
    number = name.removeprefix("rater ")
    if number != name and number.isdigit() and 1 <= int(number) <= ratings.raters.height:
        return int(number) - 1
    raise UsageError(
        f"there is no rater {name!r}",
        where=ratings.name,
        fix=f"Give an id, or rater 1 to rater {ratings.raters.height}.",
    )
