"""Power means: one family of welfare functions from the utilitarian mean over the Nash product to Rawls' minimum."""

import numpy as np
from numpy.typing import ArrayLike

from pluralign.errors import DataError

CURVE = (1.0, 0.5, 0.0, -1.0, -2.0, -5.0, -10.0, -np.inf)
"""Exponents at which curves are drawn, from the utilitarian to the Rawlsian end."""
_NEAR, _TINY = 1.0, 1e-100


def power_mean(utilities: ArrayLike, weights: ArrayLike, p: float) -> np.ndarray:
    """The weighted power mean over the last axis: (sum of w u^p)^(1/p), with weights that sum to 1.

    p = 1 is the mean, p = 0 the geometric mean (the limit, which orders as the Nash product does), p = -inf the
    minimum and p = inf the maximum; it never falls as p grows (Hardy, Littlewood and Polya 1934, "Inequalities",
    §2.9). For p <= 0 it is 0 where a utility with positive weight is 0, which is the limit as that utility falls to 0.
    It is computed from logarithms: by expm1 and log1p where all p log u are small, so that it is continuous at p = 0,
    and else by log-sum-exp, so that large exponents do not overflow.

    Args:
        utilities: non-negative and finite, shape (..., n).
        weights: non-negative, not all 0 along the last axis; broadcasts with the utilities.
        p: the exponent.

    Returns:
        shape (...), between the smallest and the largest utility with positive weight.

    Raises:
        DataError: a utility or a weight is negative or not finite, no weight is positive, or p is NaN.
    """
    u, w = np.broadcast_arrays(np.asarray(utilities, dtype=float), np.asarray(weights, dtype=float))
    if not (np.isfinite(u).all() and np.all(u >= 0)):
        raise DataError("utilities must be non-negative and finite", fix="Put the ratings on a scale from 0 up.")
    if not (np.isfinite(w).all() and np.all(w >= 0) and np.all(w.sum(-1) > 0)) or np.isnan(p):
        raise DataError("weights must be non-negative and finite, and not all 0; p a number", where=f"p = {p}")
    w = w / w.sum(-1, keepdims=True)
    low, high = np.where(w > 0, u, np.inf).min(-1), np.where(w > 0, u, 0).max(-1)
    if np.isinf(p):
        return low if p < 0 else high
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        logs = np.where(w > 0, np.log(u), 0)
        if abs(p) < _TINY:
            found = np.exp((w * logs).sum(-1))
        else:
            powers = p * logs
            top = np.where(w > 0, powers, -np.inf).max(-1, keepdims=True)
            scaled = np.where(w > 0, w * np.exp(np.minimum(powers - top, 0)), 0)
            far = np.exp((np.log(scaled.sum(-1)) + top[..., 0]) / p)
            near = np.exp(np.log1p((w * np.expm1(powers)).sum(-1)) / p)
            found = np.where(np.abs(powers).max(-1) < _NEAR, near, far)
    if p <= 0:
        found = np.where(low == 0, 0, found)
    # Rounding may leave the bounds by one part in 1e16; a utility of 0 alone has no logarithm.
    return np.clip(np.where(high == 0, 0, found), low, high)
