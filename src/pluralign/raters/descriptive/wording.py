"""The sentences of a profile.

The language is small on purpose: a tendency, a direction and one of five degrees give one sentence, without numbers
in it, so that people with the same tendency share their words and a decoder can learn what they mean. The two
directions of a tendency are worded with different words, not only with the opposite one, because sentence embeddings
hardly tell "higher" from "lower".
"""

from collections.abc import Sequence

import numpy as np

from pluralign.raters.scale import Scale

DEGREES = ("slightly", "somewhat", "clearly", "far", "vastly")
"""Words before a comparative, from the faintest tendency to the strongest."""

CUTS = (0.5, 1.0, 1.6, 2.5)
"""Where one degree passes into the next, in standard deviations of the tendency over raters."""

PARTS = ("at the bottom", "in the lower part", "around the middle", "in the upper part", "at the top")
"""Parts of a long scale, from its low to its high end."""

_QUOTED = 60
"""Longest quotation in characters."""

_ORDERED = (
    ("disagree", "agree"),
    ("no", "yes"),
    ("against", "for"),
    ("oppose", "support"),
    ("dislike", "like"),
    ("false", "true"),
)
_UNSURE = frozenset(
    (
        "pass",
        "skip",
        "unsure",
        "not sure",
        "undecided",
        "neutral",
        "neither",
        "don't know",
        "do not know",
        "dont know",
        "dk",
        "no opinion",
        "can't say",
        "maybe",
    )
)
"""Answers, in small letters, that take neither side."""


def amount(scale: Scale) -> np.ndarray | None:
    """A number per outcome where answers are amounts of one thing, shape (outcomes,), else None.

    Amounts are the values of binary and ordinal scales, and -1, 0 and 1 for two opposite answers and one that takes
    neither side.
    """
    if scale.kind in ("binary", "ordinal"):
        return scale.values
    if scale.kind == "nominal":
        names = [label.strip().lower() for label in scale.labels]
        for low, high in _ORDERED:
            if len(names) == 3 and low in names and high in names and set(names) - {low, high} <= _UNSURE:
                return np.array([(name == high) - (name == low) for name in names], float)
    return None


def sides(scale: Scale) -> tuple[str, str] | None:
    """The answers at the low and the high end of a scale of amounts, where they are words."""
    values = amount(scale)
    if values is None or all(label.strip().lstrip("+-").replace(".", "").isdigit() for label in scale.labels):
        return None
    return scale.labels[int(values.argmin())], scale.labels[int(values.argmax())]


def agreement(scale: Scale) -> bool:
    """True where the answers are to agree and to disagree."""
    ends = sides(scale)
    return ends is not None and (ends[0].strip().lower(), ends[1].strip().lower()) == ("disagree", "agree")


def degree(size: float) -> int:
    """Place in ``DEGREES`` of a difference in standard deviations of the tendency over raters."""
    return int(np.searchsorted(CUTS, abs(size), side="right"))


def quoted(text: str) -> str:
    """A text in quotation marks, cut at a word boundary."""
    words = " ".join(text.split())
    if len(words) > _QUOTED:
        words = (words[: _QUOTED + 1].rpartition(" ")[0] or words[:_QUOTED]) + "…"
    return f"“{words}”"


def perhaps(sentence: str) -> str:
    """The sentence as a guess."""
    return f"Perhaps {sentence[0].lower()}{sentence[1:]}"


def level(scale: Scale, up: bool, grade: int) -> str:
    """More or less of what the scale measures than others."""
    word, ends = DEGREES[grade], sides(scale)
    if agreement(scale):
        return f"Agrees {word} more than others." if up else f"Harder to win over: approves {word} less than others."
    if ends and scale.kind != "ordinal":
        return f"Says “{ends[1]}” {word} more than others." if up else f"Leans to “{ends[0]}” {word} more than others."
    if ends:
        return f"Answers lie {word} nearer to “{ends[up]}” than those of others."
    return f"Rates {word} higher than others." if up else f"Gives {word} lower scores than most people."


def crowd(scale: Scale, up: bool, grade: int) -> str:
    """A larger or smaller difference than others make between items that the crowd rates high and low."""
    word = DEGREES[grade]
    if agreement(scale):
        return (
            f"Goes with general opinion {word} more than others."
            if up
            else f"Swims against the current: follows the majority {word} less than others."
        )
    if up:
        return f"Draws the line between what most rate high and what most rate low {word} more sharply than others."
    return f"Out of step with general opinion: what most rate high stands out {word} less than it does for others."


def part(first: str, last: str, number: int) -> str:
    """The answers in part ``number`` of a long scale."""
    return f"“{first}” to “{last}” {PARTS[number]} of the scale"


def share(answer: str, up: bool, grade: int) -> str:
    """One answer, or those in a part of the scale, more or less often than others."""
    word = DEGREES[grade]
    if up:
        return f"Answers {answer} {word} more often than others."
    return f"Sparing with {answer}: {word} less often than others."


def several(up: bool, grade: int) -> str:
    """More than one answer at once, more or less often than others."""
    word = DEGREES[grade]
    if up:
        return f"Often gives several answers at once, {word} more than others."
    return f"Settles on a single answer {word} more often than others."


def ends(up: bool, grade: int) -> str:
    """The two ends of the scale more or less often than others."""
    word = DEGREES[grade]
    if up:
        return f"Goes to extremes: uses the ends of the scale {word} more than others."
    return f"Keeps to the middle of the scale: uses the ends {word} less than others."


def axis(scale: Scale, toward: Sequence[str], away: Sequence[str], grade: int) -> str:
    """One pole of an axis rather than the other.

    Args:
        toward, away: names of cells at the two poles; ``away`` may be empty.
    """
    word, near, far = DEGREES[grade], " and ".join(toward), " and ".join(away)
    words = sides(scale)
    if amount(scale) is None:
        return f"Answers {near} {word} more often than {far or 'the rest'}, compared with others."
    rest = f"ones like {far}" if far else "the rest"
    if agreement(scale):
        return f"Agrees {word} more with items like {near} than with {rest}, compared with others."
    if words:
        return f"Answers “{words[1]}” {word} more to items like {near} than to {rest}, compared with others."
    return f"Rates items like {near} {word} higher than {rest}, compared with others."


def pole(scale: Scale, name: str) -> str:
    """One pole of an axis more than others, without looking at the other pole."""
    if agreement(scale):
        return f"Stands up for {name} and the like more than others do."
    words = sides(scale)
    if amount(scale) is None:
        return f"Often answers {name} and the like, more than others do."
    if words:
        return f"Finds “{words[1]}” more than others in {name} and the like."
    return f"Puts {name} and the like higher than others put them."


def theme(scale: Scale, name: str, up: bool, grade: int) -> str:
    """More or less of what the scale measures on one theme than on others, compared with the crowd."""
    word, high = DEGREES[grade], sides(scale)
    if agreement(scale):
        return (
            f"On {name}: easier to win over than elsewhere, agrees {word} more."
            if up
            else f"Reserved about {name}: approves {word} less than elsewhere."
        )
    if high:
        return f"On {name}: leans {word} more to “{high[up]}” than elsewhere."
    if up:
        return f"On {name}: rates {word} higher than elsewhere."
    return f"Marks down {name}: {word} lower scores there."
