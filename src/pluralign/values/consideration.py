"""One consideration: a value, right or duty that bears on a situation, as data and models write it."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from pluralign.errors import DataError

Kind = Literal["value", "right", "duty"]
Valence = Literal["supports", "opposes", "either"]

KINDS: tuple[Kind, ...] = get_args(Kind)
VALENCES: tuple[Valence, ...] = get_args(Valence)
"""In the order of the columns wherever probabilities of valences stand in an array."""

_PREFIX = re.compile(r"(right|duty)\s+(to|of|not to)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Consideration:
    """A value, right or duty.

    Attributes:
        kind: which of the three.
        text: its name, such as "Honesty", "Right to privacy", "Duty to keep promises".
        valence: whether it supports or opposes what the situation describes, or either, by context; None: unknown.
        explanation: how it bears on the situation, in a sentence; empty where none was given.
    """

    kind: Kind
    text: str
    valence: Valence | None = None
    explanation: str = ""

    def __str__(self) -> str:
        return f"{self.kind.capitalize()}: {self.text}"


@dataclass(frozen=True, slots=True)
class Pair:
    """A situation and a consideration that may bear on it.

    Attributes:
        situation: what is done or considered, as a person would type it.
        kind: of the consideration.
        text: of the consideration.
    """

    situation: str
    kind: Kind
    text: str


def core(text: str) -> str:
    """The text without "Right to" or "Duty to", in small letters: what similarity and leakage are measured on.

    The opening words give the kind away, so two rights look alike because both are rights (reference to
    ``docs/values.md``, "Two hold-outs").
    """
    return _PREFIX.sub("", " ".join(text.split()).strip(" ."), count=1).casefold()


def kind_of(name: str, where: object = None) -> Kind:
    """The kind that a name stands for, whatever its case.

    Raises:
        DataError: it is no kind.
    """
    found = name.strip().lower()
    for kind in KINDS:
        if found == kind:
            return kind
    raise DataError(
        f"there is no kind of consideration {name.strip()[:40]!r}", where=where, fix="Kinds: value, right, duty."
    )


def valence_of(name: str, where: object = None) -> Valence:
    """The valence that a name stands for, whatever its case.

    Raises:
        DataError: it is no valence.
    """
    found = name.strip().lower()
    for valence in VALENCES:
        if found == valence:
            return valence
    fix = "Valences: supports, opposes, either."
    raise DataError(f"there is no valence {name.strip()[:40]!r}", where=where, fix=fix)


def parse(line: str) -> Consideration:
    """A consideration from "Kind: text"; all that follows the first colon is the text.

    Raises:
        DataError: there is no colon, no such kind, or no text.
    """
    name, colon, text = line.partition(":")
    text = " ".join(text.split())
    if not colon or not text:
        raise DataError(f"not of the form 'Value: text': {line.strip()[:60]!r}")
    return Consideration(kind_of(name), text)
