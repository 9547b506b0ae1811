"""Simulated societies: raters in known camps, with known habits, who rate statements about a town.

What an analysis finds can be compared with what was planted. No real person or answer is in them.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pluralign.errors import UsageError
from pluralign.raters.ratings import Ratings
from pluralign.raters.scale import Scale

POINTS = Scale("ordinal", ("1", "2", "3", "4", "5"))
"""The scale unless another is given."""

VOTES = Scale("nominal", ("Agree", "Disagree", "Pass"))
"""A scale with an answer that takes neither side."""

TOPICS = {
    "cycling": ("wider cycle lanes", "racks for bicycles", "a bicycle bridge", "repair stands for bicycles"),
    "buses": ("buses at night", "free bus tickets for pupils", "electric buses", "shelters at bus stops"),
    "parking": ("more parking spaces", "cheaper parking", "a car park underground", "loading bays for vans"),
    "library": ("longer library hours", "a reading room", "story evenings at the library", "a library on wheels"),
    "music": ("concerts in the park", "a music school", "practice rooms for bands", "a festival of street music"),
    "sport": ("a new swimming pool", "floodlights at the sports ground", "a climbing wall", "a running track"),
    "trees": (
        "new trees along the streets",
        "a wood at the edge of town",
        "hedges for birds",
        "a field of flowers",
    ),
    "energy": ("solar panels on school roofs", "a wind turbine", "heating from the river", "lamps that save power"),
    "market": ("a market hall", "stalls for farmers", "a flea market", "a market on Sunday mornings"),
    "schools": ("smaller classes", "school meals cooked on the spot", "a school garden", "lessons in chess"),
}
"""What the statements are about."""

_FRAMES = (
    "The town should pay for {}.",
    "Next year's budget needs to include {}.",
    "What we lack most here is {}.",
    "I would give up something else for {}.",
    "Visitors would come for {}.",
    "Money spent on {} is money well spent.",
    "Nothing is as urgent as {}.",
    "Children would gain a great deal from {}.",
    "The council has waited too long with {}.",
    "Life would be better with {}.",
)
_PLACES = (
    "",
    " near the station",
    " by the river",
    " in the old town",
    " on the hill",
    " in the north",
    " at the port",
)
_DISTRICTS = ("North", "South", "East", "West", "Centre", "Harbour", "Hill", "Riverside")
_AGES = ("18-29", "30-44", "45-59", "60+")


@dataclass(frozen=True)
class Truth:
    """What was planted.

    Attributes:
        camp: of each rater, from 0, shape (raters,).
        severity: how much lower the rater rates everything, in standard deviations of the noise; (raters,).
        stretch: factor on the distance of the rater's judgements from the middle of the scale; (raters,).
        unsure: chance that the rater takes neither side, 0 where the scale has no such answer; (raters,).
        topic: of each item, place in ``TOPICS``; (items,).
        leaning: how much more a camp likes a topic than the crowd does, in standard deviations of the noise; shape
            (camps, topics), columns and rows summing to 0.
    """

    camp: np.ndarray
    severity: np.ndarray
    stretch: np.ndarray
    unsure: np.ndarray
    topic: np.ndarray
    leaning: np.ndarray


def society(
    raters: int = 200,
    items: int = 60,
    camps: int = 3,
    *,
    scale: Scale = POINTS,
    per_rater: int | None = None,
    leaning: float = 1.0,
    severity: float = 0.5,
    stretch: float = 0.3,
    unsure: float = 0.15,
    agreement: float = 0.7,
    seed: int = 0,
) -> tuple[Ratings, Truth]:
    """Simulate a society.

    A judgement is the item's merit (standard normal), plus the leaning of the rater's camp to its topic, less the
    rater's severity, plus standard normal noise; times the rater's stretch it falls into one of the answers, which
    divide the range evenly. The attribute ``district`` goes with the camp for a share ``agreement`` of the raters,
    ``age`` with nothing.

    Args:
        camps: 1 for a society without camps; with ``severity`` and ``stretch`` 0 as well, raters differ by noise only.
        scale: ordinal, binary, or ``VOTES``.
        per_rater: ratings by each rater, of random items; None for all items.
        leaning: standard deviation of the camps' leanings.
        severity: standard deviation of the raters' severity.
        stretch: standard deviation of the logarithm of the raters' stretch.
        unsure: mean chance of the answer that takes neither side.

    Returns:
        the ratings, by rater and item, and what was planted.

    Raises:
        UsageError: more items than there are different statements, or a scale of another kind.
    """
    statements = [
        (topic, frame.format(thing + place))
        for place in _PLACES
        for frame in _FRAMES
        for which in range(4)
        for topic, thing in enumerate(things[which] for things in TOPICS.values())
    ]
    if items > len(statements):
        raise UsageError(f"a society has at most {len(statements)} items, not {items}")
    if scale.kind not in ("ordinal", "binary") and scale != VOTES:
        raise UsageError(f"a society does not answer on a {scale.kind} scale", fix="Use an ordinal scale or VOTES.")
    rng = np.random.default_rng(seed)
    topic = np.array([statements[i][0] for i in range(items)])
    camp = rng.integers(camps, size=raters)
    leanings = rng.normal(size=(camps, len(TOPICS)))
    leanings -= leanings.mean(axis=0)
    leanings -= leanings.mean(axis=1, keepdims=True)
    leanings *= leaning / max(float(np.sqrt((leanings**2).mean())), 1e-9)
    votes = scale == VOTES
    truth = Truth(
        camp,
        severity * rng.normal(size=raters),
        np.exp(stretch * rng.normal(size=raters)),
        rng.beta(1, 1 / unsure - 1, size=raters) if votes and unsure > 0 else np.zeros(raters),
        topic,
        leanings,
    )
    rater = np.repeat(np.arange(raters), per_rater or items)
    item = _rated(raters, items, per_rater or items, rng)
    judgement = rng.normal(size=items)[item] + rng.normal(size=len(item)) - truth.severity[rater]
    judgement += leanings[camp[rater], topic[item]]
    judgement *= truth.stretch[rater]
    if votes:
        label = np.where(judgement > 0, 0, 1)
        label[rng.random(len(item)) < truth.unsure[rater]] = 2
    else:
        width = 1.5 if len(scale.labels) > 2 else 0.0
        label = np.searchsorted(np.linspace(-width, width, len(scale.labels) - 1), judgement)
    near = rng.random(raters) < agreement
    district = np.where(near, camp % len(_DISTRICTS), rng.integers(min(max(camps, 2), len(_DISTRICTS)), size=raters))
    ratings = Ratings(
        "society",
        "How much do you like this idea for the town?",
        scale,
        pl.DataFrame({"rater": rater, "item": item, "label": label}),
        pl.DataFrame(
            {
                "rater": np.arange(raters).astype(str),
                "district": np.array(_DISTRICTS)[district],
                "age": np.array(_AGES)[rng.integers(len(_AGES), size=raters)],
            }
        ),
        pl.DataFrame({"item": np.arange(items).astype(str), "text": [text for _, text in statements[:items]]}),
    )
    return ratings, truth


def _rated(raters: int, items: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """``count`` different items for each rater, in rising order, shape (raters * count,)."""
    if count == items:
        return np.tile(np.arange(items), raters)
    # One item from each of as many parts of the shuffled items: different ones without a table of raters by items.
    edges = np.linspace(0, items, count + 1).astype(int)
    place = edges[:-1] + (rng.random((raters, count)) * np.diff(edges)).astype(int)
    return np.sort(rng.permutation(items)[place], axis=1).ravel()
