"""What a rater's habits alone predict: the crowd's answers to an item, tilted to the answers that the rater likes."""

from functools import partial

import numpy as np

from pluralign.raters.clusters import even_halves
from pluralign.raters.groups import STRENGTHS
from pluralign.raters.ratings import Ratings
from pluralign.raters.splits import Split

_LEAST = 1e-9


def habits(ratings: Ratings, split: Split) -> np.ndarray:
    """Probabilities of the answers in ``split.evaluate``, from counts only; shape (rows, outcomes).

    With counts n over the training ratings and p the shares of the answers,

        p(y|i)   = (n_iy + b p_y) / (n_i + b)
        p(y|i,r) ∝ p(y|i) (n_ry + a p_y) / (m_ry + a p_y),

    where n_ry counts what rater r answered in the ratings that may be told, and m_ry sums p(y|i) over their items. The
    strengths a and b are those of ``STRENGTHS`` that predict halves of the training raters' ratings best from the
    other halves; at infinite a, the rater's habits are of no use.
    """
    train, outcomes, items = split.train, len(ratings.scale.outcomes), ratings.items.height
    place = ratings.item[train].astype(np.int64) * outcomes + ratings.label[train]
    counts = np.bincount(place, minlength=items * outcomes).reshape(items, outcomes).astype(float)
    shares = (counts.sum(0) + 1) / (counts.sum() + outcomes)
    half = even_halves(ratings.rater[train], split.seed)
    told, asked = train[half], train[~half]

    def crowd(rows: np.ndarray, own: bool, b: float) -> np.ndarray:
        """Answers of others to the items in ``rows``; ``own`` takes out what these rows count for."""
        known = counts[ratings.item[rows]]
        if own:
            known = known - np.eye(outcomes)[ratings.label[rows]]
        return shares if np.isinf(b) else (known + b * shares) / (known.sum(1, keepdims=True) + b)

    def tilted(told: np.ndarray, asked: np.ndarray, own: bool, a: float, b: float) -> np.ndarray:
        around = np.broadcast_to(crowd(asked, own, b), (len(asked), outcomes))
        if np.isinf(a):
            return around
        given, expected = np.zeros((2, ratings.raters.height, outcomes))
        np.add.at(given, (ratings.rater[told], ratings.label[told]), 1)
        np.add.at(expected, ratings.rater[told], crowd(told, own, b))
        tilt = (given + a * shares) / (expected + a * shares)
        p = around * tilt[ratings.rater[asked]]
        return p / p.sum(1, keepdims=True)

    def loss(predict) -> float:
        return -np.log(np.maximum(predict()[np.arange(len(asked)), ratings.label[asked]], _LEAST)).mean()

    b = min(STRENGTHS, key=lambda b: loss(partial(tilted, told, asked, True, np.inf, b)))
    a = min(STRENGTHS, key=lambda a: loss(partial(tilted, told, asked, True, a, b)))
    return tilted(split.fit, split.evaluate, False, a, b)
