"""MoralStrength (Araque et al. 2020): people's ratings of words on five moral foundations."""

import polars as pl

from pluralign.suite.data import DataRoot
from pluralign.values.sources.tables import judged, table

FOUNDATIONS = {
    "care": "Care",
    "fairness": "Fairness",
    "loyalty": "Loyalty",
    "authority": "Authority",
    "purity": "Purity",
}
_MIDDLE = 5
_CLEAR = 1.5
"""Points from the middle of the scale from 1 to 9 beyond which a word counts as virtue or vice."""


def read(root: DataRoot) -> pl.DataFrame:
    """One row per word and foundation: relevant where most say so, supporting where the mean is a virtue."""
    parts = []
    for name, text in FOUNDATIONS.items():
        file = f"raw_annotations_{name}"
        path = root.file(f"moralstrength_raw/{file}.parquet", f"moralstrength_raw/{file}.tsv")
        rows = table(path, "WORD", "RELEVANCE", "EXPRESSED_MORAL")
        words = rows.group_by("WORD", maintain_order=True).agg(
            relevant=(pl.col("RELEVANCE") == 1).mean() > 0.5, moral=pl.col("EXPRESSED_MORAL").mean() - _MIDDLE
        )
        clear = pl.when(pl.col("moral") > _CLEAR).then(pl.lit("supports"))
        parts.append(
            words.select(
                group="WORD",
                form=pl.lit(name),
                situation="WORD",
                kind=pl.lit("value"),
                text=pl.lit(text),
                relevant="relevant",
                valence=clear.when(pl.col("moral") < -_CLEAR).then(pl.lit("opposes")),
            )
        )
    return judged(pl.concat(parts), "moralstrength")
