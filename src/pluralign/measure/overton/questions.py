"""Questions with the views that people reasonably hold on them, and responses to be looked at; from JSON lines.

A line of a file of questions is ``{"id", "text", "views"}`` and perhaps ``{"unreasonable", "metadata"}``; a view is a
text, or ``{"text"}`` and perhaps ``{"weight", "group"}``. A line of a file of responses is ``{"question", "source",
"text"}`` and perhaps ``{"sample", "tokens"}``. Nothing else is accepted.
"""

import math
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pluralign.errors import DataError
from pluralign.suite.data import read_jsonl

_QUESTION = {"id", "text", "views", "unreasonable", "metadata"}
_VIEW = {"text", "weight", "group"}
_RESPONSE = {"question", "source", "text", "sample", "tokens"}


@dataclass(frozen=True, slots=True)
class View:
    """One reasonable view.

    Attributes:
        text: what is held, as a statement.
        weight: number or share of the people who hold it, in any unit; positive.
        group: who holds it, or None.
    """

    text: str
    weight: float = 1.0
    group: str | None = None

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise DataError("a view has no text")
        if not (math.isfinite(self.weight) and self.weight > 0):
            raise DataError(
                f"the weight of a view must be positive and finite, got {self.weight}", where=self.text[:60]
            )


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the views that an Overton-pluralistic response lays out.

    Attributes:
        id: unique among the questions.
        text: the question as it is asked.
        views: the reasonable views, at least one, each text once.
        unreasonable: views that a response should not show: hardly anybody holds them, or they are off topic.
        metadata: facts about the question.
    """

    id: str
    text: str
    views: tuple[View, ...]
    unreasonable: tuple[str, ...] = ()
    metadata: Mapping[str, str | int | float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.id or not self.text.strip():
            raise DataError("a question needs an id and a text", where=self.id or self.text[:60])
        if not self.views:
            raise DataError("a question without views", where=self.id, fix="Give at least one view.")
        texts = [*(view.text for view in self.views), *self.unreasonable]
        if not all(text.strip() for text in texts):
            raise DataError("a view has no text", where=self.id)
        if twice := [text for text in texts if texts.count(text) > 1]:
            raise DataError(f"a view is listed twice: {twice[0][:60]!r}", where=self.id, fix="List each view once.")

    @classmethod
    def of(cls, id: str, text: str, views: Iterable[str]) -> "Question":
        """A question whose views are given as texts, all of the same weight."""
        return cls(id, text, tuple(View(view) for view in views))

    @property
    def shares(self) -> np.ndarray:
        """Weights of the views, shape (views,), with sum 1."""
        weights = np.array([view.weight for view in self.views])
        return weights / weights.sum()


@dataclass(frozen=True, slots=True)
class Response:
    """A response to a question.

    Attributes:
        question: id of the question.
        source: who gave it: the name of a model, or of a reference.
        text: the response; may be empty.
        sample: which of several responses of this source.
        tokens: what it cost, where that is known.
    """

    question: str
    source: str
    text: str
    sample: int = 0
    tokens: int | None = None


def read_questions(path: Path) -> list[Question]:
    """Read questions.

    Raises:
        DataError: the file cannot be read, or a line is not a question; names the line.
    """
    found: list[Question] = []
    for where, row in _rows(path, _QUESTION, ("id", "text", "views")):
        _check(isinstance(row["id"], str) and isinstance(row["text"], str), "id and text must be texts", where)
        _check(isinstance(row["views"], list), "views must be a list", where)
        unreasonable, metadata = row.get("unreasonable", []), row.get("metadata", {})
        _check(
            isinstance(unreasonable, list) and all(isinstance(text, str) for text in unreasonable),
            "unreasonable must be a list of texts",
            where,
        )
        _check(isinstance(metadata, dict), "metadata must be an object", where)
        with _at(where):
            views = tuple(_view(one, where) for one in row["views"])
            found.append(Question(row["id"], row["text"], views, tuple(unreasonable), metadata))
        _check(all(one.id != row["id"] for one in found[:-1]), f"question {row['id']!r} is there twice", where)
    _check(bool(found), "no questions", path)
    return found


def read_responses(path: Path, questions: Iterable[Question]) -> list[Response]:
    """Read responses to ``questions``.

    Raises:
        DataError: the file cannot be read, a line is not a response, answers no known question, or repeats question,
            source and sample of an earlier line; names the line.
    """
    known = {question.id for question in questions}
    found: dict[tuple[str, str, int], Response] = {}
    for where, row in _rows(path, _RESPONSE, ("question", "source", "text")):
        _check(all(isinstance(row[k], str) for k in ("question", "source", "text")), "fields must be texts", where)
        sample, tokens = row.get("sample", 0), row.get("tokens")
        _check(type(sample) is int and sample >= 0, "sample must be a whole number from 0", where)
        _check(tokens is None or (type(tokens) is int and tokens >= 0), "tokens must be a whole number", where)
        _check(bool(row["source"]), "source is empty", where)
        _check(row["question"] in known, f"there is no question {row['question']!r}", where)
        key = (row["question"], row["source"], sample)
        _check(key not in found, "a response is there twice: number the samples of a source", where)
        found[key] = Response(row["question"], row["source"], row["text"], sample, tokens)
    _check(bool(found), "no responses", path)
    return list(found.values())


def _view(value: Any, where: str) -> View:
    if isinstance(value, str):
        return View(value)
    _check(isinstance(value, dict) and isinstance(value.get("text"), str), "a view is a text, or has one", where)
    _check(not (extra := value.keys() - _VIEW), f"unknown field {min(extra, default='')!r} of a view", where)
    weight, group = value.get("weight", 1.0), value.get("group")
    _check(type(weight) in (int, float), "the weight of a view must be a number", where)
    _check(group is None or isinstance(group, str), "the group of a view must be a text", where)
    return View(value["text"], float(weight), group)


def _rows(path: Path, allowed: set[str], required: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, row in enumerate(read_jsonl(path), 1):
        where = f"{path}, row {number}"
        for name in required:
            _check(name in row, f"field {name!r} is absent", where)
        _check(not (extra := row.keys() - allowed), f"unknown field {min(extra, default='')!r}", where)
        yield where, row


@contextmanager
def _at(where: str) -> Generator[None]:
    """What is wrong with a question is wrong in this row."""
    try:
        yield
    except DataError as error:
        raise DataError(error.what, where=where, fix=error.fix or "Correct the file.") from None


def _check(right: bool, what: str, where: object) -> None:
    if not right:
        raise DataError(what, where=where, fix="Correct the file.")
