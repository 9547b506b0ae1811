"""Trade-off steerable benchmark: a model is steered to each weighting of the objectives, and scored by that weighting.

With commensurating functions F and the model M_f steered to f, the score is the mean over F of f(M_f) (Sorensen et
al. 2024, "A Roadmap to Pluralistic Alignment", arXiv 2402.05070, which writes the sum; the mean does not grow with the
size of F). It rewards the ability to move along the front, not one point on it.

The instance on people: the objectives are agreements with the answers of two or more groups to the same questions, the
weightings are mixtures of the groups, and the reference points are the mixtures of their own distributions. Two
agreements are kept. ``brier``, 1 less half the squared distance, has exactly the mixture as its best answer to a
weighting. ``tv``, 1 less total variation, is linear between two groups: its best answer to any weighting but an even
one is the heavier group alone, so that a model which follows the mixture faithfully has regret under it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from scipy.stats import rankdata

from pluralign.errors import UsageError
from pluralign.lm import LanguageModel
from pluralign.lm.protocol import Progress
from pluralign.measure import group_questions as gq
from pluralign.measure.distances import total_variation
from pluralign.measure.group_answers import arrays, coverage
from pluralign.measure.pareto import front, hypervolume
from pluralign.measure.resample import cluster_weights, summarise, weighted_means
from pluralign.measure.scalars import Scalar
from pluralign.runs import Metric

KIND = "tradeoff"
HYPERVOLUME_DRAWS = 200
"""Exact hypervolumes are slow to draw; their ends come from these many draws."""


def _brier(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    return 1 - np.square(p - q).sum(-1) / 2


def _tv(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    return 1 - total_variation(p, q)


AGREEMENTS = {"brier": _brier, "tv": _tv}
"""Agreement of two distributions over the same options, in 0..1."""


def statistics(
    functions: Sequence[Scalar], steered: np.ndarray, unsteered: np.ndarray, reachable: np.ndarray
) -> dict[str, np.ndarray]:
    """The numbers of one model, from the points it reached. Leading axes (draws) broadcast.

    ``total`` is the mean over functions of f(M_f). ``regret_to_own_best`` is how much more the best of the model's
    steered points would have given to each f, on average: 0 where every f is served best by its own steering.
    ``gain_over_fixed`` is the total less that of the one steered point that serves all functions best, and
    ``gain_over_unsteered`` the same for the unsteered points: what one would lose without steering.
    ``regret_to_reachable`` compares with the best of all points, those of others included. Each best point is the best
    on the data, so noise makes regrets larger and gains smaller, never the reverse. ``response`` is the Spearman
    correlation over functions between the weight that an objective was asked with and what it reached, averaged over
    objectives; NaN where an objective does not move at all.

    Args:
        functions: F of them.
        steered: point reached when steered to each function, shape (..., F, O).
        unsteered: points without steering, shape (..., U, O).
        reachable: points known to be reachable by others, shape (..., P, O), P may be 0.

    Returns:
        one array of shape (...) per number, and ``own[label]`` and ``regret[label]`` (to the best of all points) for
        each function.

    Raises:
        UsageError: another number of steered points than of functions, or no function or unsteered point.
    """
    if steered.shape[-2] != len(functions) or not functions or not unsteered.shape[-2]:
        raise UsageError(f"{steered.shape[-2]} steered points for {len(functions)} functions; one unsteered is needed")
    # Shape (F, ..., points): what each point gives to each function.
    own = np.stack([f(steered) for f in functions])
    plain = np.stack([f(unsteered) for f in functions])
    others = np.stack([f(reachable) for f in functions])
    reached = np.stack([own[i, ..., i] for i in range(len(functions))])
    best = np.concatenate([own, plain, others], axis=-1).max(-1)
    total = reached.mean(0)
    return {
        "total": total,
        "regret_to_own_best": (own.max(-1) - reached).mean(0),
        "regret_to_reachable": (best - reached).mean(0),
        "gain_over_fixed": total - own.mean(0).max(-1),
        "gain_over_unsteered": total - plain.mean(0).max(-1),
        "response": _response(functions, steered),
        **{f"own[{f.label}]": reached[i] for i, f in enumerate(functions)},
        **{f"regret[{f.label}]": best[i] - reached[i] for i, f in enumerate(functions)},
    }


def _response(functions: Sequence[Scalar], steered: np.ndarray) -> np.ndarray:
    if any(f.weights is None for f in functions):
        return np.full(steered.shape[:-2], np.nan)
    asked = np.array([np.array(f.weights) / sum(f.weights or ()) for f in functions])
    # Differences below the accuracy of the sums are ties.
    a, b = rankdata(np.round(asked, 12), axis=-2), rankdata(np.round(steered, 12), axis=-2)
    a, b = a - a.mean(-2, keepdims=True), b - b.mean(-2, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return ((a * b).sum(-2) / np.sqrt(np.square(a).sum(-2) * np.square(b).sum(-2))).mean(-1)


def volumes(points: np.ndarray, reachable: np.ndarray, reference: Sequence[float]) -> dict[str, np.ndarray]:
    """The front that a model reaches: different points on it, its hypervolume, and the share of that of the others.

    Args:
        points: shape (R, P, O).
        reachable: points of others, shape (R, Q, O).
        reference: what counts for nothing, shape (O,).
    """
    whole = np.array([hypervolume(draw, reference) for draw in points])
    ideal = np.array([hypervolume(draw, reference) for draw in reachable])
    return {
        "front_points": np.array([len(np.unique(draw[front(draw)], axis=0)) for draw in points], dtype=float),
        "hypervolume": whole,
        "hypervolume_share": np.divide(whole, ideal, out=np.full(len(whole), np.nan), where=ideal > 0),
    }


def mixtures(groups: int, steps: int = 4) -> list[tuple[float, ...]]:
    """All weightings of the groups in steps of 1 / steps, from the first group alone to the last."""
    return [tuple(k / steps for k in parts) for parts in _compositions(steps, groups)]


def _compositions(total: int, parts: int) -> list[tuple[int, ...]]:
    if parts == 1:
        return [(total,)]
    return [(k, *rest) for k in range(total, -1, -1) for rest in _compositions(total - k, parts - 1)]


def steerings(wording: gq.Wording, groups: Sequence[str], weightings: Sequence[Sequence[float]]) -> list[gq.Steering]:
    """A description of each mixture, and the ways to ask without a group."""
    found = []
    for weights in weightings:
        named = [group for group, w in zip(groups, weights, strict=True) if w > 0]
        who = wording.one(named[0]) if len(named) == 1 else wording.mixed(groups, weights)
        name = "/".join(f"{100 * w:.0f}" for w in weights)
        found.append(gq.Steering(name, gq.MIXTURE, tuple(map(float, weights)), wording.describe(who)))
    return [*found, *gq.unsteered(wording)]


def rows(
    model: LanguageModel,
    task: str,
    groups: Sequence[str],
    questions: Sequence[gq.Question],
    ways: Sequence[gq.Steering],
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Ask every question for every mixture and without one; see :func:`pluralign.measure.group_questions.rows`."""
    return gq.rows(model, task, KIND, groups, questions, ways, progress)


def metrics(rows: pl.DataFrame, models: Sequence[str], *, seed: int = 0) -> list[Metric]:
    """Metrics of one task from its rows, with intervals over questions.

    References beside the models: ``mixtures of people`` answers every question with the asked mixture of the groups'
    own distributions, ``pooled people`` always with their even mixture, ``uniform`` with all options alike. The
    reference point of hypervolumes is the uniform answer on the same questions, so that only what is better than
    knowing nothing counts.
    """
    answers = arrays(rows, models)
    task, n = str(rows["task"][0]), len(answers.questions)
    mixed = [i for i, s in enumerate(answers.steerings) if s.role == gq.MIXTURE]
    plain = [i for i, s in enumerate(answers.steerings) if s.role != gq.MIXTURE]
    asked = [answers.steerings[i].weights or () for i in mixed]
    functions = [Scalar("weighted_sum", tuple(weights)) for weights in asked]
    weights = cluster_weights(answers.questions, seed=seed)
    people = np.einsum("fg,gnk->fnk", np.array(asked), answers.targets)
    known = np.arange(answers.targets.shape[-1]) < answers.options[:, None]
    nothing = np.broadcast_to(known / answers.options[:, None], people.shape)
    pooled = np.broadcast_to(answers.targets.mean(0), people.shape)
    found: list[Metric] = []
    for name, agreement in AGREEMENTS.items():

        def points(q: np.ndarray, agreement=agreement) -> np.ndarray:
            """From answers (S, n, K) to agreement with each group in every draw, (R, S, G)."""
            return weighted_means(weights, agreement(q[:, None], answers.targets[None]))

        reachable, even, flat = points(people), points(pooled), points(nothing)
        people_points = {
            "mixtures of people": (reachable, even),
            "pooled people": (even, even),
            "uniform": (flat, flat),
        }
        found += _metrics(
            name,
            {model: (points(q[mixed]), points(q[plain])) for model, q in answers.models.items()} | people_points,
            functions,
            reachable,
            tuple(flat[0, 0]),
            models,
            task,
            n,
        )
    return found + coverage(rows, answers)


def _metrics(
    agreement: str,
    points: Mapping[str, tuple[np.ndarray, np.ndarray]],
    functions: Sequence[Scalar],
    reachable: np.ndarray,
    reference: Sequence[float],
    models: Sequence[str],
    task: str,
    n: int,
) -> list[Metric]:
    values = {
        name: statistics(functions, steered, unsteered, reachable) for name, (steered, unsteered) in points.items()
    }
    few = slice(0, 1 + HYPERVOLUME_DRAWS)
    fronts = {
        name: volumes(np.concatenate([steered, unsteered], axis=1)[few], reachable[few], reference)
        for name, (steered, unsteered) in points.items()
    }
    units = {m: "correlation" if m == "response" else "agreement" for m in next(iter(values.values()))}
    stated = f"agreement^{len(reference)} above uniform"
    extent = {"front_points": "points", "hypervolume": stated, "hypervolume_share": "share"}
    return [
        metric
        for part, unit in ((values, units), (fronts, extent))
        for metric in summarise(
            {name: {f"{agreement}_{m}": draws for m, draws in numbers.items()} for name, numbers in part.items()},
            models,
            task=task,
            kind=KIND,
            units={f"{agreement}_{m}": u for m, u in unit.items()},
            n=n,
        )
    ]
