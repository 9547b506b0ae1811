"""From what the models and the evidence say to probabilities."""

from dataclasses import asdict, dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit, log_softmax, softmax

from pluralign.values.consideration import VALENCES


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

    def bears(self, odds: np.ndarray, near: np.ndarray) -> np.ndarray:
        """Probability that each consideration bears on its situation, of the shape of both arguments.

        Args:
            odds: log-odds of relevance by the reader.
            near: how near recorded actions come; 0 for what is not in the bank.
        """
        return expit(self.odds * odds + self.near * near + self.relevance)

    def sides(self, logits: np.ndarray) -> np.ndarray:
        """Probabilities of the valences, shape (pairs, 3)."""
        return softmax(self.logits * logits + self.valence, axis=1)

    def record(self) -> dict:
        """JSON values, from which ``Calibration(**record)`` makes the same."""
        return asdict(self)


def fit(
    odds: np.ndarray, near: np.ndarray, bears: np.ndarray, logits: np.ndarray, ways: np.ndarray, factor: float
) -> Calibration:
    """The calibration under which pairs are likeliest.

    Relevance as in Platt 1999: the answers aimed at are short of 0 and 1 by what so many pairs can tell. Valence as in
    Guo et al. 2017, with a shift for each.

    Args:
        odds, near: of pairs whose relevance is known, shape (pairs,).
        bears: 1 or 0, shape (pairs,).
        logits: of pairs whose valence is known, shape (others, 3).
        ways: number of the valence, shape (others,).
        factor: how much nearness counts per unit of log-odds (:func:`weigh`).
    """
    x, yes = odds + factor * near, bears == 1
    aim = np.where(yes, (yes.sum() + 1) / (yes.sum() + 2), 1 / ((~yes).sum() + 2))
    rows = np.arange(len(ways))

    def relevance(p: np.ndarray) -> float:
        z = np.exp(p[0]) * x + p[1]
        return -float((aim * log_expit(z) + (1 - aim) * log_expit(-z)).mean())

    def valence(p: np.ndarray) -> float:
        return -float(log_softmax(np.exp(p[0]) * logits + p[1:], axis=1)[rows, ways].mean())

    one = minimize(relevance, np.zeros(2), method="L-BFGS-B").x
    two = minimize(valence, np.zeros(1 + len(VALENCES)), method="L-BFGS-B").x
    scale, shift = float(np.exp(one[0])), two[1:] - two[1:].mean()
    return Calibration(scale, scale * factor, float(one[1]), float(np.exp(two[0])), tuple(shift.tolist()))


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
