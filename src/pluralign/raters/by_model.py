"""Profiles of all raters by a language model."""

import numpy as np

from pluralign.errors import UsageError
from pluralign.lm.protocol import LanguageModel, Progress
from pluralign.raters.compact import Settings
from pluralign.raters.llm_encoder import LLMEncoder
from pluralign.raters.ratings import Ratings
from pluralign.raters.representation import Profile
from pluralign.raters.splits import Split
from pluralign.raters.trained import Said, embedded, fit, quiet


def profiles(
    ratings: Ratings,
    rows: list[np.ndarray],
    model: LanguageModel,
    *,
    candidates: int = 1,
    settings: Settings | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    said: Said = quiet,
) -> list[Profile]:
    """One profile per rater.

    Of several candidates, a compact decoder chooses that learned from the other half of the raters.

    Args:
        rows: for each rater, the numbers of the ratings that the profile may be read from.
        candidates: profiles drawn per rater.

    Raises:
        UsageError: there are too few raters for a choice among candidates.
        ModelError: the model cannot be asked.
    """
    if candidates < 2:
        return LLMEncoder(model, seed=seed, progress=progress).encode(ratings, rows)
    if len(rows) < 4:
        raise UsageError(f"{len(rows)} raters are too few to choose among candidates", fix="Ask for one candidate.")
    vectors = embedded(ratings)
    part = np.random.default_rng([seed, 5]).permutation(len(rows)) % 2
    found = [Profile()] * len(rows)
    for own in (0, 1):
        learned = np.sort(np.concatenate([some for some, half in zip(rows, part, strict=True) if half != own]))
        every = Split("raters", seed, learned, learned, learned[:0])
        decoder = fit(ratings, every, vectors, settings=settings, said=said).decoder
        places = np.flatnonzero(part == own).tolist()
        encoder = LLMEncoder(model, candidates, decoder, seed=seed, progress=progress)
        for place, profile in zip(places, encoder.encode(ratings, [rows[p] for p in places]), strict=True):
            found[place] = profile
    return found
