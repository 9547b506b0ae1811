"""The decision with the lowest expected score on each official metric, given probabilities of the bits of answers.

In bits (see :mod:`pluralign.raters.lewidi.bits`) every metric is a sum of absolute differences, so that the best
decision is a median, bit by bit: for one rater the bit that is more probable than not (for ordinal labels the median
answer, for two labels the mode); for the soft label of an item the median of the share of its raters whose answer has
the bit, which is not the mean. The share is a sum of unequal yes-or-no draws (Poisson binomial). Raters of one item
agree more than their probabilities say, since a model does not see all there is in an item: their answers are
coupled by one Gaussian factor with correlation ``dependence`` (the one-factor copula of Vasicek 2002, "The
distribution of loan portfolio value", Risk 15).
"""

import numpy as np

from pluralign.raters.lewidi import metrics
from pluralign.raters.lewidi.data import Queries
from pluralign.raters.scale import Scale

GRID = tuple(step / 10 for step in range(10))
"""Correlations that are tried; the score hardly changes between neighbours."""
_NODES = 11
_FITTED_ON = 2000
"""Items that are enough to choose one of them."""


def perspectivist(probabilities: np.ndarray) -> np.ndarray:
    """The best bits for each query, 0 or 1, shape (queries, bits), from their probabilities, of the same shape.

    For a set of labels the best may be no label at all, which no rater answers but the metric allows.
    """
    return (probabilities > 0.5 + 1e-9).astype(float)


def soft(probabilities: np.ndarray, queries: Queries, dependence: float = 0.0) -> np.ndarray:
    """The best soft label of each item.

    Args:
        probabilities: of each bit, shape (queries, bits).
        queries: who answers on which item.
        dependence: correlation of what the raters of one item share, from 0 to below 1.

    Returns:
        share of each bit, shape (items, bits).
    """
    from scipy.special import ndtr, ndtri

    m = np.clip(probabilities, 1e-9, 1 - 1e-9)
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    weights = weights / weights.sum()
    row, sizes = queries.row, np.bincount(queries.row, minlength=len(queries.items))
    given = ndtr((ndtri(m)[:, :, None] + np.sqrt(dependence) * nodes) / np.sqrt(1 - dependence))
    # counts[i, b, q, c]: probability that c of the raters of item i seen so far have bit b, given node q
    counts = np.zeros((len(queries.items), m.shape[1], _NODES, int(sizes.max(initial=0)) + 1))
    counts[..., 0] = 1
    turn = np.arange(len(row)) - np.concatenate([[0], np.cumsum(sizes)])[row]
    for place in range(int(sizes.max(initial=0))):
        here = turn == place
        p, old = given[here][..., None], counts[row[here]]
        new = old * (1 - p)
        new[..., 1:] += old[..., :-1] * p
        counts[row[here]] = new
    below = np.cumsum(np.einsum("ibqc,q->ibc", counts, weights), axis=2)
    return (below < 0.5 - 1e-9).sum(axis=2) / sizes[:, None]


def fit_dependence(probabilities: np.ndarray, queries: Queries, scale: Scale) -> float:
    """The correlation with the best soft score on ratings that the probabilities were not fitted to.

    Args:
        probabilities: of each bit, shape (queries, bits).
        queries: with labels; training ratings, predicted out of fold.
        scale: of the labels.
    """
    assert queries.label is not None
    step = -(-len(queries.items) // _FITTED_ON)
    keep = queries.row % step == 0
    some = Queries(queries.items[::step], queries.item[keep], queries.rater[keep], queries.label[keep])
    scores = [metrics.soft(some, soft(probabilities[keep], some, d), scale).mean() for d in GRID]
    return GRID[int(np.argmin(scores))]
