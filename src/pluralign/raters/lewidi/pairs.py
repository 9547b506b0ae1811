"""The (item, rater) pairs that a stacked system works on, and predictions made without the ratings of the same fold.

A model that reads other models' predictions must be trained on predictions of ratings that those did not see. So the
training items are dealt into folds; whatever is learned about a pair of fold k comes from the training ratings of the
other folds, and what is learned about dev and test pairs from all of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pluralign.raters.lewidi.bits import bits
from pluralign.raters.lewidi.data import LewidiSet

FOLDS = 5
QUERY = -1


@dataclass(frozen=True)
class Pairs:
    """All pairs of a data set: its training ratings, then dev, then test.

    Attributes:
        item: number of the item, shape (pairs,).
        rater: number of the rater, shape (pairs,).
        fold: fold of the item from 0, or -1 for a pair of dev or test, shape (pairs,).
        bits: bits of the training ratings, 0 or 1; NaN for the other pairs, shape (pairs, bits).
        channel: of each bit: what it is a degree of. All bits of an ordinal scale are one, each label of a set is its
            own, shape (bits,).
        item_fold: fold of each item, shape (items,).
        raters: number of raters.
    """

    item: np.ndarray
    rater: np.ndarray
    fold: np.ndarray
    bits: np.ndarray
    channel: np.ndarray
    item_fold: np.ndarray
    raters: int

    @property
    def known(self) -> np.ndarray:
        """Which pairs are training ratings, shape (pairs,)."""
        return self.fold >= 0

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.channel.max()) + 1

    def by_channel(self, per_bit: np.ndarray) -> np.ndarray:
        """Mean over the bits of each channel, shape (…, channels), of values of shape (…, bits)."""
        return np.stack([per_bit[..., self.channel == c].mean(axis=-1) for c in range(self.channels)], axis=-1)

    def apart(self, fit: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
        """Predictions for all pairs, each from training ratings of other folds.

        Args:
            fit: takes two masks over the pairs, the ratings to learn from and the pairs to predict; gives an array
                with one row per pair to predict.

        Returns:
            shape (pairs, …).
        """
        parts = [self.fold == fold for fold in (*range(int(self.fold.max()) + 1), QUERY)]
        found: np.ndarray | None = None
        for wanted in parts:
            if not wanted.any():
                continue
            some = fit(self.known & ~wanted, wanted)
            if found is None:
                found = np.empty((len(self.item), *some.shape[1:]), some.dtype)
            found[wanted] = some
        assert found is not None
        return found

    def hidden(self, fold: int) -> "Pairs":
        """The same pairs where nobody knows the ratings of a fold; the other folds move up."""

        def renumbered(folds: np.ndarray) -> np.ndarray:
            return np.where(folds == fold, QUERY, folds - (folds > fold))

        bits = np.where(self.fold[:, None] == fold, np.nan, self.bits)
        return replace(self, fold=renumbered(self.fold), bits=bits, item_fold=renumbered(self.item_fold))

    def worlds(self) -> list["Pairs"]:
        """The pairs with one fold hidden, for each fold, and at last the pairs as they are.

        :meth:`apart` keeps a rating out of one prediction. Where predictions are made from residuals of other
        predictions, a rating would still be in those, and a learner would find it there; so whatever is made of
        residuals is made once per world.
        """
        return [*(self.hidden(fold) for fold in range(int(self.fold.max()) + 1)), self]

    def assembled(self, parts: Sequence[np.ndarray]) -> np.ndarray:
        """From what was made in each of the :meth:`worlds`, with a row per pair, the rows of those hidden in it."""
        found = parts[-1].copy()
        for fold, rows in enumerate(parts[:-1]):
            found[self.fold == fold] = rows[self.fold == fold]
        return found


def pairs_of(data: LewidiSet, folds: int = FOLDS, seed: int = 0) -> Pairs:
    """The pairs of a data set; training items are dealt into folds at random, items with the same texts into one."""
    train, scale = data.train, data.scale
    parts = (train, data.dev, data.test)
    table = bits(scale)
    texts = train.items.select(data.fields).rows()
    number = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    dealt = np.random.default_rng(seed).permutation(len(number)) % folds
    of_text = dealt[[number[text] for text in texts]]
    item_fold = np.where((train.items["part"] == "train").to_numpy(), of_text, QUERY)
    item = np.concatenate([part.item for part in parts])
    marked = np.full((len(item), table.shape[1]), np.nan)
    marked[: len(train)] = table[train.label]
    channel = np.arange(table.shape[1]) if scale.kind == "multilabel" else np.zeros(table.shape[1], dtype=np.int64)
    rater = np.concatenate([part.rater for part in parts])
    return Pairs(item, rater, item_fold[item], marked, channel, item_fold, train.raters.height)
