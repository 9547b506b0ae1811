"""The options of a question: what each says, which are refusals, and the same question in another order or label.

A question lists its options where it has one line per choice, in the order of the choices: ``A. Agree`` or
``1: Agree`` for choices that are labels, ``- Agree`` for choices that are texts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import ascii_uppercase

from pluralign.episode import Process

REFUSALS = frozenset(
    {
        *(
            "can't choose",
            "can't say",
            "cannot choose",
            "cannot say",
            "dk",
            "do not know",
            "don't know",
            "hard to say",
        ),
        *("missing", "n/a", "na", "no answer", "no opinion", "no response", "not applicable", "not asked"),
        *("not available", "not sure", "other missing", "prefer not to answer", "prefer not to say", "refusal"),
        *("refuse", "refused", "unknown", "unsure"),
    }
)
"""What an option says, in lower case, that is no opinion; one that joins several of them ("DK/Refused") is one too."""

_LABEL = re.compile(r"[A-Za-z]|\d+")
_SAYS_LABEL = re.compile(r"the letter of one option|one (?:letter|number|digit)(?: (?:of|from) [\w-]+ to [\w-]+)?")


@dataclass(frozen=True, slots=True)
class Listed:
    """A question taken apart.

    Attributes:
        before, after: the lines before and after the list.
        texts: what each option says, in the order of the choices.
        labelled: True where choices are labels of these texts, False where they are the texts.
        separator: what stands between label and text.
    """

    before: tuple[str, ...]
    texts: tuple[str, ...]
    after: tuple[str, ...]
    labelled: bool
    separator: str = ""


def listed(process: Process) -> Listed | None:
    """The options as the question lists them, or None where it has no such list; of several lists the last."""
    choices, lines = process.choices or (), tuple((process.question or "").splitlines())
    for start in range(len(lines) - len(choices), -1, -1):
        end = start + len(choices)
        some = lines[start:end]
        found = [
            re.fullmatch(re.escape(c) + r"([.:)] )\s*(\S.*)", line) for c, line in zip(choices, some, strict=True)
        ]
        matches = [match for match in found if match]
        if choices and len(matches) == len(choices) and len({match[1] for match in matches}) == 1:
            texts = tuple(match[2].strip() for match in matches)
            return Listed(lines[:start], texts, lines[end:], True, matches[0][1])
        if choices and some == tuple(f"- {choice}" for choice in choices):
            return Listed(lines[:start], choices, lines[end:], False)
    return None


def texts(process: Process) -> tuple[str, ...]:
    """What each option says: its text in the question's list, or the choice itself."""
    found = listed(process)
    return found.texts if found else process.choices or ()


def refusals(process: Process) -> tuple[bool, ...]:
    """Which options are no opinion (refused, don't know, no answer, not asked), by the words of ``REFUSALS``."""
    return tuple(map(is_refusal, texts(process)))


def is_refusal(text: str) -> bool:
    """Whether the text of an option, remarks in brackets left aside, says nothing but that there is no opinion."""
    plain = re.sub(r"\([^)]*\)", "", text.casefold().replace("’", "'"))
    parts = [part.strip(" .") for part in re.split(r"[;/,]|\bor\b", plain)]
    return bool(parts) and (parts[0] in ("missing", "other missing") or all(part in REFUSALS for part in parts))


def swapped_order(process: Process) -> tuple[Process, tuple[int, ...]] | None:
    """The same question with its options listed in reverse; labels and refusals keep their places.

    Returns:
        the process and, for each of its options, the index of the same option in the original; None where the
        question lists no options or fewer than two that are no refusals.
    """
    found = listed(process)
    if found is None:
        return None
    moving = [i for i, refusal in enumerate(refusals(process)) if not refusal]
    if len(moving) < 2:
        return None
    order = list(range(len(found.texts)))
    for place, option in zip(moving, reversed(moving), strict=True):
        order[place] = option
    said = [found.texts[i] for i in order]
    choices = process.choices if found.labelled else tuple(said)
    return _asked(process, found, _lines(found, said, choices or ()), choices or (), order), tuple(order)


def swapped_label(process: Process) -> Process | None:
    """The same question with the other kind of answer: the text of an option for its label, a letter for its text.

    Returns:
        the process, its options in the same order; None where choices are labels of options that the question does not
        list, where two options have the same text or there are more than letters, and where the description speaks of
        the label in words that are not known here.
    """
    found = listed(process)
    choices = process.choices or ()
    described = process.descriptions[0] if process.descriptions else None
    if found and found.labelled:
        if len(set(found.texts)) < len(choices):
            return None
        if described is not None:
            described, changed = _SAYS_LABEL.subn("the text of one option", described)
            if not changed and re.search(r"\b(letters?|numbers?|digits?)\b", described, re.IGNORECASE):
                return None
        asked = _asked(process, found, [f"- {text}" for text in found.texts], found.texts, range(len(choices)))
        return replace(asked, descriptions=() if described is None else (described,))
    if any(_LABEL.fullmatch(choice) for choice in choices) or not 2 <= len(choices) <= len(ascii_uppercase):
        return None
    labels = tuple(ascii_uppercase[: len(choices)])
    lines = tuple((process.question or "").splitlines())
    listing = Listed(found.before if found else lines, choices, found.after if found else (), True, ". ")
    asked = _asked(process, listing, _lines(listing, choices, labels), labels, range(len(choices)))
    said = "The answer is the letter of one option."
    return replace(asked, descriptions=(said if described is None else f"{described} {said}",))


def _lines(found: Listed, said: Sequence[str], labels: Sequence[str]) -> list[str]:
    if not found.labelled:
        return [f"- {text}" for text in said]
    return [label + found.separator + text for label, text in zip(labels, said, strict=True)]


def _asked(
    process: Process, found: Listed, lines: Sequence[str], choices: tuple[str, ...], order: Sequence[int]
) -> Process:
    target = process.target
    if target is not None:
        target = replace(target, probabilities=tuple(target.probabilities[i] for i in order))
    question = "\n".join((*found.before, *lines, *found.after))
    return replace(process, question=question, choices=choices, target=target)
