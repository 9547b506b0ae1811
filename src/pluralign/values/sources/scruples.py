"""Scruples dilemmas (Lourie et al. 2021): two actions, and how far people disagree which is less ethical."""

import polars as pl

from pluralign.suite.data import DataRoot
from pluralign.values.sources.tables import table, varied


def read(root: DataRoot) -> pl.DataFrame:
    """One row per dilemma: 0 where all agree, 1 where people are most divided (Wan, Kim and Kang 2023)."""
    rows = table(root.file("scruples_dilemmas/dilemmas_disagreement.parquet"), "text", "disagreement_rate")
    return varied(rows.select(group="text", situation="text", disagreement=pl.col("disagreement_rate")), "scruples")
