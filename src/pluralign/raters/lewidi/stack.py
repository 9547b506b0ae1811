"""The learners on top: from what is known about pairs to the probability of each bit.

A row of their tables is one bit of one pair, so that one model serves all points of an ordinal scale or all labels of
a set. A logistic regression combines predictions that are good alone; boosted trees find what combines in raw numbers.
"""

from collections.abc import Sequence

import numpy as np
from scipy.special import expit, logit

from pluralign.raters.lewidi.features import Feature
from pluralign.raters.lewidi.pairs import Pairs

_PENALTIES = (0.001, 0.01, 0.1)
_STEP, _TREES = 20, 120


def stacked(pairs: Pairs, features: Sequence[Feature]) -> np.ndarray:
    """Probabilities of the bits by logistic regression, with an intercept per bit.

    Training ratings are predicted by models of the other folds, all other pairs by the mean of the models of all folds
    (in log-odds).

    Args:
        pairs: who rated what.
        features: what is known; made without the fold of each pair.

    Returns:
        shape (pairs, bits).
    """
    from sklearn.linear_model import LogisticRegression

    count = pairs.bits.shape[1]
    table = np.concatenate([_spread(_numeric(feature), count) for feature in features], axis=2)
    rows = table.reshape(-1, table.shape[2])
    spread = rows.std(axis=0)
    table = (table - rows.mean(axis=0)) / np.where(spread > 1e-9, spread, 1)
    places = np.broadcast_to(np.eye(count, dtype=np.float32), (len(table), count, count))
    table = np.concatenate([places, table], axis=2).astype(np.float64)
    tried = []
    for penalty in _PENALTIES:
        sums = np.zeros((len(table), count))
        for seen, wanted in _folds(pairs):
            model = LogisticRegression(C=penalty, solver="newton-cholesky")
            model.fit(table[seen].reshape(-1, table.shape[2]), pairs.bits[seen].ravel())
            sums[wanted] += model.decision_function(table[wanted].reshape(-1, table.shape[2])).reshape(-1, count)
        sums[~pairs.known] /= int(pairs.fold.max()) + 1
        tried.append(sums)
    return expit(min(tried, key=lambda one: _loss(pairs, one)))


def trees(pairs: Pairs, features: Sequence[Feature], ordered: bool) -> np.ndarray:
    """Probabilities of the bits by gradient-boosted trees, shape (pairs, bits); see :func:`stacked`.

    Args:
        ordered: whether the bits are those of an ordinal scale, so that they fall from point to point.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    count = pairs.bits.shape[1]
    table = np.concatenate([_spread(feature, count) for feature in features], axis=2)
    places = np.broadcast_to(np.arange(count, dtype=np.float32)[:, None], (len(table), count, 1))
    table = np.concatenate([places, table], axis=2)
    codes = [not ordered and count > 1, *(feature.codes for feature in features)]
    falling = [-1 if ordered and count > 1 else 0, *(0 for _ in features)]
    ratings = int(pairs.known.sum())
    settings = {
        "learning_rate": 0.1,
        "max_iter": _TREES,
        "max_leaf_nodes": 15 if ratings > 5000 else 6,
        # The bits of a rating are not independent, so that a leaf needs that many ratings and not rows.
        "min_samples_leaf": 30 * count,
        "l2_regularization": 10.0,
        "max_features": 0.5,
        "max_bins": 127,
        "early_stopping": False,
        "random_state": 0,
    }
    steps = _TREES // _STEP
    sums = np.zeros((steps, len(table), count))
    for seen, wanted in _folds(pairs):
        model = HistGradientBoostingClassifier(categorical_features=codes, monotonic_cst=falling, **settings)
        model.fit(table[seen].reshape(-1, table.shape[2]), pairs.bits[seen].ravel())
        for part in np.array_split(np.flatnonzero(wanted), max(1, wanted.sum() * count // 50_000)):
            stages = model.staged_predict_proba(table[part].reshape(-1, table.shape[2]))
            for number, stage in enumerate(stages, 1):
                if number % _STEP == 0:
                    p = np.clip(stage[:, 1], 1e-4, 1 - 1e-4).reshape(len(part), count)
                    sums[number // _STEP - 1, part] += logit(p)
    sums[:, ~pairs.known] /= int(pairs.fold.max()) + 1
    return expit(min(sums, key=lambda one: _loss(pairs, one)))


def _folds(pairs: Pairs) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each fold the training ratings of the others, and the pairs to predict: the fold, dev and test."""
    known = pairs.known
    return [(known & (pairs.fold != f), ~known | (pairs.fold == f)) for f in range(int(pairs.fold.max()) + 1)]


def _spread(feature: Feature, count: int) -> np.ndarray:
    """A feature as float32 of shape (pairs, bits, 1), or more in the last place."""
    values = feature.values.astype(np.float32)
    if values.ndim == 1:
        values = np.broadcast_to(values[:, None], (len(values), count))
    return values[..., None]


def _numeric(feature: Feature) -> Feature:
    """A feature without gaps; a category is replaced by how common it is, which a linear model can read."""
    values = feature.values
    if feature.codes:
        _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
        values = np.log(counts[places.reshape(values.shape)] / len(values))
    gaps = np.isnan(values)
    if gaps.any():
        values = np.where(gaps, values[~gaps].mean() if not gaps.all() else 0.0, values)
    return Feature(feature.name, feature.group, values)


def _loss(pairs: Pairs, log_odds: np.ndarray) -> float:
    """Mean log loss of the bits of the training ratings, in nats."""
    z, y = log_odds[pairs.known], pairs.bits[pairs.known]
    return float(np.mean(np.logaddexp(0, z) - y * z))
