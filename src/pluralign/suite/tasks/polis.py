"""Polis conversations: how members of the public vote on each other's statements, and the statements they write.

The folder ``polis_open_data`` holds one folder per conversation, either as published (``participants-votes.csv``,
``comments.csv``, ``summary.csv``) or with the two tables as Parquet. Statements that the moderators rejected
(``moderated`` is -1) were hidden from most participants and are left out of both tasks, with the votes on them.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from pluralign.episode import Example, GeometricPoisson, Process
from pluralign.errors import DataError
from pluralign.suite.chunks import chunks
from pluralign.suite.data import DataRoot, read_csv
from pluralign.suite.registry import Card, Fetch, task
from pluralign.suite.votes import VOTES, read_comments, read_voters

log = logging.getLogger(__name__)

FOLDER = "polis_open_data"
FEWEST_WORDS = 4
CHUNK = GeometricPoisson(64)
LANGUAGES = {"vtaiwan": "zh", "uberx.taiwan": "zh", "austria-climate": "de"}

VOTE_CARD = Card(
    name="polis_vote",
    kind="steer",
    summary="Given a statement by another participant of a public discussion, predict one voter's vote.",
    source="Polis open data",
    access="https://github.com/compdemocracy/openData",
    licence="CC BY 4.0",
    citation="""@article{small2021polis,
  title = {Polis: Scaling Deliberation by Mapping High Dimensional Opinion Spaces},
  author = {Small, Christopher and Bjorkegren, Michael and Erkkil{\\"a}, Timo and Shaw, Lynette and Megill, Colin},
  journal = {Recerca: Revista de Pensament i An{\\`a}lisi},
  volume = {26},
  number = {2},
  year = {2021},
  note = {Data gathered using the Polis software (compdemocracy.org/polis), licensed under CC BY 4.0 with attribution
    to The Computational Democracy Project}
}""",
    split="train",
    unit="voter",
    given=("comment",),
    generated=("vote",),
    files=(FOLDER,),
    ships=True,
    language=("en", "de", "zh"),
    warning="Statements by the public on political topics; some are rude.",
    overlaps=("polis_comment",),
    fetch=Fetch(
        "git",
        "https://github.com/compdemocracy/openData",
        FOLDER,
        ("*/comments.csv", "*/participants-votes.csv", "*/summary.csv"),
    ),
)
COMMENT_CARD = replace(
    VOTE_CARD,
    name="polis_comment",
    summary="Predict further statements that participants of the same public discussion wrote.",
    unit="part of a conversation",
    given=(),
    generated=("comment",),
    overlaps=("polis_vote",),
)


@dataclass(frozen=True)
class _Conversation:
    name: str
    topic: str
    language: str
    comments: pl.DataFrame  # comment (int), text; without rejected ones, by comment
    matrix: Path | None  # participants by comments; not published for every conversation


@task(VOTE_CARD)
def polis_vote(root: DataRoot) -> Iterator[Process]:
    """At most 500 voters with at least 4 votes from each conversation, drawn at random."""
    for conversation in _conversations(root):
        if conversation.matrix is None:
            log.warning("%s: left out %s, which has no matrix of votes", VOTE_CARD.name, conversation.name)
            continue
        texts = dict(conversation.comments.iter_rows())
        # One object per comment and vote, shared by all voters: a conversation has far more votes than these.
        examples = {(c, v): Example(word, text) for c, text in texts.items() for v, word in VOTES.items()}
        descriptions = _about(
            conversation.topic,
            ("A participant of a public online discussion votes Agree, Disagree or Pass on what others wrote.",),
            (
                "Votes of one person in a public discussion. Topic: {topic}. Each vote is Agree, Disagree or Pass.",
                "Somebody takes part in an online consultation on “{topic}” and reacts to each statement of the other"
                " participants with Agree, Disagree or Pass.",
            ),
        )
        voters = read_voters(conversation.matrix, conversation.comments, key=(VOTE_CARD.name, conversation.name))
        for voter, comments, votes in voters.iter_rows():
            yield Process(
                f"{conversation.name}/{voter}",
                examples=tuple(examples[pair] for pair in zip(comments, votes, strict=True)),
                descriptions=descriptions,
                choices=tuple(VOTES.values()),
                metadata={"conversation": conversation.name, "language": conversation.language},
            )


@task(COMMENT_CARD)
def polis_comment(root: DataRoot) -> Iterator[Process]:
    """Statements of at least 4 words (of any length in Chinese), shuffled once per conversation and cut in parts."""
    for conversation in _conversations(root):
        short = 1 if conversation.language == "zh" else FEWEST_WORDS
        texts = [text for text in conversation.comments["text"] if len(text.split()) >= short]
        descriptions = _about(
            conversation.topic,
            ("Statements that members of the public submitted to one online discussion, for others to vote on.",),
            (
                "Statements that members of the public wrote for others to vote on. Topic: {topic}.",
                "What participants of an online consultation on “{topic}” have to say, one statement at a time.",
            ),
        )
        for number, part in chunks(texts, CHUNK, key=(COMMENT_CARD.name, conversation.name)):
            yield Process(
                f"{conversation.name}/{number}",
                examples=tuple(Example(text) for text in part),
                descriptions=descriptions,
                metadata={"conversation": conversation.name, "language": conversation.language},
            )


def _conversations(root: DataRoot) -> Iterator[_Conversation]:
    found = False
    for folder in sorted(path for path in root.file(FOLDER).iterdir() if path.is_dir()):
        here = DataRoot(folder)
        comments, summary = here.find("comments.parquet", "comments.csv"), here.find("summary.csv")
        if comments is None:
            continue
        found = True
        yield _Conversation(
            folder.name,
            _topic(summary) if summary else "",
            next((code for start, code in LANGUAGES.items() if folder.name.startswith(start)), "en"),
            read_comments(comments),
            here.find("participants_votes.parquet", "participants-votes.csv"),
        )
    if not found:
        raise DataError("no conversation with comments", where=root.file(FOLDER), fix=f"Clone {VOTE_CARD.access}.")


def _topic(path: Path) -> str:
    table = read_csv(path, has_header=False, infer_schema=False, new_columns=["name", "value"])
    topics = table.filter(pl.col("name") == "topic").get_column("value").drop_nulls()
    return topics[0].strip() if len(topics) else ""


def _about(topic: str, generic: tuple[str, ...], topical: tuple[str, ...]) -> tuple[str, ...]:
    return generic + tuple(text.replace("{topic}", topic) for text in topical) if topic else generic
