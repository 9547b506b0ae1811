"""What a study of so many people could have found: how alike one person's answers are, and the gap it could detect."""

from dataclasses import dataclass
from functools import cache

import numpy as np

POWER = 0.8


@dataclass(frozen=True)
class Spread:
    """How people differ from each other in one outcome.

    Attributes:
        per_person: mean number of answers (harmonic mean over people).
        icc: intraclass correlation, the share of the variance of answers that lies between people; below 0 where
            people are more alike than chance would make them; None where nobody gave two answers.
        design_effect: how many answers of people are worth one independent answer.
        independent_per_person: independent answers that a person is worth: p (1 - p) / variance of people's rates.
    """

    per_person: float
    icc: float | None
    design_effect: float
    independent_per_person: float


def spread(rates: np.ndarray, answers: np.ndarray) -> Spread | None:
    """How people differ, from the rate and the number of answers of each.

    With m the harmonic mean of the answers per person, the variance of people's rates is
    p (1 - p) (icc + (1 - icc) / m) = p (1 - p) / m * deff, deff = 1 + (m - 1) icc (Kish 1965, "Survey sampling").
    The moment estimators solve this for icc and deff. Where all people answered about the same situations, differences
    between situations are no part of the variance of rates, as they are no part of the error of a comparison.

    Args:
        rates: of each person, shape (people,).
        answers: behind each rate, shape (people,).

    Returns:
        None where the rates do not differ, so that nothing can be said.
    """
    if len(rates) < 2 or not np.ptp(rates) > 0:
        return None
    mean, variance = rates.mean(), rates.var(ddof=1)
    each = len(answers) / (1 / answers).sum()
    share = variance / (mean * (1 - mean))
    icc = (share - 1 / each) / (1 - 1 / each) if each > 1 else None
    return Spread(float(each), None if icc is None else float(icc), float(share * each), float(1 / share))


@dataclass(frozen=True)
class Detectable:
    """The gap between a group and all others that would have been found with a probability of ``POWER``.

    Attributes:
        cohens_h: of the gap.
        below: rate of the group so far below the others' that it would have been found; None where no rate is.
        above: the same above.
    """

    cohens_h: float
    below: float | None
    above: float | None


def detectable(people: int, others: int, groups: int, rate: float, independent: float, level: float) -> Detectable:
    """The smallest gap of one group from all others that a comparison of the groups finds with ``POWER``.

    The noncentrality of a test between K groups, one of which lies h away from the others, is h^2 n1 n2 / (n1 + n2),
    with n the numbers of independent answers (Cohen 1988, "Statistical power analysis for the behavioral sciences",
    chapters 6 and 8). It must reach what an F test needs with K - 1 degrees of freedom, and those of the smaller side
    below, since the spread of people is estimated. With many people in two groups this is the two-sided test of two
    proportions (``NormalIndPower`` of statsmodels).

    Args:
        people: in the group.
        others: people in all other groups that are compared.
        groups: how many groups are compared.
        rate: of the others.
        independent: answers that a person is worth (:class:`Spread`).
        level: at which the test must reject.
    """
    h = _effect(groups, min(people, others) - 1, level) * np.sqrt(1 / people + 1 / others) / np.sqrt(independent)
    angle = 2 * np.arcsin(np.sqrt(np.clip(rate, 0, 1)))
    below, above = angle - h, angle + h
    return Detectable(
        float(h),
        float(np.sin(below / 2) ** 2) if below >= 0 else None,
        float(np.sin(above / 2) ** 2) if above <= np.pi else None,
    )


@cache
def _effect(groups: int, below: int, level: float) -> float:
    """Square root of the noncentrality that a test between groups needs."""
    from scipy.optimize import brentq
    from scipy.stats import f, ncf

    above = groups - 1
    critical = f.isf(level, above, below)
    # The solvers of statsmodels return nonsense for few degrees of freedom.
    return float(np.sqrt(brentq(lambda noncentral: ncf.sf(critical, above, below, noncentral) - POWER, 1e-6, 1e5)))
