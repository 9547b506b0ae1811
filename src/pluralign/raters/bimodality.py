"""Do raters lean one way or the other, with few between, or do they differ by degree?

Let t be how far a rater leans to one of two sides: the mean of a number per rating, were there no end of ratings. Of
all distributions with the same skewness, those on two points alone have the least kurtosis, skewness^2 + 1 (Pearson
1916, "Mathematical contributions to the theory of evolution XIX", Philosophical Transactions A 216). So

    (skewness^2 + 1) / kurtosis

is 1 for two camps that each are of one mind, 5/9 for a uniform distribution and 1/3 for a normal one. The noise of few
ratings would hide two sides; the moments of t are therefore estimated without it, the k-th from the products of k
different ratings of a rater, which are unbiased where ratings err independently.
"""

import numpy as np

UNIFORM = 5 / 9
"""Of a uniform distribution: above it there are fewer people between the sides than on them."""

LEAST = 4
"""Raters with fewer ratings play no part."""

_DRAWS = 200


def bimodality(values: np.ndarray, rater: np.ndarray, *, seed: int = 0) -> tuple[float, float]:
    """How far raters fall into two sides, and how sure that is.

    Args:
        values: a number per rating, positive where it speaks for the one side, shape (ratings,).
        rater: number of the rater of each rating, shape (ratings,).
        seed: where the bootstrap draws come from.

    Returns:
        the estimate of the ratio above, NaN where raters do not differ beyond noise; few ratings may carry it above 1.
        Then the share of bootstrap draws of raters in which it lies above ``UNIFORM``; 0 for less than two raters.
    """
    n = np.bincount(rater).astype(float)
    use = n >= LEAST
    n = n[use]
    if len(n) < 2:
        return np.nan, 0.0
    mean = (np.bincount(rater, values)[use] / n).mean()
    p1, p2, p3, p4 = (np.bincount(rater, (values - mean) ** k)[use] for k in (1, 2, 3, 4))
    # Means of the products of two, three and four different ratings, by Newton's identities.
    second = (p1**2 - p2) / (n * (n - 1))
    third = (p1**3 - 3 * p1 * p2 + 2 * p3) / (n * (n - 1) * (n - 2))
    fourth = (p1**4 - 6 * p1**2 * p2 + 3 * p2**2 + 8 * p1 * p3 - 6 * p4) / (n * (n - 1) * (n - 2) * (n - 3))
    moments = np.stack([second, third, fourth], 1)
    a, b, c = moments.mean(0)
    value = (b**2 + a**3) / (a * c) if a > 0 and c > 0 else np.nan
    rng = np.random.default_rng(seed)
    weights = (rng.standard_exponential(len(n)) for _ in range(_DRAWS))
    a, b, c = np.array([w @ moments / w.sum() for w in weights]).T
    # As the ratio, without a division by what may be nothing.
    return float(value), float(((a > 0) & (b**2 + a**3 > UNIFORM * a * c)).mean())
