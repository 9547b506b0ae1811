"""Predictions that need little: base rates, the answers to similar items, a matrix factorisation.

Each takes the pairs of a data set and gives the probability of each bit for all of them, shape (pairs, bits), training
ratings by what is known without their fold.
"""

import numpy as np
from scipy.special import expit

from pluralign.raters.lewidi.history import common, offsets, residuals, shifted
from pluralign.raters.lewidi.pairs import QUERY, Pairs
from pluralign.raters.lewidi.standing import targets

_PENALTIES = tuple(10.0**power for power in np.arange(0, 5.1, 0.5))
_NEAREST = (5, 10, 20, 40, 80)
_FACTORS = 4
_STRENGTH = 10.0
_ROUNDS = 10


def marginal(pairs: Pairs) -> np.ndarray:
    """The base rate of all raters."""
    return expit(common(pairs))


def rater_mode(pairs: Pairs, ordered: bool) -> np.ndarray:
    """Each rater's own most frequent answer, as a certainty: the official baseline.

    Args:
        pairs: who rated what.
        ordered: whether the bits are those of an ordinal scale; of a set of labels, each bit has its own mode.
    """
    y = pairs.bits

    def fit(seen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        if not ordered:
            return np.round(_rates(pairs, y, seen))[pairs.rater[wanted]]
        points = y.shape[1] + 1
        counts = np.zeros((pairs.raters, points))
        np.add.at(counts, (pairs.rater[seen], y[seen].sum(axis=1).astype(int)), 1)
        counts[counts.sum(axis=1) == 0] = counts.sum(axis=0)
        return (counts.argmax(axis=1)[pairs.rater[wanted], None] > np.arange(points - 1)).astype(float)

    return pairs.apart(fit)


def rater_rates(pairs: Pairs) -> np.ndarray:
    """Each rater's own base rates, so that the best single answer is the rater's median."""
    return pairs.apart(lambda seen, wanted: _rates(pairs, pairs.bits, seen)[pairs.rater[wanted]])


def nearest(pairs: Pairs, embeddings: np.ndarray) -> np.ndarray:
    """The mean answer to the most similar training items, whoever gave it.

    Args:
        pairs: who rated what.
        embeddings: of the items, rows of length 1, shape (items, dimensions). How many neighbours count is chosen by
            squared error on training ratings.
    """
    y, items = pairs.bits, len(pairs.item_fold)
    known = pairs.known
    weight = np.bincount(pairs.item[known], minlength=items).astype(float)
    sums = np.stack([np.bincount(pairs.item[known], column, items) for column in y[known].T], axis=1)
    found = np.zeros((len(_NEAREST), items, y.shape[1]))
    for fold in np.unique(pairs.item_fold):
        wanted, seen = np.flatnonzero(pairs.item_fold == fold), (weight > 0) & (pairs.item_fold != fold)
        seen = np.flatnonzero(seen if fold >= 0 else weight > 0)
        near = _nearest(embeddings, wanted, seen, max(_NEAREST))
        for place, count in enumerate(_NEAREST):
            some = seen[near[:, :count]]
            found[place, wanted] = sums[some].sum(axis=1) / weight[some].sum(axis=1)[:, None]
    errors = [float(np.mean((one[pairs.item[known]] - y[known]) ** 2)) for one in found]
    return found[int(np.argmin(errors))][pairs.item]


def factorisation(pairs: Pairs, columns: np.ndarray) -> np.ndarray:
    """Matrix factorisation of what ratings differ from the raters' base rates by.

    An item that nobody has rated has no factors; they are predicted from its columns by ridge regression (Gantner et
    al. 2010, "Learning attribute-to-feature mappings for cold-start recommendations", ICDM), as is the mean residual
    of its raters. Four factors by alternating least squares.

    Args:
        pairs: who rated what.
        columns: numbers that describe the items, shape (items, columns).
    """
    base = offsets(pairs)
    rest = residuals(pairs, base)
    target, weight = targets(pairs, rest)
    mean = ridge(pairs, columns, target, weight)
    found = mean[pairs.item]
    for channel in range(rest.shape[1]):
        left = rest[:, channel] - mean[pairs.item, channel]

        def fit(seen: np.ndarray, wanted: np.ndarray, left: np.ndarray = left) -> np.ndarray:
            people, things = _factors(pairs, left, seen)
            rated = np.zeros(len(things))
            rated[np.unique(pairs.item[seen])] = 1
            x, y = columns[rated > 0].astype(float), things[rated > 0]
            solution = np.linalg.solve(x.T @ x + 10 * len(x) ** 0.5 * np.eye(x.shape[1]), x.T @ y)
            guessed = columns[pairs.item[wanted]] @ solution
            return (guessed * people[pairs.rater[wanted]]).sum(axis=1)

        found[:, channel] += pairs.apart(fit)
    return expit(shifted(pairs, base, found))


def ridge(pairs: Pairs, columns: np.ndarray, target: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Linear regression of the targets on columns, shape (items, channels), each item from other folds.

    The penalty is the one with the least squared error on left-out folds.
    """
    fold, known = pairs.item_fold, weight > 0
    found = np.zeros((len(_PENALTIES), *target.shape))
    for one in (*range(int(fold.max()) + 1), QUERY):
        wanted, seen = fold == one, known & (fold != one)
        root = np.sqrt(weight[seen])[:, None]
        x, mean = columns[seen] * root, np.average(target[seen], axis=0, weights=weight[seen])
        values, vectors = np.linalg.eigh(x.T @ x)
        right = vectors.T @ (x.T @ ((target[seen] - mean) * root))
        projected = columns[wanted] @ vectors
        for place, penalty in enumerate(_PENALTIES):
            found[place, wanted] = projected @ (right / (np.maximum(values, 0) + penalty)[:, None]) + mean
    errors = np.average((found[:, known] - target[known]) ** 2, axis=1, weights=weight[known])
    return np.stack([found[place, :, c] for c, place in enumerate(errors.argmin(axis=0))], axis=1)


def _factors(pairs: Pairs, left: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Factors of raters and of items from the residuals in rows ``seen``."""
    rows = np.flatnonzero(seen)
    people = np.random.default_rng(0).normal(0, 0.1, (pairs.raters, _FACTORS))
    things = np.zeros((len(pairs.item_fold), _FACTORS))
    sides = (pairs.item[rows], pairs.rater[rows])
    for _ in range(_ROUNDS):
        things = _solved(sides[0], people[sides[1]], left[rows], len(things))
        people = _solved(sides[1], things[sides[0]], left[rows], len(people))
    return people, things


def _solved(who: np.ndarray, x: np.ndarray, y: np.ndarray, count: int) -> np.ndarray:
    """Ridge regressions of y on x, one for each value of ``who``."""
    squares = np.zeros((count, _FACTORS, _FACTORS))
    np.add.at(squares, who, x[:, :, None] * x[:, None, :])
    right = np.zeros((count, _FACTORS))
    np.add.at(right, who, x * y[:, None])
    return np.linalg.solve(squares + _STRENGTH * np.var(y) * np.eye(_FACTORS), right[..., None])[..., 0]


def _rates(pairs: Pairs, y: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Share of each bit in the ratings of each rater, or of all raters where a rater has none."""
    n = np.bincount(pairs.rater[seen], minlength=pairs.raters)[:, None]
    sums = np.stack([np.bincount(pairs.rater[seen], column, pairs.raters) for column in y[seen].T], axis=1)
    return np.where(n > 0, sums / np.maximum(n, 1), y[seen].mean(axis=0))


def _nearest(embeddings: np.ndarray, wanted: np.ndarray, seen: np.ndarray, count: int) -> np.ndarray:
    """Places in ``seen`` of the most similar items, nearest first, shape (wanted, count or fewer)."""
    count = min(count, len(seen))
    found = np.empty((len(wanted), count), dtype=np.int64)
    for start in range(0, len(wanted), 512):
        alike = embeddings[wanted[start : start + 512]] @ embeddings[seen].T
        near = np.argpartition(-alike, count - 1, axis=1)[:, :count]
        order = np.argsort(-np.take_along_axis(alike, near, axis=1), axis=1, kind="stable")
        found[start : start + 512] = np.take_along_axis(near, order, axis=1)
    return found
