"""What coverage tasks share: their card, their single process, and validity by a closed list or an integer range."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from pluralign.episode import Example, Process
from pluralign.suite.registry import Card
from pluralign.suite.synthetic import SYNTHETIC

Accept = Callable[[str], str | None]


def coverage_card(name: str, answer: str, *, overlaps: tuple[str, ...] = ()) -> Card:
    """The card of a held-out coverage task whose valid answers follow from public facts or a stated rule.

    Args:
        answer: what one valid answer is, in the singular.
        overlaps: names of tasks that share content with this one.
    """
    return replace(
        SYNTHETIC,
        name=name,
        kind="cover",
        summary=f"produce {answer}; validity is decided by a rule",
        source="Rules and lists of public facts, written for this package",
        split="heldout",
        unit="set of valid answers",
        generated=(answer,),
        ships=False,
        overlaps=overlaps,
    )


def coverage_process(
    name: str,
    description: str,
    examples: tuple[str, str, str],
    accept: Accept,
    *,
    size: int | None = None,
    max_tokens: int = 24,
) -> Process:
    """The single process of a coverage task.

    Args:
        examples: three valid answers, shown where a prompt has examples.
        accept: see :class:`pluralign.episode.Process`.
        max_tokens: longest answer to sample, chosen so that no usual tokenizer cuts a valid one.
    """
    return Process(
        id=name,
        examples=tuple(Example(text) for text in examples),
        descriptions=(description,),
        accept=accept,
        size=size,
        metadata={"max_tokens": max_tokens},
    )


def one_of(answers: Iterable[str], *, ignore_case: bool = False, aliases: Mapping[str, str] | None = None) -> Accept:
    """Validity by a closed list.

    Args:
        answers: the valid answers, each its own canonical form.
        ignore_case: accept other capitalisations, which then count as the same answer.
        aliases: other spellings, to the answer that they stand for.
    """
    fold = str.casefold if ignore_case else str
    canonical = {fold(answer): answer for answer in answers} | {fold(a): b for a, b in (aliases or {}).items()}
    return lambda text: canonical.get(fold(text.strip()))


def integer_between(low: int, high: int) -> Accept:
    """Validity of integers from ``low`` (at least 0) to ``high``, in digits without a sign or leading zeros."""
    digits = re.compile(f"0|[1-9][0-9]{{0,{len(str(high)) - 1}}}")

    def accept(text: str) -> str | None:
        text = text.strip()
        return text if digits.fullmatch(text) and low <= int(text) <= high else None

    return accept
