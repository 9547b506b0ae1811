"""How far raters are from the crowd in one respect, as far as their few ratings tell (empirical Bayes).

A measured difference is modelled as a true one, normal over raters with mean 0, plus the noise that the scatter of
single ratings makes. The variances are learned from the training raters. Where their differences are not larger than
noise would make them, no rater is said to have the tendency.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr

from pluralign.raters.descriptive.crowd import Compared, Told

_BOUND = 3.0
"""Standard errors by which differences must be larger than noise makes them before any rater is described."""


@dataclass(frozen=True)
class Mean:
    """A mean over some of a profile's ratings, each of shape (profiles,).

    Attributes:
        ratings: how many there are.
        rater, crowd: means of what the rater and the crowd answer to the same items; 0 where there are none.
        noise: variance of their difference that the scatter of single ratings makes; infinite where there are none.
    """

    ratings: np.ndarray
    rater: np.ndarray
    crowd: np.ndarray
    noise: np.ndarray

    @property
    def difference(self) -> np.ndarray:
        """How much higher the rater is."""
        return self.rater - self.crowd


def mean(told: Told, compared: Compared, among: np.ndarray | None = None, scatter: float = 1.0) -> Mean:
    """Means over all ratings of each profile, or over a part of them.

    Args:
        among: which ratings count (a mask).
        scatter: variance of single ratings as a multiple of what the crowd's answers to the same item have.
    """
    count = told.sums(np.ones(len(told.who)), among)
    some = np.maximum(count, 1)
    noise = np.where(count > 0, scatter * told.sums(compared.variance, among) / some**2, np.inf)
    return Mean(count, told.sums(compared.rater, among) / some, told.sums(compared.crowd, among) / some, noise)


def scatter(told: Told, compared: Compared) -> float:
    """Variance of single ratings around a rater's own mean, as a multiple of what the crowd's answers have."""
    count = np.maximum(told.sums(np.ones(len(told.who))), 1)
    own = compared.deviation - (told.sums(compared.deviation) / count)[told.who]
    # A rater's own mean takes out its share 1/n of the variance.
    expected = (told.sums(compared.variance) * (1 - 1 / count)).sum()
    return float((own**2).sum() / expected) if expected > 0 else 1.0


def between(difference: np.ndarray, noise: np.ndarray) -> float:
    """Variance of true differences over raters, from measured ones; 0 where noise alone explains them.

    Args:
        difference: measured differences of the training raters.
        noise: the variance that noise gives each; those of infinite or no variance do not count.
    """
    known = np.isfinite(noise) & (noise > 0)
    difference, noise = difference[known], noise[known]
    if len(difference) < 3:
        return 0.0
    ratio = difference**2 / noise
    if ratio.mean() - 1 <= _BOUND * ratio.std() / np.sqrt(len(ratio)):
        return 0.0
    # Weighted by the inverse variance that a first, unweighted estimate implies: raters of few ratings count less.
    first = max(float((difference**2 - noise).mean()), 0.0)
    weight = 1 / (first + noise) ** 2
    return max(float((weight * (difference**2 - noise)).sum() / weight.sum()), 0.0)


@dataclass(frozen=True)
class Effect:
    """Posterior of true differences, one per profile.

    Attributes:
        mean, sd: in the unit of the differences.
        between: standard deviation of true differences over raters; 0 where they do not differ.
    """

    mean: np.ndarray
    sd: np.ndarray
    between: float

    @cached_property
    def size(self) -> np.ndarray:
        """Mean in standard deviations over raters; 0 where raters do not differ."""
        return self.mean / self.between if self.between > 0 else np.zeros_like(self.mean)

    @cached_property
    def certainty(self) -> np.ndarray:
        """Probability that the true difference has the sign of its mean."""
        return ndtr(np.abs(self.mean) / np.maximum(self.sd, 1e-12))


def effect(difference: np.ndarray, noise: np.ndarray, between: float) -> Effect:
    """Posterior of true differences.

    Args:
        difference: measured, shape (profiles,).
        noise: the variance that noise gives each; infinite where nothing was measured.
        between: variance of true differences over raters, around 0.
    """
    kept = between / (between + noise) if between > 0 else np.zeros_like(difference)
    return Effect(kept * difference, np.sqrt(between * (1 - kept)), float(np.sqrt(between)))
