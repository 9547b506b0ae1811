"""How much, and which answers, a rater gives: over all items, against the crowd on the same items."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from pluralign.raters.descriptive import wording
from pluralign.raters.descriptive.crowd import Crowd, Score, Told
from pluralign.raters.descriptive.readings import Reading
from pluralign.raters.descriptive.tendencies import between, effect, mean, scatter
from pluralign.raters.scale import Scale

FEW = 7
"""Labels up to which an ordinal scale has a sentence for each, instead of for its ends and parts."""

LEVEL = "difference in level"
"""Evidence of how far above the crowd a rater's answers lie over all items."""

_Kind = tuple[str, np.ndarray, Callable[[bool, int], str]]

_ENDS = 0.15
"""Share of a longer scale's labels that lie at each of its ends."""


@dataclass(frozen=True)
class Level:
    """A tendency over all items, as the training raters have it.

    Attributes:
        kind: ``level`` or ``share``.
        score: what is counted.
        scatter: variance of single ratings as a multiple of that of the crowd's answers.
        between: variance of true differences over raters.
        say: the sentence, given direction and degree.
    """

    kind: str
    score: Score
    scatter: float
    between: float
    say: Callable[[bool, int], str]

    def read(self, crowd: Crowd, told: Told) -> Reading:
        """What the ratings of each profile tell about it."""
        all_items = mean(told, crowd.compare(told, self.score), scatter=self.scatter)
        return Reading(
            self.kind,
            effect(all_items.difference, all_items.noise, self.between),
            all_items.difference,
            float(np.ptp(self.score.values)),
            lambda profile, up, grade: self.say(up, grade),
            (
                ("ratings", all_items.ratings),
                ("rater", all_items.rater),
                ("crowd", all_items.crowd),
                (LEVEL if self.kind == "level" else "difference", all_items.difference),
            ),
        )


def levels(scale: Scale, crowd: Crowd, learned: Told) -> list[Level]:
    """The tendencies that a scale allows, learned from the ratings of the training raters."""
    found = []
    for kind, values, say in _kinds(scale):
        score = crowd.score(values)
        compared = crowd.compare(learned, score)
        spread = scatter(learned, compared)
        own = mean(learned, compared, scatter=spread)
        found.append(Level(kind, score, spread, between(own.difference, own.noise), say))
    return found


def indicators(scale: Scale) -> list[tuple[str, np.ndarray]]:
    """Each label with a 1 for the outcomes that hold it, else 0; arrays of shape (outcomes,)."""
    several = scale.kind == "multilabel"
    sets = [set(outcome.split(",")) if several else {outcome} for outcome in scale.outcomes]
    return [(label, np.array([label in held for held in sets], float)) for label in scale.labels]


def _kinds(scale: Scale) -> list[_Kind]:
    """Kind, score and sentence of each tendency."""
    amount = wording.amount(scale)
    shares = [_share(f"“{label}”", holds) for label, holds in indicators(scale)]
    if amount is None:
        if scale.kind == "multilabel":
            several = np.array(["," in outcome for outcome in scale.outcomes], float)
            shares.append(("share", several, wording.several))
        return shares
    level: _Kind = ("level", amount, partial(wording.level, scale))
    if scale.kind == "binary":
        return [level]
    if scale.kind == "nominal":
        return [level, *(share for share in shares if share[1] @ amount == 0)]
    if len(scale.labels) <= FEW:
        return [level, *shares]
    place = np.arange(len(scale.labels))
    edge = int(_ENDS * len(place)) or 1
    parts = [
        _share(wording.part(scale.labels[own[0]], scale.labels[own[-1]], number), np.isin(place, own).astype(float))
        for number, own in enumerate(np.array_split(place, len(wording.PARTS)))
    ]
    return [level, ("share", ((place < edge) | (place >= len(place) - edge)).astype(float), wording.ends), *parts]


def _share(answer: str, holds: np.ndarray) -> _Kind:
    return "share", holds, partial(wording.share, answer)
