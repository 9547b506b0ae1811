"""Two hold-outs: by situation, and by what considerations are about.

Considerations recur across situations, so a split by situations alone lets a model know the test considerations by
heart. Here the considerations are put into clusters by the meaning of their text (without "Right to" and "Duty to",
which give the kind away), clusters are dealt to two sides as groups of situations are, and every pair falls into one
of four parts: both seen, new situation, new consideration, or both new.
"""

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
from scipy.sparse.csgraph import connected_components

from pluralign.episode import generator
from pluralign.values.consideration import core

NEAR = 0.7
"""Cosine similarity from which two considerations belong to one cluster."""

Embed = Callable[[Sequence[str]], np.ndarray]
_AT_ONCE = 1000


def clusters(texts: Sequence[str], embed: Embed, near: float = NEAR) -> np.ndarray:
    """The cluster of each text: texts are in one where a chain of near neighbours joins them (single linkage).

    Single linkage leaves no pair across two clusters nearer than ``near``, which is what a hold-out needs.

    Returns:
        numbers from 0, shape (texts,).
    """
    cores = [core(text) for text in texts]
    distinct = list(dict.fromkeys(cores))
    if not distinct:
        return np.zeros(0, np.int64)
    vectors = np.asarray(embed(distinct), np.float32)
    from scipy.sparse import coo_array

    rows, columns = [], []
    for start in range(0, len(distinct), _AT_ONCE):
        one, two = np.nonzero(vectors[start : start + _AT_ONCE] @ vectors.T >= near)
        rows.append(one + start)
        columns.append(two)
    row, column = np.concatenate(rows), np.concatenate(columns)
    size = len(distinct)
    found = connected_components(coo_array((np.ones(len(row), bool), (row, column)), shape=(size, size)), False)[1]
    place = dict(zip(distinct, found.tolist(), strict=True))
    return np.array([place[text] for text in cores])


def two_way(
    frame: pl.DataFrame,
    embed: Embed,
    *,
    situations: float = 0.15,
    considerations: float = 0.1,
    near: float = NEAR,
    seed: int = 0,
) -> pl.DataFrame:
    """Deal the rows of a table of pairs to four parts.

    Args:
        frame: columns ``source``, ``group`` and ``text`` at least.
        embed: from texts to unit vectors.
        situations: share of the groups of situations that is held out.
        considerations: share of the rows, by cluster of consideration, that is held out.
        near: of two considerations of one cluster.
        seed: of the deal.

    Returns:
        the table with ``cluster`` (a number) and ``part``: ``seen``, ``new situation``, ``new consideration`` or
        ``both new``.
    """
    number = pl.Series("cluster", clusters(frame["text"].to_list(), embed, near))
    known = frame.with_columns(number, _key=pl.concat_str("source", "group", separator="\n"))
    groups = known["_key"].unique(maintain_order=True).to_list()
    # A group's own draw does not depend on what other groups there are.
    out = {group for group in groups if generator("situation", str(seed), group).random() < situations}
    sizes = known.group_by("cluster").len().sort("cluster")
    order = generator("consideration", str(seed), str(sizes.height)).permutation(sizes.height)
    rows = sizes["len"].to_numpy()[order]
    # A cluster larger than the share itself would fill the hold-out alone: such ones stay on the seen side.
    fits = rows <= considerations * known.height
    taken = np.cumsum(np.where(fits, rows, 0)) <= considerations * known.height
    held = sizes["cluster"].to_numpy()[order][fits & taken]
    situation, consideration = pl.col("_key").is_in(list(out)), pl.col("cluster").is_in(held.tolist())
    part = (
        pl.when(situation & consideration)
        .then(pl.lit("both new"))
        .when(situation)
        .then(pl.lit("new situation"))
        .when(consideration)
        .then(pl.lit("new consideration"))
        .otherwise(pl.lit("seen"))
    )
    return known.with_columns(part=part).drop("_key")


def overlap(frame: pl.DataFrame, embed: Embed) -> pl.DataFrame:
    """How much of each held-out part the seen part knows.

    Args:
        frame: as :func:`two_way` returns it.

    Returns:
        one row per held-out part: ``part``, ``rows``, ``situations_seen`` and ``texts_seen`` (shares of its rows whose
        normalised situation or core text also occurs among the seen ones), ``nearest`` (largest cosine similarity of
        one of its texts with a seen text).
    """
    normal = frame.with_columns(
        _situation=pl.col("situation").str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars(),
        _text=pl.col("text").map_elements(core, return_dtype=pl.String),
    )
    seen = normal.filter(pl.col("part") == "seen")
    texts = seen["_text"].unique(maintain_order=True).to_list()
    known = np.asarray(embed(texts), np.float32) if texts else np.zeros((0, 1), np.float32)
    rows = []
    for part in ("new situation", "new consideration", "both new"):
        own = normal.filter(pl.col("part") == part)
        mine = own["_text"].unique(maintain_order=True).to_list()
        nearest = float((np.asarray(embed(mine), np.float32) @ known.T).max()) if mine and texts else None
        rows.append(
            {
                "part": part,
                "rows": own.height,
                "situations_seen": own["_situation"].is_in(seen["_situation"].unique().to_list()).mean(),
                "texts_seen": own["_text"].is_in(texts).mean(),
                "nearest": nearest,
            }
        )
    return pl.DataFrame(rows)
