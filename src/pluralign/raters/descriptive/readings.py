"""From what the numbers tell about each tendency to the sentences of a profile.

A sentence is written only where training raters differ in this respect by more than noise, where the rater's own
ratings make its direction likely (three to two), given how raters differ, and where the plain numbers that stand
beside it as evidence go the same way. Below a probability of 0.9 it says "perhaps".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from pluralign.raters.descriptive.tendencies import Effect
from pluralign.raters.descriptive.wording import degree, perhaps
from pluralign.raters.representation import Profile, Statement

LIKELY = 0.6
"""Probability of its direction from which a tendency is stated, as a guess."""

SURE = 0.9
"""Probability from which it is stated as it is."""

LEAST = 0.01
"""Smallest difference that is stated, as a share of the range of what is measured."""

FAINTEST = 0.2
"""Smallest tendency that is stated, in standard deviations over raters."""

LONGEST = 12
"""Most sentences in a profile."""

MOST = {"level": 1, "crowd": 1, "share": 6, "axis": 8, "theme": 3}
"""Kinds of tendency in the order in which a profile tells them, and how many of each it may tell."""


_Evidence = tuple[tuple[str, float | str], ...]


@dataclass(frozen=True)
class Reading:
    """What the ratings of all profiles tell about one tendency.

    Attributes:
        kind: one of ``MOST``.
        effect: posterior over profiles.
        difference: what the plain numbers say, shape (profiles,); 0 where they say nothing.
        range: of what is measured.
        say: the sentence, given profile, direction (True is up) and degree.
        numbers: evidence by name, each of shape (profiles,).
        items: further evidence of a profile: ids of the items behind it, where these are not all of the rater's.
        more: a second sentence and its evidence, given profile, direction and degree, where there is more to say of a
            tendency that is sure.
    """

    kind: str
    effect: Effect
    difference: np.ndarray
    range: float
    say: Callable[[int, bool, int], str]
    numbers: Sequence[tuple[str, np.ndarray]]
    items: Callable[[int], tuple[tuple[str, str], ...]] = lambda profile: ()
    more: Callable[[int, bool, int], tuple[str, _Evidence] | None] = lambda profile, up, grade: None

    def stated(self) -> np.ndarray:
        """Numbers of the profiles that tell of it."""
        size = self.effect.size
        return np.flatnonzero(
            (self.effect.certainty >= LIKELY)
            & (np.abs(size) >= FAINTEST)
            & (size * self.difference > 0)
            & (np.abs(self.difference) >= LEAST * self.range)
        )

    def statements(self, profile: int) -> list[Statement]:
        """The sentence of one profile with its evidence, and the second one if there is one."""
        size = float(self.effect.size[profile])
        numbers = tuple((name, float(values[profile])) for name, values in self.numbers)
        certainty = float(self.effect.certainty[profile])
        told = (profile, size > 0, degree(size))
        sure = (("certainty", certainty),)
        text = self.say(*told) if certainty >= SURE else perhaps(self.say(*told))
        found = [Statement(text, (*numbers, *sure, *self.items(profile)))]
        more = self.more(*told) if certainty >= SURE else None
        if more:
            found.append(Statement(more[0], (*more[1], *sure)))
        return found


def profiles(readings: Sequence[Reading], count: int) -> list[Profile]:
    """``count`` profiles: the largest tendencies of each kind, kind by kind."""
    order = list(MOST)
    found: list[list[tuple[int, float, int]]] = [[] for _ in range(count)]
    for number, reading in enumerate(readings):
        size = np.abs(reading.effect.size)
        for profile in reading.stated().tolist():
            found[profile].append((order.index(reading.kind), -float(size[profile]), number))
    return [_profile(readings, profile, sorted(told)) for profile, told in enumerate(found)]


def _profile(readings: Sequence[Reading], profile: int, told: list[tuple[int, float, int]]) -> Profile:
    kept: list[list[Statement]] = []
    for kind, same in groupby(told, lambda one: one[0]):
        most = list(MOST.values())[kind]
        kept += [readings[number].statements(profile) for _, _, number in list(same)[:most]]
    spare = LONGEST - len(kept[:LONGEST])
    statements: list[Statement] = []
    for first, *others in kept[:LONGEST]:
        statements += [first, *others[:spare]]
        spare -= len(others[:spare])
    return Profile(tuple(statements))
