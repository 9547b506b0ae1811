"""Judge by the cosine of sentence embeddings. It sees what a text is about; for or against, it hardly tells apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from pluralign.errors import DataError
from pluralign.lm.embed import Embedder, default
from pluralign.lm.protocol import Progress
from pluralign.measure.overton.judge import Judgement, Pair


@dataclass(frozen=True, slots=True)
class Calibration:
    """From a cosine to a probability: 1 / (1 + exp(-(slope * cosine + intercept))), with a positive slope."""

    slope: float
    intercept: float

    def __call__(self, cosines: np.ndarray) -> np.ndarray:
        """Probabilities, of the shape of ``cosines``."""
        return 1 / (1 + np.exp(-(self.slope * cosines + self.intercept)))


@dataclass(frozen=True)
class EmbeddingJudge:
    """Strength is the calibrated cosine; without a calibration, the cosine itself, negative ones as 0.

    Attributes:
        calibration: fitted on human labels (:func:`calibrate`), or None.
        embedder: the model of the embeddings.
    """

    calibration: Calibration | None = None
    embedder: Embedder = field(default_factory=default)

    @property
    def facts(self) -> Mapping[str, Any]:
        """Model, digest of its weights, and calibration."""
        fitted = self.calibration
        return {
            "name": f"embedding:{self.embedder.name}",
            "digest": self.embedder.digest,
            "calibration": None if fitted is None else [fitted.slope, fitted.intercept],
        }

    def __call__(self, pairs: Sequence[Pair], progress: Progress | None = None) -> Judgement:
        """Judge pairs; what is beyond the model's maximum length is not read."""
        texts = list(dict.fromkeys(text for pair in pairs for text in pair))
        vectors = dict(zip(texts, self.embedder.embed(texts), strict=True))
        # Summed in double precision, pair by pair: the same numbers whatever else is judged.
        cosines = np.array([np.dot(vectors[a].astype(float), vectors[b].astype(float)) for a, b in pairs])
        if progress is not None:
            progress(len(pairs))
        strengths = np.clip(cosines, 0, 1) if self.calibration is None else self.calibration(cosines)
        return Judgement(strengths, np.zeros(len(pairs)))


def calibrate(cosines: np.ndarray, represented: np.ndarray) -> Calibration:
    """Fit the calibration by logistic regression (Platt 1999, "Probabilistic outputs for support vector machines").

    Args:
        cosines: one per label, shape (n,).
        represented: the labels, booleans of shape (n,).

    Raises:
        DataError: all labels are alike, or they do not rise with the cosine, so that no monotone calibration exists.
    """
    if len(set(represented.tolist())) < 2:
        raise DataError("all labels are alike, so that nothing can be calibrated", fix="Give labels of both kinds.")
    fitted = LogisticRegression(C=1e6).fit(cosines[:, None], represented)
    slope, intercept = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    if slope <= 0:
        raise DataError(
            f"the labels do not rise with the cosine (slope {slope:.2f}), so that it cannot be calibrated",
            fix="Use another judge for such questions.",
        )
    return Calibration(slope, intercept)
