"""From what the reader and the evidence say to probabilities."""

from dataclasses import asdict, dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit, log_softmax, softmax

from pluralign.values.consideration import VALENCES


@dataclass(frozen=True)
class Raw:
    """What is known of pairs before calibration.

    Attributes:
        odds: log-odds of relevance by the reader, shape (pairs,).
        logits: of the three valences by the reader, shape (pairs, 3).
        near: how near recorded actions come, shape (pairs,); 0 for what is not in the bank.
    """

    odds: np.ndarray
    logits: np.ndarray
    near: np.ndarray


@dataclass(frozen=True)
class Calibration:
    """What turns it into probabilities.

    Attributes:
        odds: factor of the log-odds of relevance.
        near: factor of the nearness of recorded actions.
        relevance: what is added to both.
        logits: factor of the logits of the valences.
        valence: what is added to them, by valence.
    """

    odds: float = 1.0
    near: float = 0.0
    relevance: float = 0.0
    logits: float = 1.0
    valence: tuple[float, ...] = (0.0,) * len(VALENCES)

    def log_odds(self, raw: Raw) -> np.ndarray:
        """Log-odds that each consideration bears on its situation, shape (pairs,)."""
        return self.odds * raw.odds + self.near * raw.near + self.relevance

    def bears(self, raw: Raw) -> np.ndarray:
        """Probability that each consideration bears on its situation, shape (pairs,)."""
        return expit(self.log_odds(raw))

    def sides(self, raw: Raw) -> np.ndarray:
        """Probabilities of the valences, shape (pairs, 3)."""
        return softmax(self.logits * raw.logits + self.valence, axis=1)

    def record(self) -> dict:
        """JSON values, from which ``Calibration(**record)`` makes the same."""
        return asdict(self)


def fit(raw: Raw, bears: np.ndarray, ways: np.ndarray, near: float) -> Calibration:
    """The calibration under which the pairs are likeliest.

    Relevance as in Platt 1999: the answers aimed at are short of 0 and 1 by what so many pairs can tell. Valence as in
    Guo et al. 2017, with a shift for each.

    Args:
        bears: 1 or 0, or -1 where nobody knows, shape (pairs,).
        ways: number of the valence, or -1, shape (pairs,).
        near: how much nearness counts per unit of log-odds (:func:`weigh`).
    """
    known, sided = bears >= 0, ways >= 0
    x, yes = (raw.odds + near * raw.near)[known], bears[known] == 1
    aim = np.where(yes, (yes.sum() + 1) / (yes.sum() + 2), 1 / ((~yes).sum() + 2))
    logits, chosen = raw.logits[sided], ways[sided]
    rows = np.arange(len(chosen))

    def relevance(p: np.ndarray) -> float:
        z = np.exp(p[0]) * x + p[1]
        return -float((aim * log_expit(z) + (1 - aim) * log_expit(-z)).mean())

    def valence(p: np.ndarray) -> float:
        return -float(log_softmax(np.exp(p[0]) * logits + p[1:], axis=1)[rows, chosen].mean())

    one = minimize(relevance, np.zeros(2), method="L-BFGS-B").x
    two = minimize(valence, np.zeros(1 + len(VALENCES)), method="L-BFGS-B").x
    odds, shift = float(np.exp(one[0])), two[1:] - two[1:].mean()
    return Calibration(odds, odds * near, float(one[1]), float(np.exp(two[0])), tuple(shift.tolist()))


def weigh(odds: np.ndarray, near: np.ndarray, situation: np.ndarray, entry: np.ndarray) -> float:
    """How much nearness counts per unit of log-odds, if entries known to bear are to stand out among all of a bank.

    Negatives are made so that they surely do not bear; pairs alone would therefore make nearness count for too much.

    Args:
        odds, near: of each entry in each situation, shape (situations, entries).
        situation, entry: places of what is known to bear, shape (known,).
    """

    def loss(p: np.ndarray) -> float:
        return -float(log_softmax(p[0] * odds + p[1] * near, axis=1)[situation, entry].mean())

    odds_factor, near_factor = minimize(loss, np.ones(2), method="L-BFGS-B", bounds=[(0.1, None), (0, None)]).x
    return float(near_factor / odds_factor)
