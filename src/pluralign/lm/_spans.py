"""Where the tokens that a server names lie in the text that it was sent."""

import re
from collections.abc import Iterator, Sequence

import numpy as np

from pluralign.lm._requests import Refused

_BYTE = re.compile(r"<0x([0-7][0-9A-Fa-f])>")


def spans(text: str, tokens: Sequence[str]) -> np.ndarray:
    """Begin and end of each token in a text, by what the tokens spell.

    Tokens that spell no text of their own (a mark of the beginning, or part of a character) cover what lies between
    their neighbours, which may be nothing.

    Args:
        text: what was sent.
        tokens: as named by the server, with or without tokens after the text.

    Returns:
        shape (tokens of the text, 2).

    Raises:
        Refused: the tokens do not spell the text.
    """
    found: list[tuple[int, int]] = []
    unclear: list[str] = []
    at = 0
    for token in tokens:
        if at == len(text):
            break
        place = _place(text, token, at, unclear)
        if place is None:
            unclear.append(token)
            continue
        found += [(at, place[0])] * len(unclear) + [place]
        unclear, at = [], place[1]
    if at < len(text) and unclear and len(text) - at <= _reach(unclear):
        # The last character is in parts.
        found += [(at, len(text))] * len(unclear)
        at = len(text)
    if at < len(text):
        raise Refused(
            f"the tokens named by the server do not spell the text sent, from {text[at : at + 20]!r} on",
            fix="Name the model's tokenizer, so that token ids are sent; or the server cuts long texts: send shorter.",
        )
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _place(text: str, token: str, at: int, unclear: Sequence[str]) -> tuple[int, int] | None:
    """Where a token lies that comes after some that could not be placed, the nearest place first."""
    for spelling in _spellings(token):
        start = text.find(spelling, at, at + _reach(unclear) + len(spelling))
        if start >= 0 and (start == at or unclear):
            return start, start + len(spelling)
    return None


def _reach(unclear: Sequence[str]) -> int:
    """Characters that tokens which could not be placed may cover."""
    return sum(len(token) + 1 for token in unclear)


def _spellings(token: str) -> Iterator[str]:
    """The texts that a token's name may stand for: itself, with visible spaces, or the code of a byte."""
    if token and "\ufffd" not in token:
        yield token
        if "▁" in token:
            yield token.replace("▁", " ")
        if code := _BYTE.fullmatch(token):
            yield chr(int(code[1], 16))
