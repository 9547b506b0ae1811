"""Whether profiles can be believed: predictions follow their meaning, and many of them foretell where people agree."""

import numpy as np

from pluralign.errors import DataError
from pluralign.raters.agreement import agreement
from pluralign.raters.compact.texts import Embed
from pluralign.raters.describe.overview import counts
from pluralign.raters.descriptive.levels import LEVEL
from pluralign.raters.descriptive.wording import amount
from pluralign.raters.findings import Foreseen, Matching
from pluralign.raters.interpretability import Judge, direction_judge, embedding_judge, interpretability, stated
from pluralign.raters.trained import Trained


def matching(trained: Trained, texts: list[str]) -> list[Matching]:
    """How often the predictions of two profiles can be told apart by what the profiles say, in two kinds of pairs.

    Where answers are amounts, the judge goes by what a profile says of their level; elsewhere by the wording of
    profiles and answers. Empty where there are fewer than two profiles.

    Args:
        texts: of the items.
    """
    found = trained.candidates
    if len(found.profiles) < 2:
        return []
    table = interpretability(found.table, found.profiles, texts, _judge(trained, trained.decoder.embed))
    return [
        Matching(
            row["kind"],
            row["cases"],
            row["undecided"],
            (row["accuracy"], row["accuracy_low"], row["accuracy_high"]),
        )
        for row in table.to_dicts()
    ]


def _judge(trained: Trained, embed: Embed) -> Judge:
    scale = trained.ratings.scale
    values = amount(scale)
    return embedding_judge(embed, scale) if values is None else direction_judge(values, stated(LEVEL))


def foreseen(trained: Trained) -> Foreseen | None:
    """Agreement on items as the training raters' profiles foretell it, against that of the raters held out.

    None where there are too few ratings of single items, or profiles.
    """
    ratings, split, found = trained.ratings, trained.split, trained.candidates
    held_out = ratings.rows(np.isin(np.arange(len(ratings)), np.concatenate([split.fit, split.evaluate])))
    try:
        # No profile was written from a rating by the people whose agreement is observed.
        known = agreement(found.table, counts(held_out), np.zeros(found.table.shape[:2], bool))
    except DataError:
        return None
    value = known.pearson
    return Foreseen(
        known.items.height, (value.value, value.low, value.high), known.ceiling_split_half, known.ceiling_simulated
    )
