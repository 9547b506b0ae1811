"""Whether groups of people differ: one test on the rates of people."""

from collections.abc import Sequence

import numpy as np

DRAWS = 9999
"""Random deals of people to groups, at most."""

ENOUGH = 50
"""Deals at least as uneven as the data after which no more are drawn: the p-value is then known well enough."""

BORROWED = 10
"""People who are added to each group in the estimate of its variance, with the variance of all people."""

_BATCH = 250


def difference(groups: Sequence[np.ndarray], seed: int = 0) -> float | None:
    """The p-value of groups having the same distribution of people's rates, against different means.

    People are independent of each other whatever their own answers have in common, so that the rates of people need no
    further model of clusters. The statistic is Welch's (1951, "On the comparison of several mean values", Biometrika
    38), sum over groups of w (mean - m)^2 with w = n / variance and m the mean of means weighted by w. Its p-value
    comes from dealing people to the groups at random: that is exact where groups do not differ at all, and right in
    large groups where only their spreads differ (Pauly, Brunner and Konietschke 2015, "Asymptotic permutation tests in
    general factorial designs", Journal of the Royal Statistical Society B 77). The F distribution in its place rejects
    several times too often where groups are small and rates lie near 0 or 1. Each variance is taken as if ``BORROWED``
    people more had shown that of all people, which matters in small groups: one whose people are all alike by chance
    would else have nearly all the weight.

    Drawing stops at ``ENOUGH`` deals that are as uneven as the data, of l, and then p = ENOUGH / l; else it is
    (1 + those found) / (1 + DRAWS) (Besag and Clifford 1991, "Sequential Monte Carlo p-values", Biometrika 78).

    Args:
        groups: the rate of each person, shape (people,), by group; of at least two people each.
        seed: of the deals.

    Returns:
        None where all rates are the same.
    """
    rates = np.concatenate(groups)
    if not np.ptp(rates) > 0:
        return None
    sizes = np.array([len(own) for own in groups], float)
    member = np.repeat(np.eye(len(groups)), sizes.astype(int), axis=0)
    rates = rates - rates.mean()
    pooled = rates.var(ddof=1)
    # Equal deals of equal people must not seem to differ by rounding.
    observed = _statistic(rates[None], member, sizes, pooled)[0] * (1 - 1e-9)
    draw, found, dealt = np.random.default_rng(seed), 0, 0
    while dealt < DRAWS:
        count = min(_BATCH, DRAWS - dealt)
        order = draw.random((count, len(rates))).argsort(axis=1)
        hits = (_statistic(rates[order], member, sizes, pooled) >= observed).nonzero()[0]
        if found + len(hits) >= ENOUGH:
            return ENOUGH / (dealt + int(hits[ENOUGH - found - 1]) + 1)
        found, dealt = found + len(hits), dealt + count
    return (1 + found) / (1 + DRAWS)


def _statistic(rates: np.ndarray, member: np.ndarray, sizes: np.ndarray, pooled: float) -> np.ndarray:
    """Welch's statistic of each deal; ``rates`` has shape (deals, people), ``member`` (people, groups)."""
    means = rates @ member / sizes
    squares = np.maximum((rates**2) @ member - sizes * means**2, 0)
    weights = sizes * (sizes - 1 + BORROWED) / (squares + BORROWED * pooled)
    middle = (weights * means).sum(1) / weights.sum(1)
    return (weights * (means - middle[:, None]) ** 2).sum(1)
