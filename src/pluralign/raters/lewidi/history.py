"""What the other ratings of a rater say about the next one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from pluralign.raters.lewidi.pairs import Pairs

_PRIOR = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_STRENGTHS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
_SEARCHED = 150
"""Raters that are enough to choose the strengths of :func:`personal`."""

Strengths = tuple[float, float, float]


def offsets(pairs: Pairs) -> np.ndarray:
    """Log-odds of each bit by the rater's own base rate, shape (pairs, bits), drawn to the mean of all raters.

    The base rate is (count + a * mean) / (n + a), with the strength ``a`` that predicts training ratings best.
    """
    y = pairs.bits

    def rates(strength: float) -> np.ndarray:
        def fit(seen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
            mean = y[seen].mean(axis=0)
            counts = np.stack([np.bincount(pairs.rater[seen], column, pairs.raters) for column in y[seen].T], axis=1)
            n = np.bincount(pairs.rater[seen], minlength=pairs.raters)[:, None]
            return ((counts + strength * mean) / (n + strength))[pairs.rater[wanted]]

        return np.clip(pairs.apart(fit), 1e-3, 1 - 1e-3)

    def loss(p: np.ndarray) -> float:
        p, t = p[pairs.known], y[pairs.known]
        return float(-(t * np.log(p) + (1 - t) * np.log(1 - p)).mean())

    return logit(min((rates(strength) for strength in _PRIOR), key=loss))


def common(pairs: Pairs) -> np.ndarray:
    """Log-odds of each bit by the base rate of all raters, shape (pairs, bits)."""

    def fit(seen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        return np.tile(pairs.bits[seen].mean(axis=0), (wanted.sum(), 1))

    return logit(np.clip(pairs.apart(fit), 1e-3, 1 - 1e-3))


def residuals(pairs: Pairs, log_odds: np.ndarray) -> np.ndarray:
    """What ratings differ by from their probabilities, by channel, shape (pairs, channels); NaN where not known."""
    return pairs.by_channel(pairs.bits - expit(log_odds))


@dataclass(frozen=True)
class Outlook:
    """What is expected of all ratings by those that are not hidden.

    Attributes:
        pairs: of which some ratings are hidden.
        log_odds: of each bit, shape (pairs, bits).
        score: expected standing of each item, shape (items, channels).
    """

    pairs: Pairs
    log_odds: np.ndarray
    score: np.ndarray


def personal(outlook: Outlook, vectors: np.ndarray, strengths: Sequence[Strengths]) -> np.ndarray:
    """How far a rater's rating will lie from what is expected of it, by the rater's other residuals.

    A Gaussian process per rater and channel with covariance v0 + v1 f_i f_j + v2 e_i . e_j and unit noise: a severity,
    a slope on the expected standing f of an item, and a likeness of the items.

    Args:
        outlook: what is expected.
        vectors: what the items are alike in, rows of length 1, shape (items, dimensions).
        strengths: v0, v1 and v2 of each channel, the same for all raters.

    Returns:
        expected residual of each query, shape (pairs, channels); 0 for ratings that are known.
    """
    rest = residuals(outlook.pairs, outlook.log_odds)
    found = np.zeros(rest.shape)
    for case in _cases(outlook, vectors, _by_rater(outlook.pairs)):
        for channel, own in enumerate(strengths):
            found[case.wanted, channel] = _process(case, channel, rest, own)
    return found


def fit_personal(pairs: Pairs, outlooks: Sequence[Outlook], vectors: np.ndarray) -> tuple[Strengths, ...]:
    """The strengths for :func:`personal` that predict hidden ratings best, those of some raters, by channel.

    Args:
        pairs: all ratings.
        outlooks: each with other ratings hidden.
        vectors: see :func:`personal`.
    """
    cases = []
    for outlook in outlooks:
        groups = _by_rater(outlook.pairs)
        order = np.random.default_rng(0).permutation(len(groups))[:_SEARCHED]
        truth = pairs.by_channel(pairs.bits - expit(outlook.log_odds))
        rest = residuals(outlook.pairs, outlook.log_odds)
        for case in _cases(outlook, vectors, [groups[n] for n in order]):
            cases.append((case, rest, np.nan_to_num(truth[case.wanted]), pairs.known[case.wanted]))
    found = []
    for channel in range(pairs.channels):

        def error(strengths: Strengths, channel: int = channel) -> float:
            lost = 0.0
            for case, rest, truth, counts in cases:
                lost += float((counts * (truth[:, channel] - _process(case, channel, rest, strengths)) ** 2).sum())
            return lost

        best: Strengths = (0.05, 0.02, 0.1)
        least = error(best)
        for place in (0, 1, 2, 0, 1, 2):
            for value in _STRENGTHS:
                a, b, c = (value if n == place else own for n, own in enumerate(best))
                tried = (a, b, c)
                if tried != best and (lost := error(tried)) < least:
                    best, least = tried, lost
        found.append(best)
    return tuple(found)


@dataclass(frozen=True)
class _Case:
    """One rater: rows of known ratings and of queries; scores of the items (rows, channels); likeness of the items."""

    seen: np.ndarray
    wanted: np.ndarray
    seen_score: np.ndarray
    wanted_score: np.ndarray
    among: np.ndarray
    across: np.ndarray


def _cases(outlook: Outlook, vectors: np.ndarray, groups: Sequence[np.ndarray]) -> Iterator[_Case]:
    score = (outlook.score - outlook.score.mean(axis=0)) / np.maximum(outlook.score.std(axis=0), 1e-9)
    for rows in groups:
        seen, wanted = rows[outlook.pairs.known[rows]], rows[~outlook.pairs.known[rows]]
        i, j = outlook.pairs.item[seen], outlook.pairs.item[wanted]
        read = vectors[i].T
        yield _Case(seen, wanted, score[i], score[j], vectors[i] @ read, vectors[j] @ read)


def _by_rater(pairs: Pairs) -> list[np.ndarray]:
    """Rows of each rater of whom ratings are known and others not."""
    order = np.argsort(pairs.rater, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(pairs.rater[order])) + 1)
    return [rows for rows in groups if pairs.known[rows].any() and not pairs.known[rows].all()]


def _process(case: _Case, channel: int, rest: np.ndarray, strengths: Strengths) -> np.ndarray:
    """Posterior mean for each query of one rater, shape (wanted,)."""
    severity, slope, alike = strengths
    f, g = case.seen_score[:, channel], case.wanted_score[:, channel]
    noisy = severity + slope * np.outer(f, f) + alike * case.among
    noisy[np.diag_indices_from(noisy)] += 1
    across = severity + slope * np.outer(g, f) + alike * case.across
    return across @ np.linalg.solve(noisy, rest[case.seen, channel])


def shifted(pairs: Pairs, log_odds: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Log-odds of the bits, shape (pairs, bits), moved alike so that the mean of each channel moves by ``by``.

    Args:
        pairs: whose channels are meant.
        log_odds: shape (pairs, bits).
        by: change of the mean probability of the channel's bits, shape (pairs, channels); means end in 0.005 … 0.995.
    """
    found = np.empty_like(log_odds)
    for channel in range(pairs.channels):
        own = log_odds[:, pairs.channel == channel]
        wanted = np.clip(expit(own).mean(axis=1) + by[:, channel], 0.005, 0.995)
        low, high = np.full(len(own), -20.0), np.full(len(own), 20.0)
        for _ in range(30):
            middle = (low + high) / 2
            above = expit(own + middle[:, None]).mean(axis=1) > wanted
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        found[:, pairs.channel == channel] = own + ((low + high) / 2)[:, None]
    return found


def similar(pairs: Pairs, rest: np.ndarray, embeddings: np.ndarray, sharpness: float = 8.0) -> np.ndarray:
    """Mean residual of the rater on other items, weighed by likeness to this one, shape (pairs, channels).

    Args:
        pairs: who rated what.
        rest: residuals, shape (pairs, channels).
        embeddings: of the items, rows of length 1, shape (items, dimensions).
        sharpness: weight exp(sharpness * (cosine - 1)); one rating of residual 0 and weight 1 is added.
    """
    order = np.argsort(pairs.rater, kind="stable")
    found = np.zeros(rest.shape)
    for group in np.split(order, np.flatnonzero(np.diff(pairs.rater[order])) + 1):
        item, fold = pairs.item[group], pairs.fold[group]
        weight = np.exp(sharpness * (embeddings[item] @ embeddings[item].T - 1))
        weight *= (fold >= 0)[None, :] & (fold[:, None] != fold[None, :])
        values = np.where(pairs.known[group, None], rest[group], 0)
        found[group] = weight @ values / (weight.sum(axis=1, keepdims=True) + 1)
    return found
