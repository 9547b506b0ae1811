"""What a study of answers found: rates, groups, gaps, and what is missing."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from pluralign.values.power import POWER, Detectable, Spread
from pluralign.values.study_views import View

Outcome = Literal["agreement", "missing", "missing_ever"]
TESTED: tuple[Outcome, ...] = ("agreement", "missing")
"""Outcomes that groups are compared in. Whether a view is missing at least once says the same more coarsely."""

LEVEL = 0.05
"""Probability of any false finding among all comparisons of a study, at most."""


@dataclass(frozen=True)
class Rate:
    """A mean over people of their own rates, with its 95 % interval.

    Attributes:
        value: between 0 and 1; None where nobody answered.
        low: lower end of the interval; None where there is none.
        high: upper end.
        people: who answered.
        answers: that they gave.
    """

    value: float | None
    low: float | None
    high: float | None
    people: int
    answers: int


@dataclass(frozen=True)
class Group:
    """People who have one value of an attribute.

    Attributes:
        name: the value, or the range of values.
        people: their number.
        small: whether they are too few to be compared.
        rates: by outcome.
    """

    name: str
    people: int
    small: bool
    rates: dict[Outcome, Rate]


@dataclass(frozen=True)
class Gap:
    """A group beside all people in the other groups that are compared.

    Attributes:
        group: its name.
        difference: of the rates, group less others.
        low: lower end of its 95 % interval (Newcombe 1998, "Interval estimation for the difference between independent
            proportions", Statistics in Medicine 17), not corrected for the number of comparisons.
        high: upper end.
        cohens_h: 2 arcsin sqrt(rate) of the group, less that of the others.
        by_situations: the difference to expect from the situations alone that either side saw, if all people answered
            alike; 0 where all answered about the same.
        detectable: what could have been found; None where rates do not differ between people.
    """

    group: str
    difference: float
    low: float
    high: float
    cohens_h: float
    by_situations: float
    detectable: Detectable | None


@dataclass(frozen=True)
class Comparison:
    """Whether the groups of one attribute differ in one outcome.

    Attributes:
        outcome: ``agreement`` or ``missing``.
        p: probability of groups so different where there is no difference
            (:func:`pluralign.values.permutation.difference`).
        p_corrected: after Holm's correction over all comparisons of the study.
        differs: whether that is below ``LEVEL``.
        gaps: of the groups, the largest first.
    """

    outcome: Outcome
    p: float
    p_corrected: float
    differs: bool
    gaps: list[Gap]


@dataclass(frozen=True)
class Attribute:
    """What is known about people, by groups.

    Attributes:
        name: of the column.
        unknown: people of whom it is not known, who are in no group.
        groups: all of them.
        comparisons: by outcome; none where fewer than two groups are large enough or nobody differs.
    """

    name: str
    unknown: int
    groups: list[Group]
    comparisons: list[Comparison]


@dataclass(frozen=True)
class Study:
    """All that is found.

    Attributes:
        name: of the file.
        people: their number.
        situations: their number.
        same_situations: whether all people judged the same considerations.
        rates: over all people, by outcome.
        spreads: how people differ, by outcome; None where they do not.
        attributes: in the order of the file.
        comparisons: how many the correction is over.
        views: what people say is missing, the most frequent first.
        notes: what was left out or not used.
        warnings: what to know before reading the results.
    """

    name: str
    people: int
    situations: int
    same_situations: bool
    rates: dict[Outcome, Rate]
    spreads: dict[Outcome, Spread | None]
    attributes: list[Attribute]
    comparisons: int
    views: list[View]
    notes: list[str]
    warnings: list[str]

    def as_dict(self, *, texts: bool) -> dict[str, Any]:
        """As JSON: of the views their number, and with ``texts`` also what people wrote."""
        told = asdict(self) | {"level": LEVEL, "correction": "holm", "power": POWER, "views": len(self.views)}
        return told | {"texts": [asdict(view) for view in self.views]} if texts else told
