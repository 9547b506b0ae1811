"""How far the ratings of an item will lie from what is expected of its raters: a Gaussian process over items.

The target of an item is the mean residual of its raters, by channel, with noise that falls with their number. It is a
linear function of what an encoder reads, what can be counted in the texts, the facts and a fine-tuned encoder's
scores, the same in all languages, plus a function that is alike for texts of like n-grams, for each language its own
(regression with explicit basis functions: Rasmussen and Williams 2006, "Gaussian Processes for Machine Learning",
section 2.7). How strong each part is, relative to the noise of one rating, is chosen on ratings of left-out folds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from pluralign.raters.lewidi.likeness import Block
from pluralign.raters.lewidi.pairs import QUERY, Pairs

_LINEAR = (0.0, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1)
_ALIKE = (0.0, 0.03, 0.1, 0.3, 1.0, 3.0)
_SEARCHED = 1200
"""Items of a language that are enough to choose strengths; fewer where there are several languages."""
_HELD_OUT = 250


@dataclass(frozen=True)
class Evidence:
    """What is known of all items of a data set.

    Attributes:
        blocks: likeness of texts, by language.
        columns: numbers of each item by kind, shape (items, columns of the kind).
    """

    blocks: Sequence[Block]
    columns: dict[str, np.ndarray]


@dataclass(frozen=True)
class Strengths:
    """Prior variances, in units of the noise of one rating.

    Attributes:
        columns: of the weight of a column, by kind.
        last: of the part that goes by the last field.
        first: of the part that goes by the fields before it.
        both: of the part that goes by their product.
    """

    columns: dict[str, float]
    last: float = 0.3
    first: float = 0.03
    both: float = 0.1


def targets(pairs: Pairs, rest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean residual of each item, shape (items, channels), and its weight, shape (items,); 0 where nothing is known.

    Args:
        pairs: who rated what.
        rest: residuals, shape (pairs, channels).
    """
    known, items = pairs.known, len(pairs.item_fold)
    weight = np.bincount(pairs.item[known], minlength=items).astype(float)
    sums = np.stack([np.bincount(pairs.item[known], column, items) for column in rest[known].T], axis=1)
    return sums / np.maximum(weight, 1)[:, None], weight


class Regression:
    """The regression on all that is known of the items; what depends on the items alone is kept between calls.

    Args:
        evidence: about all items.
        strengths: of its parts.
    """

    def __init__(self, evidence: Evidence, strengths: Strengths):
        self.evidence, self.strengths = evidence, strengths
        kinds = [kind for kind in evidence.columns if strengths.columns[kind] > 0]
        scaled = [evidence.columns[kind] * np.float32(strengths.columns[kind] ** 0.5) for kind in kinds]
        self._x = np.concatenate(scaled, axis=1) if scaled else None
        self._kept: dict[bytes, _Fitted] = {}

    def expected(self, pairs: Pairs, target: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """The target that each item is expected to have, by the items of other folds, shape (items, channels)."""
        found = np.zeros(target.shape)
        for fold in (*range(int(pairs.item_fold.max()) + 1), QUERY):
            wanted = pairs.item_fold == fold
            found[wanted] = self(wanted, target, np.where(wanted, 0, weight))[wanted]
        return found

    def __call__(self, wanted: np.ndarray, target: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Expected targets, shape (items, channels).

        Args:
            wanted: items whose targets are to be predicted, shape (items,); other rows of what is returned are not
                meant.
            target: shape (items, channels).
            weight: number of ratings behind each target; 0 for items not to learn from, shape (items,).
        """
        from scipy.linalg import cho_solve, solve_triangular

        x = np.zeros((len(target), 0), np.float32) if self._x is None else self._x
        key = weight.tobytes()
        if key not in self._kept:
            self._kept[key] = self._fitted(x, weight)
        fitted = self._kept[key]
        seen, root = weight > 0, weight[fitted.loose, None] ** 0.5
        mean = np.average(target[seen], axis=0, weights=weight[seen])
        right = (x[fitted.loose] * root).T @ ((target[fitted.loose] - mean) * root)
        aims = []
        for items, _, _, low, own in fitted.parts:
            aims.append(solve_triangular(low, (target[items] - mean).astype(np.float32), lower=True))
            right += own.T @ aims[-1]
        slopes = cho_solve(fitted.gram, right) if x.shape[1] else right
        found = mean + x @ slopes
        for (_, block, inside, low, own), aim in zip(fitted.parts, aims, strict=True):
            ask = np.flatnonzero(wanted[block.items])
            pull = solve_triangular(low, (aim - own @ slopes).astype(np.float32), lower=True, trans=1)
            found[block.items[ask]] += _covariance(block, self.strengths, ask, inside) @ pull
        return found

    def _fitted(self, x: np.ndarray, weight: np.ndarray) -> "_Fitted":
        from scipy.linalg import cho_factor, cholesky, solve_triangular

        loose, gram, parts = weight > 0, np.eye(x.shape[1]), []
        for block in self.evidence.blocks:
            inside = np.flatnonzero(weight[block.items] > 0)
            loose[block.items] = False
            if len(inside):
                items = block.items[inside]
                noisy = _covariance(block, self.strengths, inside, inside)
                noisy[np.diag_indices_from(noisy)] += 1 / weight[items].astype(np.float32)
                low = cholesky(noisy, lower=True, overwrite_a=True, check_finite=False)
                own = solve_triangular(low, x[items], lower=True, check_finite=False)
                gram += own.T @ own
                parts.append((items, block, inside, low, own))
        root = weight[loose, None] ** 0.5
        gram += (x[loose] * root).T @ (x[loose] * root)
        return _Fitted(parts, np.flatnonzero(loose), cho_factor(gram) if x.shape[1] else None)


@dataclass(frozen=True)
class _Fitted:
    """What depends on the items to learn from alone.

    Attributes:
        parts: for each block the numbers of these items, the block, their places in it, the root of their covariance
            with noise, and their columns divided by it.
        loose: those that are in no block.
        gram: factor of the precision of the columns' weights.
    """

    parts: list[tuple[np.ndarray, Block, np.ndarray, np.ndarray, np.ndarray]]
    loose: np.ndarray
    gram: Any


def fit_strengths(
    pairs: Pairs, evidence: Evidence, aims: Callable[[Pairs], tuple[np.ndarray, np.ndarray]]
) -> Strengths:
    """The strengths that predict left-out folds best, one changed after the other.

    Args:
        pairs: who rated what.
        evidence: about the items.
        aims: the targets and their weights from pairs of which some ratings are hidden.
    """
    rng = np.random.default_rng(0)
    most = int(_SEARCHED / max(1, len(evidence.blocks)) ** 0.5)
    small, kept = [], [np.setdiff1d(np.arange(len(pairs.item_fold)), np.concatenate([[], *_all(evidence)]))]
    for block in evidence.blocks:
        there = np.flatnonzero(pairs.item_fold[block.items] >= 0)
        some = np.sort(rng.permutation(there)[:most])
        both = np.ix_(some, some)
        small.append(Block(block.items[some], block.last[both], None if block.first is None else block.first[both]))
        kept.append(block.items[some])
    keep = np.isin(np.arange(len(pairs.item_fold)), np.concatenate(kept))
    reduced = Evidence(small, evidence.columns)
    truth, count = aims(pairs)
    folds, worlds = int(pairs.item_fold.max()) + 1, []
    for fold in range(folds):
        wanted = keep & (pairs.item_fold == fold) & (count > 0)
        target, weight = aims(pairs.hidden(fold))
        worlds.append((wanted, target, np.where(keep, weight, 0)))
        if sum(one.sum() for one, _, _ in worlds) >= _HELD_OUT:
            break

    def error(tried: Strengths) -> float:
        lost, regression = 0.0, Regression(reduced, tried)
        for wanted, target, weight in worlds:
            guess = regression(wanted, target, weight)[wanted]
            lost += float((count[wanted, None] * (guess - truth[wanted]) ** 2).sum())
        return lost

    best = Strengths(dict.fromkeys(evidence.columns, 1e-3))
    least = error(best)
    names = ["last", *(["first", "both"] if any(block.first is not None for block in small) else [])]
    for _ in range(2):
        for kind in (*best.columns, *(names if small else [])):
            for value in _LINEAR if kind in best.columns else _ALIKE:
                change = {"columns": best.columns | {kind: value}} if kind in best.columns else {kind: value}
                tried = replace(best, **change)
                if tried != best and (lost := error(tried)) < least:
                    best, least = tried, lost
    return best


def indicators(items: pl.DataFrame, facts: Sequence[str]) -> np.ndarray:
    """One column per value of each fact that more than one item has, shape (items, values)."""
    columns = [np.zeros((items.height, 0))]
    for fact in facts:
        values = items[fact].fill_null("").to_numpy()
        names, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
        if 1 < len(names) <= items.height // 2:
            columns.append(np.eye(len(names))[codes][:, counts > 1])
    return np.concatenate(columns, axis=1)


def standardised(columns: np.ndarray) -> np.ndarray:
    """Columns of mean 0 and variance 1, or 0 where all values are the same."""
    spread = columns.std(axis=0)
    return ((columns - columns.mean(axis=0)) / np.where(spread > 0, spread, 1)).astype(np.float32)


def _all(evidence: Evidence) -> list[np.ndarray]:
    return [block.items for block in evidence.blocks]


def _covariance(block: Block, strengths: Strengths, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    last = block.last[np.ix_(rows, columns)]
    found = strengths.last * last
    if block.first is not None:
        first = block.first[np.ix_(rows, columns)]
        found += strengths.first * first + strengths.both * first * last
    return found
