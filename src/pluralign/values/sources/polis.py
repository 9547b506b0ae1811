"""Collective Constitutional AI (Anthropic and CIP 2023): statements on how an AI should be, with a public's votes."""

import polars as pl

from pluralign.suite.data import DataRoot
from pluralign.values.sources.tables import table, varied

FEWEST = 20
"""Agreeing and disagreeing votes below which a statement is left out."""


def read(root: DataRoot) -> pl.DataFrame:
    """One row per statement; the disagreement is 1 where votes are split in half, 0 where they are all alike."""
    path = root.file("_no_licence_stated/ccai_polis/clean_comments.parquet", "ccai_polis/clean_comments.csv")
    rows = table(path, "comment-id", "comment-body", "agrees", "disagrees")
    votes = pl.col("agrees") + pl.col("disagrees")
    return varied(
        rows.filter(votes >= FEWEST).select(
            group=pl.col("comment-id").cast(pl.String),
            situation="comment-body",
            disagreement=2 * pl.min_horizontal("agrees", "disagrees") / votes,
        ),
        "ccai_polis",
    )
