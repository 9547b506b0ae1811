"""Answers in text, read strictly: an option, percentages of all options, a list of draws, or nothing."""

import json
import re
from collections.abc import Sequence
from math import isfinite

import numpy as np

TOLERANCE = 5.0
"""How many points the percentages of an answer may be away from 100 in sum; they are then rescaled."""

_FENCE = re.compile(r"```(?:json)?\s*\n(.*)\n\s*```", re.DOTALL)


def matched(text: str, choices: Sequence[str]) -> int | None:
    """Index of the choice that a text is, white space around both left aside; None where it is none of them."""
    return next((i for i, choice in enumerate(choices) if choice.strip() == text.strip()), None)


def shares(text: str, choices: Sequence[str]) -> np.ndarray | None:
    """The distribution that an answer states as a JSON object from every choice to its percentage.

    A code fence around the object, and percentages written as text with or without a percent sign, are allowed.

    Returns:
        shares that sum to 1, shape (choices,); None where the answer is no such object, lacks a choice, has another
        key or one twice, or where a percentage is negative or the sum is more than ``TOLERANCE`` away from 100.
    """
    content = _json(text)
    if not isinstance(content, dict) or len(content) != len(choices):
        return None
    found = {matched(key, choices): _percentage(value) for key, value in content.items()}
    given = [found.get(index) for index in range(len(choices))]
    percentages = np.array([value for value in given if value is not None])
    if len(percentages) < len(choices) or abs(percentages.sum() - 100) > TOLERANCE:
        return None
    return percentages / percentages.sum()


def draws(text: str, choices: Sequence[str]) -> list[int | None] | None:
    """The draws that an answer lists as a JSON list of choices, a code fence around it allowed.

    Returns:
        one index per draw, None for an entry that is no choice; None where the answer is no list.
    """
    content = _json(text)
    if not isinstance(content, list):
        return None
    return [matched(entry, choices) if isinstance(entry, str) else None for entry in content]


def records(text: str) -> list[tuple[str, float]] | None:
    """Texts with their percentages from an answer that is a JSON list of ``{"text": ..., "percent": ...}``.

    Returns:
        None where the answer is no such list, a percentage is negative, or all are 0.
    """
    content = _json(text)
    if not isinstance(content, list):
        return None
    found = []
    for entry in content:
        if not isinstance(entry, dict) or entry.keys() != {"text", "percent"} or not isinstance(entry["text"], str):
            return None
        percentage = _percentage(entry["percent"])
        if percentage is None:
            return None
        found.append((entry["text"], percentage))
    return found if sum(percentage for _, percentage in found) else None


def _json(text: str) -> object:
    fenced = _FENCE.fullmatch(text.strip())
    try:
        return json.loads(fenced[1] if fenced else text, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        return None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object; one that has a key twice has no clear meaning."""
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("a key is given twice")
    return content


def _percentage(value: object) -> float | None:
    if isinstance(value, str):
        written = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%?\s*", value)
        value = float(written[1]) if written else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) and number >= 0 else None
