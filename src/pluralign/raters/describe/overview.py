"""What can be counted without a model, and what a reader should know before believing the rest."""

import numpy as np
import polars as pl

from pluralign.raters.agreement import pair_agreement
from pluralign.raters.findings import Estimate
from pluralign.raters.ratings import Ratings
from pluralign.raters.splits import LEAST, left_out
from pluralign.stats import mean_interval

FEW_RATERS = 8
"""Raters with enough ratings below which nothing is predicted and no camps are looked for."""

_ROUGH = 60
_LETTER = 0.2


def counts(ratings: Ratings) -> np.ndarray:
    """How many raters gave each answer to each item, shape (items, outcomes)."""
    items, outcomes = ratings.items.height, len(ratings.scale.outcomes)
    place = ratings.item.astype(np.int64) * outcomes + ratings.label
    return np.bincount(place, minlength=items * outcomes).reshape(items, outcomes)


def per_rater(ratings: Ratings) -> tuple[int, float, int]:
    """Ratings of a rater: minimum, median, maximum."""
    found = np.bincount(ratings.rater, minlength=ratings.raters.height)
    return int(found.min()), float(np.median(found)), int(found.max())


def agreement(ratings: Ratings) -> tuple[Estimate, float]:
    """Share of agreeing pairs among raters of the same item, clustered by item; and what chance would give."""
    given = counts(ratings)
    shares = given.sum(0) / given.sum()
    total = given.sum(1)
    several = np.flatnonzero(total > 1)
    chance = float((shares**2).sum())
    if not len(several):
        return (None, None, None), chance
    pairs = (total * (total - 1) / 2)[several]
    found = mean_interval(pair_agreement(given[several]), several.tolist(), weights=pairs)
    low, high = (None if end is None else float(np.clip(end, 0, 1)) for end in (found.low, found.high))
    return (found.value, low, high), chance


def usable(ratings: Ratings) -> int:
    """How many raters rated enough to be predicted."""
    rated = np.bincount(ratings.rater, minlength=ratings.raters.height) > 0
    return int(rated.sum() - len(left_out(ratings)))


def warnings(ratings: Ratings) -> list[str]:
    """What to be careful about, in sentences."""
    found = []
    enough, few = usable(ratings), len(left_out(ratings))
    if enough < FEW_RATERS:
        found.append(
            f"Only {enough} raters rated {LEAST} or more items. That is too few to predict anybody, to look for camps"
            " or to say what an attribute explains; what is shown are counts."
        )
    elif enough < _ROUGH:
        found.append(f"There are only {enough} raters with {LEAST} or more rated items: all intervals are wide.")
    if few:
        who = "1 rater" if few == 1 else f"{few:,} raters"
        found.append(f"{who} rated fewer than {LEAST} items, and took no part in predictions and their tests.")
    if not (counts(ratings).sum(1) > 1).any():
        found.append("No item was rated by two people, so agreement cannot be counted.")
    if _foreign(ratings.items["text"]):
        found.append(
            "Many texts are not in Latin letters. The packaged sentence model reads English; what rests on texts is"
            " less good here."
        )
    return found


def _foreign(texts: pl.Series) -> bool:
    joined = "".join(texts.head(500).to_list())
    letters = [letter for letter in joined if letter.isalpha()]
    return bool(letters) and sum(ord(letter) > 0x24F for letter in letters) / len(letters) > _LETTER
