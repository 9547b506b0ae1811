"""How a rater differs on some items from how the same rater differs on the others: themes, and general opinion."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from pluralign.raters.descriptive import wording
from pluralign.raters.descriptive.crowd import Compared, Crowd, Score, Told
from pluralign.raters.descriptive.levels import Level
from pluralign.raters.descriptive.readings import Reading
from pluralign.raters.descriptive.tendencies import Mean, between, effect, mean
from pluralign.raters.descriptive.themes import Themes
from pluralign.raters.scale import Scale


@dataclass(frozen=True)
class Contrasts:
    """Tendencies of one kind, as the training raters have them.

    Attributes:
        kind: ``crowd`` or ``theme``.
        score, scatter: of the level that differences are taken in.
        between: variance of true contrasts over raters.
        parts: for each contrast, which of some ratings belong to it (a mask), and the sentence, given direction and
            degree.
    """

    kind: str
    score: Score
    scatter: float
    between: float
    parts: Sequence[tuple[Callable[[Told, Compared], np.ndarray], Callable[[bool, int], str]]]

    def read(self, crowd: Crowd, told: Told, ids: Sequence[str]) -> list[Reading]:
        """What the ratings of each profile tell about them."""
        compared = crowd.compare(told, self.score)
        readings = []
        for part, say in self.parts:
            among = part(told, compared)
            inside, outside = _sides(told, compared, among, self.scatter)
            difference, noise = _contrast(inside, outside)
            readings.append(
                Reading(
                    self.kind,
                    effect(difference, noise, self.between),
                    difference,
                    float(np.ptp(self.score.values)),
                    lambda profile, up, grade, say=say: say(up, grade),
                    numbers(inside, outside, difference),
                    partial(_listed, told, among, ids),
                )
            )
        return readings


def numbers(inside: Mean, outside: Mean, difference: np.ndarray) -> tuple[tuple[str, np.ndarray], ...]:
    """The evidence of a contrast."""
    return (
        ("ratings", inside.ratings),
        ("rater", inside.rater),
        ("crowd", inside.crowd),
        ("ratings elsewhere", outside.ratings),
        ("rater elsewhere", outside.rater),
        ("crowd elsewhere", outside.crowd),
        ("difference", difference),
    )


def general_opinion(scale: Scale, crowd: Crowd, learned: Told, level: Level) -> Contrasts:
    """Items that the crowd rates above its mean, against all others."""
    middle = float(crowd.compare(learned, level.score).crowd.mean())
    parts = [(lambda told, compared: compared.crowd > middle, partial(wording.crowd, scale))]
    return _learned("crowd", crowd, learned, level, parts)


def by_theme(scale: Scale, crowd: Crowd, learned: Told, level: Level, themes: Themes) -> Contrasts:
    """Items of each theme, against all others."""
    parts = [
        (lambda told, compared, own=own: themes.group[told.item] == own, partial(wording.theme, scale, name))
        for own, name in enumerate(themes.names)
    ]
    return _learned("theme", crowd, learned, level, parts)


def _learned(kind: str, crowd: Crowd, learned: Told, level: Level, parts: Sequence) -> Contrasts:
    compared = crowd.compare(learned, level.score)
    measured = [_contrast(*_sides(learned, compared, part(learned, compared), level.scatter)) for part, _ in parts]
    spread = between(np.concatenate([d for d, _ in measured]), np.concatenate([noise for _, noise in measured]))
    return Contrasts(kind, level.score, level.scatter, spread, parts)


def _sides(told: Told, compared: Compared, among: np.ndarray, scatter: float) -> tuple[Mean, Mean]:
    return mean(told, compared, among, scatter), mean(told, compared, ~among, scatter)


def _contrast(inside: Mean, outside: Mean) -> tuple[np.ndarray, np.ndarray]:
    """Difference of the differences and its noise variance; 0 and infinite where one side has no ratings."""
    noise = inside.noise + outside.noise
    return np.where(np.isfinite(noise), inside.difference - outside.difference, 0.0), noise


def _listed(told: Told, among: np.ndarray, ids: Sequence[str], profile: int) -> tuple[tuple[str, str], ...]:
    rows = slice(told.starts[profile], told.starts[profile + 1])
    return (("items", ", ".join(ids[item] for item in told.item[rows][among[rows]])),)
