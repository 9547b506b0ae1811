"""Moral Stories (Emelin et al. 2021) with the changed norms of Kiehne et al. 2022: actions that keep or break a norm.

Each story has two actions and three norms: the original, which the first action keeps and the second breaks; a
permission, which both keep; and the opposite, which the second keeps and the first breaks. A permission does not say
which of the two it permits, so its valence is not known.
"""

import polars as pl

from pluralign.suite.data import DataRoot
from pluralign.values.sources.tables import judged, table

_LAYOUT = "contrastive_moral_stories/contra_ms/action+norm/norm_distance/dev.jsonl"


def read(root: DataRoot) -> pl.DataFrame:
    """One row per action and norm; ``form`` is ``original``, ``permission`` or ``contrast``, ``group`` the story."""
    path = root.file("moral_stories/contra_ms_dev.jsonl.gz", _LAYOUT, f"data/{_LAYOUT}")
    rows = table(path, "ID", "norm", "moral_action", "immoral_action", "label").with_columns(
        pl.col("label").cast(pl.Int64),
        group=pl.col("ID").str.slice(0, pl.col("ID").str.len_chars() - 1),
        first=pl.col("ID").str.ends_with("1"),
        situation=pl.coalesce("moral_action", "immoral_action"),
    )
    # What a norm says of the two actions tells what was done to it.
    keeps = rows.group_by("group", "norm").agg(
        one=pl.col("label").filter(pl.col("first")).first(), two=pl.col("label").filter(~pl.col("first")).first()
    )
    form = (
        pl.when((pl.col("one") == 1) & (pl.col("two") == 0))
        .then(pl.lit("original"))
        .when((pl.col("one") == 0) & (pl.col("two") == 1))
        .then(pl.lit("contrast"))
        .when((pl.col("one") == 1) & (pl.col("two") == 1))
        .then(pl.lit("permission"))
    )
    known = rows.join(keeps, on=["group", "norm"], how="left").with_columns(form=form).drop_nulls("form")
    permitted = pl.col("form") == "permission"
    # A few stories give one norm twice with different labels.
    found = known.filter(~permitted | (pl.col("label") == 1))
    return judged(
        found.with_columns(
            text="norm",
            kind=pl.when(permitted).then(pl.lit("right")).otherwise(pl.lit("duty")),
            relevant=pl.lit(True),
            valence=pl.when(permitted)
            .then(None)
            .when(pl.col("label") == 1)
            .then(pl.lit("supports"))
            .otherwise(pl.lit("opposes")),
        ),
        "moral_stories",
    )
