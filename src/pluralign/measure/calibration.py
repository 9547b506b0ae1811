"""Calibration of option probabilities: are options that a model gives 30% chosen by 30% of people on average?"""

from collections.abc import Sequence

import numpy as np

BINS = 10


def gaps(targets: Sequence[np.ndarray], probabilities: Sequence[np.ndarray], bins: int = BINS) -> np.ndarray:
    """The expected calibration error of option probabilities, as one number per question whose mean it is.

    All N pairs of a probability q and a target share p, one per question and option, are put into bins of about equal
    size by q (equal values stay together, so fewer bins may be left). The error is the sum over bins of
    (pairs in bin / N) * |mean q - mean p|, in 0..1. With s the sign of (mean q - mean p) in the bin of a pair, it is
    the mean of s * (q - p) over pairs; the question's number is (questions / N) times the sum over its options.

    An interval of the mean takes bins and signs as given. The error is never below 0, so noise adds to it: read it
    beside the floor. Uniform probabilities are calibrated, since they claim nothing: read it beside a distance.

    Args:
        targets: shares of each question, shape (options,), which may differ between questions.
        probabilities: the model's, in the same form.

    Returns:
        shape (questions,).
    """
    if not len(targets):
        return np.zeros(0)
    p, q = np.concatenate(targets), np.concatenate(probabilities)
    question = np.repeat(np.arange(len(targets)), [len(one) for one in targets])
    # Rounding, here and below, makes equal what differs only by the order of an addition.
    q_rounded = q.round(12)
    edges = np.unique(np.quantile(q_rounded, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, q_rounded, side="left")
    sign = np.sign(np.bincount(place, q - p, minlength=len(edges) + 1).round(12))[place]
    return np.bincount(question, sign * (q - p), minlength=len(targets)) * len(targets) / len(p)
