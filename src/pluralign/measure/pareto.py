"""Points in the space of several objectives, each the higher the better: dominance, front, hypervolume."""

import numpy as np
from numpy.typing import ArrayLike

from pluralign.errors import DataError


def weakly_dominates(a: ArrayLike, b: ArrayLike) -> np.ndarray:
    """Whether a is no worse than b on every objective; arrays of shape (..., O) broadcast, the result is (...)."""
    return np.all(np.asarray(a) >= np.asarray(b), axis=-1)


def dominates(a: ArrayLike, b: ArrayLike) -> np.ndarray:
    """Whether a is no worse than b on every objective and better on one: a Pareto improvement."""
    return weakly_dominates(a, b) & np.any(np.asarray(a) > np.asarray(b), axis=-1)


def strictly_dominates(a: ArrayLike, b: ArrayLike) -> np.ndarray:
    """Whether a is better than b on every objective."""
    return np.all(np.asarray(a) > np.asarray(b), axis=-1)


def front(points: ArrayLike) -> np.ndarray:
    """Which points no other point dominates.

    Args:
        points: shape (..., P, O).

    Returns:
        a mask of shape (..., P); of equal points all or none are on the front.
    """
    points = np.asarray(points, dtype=float)
    return ~np.any(dominates(points[..., :, None, :], points[..., None, :, :]), axis=-2)


def hypervolume(points: ArrayLike, reference: ArrayLike) -> float:
    """The volume of what the points weakly dominate and what is better than the reference point, exactly.

    A point that is not better than the reference on every objective adds nothing. The volume is the sum over points of
    what each adds to the points after it: its own box less the volume of those points cut down to that box (While,
    Bradstreet and Barone 2012, "A fast way of calculating exact hypervolumes", IEEE Transactions on Evolutionary
    Computation 16). For two objectives it is a sum of strips. The time grows exponentially with the number of
    objectives: meant for up to five.

    Args:
        points: shape (P, O), P may be 0.
        reference: shape (O,).

    Returns:
        in the product of the units of the objectives.

    Raises:
        DataError: shapes do not fit, or a number is not finite.
    """
    points, reference = np.asarray(points, dtype=float), np.asarray(reference, dtype=float)
    if points.ndim != 2 or reference.shape != points.shape[1:] or not reference.size:
        raise DataError(f"points of shape {points.shape} do not fit a reference of shape {reference.shape}")
    if not (np.isfinite(points).all() and np.isfinite(reference).all()):
        raise DataError("a point or the reference is not finite")
    return _volume(points[strictly_dominates(points, reference)] - reference)


def _volume(boxes: np.ndarray) -> float:
    if len(boxes) < 2 or boxes.shape[1] == 1:
        return float(boxes.prod(-1).max(initial=0))
    boxes = boxes[front(boxes)]
    if boxes.shape[1] == 2:
        boxes = boxes[np.argsort(-boxes[:, 0])]
        return float(boxes[:, 0] @ np.diff(boxes[:, 1], prepend=0))
    return sum(float(box.prod()) - _volume(np.minimum(boxes[i + 1 :], box)) for i, box in enumerate(boxes))
