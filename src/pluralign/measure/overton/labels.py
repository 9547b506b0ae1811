"""What people said about responses and views: the labels that a judge is compared with; from JSON lines.

A line is ``{"question", "response", "view", "rating"}`` or ``{..., "represented"}``, or both, and perhaps
``{"cluster"}``.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pluralign.errors import DataError
from pluralign.suite.data import read_jsonl

_FIELDS = {"question", "response", "view", "represented", "rating", "cluster"}

REPRESENTED = 0.75
"""Ratings on 0..1 from which a person counts as represented: 4 on a scale from 1 to 5 (OvertonBench)."""


@dataclass(frozen=True, slots=True)
class Label:
    """One person's word on whether a response expresses a view, or represents the person who wrote it.

    Attributes:
        question: id of the question.
        response: text that was looked at.
        view: text of the view.
        represented: yes or no.
        rating: how far, on 0..1, or None where people only said yes or no.
        cluster: what the label is not independent of: its question, or the person who gave it.
    """

    question: str
    response: str
    view: str
    represented: bool
    rating: float | None
    cluster: str

    @classmethod
    def rated(cls, question: str, response: str, view: str, rating: float, cluster: str | None = None) -> "Label":
        """A label from a rating on 0..1; ``cluster`` is the question unless it is given."""
        return cls(question, response, view, rating >= REPRESENTED, rating, cluster or question)


def read_labels(path: Path) -> list[Label]:
    """Read human labels.

    Raises:
        DataError: the file cannot be read, or a line is not a label; names the line.
    """
    found = []
    for number, row in enumerate(read_jsonl(path), 1):
        if problem := _problem(row):
            raise DataError(problem, where=f"{path}, row {number}", fix="Correct the file.")
        rating = row.get("rating")
        represented = row["represented"] if rating is None else row.get("represented", rating >= REPRESENTED)
        cluster = row.get("cluster", row["question"])
        found.append(Label(row["question"], row["response"], row["view"], represented, rating, cluster))
    if not found:
        raise DataError("no labels", where=path, fix="Give at least two, of both kinds.")
    return found


def _problem(row: dict[str, Any]) -> str | None:
    """What is wrong with a line, or None."""
    if extra := row.keys() - _FIELDS:
        return f"unknown field {min(extra)!r}"
    texts = [row.get(name) for name in ("question", "response", "view")]
    if not all(isinstance(text, str) and text for text in (*texts, row.get("cluster", "-"))):
        return "question, response, view and cluster must be texts"
    if "rating" not in row and "represented" not in row:
        return "neither rating nor represented is given"
    rating = row.get("rating", 0.0)
    if not (type(rating) in (int, float) and 0 <= rating <= 1):
        return "a rating must lie within 0..1: bring its scale there"
    if type(row.get("represented", True)) is not bool:
        return "represented must be true or false"
    return None
