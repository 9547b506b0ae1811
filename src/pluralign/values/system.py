"""From a situation to its map: generate, score, filter, deduplicate, explain, and add up.

The plan is that of Value Kaleidoscope (Sorensen et al. 2024, arXiv 2309.00779), with the scores of many situations
computed in shared batches.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import entr

from pluralign.lm.embed import embed as packaged
from pluralign.lm.protocol import Progress
from pluralign.values.consideration import Consideration, Kind, Pair, core
from pluralign.values.dedup import distinct
from pluralign.values.kaleidoscope import Kaleidoscope
from pluralign.values.split import Embed

AT_ONCE = 8
"""Situations whose candidates are scored together; the first map is known when those of so many are."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A consideration with what a model says of it in a situation.

    Attributes:
        kind: value, right or duty.
        text: its name.
        relevance: probability that it bears on the situation.
        supports, opposes, either: probabilities of the valences, which add up to 1.
        explanation: empty where the model has none.
    """

    kind: Kind
    text: str
    relevance: float
    supports: float
    opposes: float
    either: float
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Map:
    """What bears on a situation.

    Attributes:
        situation: as the models read it.
        considerations: by falling relevance.
        supports, opposes, either: of all shown together, weighted by relevance; they add up to 1. None where nothing
            is shown.
        entropy_nats: of these three; 0 where all pull one way, 1.10 where they are even.
        candidates: different considerations that were scored.
        below: of these, how many were not relevant enough.
        repeated: of the relevant ones, how many say the same as another.
        malformed: generated lines that were no consideration.
    """

    situation: str
    considerations: tuple[Scored, ...]
    supports: float | None
    opposes: float | None
    either: float | None
    entropy_nats: float | None
    candidates: int
    below: int
    repeated: int
    malformed: int


def maps(
    model: Kaleidoscope,
    situations: Sequence[str],
    *,
    thresholds: dict[Kind, float] | None = None,
    most: int | None = None,
    explain: bool = True,
    embed: Embed = packaged,
    progress: Progress | None = None,
) -> Iterator[Map]:
    """The map of each situation, in order, as soon as it is known.

    Args:
        model: generates and scores.
        situations: cleaned (:func:`pluralign.values.situation.situation`).
        thresholds: least relevance of each kind; None takes the model's own.
        most: at most so many considerations are shown, the most relevant ones; None shows all.
        explain: whether shown considerations are explained.
        embed: from texts to unit vectors, for what reads the same.
        progress: called with the number of situations finished since the last call.
    """
    least = model.thresholds if thresholds is None else model.thresholds | thresholds
    for start in range(0, len(situations), AT_ONCE):
        some = situations[start : start + AT_ONCE]
        generated = model.generate(some)
        candidates = [_different(one.considerations) for one in generated]
        pairs = [Pair(text, item.kind, item.text) for text, own in zip(some, candidates, strict=True) for item in own]
        relevance, valence = model.relevance(pairs), model.valence(pairs)
        ends = np.cumsum([0, *map(len, candidates)])
        enough = [
            [k for k in range(ends[n], ends[n + 1]) if relevance[k] >= least[pairs[k].kind]] for n in range(len(some))
        ]
        listed = [[Consideration(pairs[k].kind, pairs[k].text) for k in own] for own in enough]
        kept = distinct(listed, [relevance[own] for own in enough], model.limits, embed)
        for number, text in enumerate(some):
            shown = [enough[number][place] for place in kept[number].tolist()][:most]
            said = model.explain([pairs[k] for k in shown]) if explain and shown else [""] * len(shown)
            found = tuple(
                Scored(pairs[k].kind, pairs[k].text, float(relevance[k]), *map(float, valence[k]), why)
                for k, why in zip(shown, said, strict=True)
            )
            sides = total(found)
            yield Map(
                text,
                found,
                *(sides or (None, None, None)),
                None if sides is None else float(entr(np.array(sides)).sum()),
                len(candidates[number]),
                len(candidates[number]) - len(enough[number]),
                len(enough[number]) - len(kept[number]),
                len(generated[number].malformed),
            )
            if progress is not None:
                progress(1)


def score(model: Kaleidoscope, pairs: Sequence[Pair], progress: Progress | None = None) -> list[Scored]:
    """Relevance and valence of given pairs, in their order, without explanations."""
    relevance, valence = model.relevance(pairs, progress).tolist(), model.valence(pairs).tolist()
    return [
        Scored(pair.kind, pair.text, bears, supports, opposes, either)
        for pair, bears, (supports, opposes, either) in zip(pairs, relevance, valence, strict=True)
    ]


def total(considerations: Sequence[Scored]) -> tuple[float, float, float] | None:
    """Sum of relevance times valence, made to add up to 1; None where there is nothing to add."""
    summed = sum((np.array([c.supports, c.opposes, c.either]) * c.relevance for c in considerations), np.zeros(3))
    return tuple((summed / summed.sum()).tolist()) if summed.sum() > 0 else None


def _different(considerations: Sequence[Consideration]) -> list[Consideration]:
    """Each kind and text once, as first written."""
    return list({(item.kind, core(item.text)): item for item in reversed(considerations)}.values())[::-1]
