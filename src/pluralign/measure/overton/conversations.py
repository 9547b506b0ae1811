"""Questions and labels from Polis conversations: statements by participants, who votes on which, opinion groups."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pluralign.episode import generator
from pluralign.errors import DataError
from pluralign.measure.overton.labels import Label
from pluralign.measure.overton.questions import Question, View
from pluralign.raters.polis import find
from pluralign.suite.data import read_csv, read_parquet
from pluralign.suite.votes import read_comments

_LEAST_VOTES = 30
_REJECTED = 0.2
"""A statement that at most this share of its voters agrees with counts as unreasonable."""


def polis_labels(folders: Sequence[Path], limit: int = 300) -> list[Label]:
    """Whether authors of statements agree with other statements of their conversation; clustered by conversation.

    Each author with a single statement has it as view; votes to pass are left out.

    Args:
        folders: exports of Polis conversations, as CSV or Parquet.
        limit: at most this many labels per conversation, a fixed random subset.

    Raises:
        DataError: a file is absent or unreadable.
    """
    found = []
    for folder in folders:
        texts, votes, authors = _polis(folder)
        single = authors.filter(pl.len().over("participant") == 1)
        rows = (
            votes.join(single, on="participant")
            .filter(pl.col("comment") != pl.col("own"), pl.col("vote") != 0)
            .join(texts, on="comment")
            .join(texts.select(own="comment", view="text"), on="own")
            .filter(pl.col("text") != pl.col("view"))
            .sort("participant", "comment")
        )
        keep = generator("polis-labels", folder.name).permutation(rows.height)[:limit]
        for row in rows[sorted(keep.tolist())].to_dicts():
            found.append(Label(folder.name, row["text"], row["view"], row["vote"] == 1, None, folder.name))
    return found


def polis_question(folder: Path, each: int = 3, unreasonable: int = 3) -> Question:
    """The topic of a Polis conversation; its views are the statements that speak most for each opinion group.

    A statement speaks for a group by the share of the group that agrees with it times the ratio of this share to that
    of the others, each with one vote more on either side (the representativeness of Small et al. 2021, "Polis: scaling
    deliberation by mapping high dimensional opinion spaces"). Weights add up to the sizes of the groups.

    Args:
        folder: the export of a conversation, as CSV or Parquet, with ``summary.csv``.
        each: number of views per group.
        unreasonable: most statements that hardly anybody agrees with.

    Raises:
        DataError: a file is absent or unreadable, or no group has votes enough.
    """
    texts, votes, _ = _polis(folder)
    topic = dict(_summary(folder)).get("topic")
    if topic is None:
        raise DataError("no topic", where=folder / "summary.csv", fix="Export the conversation again.")
    known = votes.join(texts, on="comment").with_columns(agrees=(pl.col("vote") == 1).cast(pl.Float64))
    enough = known.filter(pl.len().over("comment") >= _LEAST_VOTES)
    views: dict[str, View] = {}
    for (group,), part in enough.drop_nulls("group").sort("group").group_by("group", maintain_order=True):
        inside = part.group_by("text").agg(a=pl.col("agrees").sum(), n=pl.len())
        outside = (
            enough.filter(pl.col("group").is_not_null(), pl.col("group") != group)
            .group_by("text")
            .agg(other=(pl.col("agrees").sum() + 1) / (pl.len() + 2))
        )
        spoken = (
            inside.filter(pl.col("n") >= 5)
            .join(outside, on="text")
            .with_columns(share=(pl.col("a") + 1) / (pl.col("n") + 2))
            .filter(pl.col("share") >= 0.5, ~pl.col("text").is_in(list(views)))
            .with_columns(speaks=pl.col("share") ** 2 / pl.col("other"))
            .sort("speaks", "text", descending=[True, False])
            .head(each)
        )
        for text in spoken["text"]:
            views[text] = View(text, part["participant"].n_unique() / spoken.height, f"group {group}")
    if not views:
        raise DataError("no opinion group with votes enough", where=folder, fix="Take a larger conversation.")
    rejected = (
        enough.group_by("text")
        .agg(share=pl.col("agrees").mean())
        .filter(pl.col("share") <= _REJECTED, ~pl.col("text").is_in(list(views)))
        .sort("share", "text")
        .head(unreasonable)
    )
    return Question(folder.name, f"What should be done about: {topic}", tuple(views.values()), tuple(rejected["text"]))


def _polis(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Statements (comment, text), votes (participant, group, comment, vote) and authors (participant, own)."""
    comments = _file(folder, "comments")
    texts = read_comments(comments)
    matrix = _table(_file(folder, "participants_votes", "participants-votes", "participant-votes"))
    numbers = [name for name in matrix.columns if name.isdigit()]
    votes = (
        matrix.select("participant", "group-id", *numbers)
        .cast(pl.String)
        .rename({"group-id": "group"})
        .unpivot(index=["participant", "group"], variable_name="comment", value_name="vote")
        .filter(pl.col("vote").is_not_null(), pl.col("vote") != "")
        .with_columns(pl.col("comment", "participant").cast(pl.Int64), pl.col("vote").cast(pl.Float64))
        .with_columns(group=pl.when(pl.col("group") != "").then(pl.col("group")))
    )
    authors = _table(comments).select(
        participant=pl.col("author-id").cast(pl.Int64), own=pl.col("comment-id").cast(pl.Int64)
    )
    return texts, votes, authors.join(texts.select(own="comment"), on="own")


def _summary(folder: Path) -> list[tuple[str, str]]:
    table = read_csv(_file(folder, "summary"), has_header=False, infer_schema=False, new_columns=["name", "value"])
    return list(table.select("name", "value").iter_rows())


def _table(path: Path) -> pl.DataFrame:
    return read_parquet(path) if path.suffix == ".parquet" else read_csv(path, infer_schema=False)


def _file(folder: Path, *names: str) -> Path:
    options = [f"{name}{ending}" for name in names for ending in (".parquet", ".csv")]
    found = find(folder, *options)
    if found is None:
        raise DataError(f"no {options[-1]}", where=folder, fix="Give the export of a Polis conversation.")
    return found
