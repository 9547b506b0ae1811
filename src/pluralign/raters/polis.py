"""The export of a Polis conversation: statements by participants, and who agrees with which."""

from pathlib import Path

import polars as pl

from pluralign.errors import DataError
from pluralign.raters.reading import Note
from pluralign.suite.data import read_csv, read_parquet
from pluralign.suite.votes import VOTES, read_comments

QUESTION = "Does this person agree or disagree with the statement, or pass?"


def votes(folder: Path) -> tuple[pl.DataFrame, str, list[Note]]:
    """All votes of a conversation.

    The opinion groups that Polis exports are left out: they are computed from all votes, also those that somebody may
    want to predict.

    Args:
        folder: holds ``comments.csv`` and ``participants-votes.csv`` (``participant-votes.csv`` in exports of today)
            as exported, perhaps with the name of the conversation and a hyphen before these names, or the same tables
            as ``comments.parquet`` and ``participants_votes.parquet``; and perhaps ``summary.csv`` with the topic.

    Returns:
        ``participant``, ``comment`` (number), ``statement`` and ``vote`` (Agree, Disagree or Pass), one row per vote;
        what was asked; what was left out.

    Raises:
        DataError: a file is absent or unreadable, lacks a column, or holds a vote that is none.
    """
    comments = _file(folder, "comments.csv", "comments.parquet")
    matrix = _file(folder, "participants-votes.csv", "participant-votes.csv", "participants_votes.parquet")
    table = read_parquet(matrix) if matrix.suffix == ".parquet" else read_csv(matrix, infer_schema=False)
    if "participant" not in table.columns:
        raise DataError("column 'participant' is absent", where=matrix, fix="Export the conversation again.")
    numbers = [name for name in table.columns if name.isdigit()]
    given = (
        table.select(pl.col("participant", *numbers).cast(pl.String))
        .unpivot(index="participant", variable_name="comment", value_name="vote")
        .filter(pl.col("vote").str.strip_chars() != "")
        .with_columns(pl.col("comment", "vote").cast(pl.Int64, strict=False))
    )
    if (broken := given.filter(~pl.col("vote").is_in(list(VOTES)).fill_null(False))).height:
        where = f"{matrix}, column {broken['comment'][0]}"
        raise DataError(f"{broken.height} votes are not -1, 0 or 1", where=where, fix="Export it again.")
    statements = read_comments(comments).rename({"text": "statement"})
    shown = given.join(statements, on="comment", maintain_order="left")
    notes = []
    if hidden := given.height - shown.height:
        notes.append(Note("votes on statements without a text, or rejected by moderators, left out", hidden))
    shown = shown.with_columns(pl.col("vote").replace_strict(VOTES))
    return shown.select("participant", "comment", "statement", "vote"), _question(find(folder, "summary.csv")), notes


def _file(folder: Path, *names: str) -> Path:
    found = find(folder, *names)
    if found is None:
        raise DataError(f"no {names[0]}", where=folder, fix="Give a table of ratings, or the export of Polis.")
    return found


def find(folder: Path, *names: str) -> Path | None:
    """The first of the files that is there, whatever conversation is named before its name; None without.

    Raises:
        DataError: there are several.
    """
    for name in names:
        if (folder / name).is_file():
            return folder / name
        found = sorted(folder.glob(f"*-{name}"))
        if len(found) > 1:
            files = ", ".join(path.name for path in found)
            raise DataError(f"several conversations: {files}", where=folder, fix="Put each into a folder of its own.")
        if found:
            return found[0]
    return None


def _question(summary: Path | None) -> str:
    topic = None
    if summary is not None:
        table = read_csv(summary, has_header=False, infer_schema=False, new_columns=["name", "value"])
        topic = next((value for name, value in table.iter_rows() if name == "topic"), None)
    return f"{QUESTION} Topic: {topic.strip()}" if topic else QUESTION
