"""A choice of people: what sets each apart, what each would say, and why."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from pluralign.raters.attributes import facts
from pluralign.raters.describe.camps import Found, name, said
from pluralign.raters.findings import Person
from pluralign.raters.ratings import Ratings
from pluralign.raters.representation import Encoder
from pluralign.raters.trained import Trained

FARTHEST, ORDINARY = 6, 4
"""How many people far from the crowd are shown, and how many near the middle of all."""

SHOWN = 6
"""Predicted items of a person."""

NEAREST = 3
"""Own rated items beside each predicted one."""

_LEAST = 3


def label(ratings: Ratings, rater: int, show_ids: bool) -> str:
    """What a rater is called: by number unless ids may be shown."""
    return ratings.raters["rater"][rater] if show_ids else f"rater {rater + 1}"


def choice(rows: pl.DataFrame) -> list[int]:
    """The raters whose answers the crowd predicts worst, then some in the middle.

    Args:
        rows: held-out losses of one split with nothing told.
    """
    losses = rows.group_by("rater").agg(pl.col("loss").mean(), pl.len()).sort("loss", "rater")
    raters = losses.filter(pl.col("len") >= _LEAST)["rater"].to_list() or losses["rater"].to_list()
    far = raters[::-1][:FARTHEST]
    rest = raters[: len(raters) - len(far)]
    start = max((len(rest) - ORDINARY) // 2, 0)
    return far + rest[start : start + ORDINARY]


def people(
    trained: Trained,
    probabilities: np.ndarray,
    chosen: Sequence[int],
    found: Found,
    vectors: np.ndarray,
    texts: Sequence[str],
    show_ids: bool,
) -> list[Person]:
    """One record per person, with ratings that neither the profile nor the prediction had seen.

    Args:
        probabilities: of the answers in ``split.evaluate``, told each rater's own other ratings.
        chosen: raters that are predicted in the split.
        vectors: embeddings of the items, rows of length 1.
        texts: of the items, as they are shown.
    """
    ratings, split = trained.ratings, trained.split
    place = {rater: k for k, rater in enumerate(trained.raters.tolist())}
    own = [trained.own[place[rater]] for rater in chosen]
    profiles = trained.encoder.encode(ratings, own)
    count = np.bincount(ratings.rater, minlength=ratings.raters.height)
    labels = ratings.scale.outcomes
    records = []
    for rater, told, profile, known in zip(chosen, own, profiles, facts(ratings, chosen), strict=True):
        asked = np.flatnonzero(ratings.rater[split.evaluate] == rater)[:SHOWN]
        rows = split.evaluate[asked]
        records.append(
            Person(
                label(ratings, rater, show_ids),
                int(count[rater]),
                name(int(found.camp[rater])) if found.count > 1 else "",
                list(known),
                said(profile),
                [
                    (texts[ratings.item[row]], p.tolist(), labels[ratings.label[row]])
                    for row, p in zip(rows, probabilities[asked], strict=True)
                ],
                [nearest(ratings, int(ratings.item[row]), told, vectors, texts) for row in rows],
            )
        )
    return records


def counted(ratings: Ratings, encoder: Encoder, show_ids: bool) -> list[Person]:
    """Some raters with profile and facts alone, where there are too few people to predict anybody."""
    count = np.bincount(ratings.rater, minlength=ratings.raters.height)
    chosen = np.argsort(-count, kind="stable")[: FARTHEST + ORDINARY].tolist()
    own = [np.flatnonzero(ratings.rater == rater) for rater in chosen]
    profiles = encoder.encode(ratings, own)
    return [
        Person(label(ratings, rater, show_ids), int(count[rater]), "", list(known), said(profile), [], [])
        for rater, profile, known in zip(chosen, profiles, facts(ratings, chosen), strict=True)
    ]


def nearest(
    ratings: Ratings, item: int, told: np.ndarray, vectors: np.ndarray, texts: Sequence[str]
) -> list[tuple[str, str]]:
    """The rater's own rated items whose texts are nearest to an item's, with the answers given."""
    near = vectors[ratings.item[told]] @ vectors[item]
    first = told[np.argsort(-near, kind="stable")[:NEAREST]]
    return [(texts[ratings.item[row]], ratings.scale.outcomes[ratings.label[row]]) for row in first]
