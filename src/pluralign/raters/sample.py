"""A random part of the raters of a data set, where all of them would take too long."""

from dataclasses import replace

import numpy as np
import polars as pl

from pluralign.episode import generator
from pluralign.errors import UsageError
from pluralign.raters.reading import Note, Reading


def at_most(reading: Reading, raters: int, seed: int = 0) -> Reading:
    """At most so many raters, drawn at random, with their ratings and the items that they rated.

    Whether a rater is among them depends on the seed and the ids of all raters, not on the order of rows.

    Raises:
        UsageError: it is less than 1.
    """
    if raters < 1:
        raise UsageError(f"the number of raters must be at least 1, not {raters}")
    ratings = reading.ratings
    if ratings.raters.height <= raters:
        return reading
    lots = [generator("raters", seed, name).random() for name in ratings.raters["rater"].to_list()]
    kept = np.sort(np.argsort(lots, kind="stable")[:raters])
    table = ratings.table.filter(pl.col("rater").is_in(pl.Series(kept).implode()))
    items = np.unique(table["item"].to_numpy())
    numbered = table.with_columns(
        pl.Series("rater", np.searchsorted(kept, table["rater"].to_numpy()), table.schema["rater"]),
        pl.Series("item", np.searchsorted(items, table["item"].to_numpy()), table.schema["item"]),
    )
    part = replace(ratings, table=numbered, raters=ratings.raters[kept], items=ratings.items[items])
    note = Note("raters left out at random", ratings.raters.height - raters)
    return replace(reading, ratings=part, notes=(*reading.notes, note))
