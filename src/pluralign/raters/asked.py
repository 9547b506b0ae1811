"""What a language model predicts that is told about raters and is not trained on any rating."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from pluralign.lm.protocol import LanguageModel
from pluralign.raters.baselines import habits
from pluralign.raters.descriptive import DescriptiveEncoder
from pluralign.raters.lm_decoder import LMDecoder
from pluralign.raters.ratings import Ratings
from pluralign.raters.splits import Split
from pluralign.raters.trained import Said, counter, held_out, in_order, quiet, representations
from pluralign.raters.views import ALL, Telling

HABITS = "habits-all"
"""Name of the baseline that counts (:func:`pluralign.raters.baselines.habits`)."""


def cost(ratings: Ratings, split: Split, tellings: Sequence[Telling]) -> tuple[int, int]:
    """How many questions :func:`asked` asks, and how many characters of items these hold."""
    length = ratings.items["text"].str.len_chars().to_numpy().astype(np.int64)
    rows = split.evaluate
    raters, who = np.unique(ratings.rater[rows], return_inverse=True)
    own = in_order(ratings, split.fit, raters, split.seed)
    characters = 0
    for telling in tellings:
        most = None if telling.demonstrations == ALL else telling.demonstrations
        told = np.array([length[ratings.item[some[:most]]].sum() for some in own])
        characters += int(told[who].sum() + length[ratings.item[rows]].sum())
    return len(rows) * len(tellings), characters


def asked(
    ratings: Ratings,
    split: Split,
    vectors: np.ndarray,
    tellings: Sequence[Telling],
    model: LanguageModel,
    *,
    said: Said = quiet,
) -> pl.DataFrame:
    """Held-out losses on one split under every representation, and those of the baseline that counts.

    Profiles are written by the descriptive encoder, which learns from the training ratings. The column ``outside`` has
    the probability that the model gives to anything that is no answer; losses are of the answers' share of the rest.

    Args:
        vectors: embeddings of the items' texts, shape (items, dimensions).
        tellings: without clusters.

    Raises:
        DataError: there is too little to learn from.
        ModelError, ContextError: the model cannot be asked.
    """
    rows = split.evaluate
    raters, who = np.unique(ratings.rater[rows], return_inverse=True)
    own = in_order(ratings, split.fit, raters, split.seed)
    said("writing profiles", 0, 1)
    encoder = DescriptiveEncoder(ratings, split.train, vectors, seed=split.seed)
    parts = []
    for telling in tellings:
        decoder = LMDecoder(model, ratings, counter(said, f"predicting with {telling.name}", len(rows)))
        told = representations(ratings, telling, encoder, raters, own)
        read = decoder.read(ratings.item[rows], told, who)
        found = held_out(ratings, split, telling.name, read.probabilities)
        parts.append(found.with_columns(outside=pl.Series(read.outside, dtype=pl.Float64)))
    parts.append(held_out(ratings, split, HABITS, habits(ratings, split)))
    return pl.concat(parts, how="diagonal")
