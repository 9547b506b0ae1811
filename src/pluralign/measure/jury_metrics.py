"""The numbers of a jury: the welfare curve, dissent, and who is missing. Intervals are over jurors, items fixed."""

from collections.abc import Sequence

import numpy as np

from pluralign.episode import generator
from pluralign.measure.jury import Jury, means, welfare
from pluralign.measure.resample import cluster_weights, summarise
from pluralign.measure.welfare import CURVE
from pluralign.runs import Metric

KIND = "jury"


def metrics(
    jury: Jury,
    task: str,
    models: Sequence[str] = (),
    *,
    curve: Sequence[float] = CURVE,
    seed: int = 0,
) -> list[Metric]:
    """The welfare curve and the dissent of every candidate, and who is missing.

    ``welfare[p=...]`` has an interval over jurors but for the minimum, which no resampling of jurors can bound;
    ``best_probability[p=...]`` is the share of draws of the jury in which the candidate is the best. The dissent is in
    :func:`dissent`.

    Args:
        models: candidates to compare in pairs.
        curve: exponents.
    """
    draws = cluster_weights([j.name for j in jury.jurors], seed=seed) * jury.weights
    n = len(jury.jurors) - len(jury.missing)
    found: dict[str, dict[str, np.ndarray]] = {name: {} for name in jury.candidates}
    shares: list[Metric] = []
    for p in curve:
        values = welfare(jury, p, draws)
        if np.isinf(p):
            values = values[:1]
        best = np.isclose(values, values.max(1, keepdims=True), rtol=1e-12, atol=0)
        for i, name in enumerate(jury.candidates):
            found[name][f"welfare[p={p:g}]"] = values[:, i]
            if len(values) > 1:
                share = float((best[1:, i] / best[1:].sum(1)).mean())
                metric = f"best_probability[p={p:g}]"
                shares.append(Metric(name, task, KIND, metric, share, None, None, n, "share of draws"))
    units = dict.fromkeys((f"welfare[p={p:g}]" for p in curve), "utility")
    found_metrics = summarise(found, models, task=task, kind=KIND, units=units, n=n) + shares
    spread = dissent(jury, draws, seed=seed)
    kinds = {"spread": "utility", "below_own_middle": "share", "zero_utility": "share", "largest_group_gap": "utility"}
    found_metrics += summarise(spread, models, task=task, kind=KIND, units=kinds, n=n)
    counts = {
        "jurors_without_group": (sum(j.group is None for j in jury.jurors), len(jury.jurors), "jurors"),
        "jurors_missing": (len(jury.missing), len(jury.jurors), "jurors"),
        "items_without_jury": (int((~jury.seated.any(0)).sum()), len(jury.items), "items"),
        "ratings_missing": (int(np.isnan(jury.utilities).sum()), jury.utilities.size, "ratings"),
        "ratings_left_out": (
            int((~np.isnan(jury.utilities) & ~jury.seated[:, :, None]).sum()),
            jury.utilities.size,
            "ratings",
        ),
    }
    return found_metrics + [
        Metric("jury", task, KIND, name, float(value), None, None, total, unit)
        for name, (value, total, unit) in counts.items()
    ]


def dissent(jury: Jury, weights: np.ndarray, *, seed: int = 0) -> dict[str, dict[str, np.ndarray]]:
    """How far jurors are apart about each candidate, from their mean utilities over items.

    ``spread`` is the weighted standard deviation over jurors; ``below_own_middle`` the weighted share of jurors who
    give the candidate less than the median of all they gave; ``zero_utility`` the weighted share who give it 0 on some
    item, which makes welfare 0 there for all p <= 0; ``largest_group_gap`` the difference between the group
    that likes it most and the one that likes it least. The reference ``groups shuffled`` is that gap, averaged over
    candidates, where the jurors are put into groups of the same sizes by chance. Jurors without a group are not in it.

    Args:
        weights: of the jurors in every draw, shape (R, J).

    Returns:
        by candidate and number an array of shape (R,).
    """
    seated = np.any(jury.seated, axis=1)
    u, w = means(jury)[seated], weights[:, seated]
    w = w / w.sum(1, keepdims=True)
    middle = np.nanmedian(jury.utilities[seated].reshape(len(u), -1), axis=1)
    average = w @ u
    spread = np.sqrt(np.maximum(w @ np.square(u) - np.square(average), 0))
    below = w @ (u < middle[:, None] - 1e-12)
    zero = w @ ((jury.utilities[seated] == 0) & jury.seated[seated][:, :, None]).any(1)
    groups = np.array([juror.group or "" for juror, kept in zip(jury.jurors, seated.tolist(), strict=True) if kept])
    found = {
        name: {"spread": spread[:, i], "below_own_middle": below[:, i], "zero_utility": zero[:, i]}
        for i, name in enumerate(jury.candidates)
    }
    u, w, groups = u[groups != ""], w[:, groups != ""], groups[groups != ""]
    if len(set(groups)) > 1:
        gap = _gap(u, w, groups)
        for i, name in enumerate(jury.candidates):
            found[name]["largest_group_gap"] = gap[:, i]
        shuffled = [_gap(u, w[:1], generator("groups", seed, k).permutation(groups)).mean() for k in range(200)]
        found["groups shuffled"] = {"largest_group_gap": np.array([np.mean(shuffled)])}
    return found


def _gap(u: np.ndarray, w: np.ndarray, groups: np.ndarray) -> np.ndarray:
    levels = []
    for group in sorted(set(groups)):
        mine = groups == group
        levels.append(w[:, mine] @ u[mine] / w[:, mine].sum(1, keepdims=True))
    return np.max(levels, axis=0) - np.min(levels, axis=0)
