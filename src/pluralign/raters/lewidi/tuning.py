"""The second stage: an encoder fine-tuned on the ratings of one data set."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logit

from pluralign.raters.lewidi.auxiliary import Auxiliary
from pluralign.raters.lewidi.data import LewidiSet
from pluralign.raters.lewidi.pairs import Pairs
from pluralign.raters.lewidi.pieces import Arrays, Pieces

if TYPE_CHECKING:
    from pluralign.lm.finetune import Marks, Settings
    from pluralign.lm.halves import Texts

TOKENS = 64
"""Most tokens of a field that the encoder reads."""
PARTS = 3
"""Encoders per data set, each trained on the items of all folds but its own."""


@dataclass(frozen=True)
class Tuned:
    """What the fine-tuned encoders say, training items each by the encoder that did not see them.

    Attributes:
        scores: log-odds to be added to any rater's base rate, shape (items, bits).
        personal: log-odds to be added for the rater's own direction, shape (pairs, channels).
    """

    scores: np.ndarray
    personal: np.ndarray


def tune(
    data: LewidiSet,
    pairs: Pairs,
    offsets: np.ndarray,
    texts: Callable[[], "Texts"],
    settings: tuple["Settings", "Settings"],
    extra: Auxiliary | None,
    pieces: Pieces,
    report: Callable[[str], None],
) -> Tuned:
    """Fine-tune an encoder on each part of the training items and read all items.

    Args:
        data: the data set.
        pairs: who rated what; the folds are gathered into ``PARTS`` parts.
        offsets: log-odds of each bit by what is known of the rater, shape (pairs, bits).
        texts: gives the items ready for the encoder.
        settings: how to fine-tune on the ratings, and on other judgements.
        extra: other judgements to fine-tune on before.
        pieces: where the result of each part is kept.
        report: told what is being done.
    """
    from pluralign.lm.finetune import Marks, Reader, read, train
    from pluralign.lm.halves import prepare

    items = data.train.items.select(data.fields).rows()
    part_of = np.where(pairs.item_fold >= 0, pairs.item_fold % PARTS, -1)
    known = pairs.known
    # Made when the first part needs them: a run whose parts are all kept loads no encoder.
    first: list[Reader] = []

    def one(part: int) -> Arrays:
        if not first:
            first.append(Reader(len(data.fields), pairs.bits.shape[1], pairs.channels, pairs.raters, settings[0]))
            if extra is not None:
                report(f"{data.name}: fine-tuning on {len(extra.texts)} other judgements")
                train(first[0], prepare(extra.texts, TOKENS), _extra_marks(extra, pairs), settings[1])
        report(f"{data.name}: fine-tuning, part {part + 1} of {PARTS}")
        reader = deepcopy(first[0])
        seen = known & (part_of[pairs.item] != part)
        marks = Marks(
            pairs.item[seen], pairs.rater[seen], pairs.bits[seen], offsets[seen], pairs.channel, pairs.raters
        )
        train(reader, texts(), marks, settings[0])
        found = read(reader, texts())
        return {"scores": found.scores, "personal": found.personal(pairs.item, pairs.rater)}

    scores = np.zeros((len(items), pairs.bits.shape[1]))
    personal = np.zeros((len(pairs.item), pairs.channels))
    for part in range(PARTS):
        key = (items, settings, extra.texts if extra else None, offsets.sum())
        found = pieces.get(f"{data.name}-tuned-{part}", key, lambda part=part: one(part))
        own, own_pairs = part_of == part, part_of[pairs.item] == part
        scores[own], personal[own_pairs] = found["scores"][own], found["personal"][own_pairs]
        scores[part_of < 0] += found["scores"][part_of < 0] / PARTS
        personal[~known] += found["personal"][~known] / PARTS
    return Tuned(scores, personal)


def _extra_marks(extra: Auxiliary, pairs: Pairs) -> "Marks":
    """Each of the other judgements as one rating, by the share of its people, by a rater who counts for none."""
    from pluralign.lm.finetune import Marks

    count = len(extra.texts)
    base = np.tile(logit(extra.shares.mean(axis=0)), (count, 1))
    nobody = np.full(count, -1)
    return Marks(np.arange(count), nobody, extra.shares, base, pairs.channel, pairs.raters)
