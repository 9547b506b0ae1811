"""Answers as yes-or-no bits, in which the four official metrics are one: counts of wrong bits, differences of shares.

A binary answer is one bit (is it the second label). An ordinal answer on K points is K - 1 bits (is it above point k):
the distance of two answers is the number of bits in which they differ, and the Wasserstein-1 distance of two
distributions is the sum over the bits of the difference of their shares. A set of labels is one bit per label.
"""

import numpy as np

from pluralign.errors import UsageError
from pluralign.raters.scale import Scale


def bits(scale: Scale) -> np.ndarray:
    """The bits of each outcome, 0 or 1, shape (outcomes, bits).

    Raises:
        UsageError: the scale is nominal, which the shared task does not have.
    """
    count = len(scale.labels)
    if scale.kind == "nominal":
        raise UsageError("a nominal scale has no official metric", fix="Make it ordinal or multilabel.")
    if scale.kind == "multilabel":
        return np.array([[label in outcome.split(",") for label in scale.labels] for outcome in scale.outcomes], float)
    return (np.arange(count)[:, None] > np.arange(count - 1)).astype(float)


def marginals(probabilities: np.ndarray, scale: Scale) -> np.ndarray:
    """Probability of each bit, shape (queries, bits), from those of the outcomes, shape (queries, outcomes)."""
    return np.clip(probabilities @ bits(scale), 0, 1)


def proper(shares: np.ndarray, scale: Scale) -> np.ndarray:
    """Probabilities of bits, shape (queries, bits), made into ones that some distribution of answers has.

    Those of an ordinal answer fall from one point to the next; they are sorted, which brings them no further from the
    true ones (Chernozhukov et al. 2010, "Quantile and probability curves without crossing", Econometrica 78). Those of
    a set of labels sum to at least 1, since no answer is empty; they are scaled up where they do not.
    """
    p = np.clip(shares, 0, 1)
    if scale.kind == "multilabel":
        return np.minimum(p / np.clip(p.sum(axis=1, keepdims=True), 1e-9, 1), 1)
    return -np.sort(-p, axis=1)
