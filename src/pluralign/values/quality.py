"""Do people find the considerations of a prism right? A file for them to fill in, and what they returned.

Whole situations are drawn, so that people can say what is missing. What the answers say is in
:mod:`pluralign.values.approval`.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pluralign.errors import DataError
from pluralign.runs import write_atomically
from pluralign.suite.tables import read_texts

SHOWN = ("id", "situation", "vrd", "text", "valence", "explanation")
QUESTIONS = ("relevant", "explanation_sound", "valence_correct")
MISSING, ANNOTATOR = "missing", "annotator"
CANDIDATE = "candidate"
"""Relevant and with a sound explanation, which is what the published check asked about."""

NOTHING = ("", "no", "none", "nothing", "n/a", "na", "-")
"""What people write where nothing is missing."""

_ANSWERS = {"yes": True, "y": True, "no": False, "n": False}


@dataclass(frozen=True)
class Returned:
    """What people answered.

    Attributes:
        rows: one per row with an answer: ``id``, ``situation``, ``annotator``, the questions and ``candidate`` (true,
            false, or null where not answered), and ``missing`` (null where the person wrote nothing of the kind).
        blank: rows without any answer, left out.
    """

    rows: pl.DataFrame
    blank: int


def sample(considerations: pl.DataFrame, rows: int, seed: int) -> pl.DataFrame:
    """Whole situations drawn at random, until there are as many considerations as wanted.

    The first draws are one situation for each kind with each valence that there is, where the earlier ones lack it,
    so a small file may hold a few more rows than wanted.

    Args:
        considerations: ``situation``, ``kind``, ``text``, ``valence``, ``explanation``.
        rows: how many are wanted.
        seed: of the draws.

    Returns:
        the rows of the situations that were drawn, in the order of ``considerations``.
    """
    sizes = considerations.group_by("situation", maintain_order=True).len()
    order = np.random.default_rng(seed).permutation(sizes.height)
    size = dict(sizes.iter_rows())
    situations = [str(name) for name in sizes["situation"].gather(order)]
    sorts = {name: set() for name in situations}
    for name, kind, valence in considerations.select("situation", "kind", "valence").iter_rows():
        sorts[name].add((kind, valence))
    chosen: dict[str, None] = {}
    for sort in sorted(set().union(*sorts.values()), key=str):
        if not any(sort in sorts[name] for name in chosen):
            chosen[next(name for name in situations if sort in sorts[name])] = None
    count = sum(size[name] for name in chosen)
    for name in situations:
        if count < rows and name not in chosen:
            chosen[name] = None
            count += size[name]
    return considerations.filter(pl.col("situation").is_in(list(chosen)))


def write(path: Path, considerations: pl.DataFrame, rows: int, seed: int) -> int:
    """Write a file for people: a sample of considerations with empty columns for their answers.

    Args:
        path: the CSV file; it is replaced.
        considerations: see :func:`sample`.
        rows: how many are wanted.
        seed: of the draws.

    Returns:
        the number of rows in it.

    Raises:
        RunError: the file cannot be written.
    """
    drawn = sample(considerations.unique(("situation", "kind", "text"), maintain_order=True), rows, seed)
    identity = [_id(*row) for row in drawn.select("situation", "kind", "text").iter_rows()]
    table = drawn.select(
        pl.Series("id", identity, dtype=pl.String),
        "situation",
        pl.col("kind").str.to_titlecase().alias("vrd"),
        "text",
        pl.col("valence").str.to_titlecase(),
        "explanation",
        *(pl.lit(None, pl.String).alias(name) for name in (*QUESTIONS, MISSING, ANNOTATOR)),
    )
    write_atomically(path, table.write_csv().encode())
    return table.height


def read(paths: Iterable[Path]) -> Returned:
    """Read the files that people returned: one per person, or one with the rows of several.

    Raises:
        DataError: a file cannot be read or lacks a column; an answer is neither yes nor no; an answered row does not
            say whose it is; a person answers twice about a row; an id stands for two considerations. Names the file,
            the row and the column.
    """
    parts = []
    blank = 0
    shown: dict[str, tuple] = {}
    seen: dict[tuple, str] = {}
    for path in paths:
        if not Path(path).is_file():
            raise DataError("there is no such file", where=path, fix="Give the files that people returned.")
        table = read_texts(Path(path), (*SHOWN, *QUESTIONS, MISSING, ANNOTATOR))
        answered = table.filter(pl.any_horizontal(pl.col(*QUESTIONS, MISSING).is_not_null()))
        blank += table.height - answered.height
        for row in answered.iter_rows(named=True):
            place = f"{path}, row {row['row']}"
            _check(row, place, shown, seen)
            parts.append(_answers(row, place))
    if not parts:
        fix = f"Fill in {', '.join(QUESTIONS)} with yes or no."
        raise DataError("there is no answer in these files", fix=fix)
    schema = dict.fromkeys(("id", "situation", ANNOTATOR, MISSING), pl.String)
    return Returned(
        pl.DataFrame(parts, schema=schema | dict.fromkeys((*QUESTIONS, CANDIDATE), pl.Boolean)),
        blank,
    )


def _id(situation: str, kind: str, text: str) -> str:
    return hashlib.sha256("\x1f".join((situation, kind, text)).encode()).hexdigest()[:10]


def _check(row: dict[str, str | None], place: str, shown: dict[str, tuple], seen: dict[tuple, str]) -> None:
    """That a row says what it is about and whose it is, and that nothing contradicts an earlier one."""
    for name in ("id", ANNOTATOR):
        if row[name] is None:
            fix = "Put back the id of the file that was sent." if name == "id" else "Write any name or number there."
            raise DataError("the cell is empty", where=f"{place}, column {name!r}", fix=fix)
    about = (row["situation"], row["vrd"], row["text"])
    if shown.setdefault(str(row["id"]), about) != about:
        fix = "Only the last five columns are to be filled in."
        raise DataError(f"id {row['id']} stands for two considerations", where=f"{place}, column 'id'", fix=fix)
    key = (row["id"], row[ANNOTATOR])
    if key in seen:
        where = f"{place}, column {ANNOTATOR!r}"
        raise DataError(f"{row[ANNOTATOR]!r} answers {row['id']} twice, first in {seen[key]}", where=where)
    seen[key] = place


def _answers(row: dict[str, str | None], place: str) -> dict[str, str | bool | None]:
    answers: dict[str, bool | None] = {}
    for name in QUESTIONS:
        cell = row[name]
        if cell is not None and cell.lower() not in _ANSWERS:
            where = f"{place}, column {name!r}"
            raise DataError(f"{cell[:40]!r} is neither yes nor no", where=where, fix="Write yes or no.")
        answers[name] = None if cell is None else _ANSWERS[cell.lower()]
    parts = [answers[name] for name in QUESTIONS[:2]]
    # A single no settles it; a yes needs both.
    answers[CANDIDATE] = False if False in parts else None if None in parts else True
    said = row[MISSING] or ""
    lacking = None if said.lower().rstrip(".!") in NOTHING else said
    return {"id": row["id"], "situation": row["situation"], ANNOTATOR: row[ANNOTATOR], MISSING: lacking, **answers}
