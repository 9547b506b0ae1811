"""What a decoder may learn from, what it is told about a rater, and what it has to predict."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from pluralign.episode import generator
from pluralign.errors import DataError
from pluralign.raters.ratings import Ratings

LEAST = 4
"""Raters with fewer rated items are in no split: both parts of their ratings need two."""

Protocol = Literal["raters", "items", "both"]


@dataclass(frozen=True)
class Split:
    """Rows of a ratings table by use; each an array of row numbers in rising order.

    Attributes:
        protocol: what is new in ``evaluate``: the raters, the items, or both.
        seed: which of the random splits.
        train: ratings that decoders, encoders and clusters may learn from. Where items are old, those of the training
            raters; where raters are old, those on the training items.
        fit: ratings of the raters to be predicted that may be told about them (demonstrations, profiles, clusters).
        evaluate: ratings to be predicted; disjoint from both.
    """

    protocol: Protocol
    seed: int
    train: np.ndarray
    fit: np.ndarray
    evaluate: np.ndarray


def split(ratings: Ratings, protocol: Protocol, seed: int, *, old_items: float = 0.8) -> Split:
    """One random split.

    Raters with fewer than four rated items are in no part (:func:`left_out`). For ``raters``, half of the others train
    and the ratings of each of the rest are divided into fit and evaluation (:func:`halves`), as in Sorensen et al.
    2025, Value Profiles for Encoding Human Variation, section 3. For ``items``, a share ``old_items`` of the items
    train, and raters are told about by their ratings of these. For ``both``, half of the raters and that share of the
    items train; the other raters are told about by their ratings of training items, and predicted on the rest. Ratings
    of new items by raters of whom nothing is known are left out.

    Items with the same text are never parted. A part depends on ids, texts and the seed, not on the order of rows.

    Args:
        old_items: share of the items that are not new, above 0 and below 1.

    Raises:
        DataError: there are too few raters or items to split.
    """
    content = _content(ratings)
    rows = np.flatnonzero(_rated(ratings, content)[ratings.rater] >= LEAST)
    raters = np.flatnonzero(np.bincount(ratings.rater[rows]))
    contents = np.flatnonzero(np.bincount(content[ratings.item[rows]]))
    if len(raters) < 1 + (protocol != "items") or len(contents) < 2:
        what = f"{len(raters)} raters with {LEAST} or more rated items, of {len(contents)} items, are too few to split"
        raise DataError(what, where=ratings.name, fix="Give ratings by more people.")
    by_trained = _drawn(raters, ratings.raters["rater"], 0.5, "raters", seed)[ratings.rater[rows]]
    # The first item with a content stands for all.
    first = np.unique(content, return_index=True)[1]
    of_trained = _drawn(contents, _texts(ratings)[first], old_items, "items", seed)[content[ratings.item[rows]]]
    if protocol == "raters":
        train = rows[by_trained]
        fit, evaluate = halves(ratings, rows[~by_trained], seed)
        return Split(protocol, seed, train, fit, evaluate)
    if protocol == "items":
        train = fit = rows[of_trained]
        evaluate = rows[~of_trained]
    else:
        train = rows[by_trained & of_trained]
        fit, evaluate = rows[~by_trained & of_trained], rows[~by_trained & ~of_trained]
    evaluate = evaluate[np.isin(ratings.rater[evaluate], ratings.rater[fit])]
    return Split(protocol, seed, train, fit, evaluate)


def halves(ratings: Ratings, rows: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Each rater's ratings in two parts: those that may be told about the rater, and those to be predicted.

    Of a rater's n rated items, a number drawn evenly from 2, …, n - 2 are told (Sorensen et al. 2025, section 3).
    Raters with fewer than four are in neither part. What becomes of one rater depends on the seed, the rater's id and
    the texts that this rater rated alone.

    Args:
        rows: numbers of ratings, shape (some,).

    Returns:
        rows to tell and rows to predict, in rising order.
    """
    content = _content(ratings)
    width = int(content.max()) + 1
    # One entry per rater and content, by rater and then by text: the same whatever the order of rows.
    pairs, pair = np.unique(
        ratings.rater[rows].astype(np.int64) * width + content[ratings.item[rows]], return_inverse=True
    )
    raters, starts, counts = np.unique(pairs // width, return_index=True, return_counts=True)
    use = np.full(len(pairs), -1, np.int8)
    names = ratings.raters["rater"]
    for rater, start, count in zip(raters.tolist(), starts.tolist(), counts.tolist(), strict=True):
        if count >= LEAST:
            rng = generator("halves", seed, names[rater])
            told = rng.integers(2, count - 1)
            use[start : start + count] = rng.permutation(count) < told
    of_row = use[pair]
    return np.sort(rows[of_row == 1]), np.sort(rows[of_row == 0])


def left_out(ratings: Ratings) -> np.ndarray:
    """The raters who rated fewer than four different items, and are in no split."""
    count = _rated(ratings, _content(ratings))
    return np.flatnonzero((count > 0) & (count < LEAST))


def _texts(ratings: Ratings) -> pl.Series:
    """What makes an item what it is: its text, or its id where there is none."""
    items = ratings.items
    return items.select(pl.when(pl.col("text") != "").then("text").otherwise("item")).to_series()


def _content(ratings: Ratings) -> np.ndarray:
    """A number per item, the same for items with the same text, in the order of the texts; shape (items,)."""
    return (_texts(ratings).rank("dense") - 1).to_numpy().astype(np.int64)


def _rated(ratings: Ratings, content: np.ndarray) -> np.ndarray:
    """How many different contents each rater rated; shape (raters,)."""
    width = int(content.max(initial=0)) + 1
    pairs = np.sort(ratings.rater.astype(np.int64) * width + content[ratings.item])
    first = np.diff(pairs, prepend=-1) > 0
    return np.bincount(pairs[first] // width, minlength=ratings.raters.height)


def _drawn(some: np.ndarray, names: pl.Series, share: float, what: str, seed: int) -> np.ndarray:
    """Whether each of ``names`` is in a random share of ``some``, at least one and not all; shape (names,)."""
    lots = np.array([generator(what, seed, names[number]).random() for number in some.tolist()])
    size = min(max(round(share * len(some)), 1), max(len(some) - 1, 1))
    chosen = np.zeros(len(names), bool)
    chosen[some[np.argsort(lots)[:size]]] = True
    return chosen
