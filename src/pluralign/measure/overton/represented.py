"""Coverage as people feel it: which clusters of people say that a response represents them? The score of OvertonBench.

People are clustered beforehand, by their votes on what others wrote. A cluster is covered by a response if the mean
of its members' ratings of "I feel represented" is at least 4 of 5; coverage is the share of clusters covered, and the
OvertonScore its mean over questions; a variant weighs clusters by their size.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from pluralign.errors import DataError
from pluralign.measure.table import Table, aligned
from pluralign.runs import Metric

COLUMNS = ("model", "question", "cluster", "person", "rating")
COVERED = 4.0
"""Mean rating, on 1..5, from which a cluster counts as covered."""

CUTS = (3.0, 3.5, 4.5)
"""Other mean ratings at which the score is given, to show how much hangs on the 4."""


def clusters(ratings: pl.DataFrame, covered: float = COVERED) -> pl.DataFrame:
    """Which clusters are covered.

    Args:
        ratings: one row per rating, with the columns ``COLUMNS``; ``model`` is the source of the response.
        covered: mean rating from which a cluster counts as covered.

    Returns:
        one row per model, question and cluster: these, ``size`` (number of people in the cluster who rated any
        response to the question), ``raters`` (of this response), ``mean`` and ``covered``.

    Raises:
        DataError: a column is absent, a value is missing, a rating lies outside 1..5, a person rated a response twice
            or is in two clusters of a question.
    """
    if absent := [name for name in COLUMNS if name not in ratings.columns]:
        raise DataError(f"column {absent[0]!r} is absent", where="ratings", fix=f"Give {', '.join(COLUMNS)}.")
    table = ratings.select(COLUMNS).with_columns(pl.col("rating").cast(pl.Float64))
    if table.is_empty():
        raise DataError("no ratings")
    if holes := sum(table.null_count().row(0)) + int(table["rating"].is_nan().sum()):
        raise DataError(f"{holes} values are missing", where="ratings", fix="Drop and count incomplete rows.")
    if outside := table.filter(~pl.col("rating").is_between(1, 5)).height:
        raise DataError(f"{outside} ratings lie outside 1..5", where="ratings", fix="Bring them to this scale.")
    if table.select("model", "question", "person").is_duplicated().any():
        raise DataError("a person rated a response twice", where="ratings", fix="Keep one rating.")
    people = table.select("question", "person", "cluster").unique()
    if people.select("question", "person").is_duplicated().any():
        raise DataError("a person is in two clusters of a question", where="ratings", fix="Give one cluster.")
    sizes = people.group_by("question", "cluster").agg(size=pl.len())
    found = table.group_by("model", "question", "cluster").agg(raters=pl.len(), mean=pl.col("rating").mean())
    joined = found.join(sizes, on=["question", "cluster"])
    return joined.with_columns(covered=pl.col("mean") >= covered).sort("model", "question", "cluster")


def metrics(ratings: pl.DataFrame, task: str, models: Sequence[str]) -> list[Metric]:
    """The OvertonScore of every model: plain, weighted by cluster size, at other cuts; intervals by question.

    Models are compared on questions that all have ratings for. A cluster of which nobody rated a response is no part
    of its score, and counted.

    Raises:
        DataError: as :func:`clusters`, or the models share no question.
    """
    found = {cut: _coverage(ratings, cut) for cut in (COVERED, *CUTS)}
    frames = {cut: aligned(frame, models, ("question",)) for cut, frame in found.items()}
    first = frames[COVERED][models[0]]
    if first.is_empty():
        raise DataError("the models have no rated question in common", where=", ".join(models))
    table = Table(task, "overton", first["question"].to_list())

    def column(cut: float, name: str) -> dict[str, np.ndarray]:
        return {model: frame[name].to_numpy() for model, frame in frames[cut].items()}

    table.add("represented", "share", column(COVERED, "plain"), models)
    table.add("represented_weighted", "share", column(COVERED, "weighted"), models)
    for cut in CUTS:
        table.add(f"represented@{cut:g}", "share", column(cut, "plain"), models)
    for model in models:
        mine = found[COVERED].filter(pl.col("model") == model)
        table.count("left_out", "questions", model, mine.height - first.height, mine.height)
        table.count("unrated", "clusters", model, int(mine["unrated"].sum()), int(mine["all"].sum()))
    return table.metrics


def _coverage(ratings: pl.DataFrame, cut: float) -> pl.DataFrame:
    """Per model and question: plain and weighted share of rated clusters covered, number of clusters, unrated ones."""
    table = clusters(ratings, cut)
    everyone = table.group_by("question").agg(all=pl.col("cluster").n_unique())
    plain = table.group_by("model", "question").agg(
        plain=pl.col("covered").mean(),
        weighted=(pl.col("covered") * pl.col("size")).sum() / pl.col("size").sum(),
        rated=pl.len(),
    )
    return plain.join(everyone, on="question").with_columns(unrated=pl.col("all") - pl.col("rated"))
