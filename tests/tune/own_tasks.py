"""Two small tasks of one's own for the tests of tuning: raters who are described, and plain lists of words."""

from collections.abc import Iterator

import pytest

from pluralign.episode import Example, Process
from pluralign.suite import Card, DataRoot, Task, all_tasks, registry

RATERS, ITEMS, WORDS, PER_LIST = 12, 10, 30, 6


def card(name: str, unit: str) -> Card:
    return Card(
        name=name,
        kind="steer",
        summary="made for a test",
        source=name,
        access="synthetic",
        licence="Apache-2.0",
        citation="none",
        split="train",
        unit=unit,
    )


def raters(root: DataRoot) -> Iterator[Process]:
    """Raters who say yes to the items whose number their own divides."""
    for rater in range(1, RATERS + 1):
        yield Process(
            f"rater {rater}",
            tuple(Example("yes" if item % rater == 0 else "no", f"item {item}") for item in range(ITEMS)),
            ("Answers of one person.", f"Answers of one person, aged {20 + rater}."),
            ("yes", "no"),
            metadata={"age": 20 + rater},
        )


def words(root: DataRoot) -> Iterator[Process]:
    """Lists of words, half of which share content with a held-out task."""
    for number in range(WORDS):
        yield Process(
            f"list {number}",
            tuple(Example(f"ball {number} {index}") for index in range(PER_LIST)),
            ("Words.",),
            metadata={"overlap": number % 2},
        )


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add the tasks ``own_raters`` and ``own_words`` to the suite until the end of the test."""
    tasks = {
        "own_raters": Task(card("own_raters", "rater"), raters, lambda rng: 4),
        "own_words": Task(card("own_words", "list"), words),
    }
    monkeypatch.setattr(registry, "_TASKS", {**{t.card.name: t for t in all_tasks().values()}, **tasks})
