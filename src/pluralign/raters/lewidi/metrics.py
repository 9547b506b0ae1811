"""The official metrics of LeWiDi 2025, per item; a system's score is the mean over items. Lower is better.

Source: the evaluation notebook in the organisers' repository (``LeWiDi_3-2025``) and Leonardelli et al. 2025
(arXiv 2510.08460). Soft task: Manhattan distance between distributions over the two labels; for sets of labels the
same for each label, mean over labels; for ordinal labels the Wasserstein-1 distance in scale points, not normalised.
Perspectivist task: share of wrong labels over the item's raters; for sets of labels the same for each label, mean over
labels; for ordinal labels the mean absolute difference, divided by the number of scale points (not by their range).
"""

import numpy as np

from pluralign.raters.lewidi.bits import bits
from pluralign.raters.lewidi.data import Queries
from pluralign.raters.scale import Scale


def perspectivist(queries: Queries, predicted: np.ndarray, scale: Scale) -> np.ndarray:
    """Error on each item.

    Args:
        queries: with labels.
        predicted: bits predicted for each query, 0 or 1, shape (queries, bits).
        scale: of the labels.

    Returns:
        error rate or normalised absolute distance, 0 to 1, shape (items,).
    """
    wrong = np.abs(bits(scale)[queries.label] - predicted).sum(axis=1) / _divisor(scale)
    return np.bincount(queries.row, wrong, len(queries.items)) / _sizes(queries)


def soft(queries: Queries, predicted: np.ndarray, scale: Scale) -> np.ndarray:
    """Distance between predicted and actual soft label of each item.

    Args:
        queries: with labels.
        predicted: share of the item's raters whose answer has each bit, shape (items, bits).
        scale: of the labels.

    Returns:
        Manhattan distance (0 to 2) or Wasserstein-1 distance (0 to points - 1), shape (items,).
    """
    distance = np.abs(predicted - shares(queries, scale)).sum(axis=1)
    if scale.kind == "ordinal":
        return distance
    # p and 1 - p differ from t and 1 - t by the same amount, and both count.
    return 2 * distance / len(bits(scale)[0])


def shares(queries: Queries, scale: Scale) -> np.ndarray:
    """Share of the raters of each item whose answer has each bit, shape (items, bits)."""
    table = bits(scale)[queries.label]
    counts = [np.bincount(queries.row, column, len(queries.items)) for column in table.T]
    return np.stack(counts, axis=1) / _sizes(queries)[:, None]


def _divisor(scale: Scale) -> int:
    return 1 if scale.kind == "binary" else len(scale.labels)


def _sizes(queries: Queries) -> np.ndarray:
    return np.bincount(queries.row, minlength=len(queries.items))
