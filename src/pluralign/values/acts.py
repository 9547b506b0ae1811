"""Pairs of acts with rules that one keeps and the other breaks, written for this project."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

from pluralign.suite.data import read_jsonl
from pluralign.values.sources.tables import JUDGED
from pluralign.values.split import Embed, clusters

SOURCE = "acts"
PLAIN = "plain"
_FOLDER = Path(__file__).with_name("bank_data")


@dataclass(frozen=True)
class Acts:
    """Two acts and three rules.

    Attributes:
        keeps: the act that ``duty`` asks for.
        breaks: what could be done instead.
        duty: a rule that somebody holds, or the name of a value, right or duty.
        turned: the same rule turned around, whether anybody holds it or not; it asks for ``breaks``.
        other: a rule about something else that asks for ``breaks``; None where ``keeps`` is plainly better.
    """

    keeps: str
    breaks: str
    duty: str
    turned: str
    other: str | None = None


def _kind(rule: str) -> str:
    """Rules are sentences, or names of a right, a duty or a value."""
    if rule.startswith("Right "):
        return "right"
    return "duty" if rule.startswith("Duty ") or rule.endswith((".", "!")) else "value"


@cache
def acts() -> tuple[Acts, ...]:
    """Those that ship of which each has something for it."""
    return _read("acts.jsonl")


@cache
def plain() -> tuple[Acts, ...]:
    """Those that ship of which one act is plainly better, told apart by nearly everybody."""
    return _read("plain_acts.jsonl")


def _read(name: str) -> tuple[Acts, ...]:
    return tuple(Acts(**row) for row in read_jsonl(_FOLDER / name))


def pairs(written: Sequence[Acts], embed: Embed, source: str = SOURCE) -> pl.DataFrame:
    """Each act with each rule.

    Args:
        written: acts and rules.
        embed: from texts to unit vectors.
        source: that the rows name.

    Returns:
        columns of :data:`pluralign.values.sources.JUDGED`; ``form`` is ``original``, ``contrast`` (the rule turned
        around) or ``other``, and choices that read alike are of one ``group``.
    """
    if not written:
        return pl.DataFrame(schema=JUDGED)
    groups = clusters([one.keeps for one in written], embed).tolist()
    rules = (("original", "duty", "keeps"), ("contrast", "turned", "breaks"), ("other", "other", "breaks"))
    rows = [
        {
            "source": source,
            "group": f"{source} {group}",
            "form": form,
            "situation": getattr(one, act),
            "kind": _kind(getattr(one, rule)),
            "text": getattr(one, rule),
            "relevant": True,
            "valence": "supports" if act == right else "opposes",
        }
        for one, group in zip(written, groups, strict=True)
        for form, rule, right in rules
        if getattr(one, rule) is not None
        for act in ("keeps", "breaks")
    ]
    return pl.DataFrame(rows, schema=JUDGED)
