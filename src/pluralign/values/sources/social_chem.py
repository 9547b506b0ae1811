"""Social Chemistry 101 (Forbes et al. 2020): situations, rules of thumb on them, and how far people disagree."""

import polars as pl

from pluralign.suite.data import DataRoot
from pluralign.values.sources.tables import judged, table, varied

_PARTS = ("obligatory", "optional")


def read(root: DataRoot) -> pl.DataFrame:
    """One row per situation and rule of thumb; ``form`` is ``obligatory`` (a duty) or ``optional`` (a permission).

    The valence follows from whether the situation's people do what the rule judges, and how it judges it; it is null
    where they do so perhaps. A permission supports what it permits; of not making use of it it says ``either``.
    """
    whole = root.find("social-chem-101/social-chem-101.v1.0.tsv", "social-chem-101.v1.0.tsv")
    columns = ("situation", "situation-short-id", "rot", "action-moral-judgment", "action-hypothetical")
    if whole is not None:
        rows = table(whole, *columns)
        zero = pl.col("action-moral-judgment") == 0
        rows = rows.with_columns(form=pl.when(zero).then(pl.lit("optional")).otherwise(pl.lit("obligatory")))
    else:
        parts = []
        for part in _PARTS:
            path = root.file(f"social_chem_101_subset/{part}_sc101.parquet", f"operator_mappings/{part}_sc101.csv")
            parts.append(table(path, *columns).select(columns).with_columns(form=pl.lit(part)))
        rows = pl.concat(parts, how="vertical_relaxed")
    judgement = pl.col("action-moral-judgment").cast(pl.Float64)
    done = pl.col("action-hypothetical")
    sign = judgement.sign() * pl.when(done == "explicit").then(1).when(done == "explicit-no").then(-1)
    valence = (
        pl.when((pl.col("form") == "optional") & (done == "explicit"))
        .then(pl.lit("supports"))
        .when((pl.col("form") == "optional") & (done == "explicit-no"))
        .then(pl.lit("either"))
        .when(sign > 0)
        .then(pl.lit("supports"))
        .when(sign < 0)
        .then(pl.lit("opposes"))
    )
    return judged(
        rows.with_columns(
            group="situation-short-id",
            text="rot",
            kind=pl.when(pl.col("form") == "optional").then(pl.lit("right")).otherwise(pl.lit("duty")),
            relevant=pl.lit(True),
            valence=valence,
        ),
        "social_chem",
    )


def disagreement(root: DataRoot) -> pl.DataFrame:
    """Rules of thumb with the share of annotators who disagree (Wan, Kim and Kang 2023)."""
    path = root.file("social_chem_101_subset/schem_disagreement.parquet")
    rows = table(path, "text", "disagreement_rate")
    return varied(
        rows.with_columns(group="text", situation="text", disagreement="disagreement_rate"),
        "social_chem_disagreement",
    )
