"""Whether predicted probabilities mean what they say: calibration errors and reliability tables.

Two views of predictions: ``top_label`` looks at the most probable answer alone, its probability against how often it
was given; ``classwise`` looks at every outcome in turn and takes the mean over outcomes (Kull et al. 2019, "Beyond
temperature scaling", NeurIPS). Bins have ``equal_width`` in probability, or ``equal_mass`` in numbers of predictions
(equal probabilities are never parted, so that there may be fewer bins).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import ArrayLike
from scipy.special import ndtr

from pluralign.errors import DataError
from pluralign.stats import mean_interval

Binning = Literal["equal_mass", "equal_width"]
View = Literal["top_label", "classwise"]


@dataclass(frozen=True, slots=True)
class CalibrationError:
    """An expected calibration error; all but the value is None for a single rater.

    Attributes:
        value: in 0..1.
        low, high: ends of its interval.
        by_chance: what the value would be on average if all probabilities were right, given how raters scatter.
    """

    value: float
    low: float | None
    high: float | None
    by_chance: float | None


def ece(
    probabilities: np.ndarray,
    labels: np.ndarray,
    raters: np.ndarray,
    *,
    view: View = "classwise",
    binning: Binning = "equal_mass",
    bins: int = 15,
    level: float = 0.95,
) -> CalibrationError:
    """Expected calibration error: the mean over predictions of the distance, in their bin, of probability and share.

    The value is the usual one (Guo et al. 2017, "On calibration of modern neural networks", ICML). Frequencies
    scatter, so that it lies above 0 even where all probabilities are right, and resampling the data would add the
    same scatter once more. The interval is therefore not one of resampling. It reaches from below an estimate that on
    average is not too high to above one that is not too low. The latter is the value itself; the former takes the
    sign of each bin's gap from one half of the raters and its size from the other half. Over all ways to halve them
    this is, in the normal approximation, with the bin's sum of gaps and its standard error s,

        sum over bins of s (z (2 Phi(z) - 1) - 2 phi(z)) / ratings,    z = gap / s,

    which has mean 0 where all probabilities are right, and is the value where all gaps are clear. To both sides the
    quantile is added that :func:`pluralign.stats.mean_interval` gives the gaps, clustered by rater, with their signs
    held. In simulations 95 % intervals covered 95 to 100 % with ten or more ratings per bin, and 88 % with three.

    Args:
        probabilities: of each outcome, shape (ratings, outcomes).
        labels: the outcome given, shape (ratings,).
        raters: the rater of each rating, shape (ratings,).
        view: which probabilities are looked at.
        binning: how bins are cut.
        bins: number of bins asked for.
        level: coverage of the interval, at the least.

    Raises:
        DataError: the arguments differ in length, there are no ratings, or a row is no distribution.
    """
    p, y = _checked(probabilities, labels, raters)
    confidence, hit = _seen(p, y, view)
    ratings, columns = confidence.shape
    names, rater = np.unique(raters, return_inverse=True)
    signed = np.zeros(ratings)
    excess = chance = 0.0
    for cell, gaps in zip(_cells(confidence, bins, binning), (confidence - hit).T, strict=True):
        total = np.bincount(cell, gaps)
        signed += np.sign(total)[cell] * gaps / columns
        if len(names) > 1:
            s = _errors(gaps, cell, rater)
            z = np.abs(total) / np.maximum(s, 1e-12)
            excess += 2 * s @ (_density(z) + z * ndtr(-z)) / ratings / columns
            chance += 2 * s.sum() * _density(0.0) / ratings / columns
    spread = mean_interval(signed, rater.tolist(), level=level)
    if spread.low is None or spread.high is None:
        return CalibrationError(spread.value, None, None, None)
    return CalibrationError(spread.value, max(spread.low - excess, 0.0), min(spread.high, 1.0), float(chance))


def reliability(
    probabilities: np.ndarray,
    labels: np.ndarray,
    raters: np.ndarray,
    *,
    view: View = "classwise",
    binning: Binning = "equal_mass",
    bins: int = 10,
    level: float = 0.95,
) -> pl.DataFrame:
    """The table behind a reliability plot.

    Args:
        probabilities, labels, raters: as in :func:`ece`.
        view: ``classwise`` puts the outcomes of all classes into common bins.
        binning: how bins are cut.
        bins: number of bins asked for.
        level: coverage of the intervals, clustered by rater.

    Returns:
        one row per bin that is not empty, from low to high: ``predictions``, ``raters``, ``probability`` (mean),
        ``frequency`` with ``_low`` and ``_high`` (null for a single rater, clipped to 0..1).

    Raises:
        DataError: as in :func:`ece`.
    """
    p, y = _checked(probabilities, labels, raters)
    confidence, hit = _seen(p, y, view)
    who = np.repeat(np.asarray(raters), confidence.shape[1])
    confidence, hit = confidence.reshape(-1, 1), hit.reshape(-1)
    (cell,) = _cells(confidence, bins, binning)
    rows = []
    for b in range(cell.max() + 1):
        here = cell == b
        if here.any():
            frequency = mean_interval(hit[here], who[here].tolist(), level=level)
            ends = [end if end is None else min(max(end, 0.0), 1.0) for end in (frequency.low, frequency.high)]
            rows.append((frequency.n, frequency.clusters, float(confidence[here].mean()), frequency.value, *ends))
    columns = ("predictions", "raters", "probability", "frequency", "frequency_low", "frequency_high")
    return pl.DataFrame(
        rows, schema={c: pl.Int64 if k < 2 else pl.Float64 for k, c in enumerate(columns)}, orient="row"
    )


def _checked(probabilities: np.ndarray, labels: np.ndarray, raters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    p, y = np.asarray(probabilities, float), np.asarray(labels)
    if p.ndim != 2 or not len(p) == len(y) == len(raters) or not len(p):
        raise DataError(f"probabilities, labels and raters differ in shape: {p.shape}, {len(y)}, {len(raters)}")
    if not (np.all(p >= 0) and np.all(np.abs(p.sum(1) - 1) < 1e-4)):
        raise DataError("a prediction has a negative probability or does not sum to 1")
    if not 0 <= y.min() <= y.max() < p.shape[1]:
        raise DataError(f"a label lies outside 0..{p.shape[1] - 1}")
    return p, y


def _seen(p: np.ndarray, y: np.ndarray, view: View) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities under the view and whether they came true, both of shape (ratings, 1 or outcomes)."""
    if view == "top_label":
        top = p.argmax(1)[:, None]
        return np.take_along_axis(p, top, 1), (top == y[:, None]).astype(float)
    return p, (np.arange(p.shape[1]) == y[:, None]).astype(float)


def _cells(confidence: np.ndarray, bins: int, binning: Binning) -> np.ndarray:
    """The bin of each probability, column by column, shape (columns, ratings)."""
    cells = []
    for column in confidence.T:
        if binning == "equal_width":
            inner = np.arange(1, bins) / bins
        else:
            inner = np.unique(np.quantile(column, np.arange(1, bins) / bins, method="lower"))
        # Intervals are open below and closed above, as in Guo et al. 2017.
        cells.append(np.searchsorted(inner, column, side="left"))
    return np.array(cells)


def _errors(gaps: np.ndarray, cell: np.ndarray, rater: np.ndarray) -> np.ndarray:
    """Standard error of each bin's sum of gaps, clustered by rater, shape (bins,)."""
    raters, width = rater.max() + 1, cell.max() + 1
    sums = np.bincount(rater * width + cell, gaps, raters * width).reshape(raters, width)
    left = sums - np.outer(np.bincount(rater) / len(rater), sums.sum(0))
    return np.sqrt(raters / (raters - 1) * (left**2).sum(0))


def _density(z: ArrayLike) -> np.ndarray:
    """Of the standard normal distribution."""
    return np.exp(-(np.asarray(z) ** 2) / 2) / np.sqrt(2 * np.pi)
