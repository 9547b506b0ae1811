"""ETHICS (Hendrycks et al. 2021), the part on virtues: scenarios, and traits that a person shows or does not show."""

import polars as pl

from pluralign.errors import DataError
from pluralign.suite.data import DataRoot
from pluralign.values.sources.tables import judged, table

_MARK = " [SEP] "


def virtue(root: DataRoot) -> pl.DataFrame:
    """One row per scenario and trait; a trait that is shown is relevant and supported, of others nothing is known.

    Raises:
        DataError: a scenario has no trait.
    """
    path = root.file("ethics_hendrycks/virtue_test.parquet", "ethics/virtue/virtue_test.csv", "virtue/virtue_test.csv")
    rows = table(path, "label", "scenario").with_columns(parts=pl.col("scenario").str.split(_MARK))
    if (bad := rows.with_row_index(offset=1).filter(pl.col("parts").list.len() != 2)).height:
        raise DataError(f"no trait after {_MARK.strip()!r}", where=f"{path}, row {bad['index'][0]}")
    shown = pl.col("label") == 1
    return judged(
        rows.select(
            group=pl.col("parts").list.get(0),
            form=pl.when(shown).then(pl.lit("shown")).otherwise(pl.lit("not shown")),
            situation=pl.col("parts").list.get(0),
            kind=pl.lit("value"),
            text=pl.col("parts").list.get(1).str.to_titlecase(),
            relevant=pl.when(shown).then(True),
            valence=pl.when(shown).then(pl.lit("supports")),
        ),
        "ethics_virtue",
    )
