"""How much can be predicted of a rater: by what is told, by the number of camps, and how far to believe it."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from pluralign.raters.calibration import ece, reliability
from pluralign.raters.clusters import curve as by_clusters
from pluralign.raters.compact.episodes import by_rater
from pluralign.raters.findings import Estimate, Told
from pluralign.raters.information import information
from pluralign.raters.latent import fit_latent
from pluralign.raters.ratings import Ratings
from pluralign.raters.study import ENOUGH
from pluralign.raters.trained import Trained, held_out
from pluralign.raters.verdict import ends, spoken
from pluralign.raters.views import matched
from pluralign.stats import paired_difference

Curve = list[tuple[int, Estimate, Estimate]]
"""Number of camps or factors, information of camps, and of a latent-factor model."""

SIZES = (1, 2, 3, 4, 6, 8, 16, 32)
RANKS = (1, 2, 4)
"""Numbers of camps, and ranks of latent-factor models, in the picture of how many dimensions there are."""


def told(rows: pl.DataFrame) -> list[Told]:
    """One record per representation, ``none`` first."""
    names = rows["representation"].unique(maintain_order=True).to_list()

    def estimate(record: dict, column: str) -> Estimate:
        return record[column], record[f"{column}_low"], record[f"{column}_high"]

    return [
        Told(
            record["representation"],
            estimate(record, "accuracy"),
            estimate(record, "nll_nats"),
            estimate(record, "information_nats"),
            estimate(record, "preserved_share"),
        )
        for record in information(rows, matched=matched(names)).to_dicts()
    ]


def ceiling(ratings: Ratings, found: Sequence[Told], curve: Curve) -> str:
    """How much is predictable at all, in sentences.

    Args:
        found: ``none`` first.
        curve: whose latent-factor models count among what can be predicted with.
    """
    shares = np.bincount(ratings.label, minlength=len(ratings.scale.outcomes)) / len(ratings)
    spread = float(-(shares[shares > 0] * np.log(shares[shares > 0])).sum())
    total = found[0].nll_nats[0] or 0.0
    first = f"Knowing only how frequent each answer is, a predictor loses {spread:.2f} nats per answer"
    if total < spread:
        first += f"; knowing the item as well, {total:.2f}"
    else:
        first += f"; the model, which knows the item as well, learned no more than that ({total:.2f})"
    gains = [(one.representation, one.information_nats) for one in found[1:]]
    gains += [(f"latent-{factors}", latent) for factors, _, latent in curve]
    clear = [(*ends(estimate), name) for name, estimate in gains if ends(estimate)[1] > 0]
    if not total or not clear:
        return f"{first}. Nothing that is known of a rater clearly lowers this."
    value, low, high, name = max(clear)
    return (
        f"{first}. The most useful of what was tried here, {spoken(name)}, takes that to {total - value:.2f}:"
        f" differences between people that can be foreseen make up {value / total:.0%}"
        f" ({low / total:.0%} to {high / total:.0%}) of what the item leaves open. The rest is chance, or beyond these"
        " methods."
    )


def curve(trained: Trained, none: pl.DataFrame) -> Curve:
    """Information of camps against their number, beside latent-factor models of that rank.

    Args:
        none: held-out losses of the split with nothing told, in the order of ``split.evaluate``.
    """
    ratings, split = trained.ratings, trained.split
    found = trained.candidates
    rows = np.arange(len(split.evaluate))
    rater = ratings.rater[split.evaluate]
    asked = [split.evaluate[rows[rater == one]] for one in trained.raters]
    loss = none["loss"].to_numpy()
    silent = np.array([loss[rater == one].mean() for one in trained.raters])
    people = by_rater(ratings, split.train)
    table = by_clusters(
        found.losses(ratings, people),
        found.losses(ratings, trained.own),
        found.losses(ratings, asked),
        silent,
        np.array([len(some) for some in asked]),
        [size for size in SIZES if size <= len(people)],
        n_init=4,
        random_state=split.seed,
    )
    columns = ("information_nats", "information_nats_low", "information_nats_high")
    clusters = {row["clusters"]: tuple(row[c] for c in columns) for row in table.to_dicts()}
    factors = _factors(trained) if len(trained.raters) >= ENOUGH else {}
    nothing: Estimate = (None, None, None)
    return [(size, clusters.get(size, nothing), factors.get(size, nothing)) for size in sorted({*clusters, *factors})]


def _factors(trained: Trained) -> dict[int, Estimate]:
    ratings, split = trained.ratings, trained.split
    losses = {}
    for rank in (0, *RANKS):
        trained.said(f"latent factors of rank {rank}", 0, 1)
        model = fit_latent(ratings, split.train, rank, seed=split.seed)
        p = model.predict(ratings, split.fit, split.evaluate)
        losses[rank] = held_out(ratings, split, "", p)["loss"].to_numpy()
    who = ratings.rater[split.evaluate].tolist()
    gains = {rank: paired_difference(losses[0], losses[rank], who) for rank in RANKS}
    return {rank: (gain.value, gain.low, gain.high) for rank, gain in gains.items()}


def calibrated(
    trained: Trained, probabilities: np.ndarray
) -> tuple[list[tuple[float, float, int]], tuple[str, Estimate], float | None]:
    """The table behind a reliability plot, the calibration error with its definition as name, and that by chance."""
    rows = trained.split.evaluate
    label, rater = trained.ratings.label[rows], trained.ratings.rater[rows]
    table = reliability(probabilities, label, rater)
    error = ece(probabilities, label, rater, view="classwise", binning="equal_mass")
    bins = [(row["probability"], row["frequency"], row["predictions"]) for row in table.to_dicts()]
    return bins, ("ece_classwise_equal_mass", (error.value, error.low, error.high)), error.by_chance
