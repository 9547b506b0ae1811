"""What people's answers about considerations say: how much they approve, and how far they agree.

In the published check of ValuePrism nearly everything was approved, so kappa, which takes off the agreement that such
margins give by chance, was near 0 although people agreed. Raw agreement, kappa, and AC1, which does not break down
there, therefore stand side by side.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import stdtrit

from pluralign.runs import Metric
from pluralign.stats import Interval, mean_interval, wilson
from pluralign.values.quality import ANNOTATOR, CANDIDATE, MISSING, QUESTIONS

_DRAWS = 2000


@dataclass(frozen=True)
class Approval:
    """What the answers to one question say.

    Attributes:
        question: a column of the answers.
        items: considerations with an answer.
        situations: that they belong to.
        annotators: people who answered.
        yes: share of answers that are yes.
        by_majority: share of considerations to which more than half of its annotators say yes.
        by_all: share of considerations to which all of its annotators say yes.
        judged_twice: considerations with at least two answers, which the following are about; all intervals are
            clustered by situation.
        agreement: chance that two annotators of a consideration give the same answer.
        kappa: Fleiss'; NaN where all answers are alike.
        ac1: Gwet's.
    """

    question: str
    items: int
    situations: int
    annotators: int
    yes: Interval
    by_majority: Interval
    by_all: Interval
    judged_twice: int
    agreement: Interval
    kappa: Interval
    ac1: Interval


def metrics(rows: pl.DataFrame, *, seed: int = 0) -> Iterator[Metric]:
    """Everything that the answers say, as records of a run: ``model`` is the question.

    Args:
        rows: those of :class:`pluralign.values.quality.Returned`.
        seed: of the bootstrap.
    """
    units = {
        **{"yes": "share", "by_majority": "share", "by_all": "share", "agreement": "share"},
        **{"kappa": "coefficient", "ac1": "coefficient"},
    }
    for question in (CANDIDATE, *QUESTIONS):
        found = approval(rows, question, seed=seed)
        for name, unit in units.items():
            one = getattr(found, name)
            yield Metric(question, "quality", "values", name, one.value, one.low, one.high, one.n, unit)
    one = missing(rows)
    yield Metric("missing", "quality", "values", "situations", one.value, one.low, one.high, one.n, "share")


def approval(rows: pl.DataFrame, question: str, *, seed: int = 0) -> Approval:
    """What the answers to a question say; see :class:`Approval`.

    Args:
        rows: those of :class:`Returned`.
        question: one of ``QUESTIONS``, or ``CANDIDATE``.
        seed: of the bootstrap.
    """
    own = rows.filter(pl.col(question).is_not_null())
    items = own.group_by("id", "situation", maintain_order=True).agg(yes=pl.col(question).sum(), n=pl.len())
    yes, n = items["yes"].to_numpy().astype(float), items["n"].to_numpy().astype(float)
    clusters = items["situation"].to_list()
    twice = n >= 2
    several = [name for name, keep in zip(clusters, twice, strict=True) if keep]
    return Approval(
        question,
        items.height,
        len(set(clusters)),
        own[ANNOTATOR].n_unique(),
        share(own[question].to_numpy(), own["situation"].to_list()),
        share(yes > n / 2, clusters),
        share(yes == n, clusters),
        len(several),
        *coefficients(yes[twice], n[twice], several, seed=seed),
    )


def missing(rows: pl.DataFrame) -> Interval:
    """Share of situations of which somebody says that something is missing, with its score interval."""
    each = rows.group_by("situation").agg(pl.col(MISSING).is_not_null().any())
    return wilson(int(each[MISSING].sum()), each.height)


def share(values: Sequence[bool] | np.ndarray, clusters: Sequence[Hashable], *, level: float = 0.95) -> Interval:
    """A share of rows that come in clusters, with a score interval, which stays inside [0, 1].

    Wilson's interval with the sample size that would give independent rows the clustered standard error of
    :func:`pluralign.stats.mean_interval`, and t quantiles, as for shares in surveys (Franco, Little, Louis and Slud
    2019, "Comparative study of confidence intervals for proportions in complex sample surveys", Journal of Survey
    Statistics and Methodology 7(3)). Where all rows are alike that size is the number of clusters.

    Args:
        values: shape (n,).
        clusters: the cluster of each row, of length n.
        level: coverage of the interval.
    """
    found = mean_interval(np.asarray(values, dtype=float), clusters, level=level)
    if found.low is None or found.high is None:
        return found
    p = found.value
    if 0 < p < 1 and found.high > found.low:
        spread = ((found.high - found.low) / 2) ** 2 / (p * (1 - p))
    else:
        spread = float(stdtrit(found.clusters - 1, (1 + level) / 2)) ** 2 / found.clusters
    centre, half = p + spread / 2, np.sqrt(spread * p * (1 - p) + spread**2 / 4)
    low, high = ((centre + sign * half) / (1 + spread) for sign in (-1, 1))
    return Interval(p, float(max(min(low, p), 0)), float(min(max(high, p), 1)), found.n, found.clusters)


def coefficients(
    yes: np.ndarray, n: np.ndarray, clusters: Sequence[Hashable], *, level: float = 0.95, seed: int = 0
) -> tuple[Interval, Interval, Interval]:
    """Raw agreement, Fleiss' kappa and Gwet's AC1 of yes-no answers, whatever the number of raters per item.

    With r_i yes among n_i answers to item i: p_a is the mean over items of
    (r_i (r_i - 1) + (n_i - r_i)(n_i - r_i - 1)) / (n_i (n_i - 1)), and q the mean of r_i / n_i. Chance agreement is
    q^2 + (1-q)^2 for kappa (Fleiss 1971, Psychological Bulletin 76) and 2 q (1-q) for AC1 (Gwet 2008, British Journal
    of Mathematical and Statistical Psychology 61); both coefficients are (p_a - chance) / (1 - chance).

    Args:
        yes: how many annotators of each item say yes, shape (items,).
        n: how many annotators it has, at least 2, shape (items,).
        clusters: the situation of each item.
        level: coverage of the percentile intervals of a bootstrap over clusters. There are none for fewer than two
            clusters, nor for a coefficient that is undefined in more than 5 % of the draws.
        seed: of the bootstrap.
    """
    names: dict[Hashable, int] = {}
    group = np.array([names.setdefault(name, len(names)) for name in clusters], dtype=np.intp)
    items, count = len(yes), len(names)
    if not items:
        none = Interval(np.nan, None, None, 0, 0)
        return none, none, none
    pairs = (yes * (yes - 1) + (n - yes) * (n - yes - 1)) / (n * (n - 1))
    sums = np.stack([np.bincount(group, weights, count) for weights in (pairs, yes / n, np.ones(items))])
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=_DRAWS)
    spread = _coefficients(sums @ drawn.T)
    found = []
    for value, draws in zip(_coefficients(sums.sum(1)), spread, strict=True):
        low = high = None
        if count > 1 and np.isfinite(value) and np.isnan(draws).mean() <= 0.05:
            low, high = (float(end) for end in np.nanquantile(draws, [(1 - level) / 2, (1 + level) / 2]))
        found.append(Interval(float(value), low, high, items, count))
    return found[0], found[1], found[2]


def _coefficients(sums: np.ndarray) -> np.ndarray:
    """Agreement, kappa and AC1, shape (3, ...), from sums over items of pairs alike, shares of yes, and 1."""
    agreement, q = sums[0] / sums[2], sums[1] / sums[2]
    alike, gwet = q**2 + (1 - q) ** 2, 2 * q * (1 - q)
    with np.errstate(invalid="ignore", divide="ignore"):
        kappa = np.where(1 - alike > 1e-12, (agreement - alike) / (1 - alike), np.nan)
        return np.stack([agreement, kappa, (agreement - gwet) / (1 - gwet)])
