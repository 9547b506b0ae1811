"""What each known attribute explains, beside camps of the same number and random groups."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from pluralign.raters.findings import Estimate, Field
from pluralign.raters.grouped import by_field
from pluralign.raters.ratings import Ratings
from pluralign.raters.verdict import counted

SMALL = 10
"""Raters in a group below which a warning is given."""


def fields(ratings: Ratings, tables: Sequence[pl.DataFrame]) -> list[Field]:
    """One record per attribute, the most informative first.

    Args:
        tables: of :func:`pluralign.raters.grouped.grouped`, one per split; values and ends of intervals are averaged.
    """
    found = []
    for field in telling(ratings):
        group, names = by_field(ratings, field)
        sizes = np.bincount(group[group >= 0], minlength=len(names)).tolist()
        rows = [table.row(by_predicate=pl.col("grouping") == f"field {field}", named=True) for table in tables]
        clusters = [
            row
            for table, own in zip(tables, rows, strict=True)
            for row in table.filter(pl.col("grouping") == f"clusters {own['groups']}").to_dicts()
        ]
        found.append(
            Field(
                field,
                list(zip(names, sizes, strict=True)),
                _mean(rows, ("information_nats", "information_nats_low", "information_nats_high")),
                _mean(clusters, ("information_nats", "information_nats_low", "information_nats_high")),
                _mean(rows, ("random_nats", None, "random_nats_high")),
                _warning(names, sizes, int((group < 0).sum())),
            )
        )
    return sorted(found, key=lambda one: -(one.information_nats[0] or 0))


def telling(ratings: Ratings) -> list[str]:
    """The attributes by which raters fall into two groups or more."""
    return [field for field in ratings.attributes if len(by_field(ratings, field)[1]) > 1]


def _mean(rows: Sequence[dict], columns: Sequence[str | None]) -> Estimate:
    values = [[row[column] for row in rows if column and row[column] is not None] for column in columns]
    one, low, high = (float(np.mean(some)) if some else None for some in values)
    return one, low, high


def _warning(names: Sequence[str], sizes: Sequence[int], unknown: int) -> str:
    small = [f"{name} ({size})" for name, size in zip(names, sizes, strict=True) if size < SMALL]
    parts = []
    if small:
        shown = ", ".join(small[:4]) + (f" and {len(small) - 4} more" if len(small) > 4 else "")
        parts.append(f"Fewer than {SMALL} raters in: {shown}.")
    if unknown:
        parts.append(f"Not known of {counted(unknown, 'rater')}.")
    return " ".join(parts)
