"""One number per question: how far answers, baselines and floors are from the population.

All functions take rows of one task in the schema of :mod:`pluralign.measure.align` and give arrays in their order.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from pluralign.episode import generator
from pluralign.measure import distances, references
from pluralign.measure.calibration import gaps

DISTANCES = {
    "js_divergence_nats": (distances.js_divergence_nats, "nats"),
    "js_distance_base2": (distances.js_distance_base2, "distance"),
    "total_variation": (distances.total_variation, "share"),
    "wasserstein": (distances.wasserstein, "share of the scale"),
    "kl_divergence_nats": (distances.kl_nats, "nats, floor 1e-6"),
}
WITHOUT_REFUSALS = {"js_divergence_nats": float(np.log(2)), "total_variation": 1.0}
"""Distances that are also given without the options that are refusals, and their largest values."""
_SPLITS = 20
"""Random samples behind a floor of the calibration error, each over all questions."""

Columns = dict[str, np.ndarray]


def of_answers(frame: pl.DataFrame, q: Sequence[np.ndarray]) -> Columns:
    """Metrics of answers: distances, normalised score, calibration, entropy, refusals and distances without them.

    Args:
        q: the answer to each question, each of shape (options,).
    """
    p = arrays(frame["target"])
    columns = {
        name: np.array([float(distance(a, b)) for a, b in zip(p, q, strict=True)])
        for name, (distance, _) in DISTANCES.items()
    }
    columns |= _score(frame, columns)
    columns["calibration_error"] = gaps(p, q)
    columns["entropy_nats"] = np.array([float(distances.entropy_nats(one)) for one in q])
    dropped = frame["refusals"].to_list()
    columns["refusals"] = np.array([one[np.array(mask, bool)].sum() for one, mask in zip(q, dropped, strict=True)])
    kept = [(references.without(a, m), references.without(b, m)) for a, b, m in zip(p, q, dropped, strict=True)]
    for name, largest in WITHOUT_REFUSALS.items():
        distance, _ = DISTANCES[name]
        columns[f"{name}_without_refusals"] = np.array(
            # Where people all refuse there is nothing to compare; a model that only refuses is as far off as can be.
            [np.nan if a is None else largest if b is None else float(distance(a, b)) for a, b in kept]
        )
    return columns


def of_model(frame: pl.DataFrame) -> Columns:
    """Metrics of a model's answers, and what only a model has: mass outside, spread, agreement by chance."""
    p, q = arrays(frame["target"]), arrays(frame["probabilities"])
    shuffled = [references.permuted(a, b, name) for a, b, name in zip(p, q, frame["process"], strict=True)]
    columns = of_answers(frame, q) | {"total_variation_permuted": np.array(shuffled)}
    known = (name for name in ("mass_outside", "spread") if frame[name].null_count() < frame.height)
    return columns | {name: frame[name].to_numpy() for name in known}


def of_references(frame: pl.DataFrame, draws: Sequence[int] | None = None) -> Mapping[str, Columns]:
    """Metrics of what stands beside models.

    Args:
        draws: how many draws a read-out counted for each question; None where it counts none.

    Returns:
        ``uniform`` and ``majority``; ``population``, the entropy and refusals of the target; ``human_split_half``
        where all numbers of respondents are known; ``sampling_floor`` where there are draws.
    """
    p, processes = arrays(frame["target"]), frame["process"].to_list()
    itself = of_answers(frame, p)
    found = {
        "uniform": of_answers(frame, [references.uniform(one) for one in p]),
        "majority": of_answers(frame, [references.majority(one) for one in p]),
        "population": {name: itself[name] for name in ("entropy_nats", "refusals")},
    }
    if not frame["respondents"].null_count():
        people = frame["respondents"].to_list()
        halves = {
            name: np.array([references.split_half(*one, distance) for one in zip(processes, p, people, strict=True)])
            for name, (distance, _) in DISTANCES.items()
        }
        if min(people) >= 2:
            sizes = [int(n) // 2 for n in people]
            halves["calibration_error"] = _chance(p, sizes, processes, both=True)
        found["human_split_half"] = halves | _score(frame, halves)
    if draws is not None:
        floor = {
            name: np.array([references.sampling(*one, distance) for one in zip(processes, p, draws, strict=True)])
            for name, (distance, _) in DISTANCES.items()
        }
        counted = [references.drawn(*one) for one in zip(processes, p, draws, strict=True)]
        floor["entropy_nats"] = np.array([float(distances.entropy_nats(one).mean()) for one in counted])
        floor["calibration_error"] = _chance(p, draws, processes, both=False)
        found["sampling_floor"] = floor | _score(frame, floor)
    return found


def arrays(column: pl.Series) -> list[np.ndarray]:
    """The distributions of a column."""
    return [np.array(one, dtype=float) for one in column]


def _score(frame: pl.DataFrame, columns: Columns) -> Columns:
    scale = frame["task_uniform"][0]
    return {} if scale is None else {"normalised_score": 1 - columns["total_variation"] / scale}


def _chance(p: Sequence[np.ndarray], draws: Sequence[int], processes: Sequence[str], both: bool) -> np.ndarray:
    """The calibration error of random answers from the target, against the target or against other such answers."""
    seeds = [generator("calibration", process) for process in processes]

    def sample() -> list[np.ndarray]:
        return [rng.multinomial(n, one / one.sum()) / n for rng, n, one in zip(seeds, draws, p, strict=True)]

    return np.mean([gaps(sample() if both else p, sample()) for _ in range(_SPLITS)], 0)
