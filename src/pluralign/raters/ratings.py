"""The ratings table: who gave which label to what."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from pluralign.raters.scale import Scale


@dataclass(frozen=True)
class Ratings:
    """Ratings of items by raters, on one scale. Raters, items and answers are numbered from 0.

    Attributes:
        name: of the data set.
        question: what the raters were asked, in a sentence.
        scale: the answers that they could give.
        table: one row per rating: ``rater`` (row of ``raters``), ``item`` (row of ``items``), ``label`` (place in
            ``scale.outcomes``), and ``reason`` (text, null where none) where raters gave reasons. At most one row per
            rater and item.
        raters: one row per rater: ``rater`` (id as text), then one column per attribute; null where it is not known.
        items: one row per item: ``item`` (id as text), ``text`` (what the rater saw), then columns that no decoder
            reads unless told to.
    """

    name: str
    question: str
    scale: Scale
    table: pl.DataFrame
    raters: pl.DataFrame
    items: pl.DataFrame

    @property
    def rater(self) -> np.ndarray:
        """Rater of each rating, shape (ratings,)."""
        return self.table["rater"].to_numpy()

    @property
    def item(self) -> np.ndarray:
        """Item of each rating, shape (ratings,)."""
        return self.table["item"].to_numpy()

    @property
    def label(self) -> np.ndarray:
        """Outcome of each rating, shape (ratings,)."""
        return self.table["label"].to_numpy()

    @property
    def attributes(self) -> tuple[str, ...]:
        """Names of what is known of the raters."""
        return tuple(self.raters.columns[1:])

    def __len__(self) -> int:
        return self.table.height

    def rows(self, keep: np.ndarray) -> "Ratings":
        """The ratings in rows ``keep`` (numbers or a mask) with all raters and items, so that their numbers stay."""
        return replace(self, table=self.table[np.flatnonzero(keep) if keep.dtype == bool else keep])
