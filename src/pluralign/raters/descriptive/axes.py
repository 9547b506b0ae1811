"""Axes of disagreement: a low-rank model of how raters deviate from the crowd, fitted to ratings with many gaps.

The deviation of rater r in cell j (an item, or an item and one of its answers) is modelled as

    d_rj = level_r[answer of j] + following_r * g_rj + position_r . loading_j + noise,

where g is how much higher than usual the crowd rates the item. All raters' terms have normal priors with mean 0 whose
variances are learned; loadings have a normal prior around a linear function of the item's text embedding. Both sides
are updated in turn with their uncertainty (variational Bayes, as in Ilin & Raiko 2010, "Practical approaches to
principal component analysis in the presence of missing values", JMLR 11:1957-2000), so that raters and items with few
ratings get modest positions instead of wild ones. Everything runs through sparse matrix products: time is linear in
the number of ratings.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

_ROUNDS = 30
_CONVERGED = 2e-4
"""Change of the variances (of deviations with variance 1) at which fitting ends."""

_CHUNK = 20_000
_FEWEST = 10
"""Raters and cells below which no axes are looked for."""


@dataclass(frozen=True)
class Deviations:
    """Deviations from the crowd, raters by cells.

    Attributes:
        value: sparse; the deviations, in units of their standard deviation.
        seen: sparse, of the same form; ones.
        following: sparse, of the same form; how much higher than usual the crowd rates the cell.
        answer: which answer (level term) each cell belongs to, shape (cells,).
    """

    value: sparse.csr_matrix
    seen: sparse.csr_matrix
    following: sparse.csr_matrix
    answer: np.ndarray

    @property
    def levels(self) -> int:
        """Number of level terms."""
        return int(self.answer.max()) + 1

    @cached_property
    def squares(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Sums of squared deviations, of deviation times following, and of following squared; each (raters,)."""
        one, other = self.value, self.following
        products = (one.multiply(one), one.multiply(other), other.multiply(other))
        first, second, third = (np.asarray(product.sum(axis=1)).ravel() for product in products)
        return first, second, third

    def raters(self, keep: np.ndarray) -> "Deviations":
        """Those of some raters."""
        return Deviations(self.value[keep], self.seen[keep], self.following[keep], self.answer)


@dataclass(frozen=True)
class Axes:
    """A fitted model with terms (levels, following, axes), in this order.

    Attributes:
        loadings: shape (cells, axes); positions have variance 1 over raters.
        spread: posterior covariance of each loading, shape (cells, axes, axes).
        prior: variance of each term over raters, shape (terms,).
        noise: variance of what is not explained.
    """

    loadings: np.ndarray
    spread: np.ndarray
    prior: np.ndarray
    noise: float

    @property
    def count(self) -> int:
        """Number of axes."""
        return self.loadings.shape[1]


def positions(data: Deviations, axes: Axes) -> tuple[np.ndarray, np.ndarray]:
    """Posterior of each rater's terms given their deviations.

    Returns:
        means, shape (raters, terms), and covariances, shape (raters, terms, terms).
    """
    gram, right, _ = _sums(data, axes)
    return _posterior(gram, right, axes)


def _sums(data: Deviations, axes: Axes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per rater: sums of x xᵀ and of x d over the cells, x being a cell's terms, and of d²."""
    levels, terms = data.levels, data.levels + 1 + axes.count
    fixed = np.eye(levels)[data.answer]
    known = np.concatenate([fixed, axes.loadings], axis=1)
    place = np.r_[0:levels, levels + 1 : terms]
    first, second = np.triu_indices(len(place))
    products = known[:, first] * known[:, second]
    both = (first >= levels) & (second >= levels)
    products[:, both] += axes.spread[:, first[both] - levels, second[both] - levels]
    gram = np.zeros((data.seen.shape[0], terms, terms))
    sums = data.seen @ products
    gram[:, place[first], place[second]] = gram[:, place[second], place[first]] = sums
    cross = data.following @ known
    gram[:, levels, place] = gram[:, place, levels] = cross
    squares, product, gram[:, levels, levels] = data.squares
    right = np.empty((len(gram), terms))
    right[:, place] = data.value @ known
    right[:, levels] = product
    return gram, right, squares


def _posterior(gram: np.ndarray, right: np.ndarray, axes: Axes) -> tuple[np.ndarray, np.ndarray]:
    # A term that does not vary over raters keeps a variance of almost nothing, so that the matrix can be inverted.
    precision = np.diag(1 / np.maximum(axes.prior, 1e-9))
    covariance = np.concatenate(
        [np.linalg.inv(precision + gram[i : i + _CHUNK] / axes.noise) for i in range(0, len(gram), _CHUNK)]
        or [np.zeros_like(gram)]
    )
    return np.einsum("rpq,rq->rp", covariance, right) / axes.noise, covariance


def fit(data: Deviations, count: int, texts: np.ndarray | None = None) -> Axes:
    """Fit a model with a given number of axes.

    Args:
        data: deviations of the training raters.
        count: number of axes.
        texts: features of the item of each cell, shape (cells, features), toward which loadings are shrunk; None
            shrinks them toward 0.
    """
    raters, size = data.value.shape
    levels = data.levels
    count = min(count, min(raters, size) - 1)
    prior = np.concatenate([np.full(levels + 1, 0.1), np.ones(count)])
    axes = Axes(_start(data, count), np.zeros((size, count, count)), prior, 0.8)
    pull = _Pull(texts, data.answer)
    value, seen, following = (matrix.T.tocsr() for matrix in (data.value, data.seen, data.following))
    cells = [np.flatnonzero(data.answer == level) for level in range(levels)]
    turned = _Turned(value, seen, following, [(own, seen[own]) for own in cells])
    total = data.value.nnz
    for _ in range(_ROUNDS):
        gram, right, squares = _sums(data, axes)
        mean, covariance = _posterior(gram, right, axes)
        second = mean[:, :, None] * mean[:, None, :] + covariance
        unexplained = squares.sum() - 2 * (mean * right).sum() + (gram * second).sum()
        noise = max(float(unexplained) / max(total, 1), 1e-3)
        fixed = _variance(mean**2, np.einsum("rpp->rp", covariance), axes.prior)[: levels + 1]
        change = np.abs(np.append(fixed, noise) - np.append(axes.prior[: levels + 1], axes.noise)).max()
        settled = change < _CONVERGED
        axes = Axes(axes.loadings, axes.spread, np.concatenate([fixed, np.ones(count)]), noise)
        if settled:
            break
        if count:
            axes = _loadings(axes, turned, mean, second, pull)
    return _rotated(axes)


def _start(data: Deviations, count: int) -> np.ndarray:
    """Loadings to begin with: the leading directions of the deviations, gaps filled with 0."""
    if not count:
        return np.zeros((data.value.shape[1], 0))
    # A start that does not depend on the library's own random numbers.
    start = np.random.default_rng(0).normal(size=min(data.value.shape))
    _, size, right = svds(data.value.astype(float), k=count, v0=start)
    filled = data.value.nnz / np.prod(data.value.shape)
    return right.T * size / np.sqrt(data.value.shape[0]) / max(filled, 1e-3) ** 0.5


def _variance(squares: np.ndarray, spread: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Variance of terms over raters (or cells), from squared posterior means and posterior variances.

    The fixed point of MacKay (1992, Neural Computation 4:415-447), which gives up terms without variance sooner than
    expectation maximisation.

    Args:
        squares, spread: shape (raters, terms).
        before: the variances that the posterior was made with, shape (terms,).
    """
    told = (1 - spread / np.maximum(before, 1e-9)).clip(0).sum(axis=0)
    return np.maximum(squares.sum(axis=0) / np.maximum(told, 1e-9), 1e-8).clip(max=10.0)


class _Pull:
    """What loadings are shrunk toward, and how strongly."""

    def __init__(self, texts: np.ndarray | None, answer: np.ndarray):
        self._texts, self._answer = texts, answer

    def __call__(self, loadings: np.ndarray, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Prior means, shape (cells, axes), and variances, shape (axes,)."""
        means = np.zeros_like(loadings)
        if self._texts is not None:
            size = self._texts.shape[1]
            weight = 1 / (np.einsum("jkk->j", spread) + 1e-3)  # well-known loadings say more
            weight /= weight.mean()
            for answer in range(self._answer.max() + 1):
                own = self._answer == answer
                features = self._texts[own]
                weighted = features * weight[own, None]
                ridge = features.T @ weighted + size * np.eye(size)
                means[own] = features @ np.linalg.solve(ridge, weighted.T @ loadings[own])
        variance = ((loadings - means) ** 2).mean(axis=0) + np.einsum("jkk->k", spread) / len(loadings)
        return means, np.maximum(variance, 1e-6)


@dataclass(frozen=True)
class _Turned:
    """Deviations, cells by raters.

    Attributes:
        value, seen, following: as in :class:`Deviations`, transposed.
        answers: for each level term, its cells and their rows of ``seen``.
    """

    value: sparse.csr_matrix
    seen: sparse.csr_matrix
    following: sparse.csr_matrix
    answers: list[tuple[np.ndarray, sparse.csr_matrix]]


def _loadings(axes: Axes, turned: _Turned, mean: np.ndarray, second: np.ndarray, pull: _Pull) -> Axes:
    """Update the loadings from the raters' terms, then scale the positions to mean square 1 and no correlation."""
    count, levels = axes.count, len(turned.answers)
    means, variance = pull(axes.loadings, axes.spread)
    first, other = np.triu_indices(count)
    own = slice(levels + 1, None)
    products = turned.seen @ second[:, own, own][:, first, other]
    gram = np.empty((len(means), count, count))
    gram[:, first, other] = gram[:, other, first] = products
    right = turned.value @ mean[:, own] - turned.following @ second[:, levels, own]
    for level, (cells, seen) in enumerate(turned.answers):
        right[cells] -= seen @ second[:, level, own]
    spread = np.linalg.inv(np.diag(1 / variance) + gram / axes.noise)
    loadings = np.einsum("jpq,jq->jp", spread, right / axes.noise + means / variance)
    scale = np.linalg.cholesky(second[:, own, own].mean(axis=0) + 1e-9 * np.eye(count))
    return Axes(loadings @ scale, scale.T @ spread @ scale, axes.prior, axes.noise)


def _rotated(axes: Axes) -> Axes:
    """The same model with axes that few cells load on (varimax), the strongest first."""
    if axes.count > 1:
        turn = _varimax(axes.loadings)
        loadings = axes.loadings @ turn
        order = np.argsort(-(loadings**2).sum(axis=0), kind="stable")
        turn = turn[:, order]
        axes = Axes(axes.loadings @ turn, turn.T @ axes.spread @ turn, axes.prior, axes.noise)
    return axes


def _varimax(loadings: np.ndarray) -> np.ndarray:
    """The rotation that makes squared loadings most unequal (Kaiser 1958), shape (axes, axes)."""
    rotation = np.eye(loadings.shape[1])
    before = 0.0
    for _ in range(100):
        turned = loadings @ rotation
        left, size, right = np.linalg.svd(loadings.T @ (turned**3 - turned * (turned**2).mean(axis=0)))
        rotation = left @ right
        if size.sum() < before * (1 + 1e-7):
            break
        before = size.sum()
    return rotation


_WORTH = 0.005

COUNTS = (0, 1, 2, 3, 4, 6, 8)
"""Numbers of axes that are tried."""


def choose(data: Deviations, texts: np.ndarray | None, seed: int = 0, most: int = 100_000) -> int:
    """The number of axes that best predicts ratings left out of the training data.

    A fifth of each rater's cells is left out. The smallest number is taken whose mean squared error is within one
    standard error (over raters) of the lowest; any axes at all must improve on none by two, and by half a percent.

    Args:
        most: ratings used; beyond them a random part of the raters.
    """
    rng = np.random.default_rng(seed)
    raters = data.value.shape[0]
    if data.value.nnz > most:
        data = data.raters(np.sort(rng.permutation(raters)[: max(2, int(raters * most / data.value.nnz))]))
    out = rng.random(data.value.nnz) < 0.2
    kept, left = _parted(data, out)
    weight = np.asarray(left.seen.sum(axis=1)).ravel()
    if min(kept.value.shape) < _FEWEST or not weight.sum() or not kept.value.data.any():
        return 0
    errors = []
    for count in COUNTS:
        if count >= min(kept.value.shape) // 2:
            break
        axes = fit(kept, count, texts)
        errors.append(_error(left, axes, positions(kept, axes)[0]))
    means = [error.sum() / weight.sum() for error in errors]
    best = int(np.argmin(means))
    if means[best] > (1 - _WORTH) * means[0] or not _better(errors[best], errors[0], weight, 2.0):
        return 0
    return COUNTS[next(k for k in range(1, best + 1) if not _better(errors[best], errors[k], weight, 1.0))]


def _parted(data: Deviations, out: np.ndarray) -> tuple[Deviations, Deviations]:
    def part(matrix: sparse.csr_matrix, keep: np.ndarray) -> sparse.csr_matrix:
        rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))[keep]
        return sparse.csr_matrix((matrix.data[keep], (rows, matrix.indices[keep])), shape=matrix.shape)

    matrices = (data.value, data.seen, data.following)
    kept, left = ([part(matrix, keep) for matrix in matrices] for keep in (~out, out))
    return Deviations(*kept, data.answer), Deviations(*left, data.answer)


def _error(left: Deviations, axes: Axes, mean: np.ndarray) -> np.ndarray:
    """Summed squared error of each rater's ratings that were left out, shape (raters,)."""
    rows = np.repeat(np.arange(left.value.shape[0]), np.diff(left.value.indptr))
    cells, levels = left.value.indices, left.levels
    guess = mean[rows, left.answer[cells]] + mean[rows, levels] * left.following.data
    guess += np.einsum("nk,nk->n", mean[rows, levels + 1 :], axes.loadings[cells])
    return np.bincount(rows, (left.value.data - guess) ** 2, left.value.shape[0])


def _better(errors: np.ndarray, than: np.ndarray, weight: np.ndarray, by: float) -> bool:
    """True where the mean error is lower by more than ``by`` standard errors of the paired difference over raters."""
    difference = than - errors
    mean = difference.sum() / weight.sum()
    spread = np.sqrt(((difference - mean * weight) ** 2).sum()) / weight.sum()
    return mean > by * spread
