"""Jeopardy! clues and answers, from the regular rounds of the quiz show up to 2012.

Schema: the file ``JEOPARDY_CSV.csv`` (216,930 rows) that goes with the JSON file described on the data card
``jeopardy`` of Hugging Face; its header has spaces before the names ``Round``, ``Question`` and ``Answer``. Clues with
a link to a picture, sound or film cannot be answered from their text and are left out.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import polars as pl

from pluralign.episode import Example, GeometricPoisson, Process
from pluralign.suite.chunks import chunks
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import Card, task
from pluralign.suite.tables import read_texts

FILE = "manual/jeopardy/JEOPARDY_CSV.csv"
ROUNDS = ("Jeopardy!", "Double Jeopardy!")
CHUNK = GeometricPoisson(64)
MOST_PARTS = 1000

CLUE_CARD = Card(
    name="jeopardy_question_generation",
    kind="steer",
    summary="Predict further clues of the quiz show Jeopardy!",
    source="200,000+ Jeopardy! Questions",
    access="https://www.reddit.com/r/datasets/comments/1uyd0t/200000_jeopardy_questions_in_a_json_file/",
    licence="none stated",
    citation="""@misc{jeopardy2014,
  title = {200,000+ {Jeopardy!} Questions},
  author = {{trexmatt}},
  year = {2014},
  howpublished = {Posted to r/datasets; clues collected from J! Archive}
}""",
    split="train",
    unit="part of the clues",
    generated=("question",),
    files=(FILE,),
    overlaps=("jeopardy_answer_prediction",),
    steps="Open https://drive.google.com/file/d/0BwT5wj_P7BKXUl9tOUJWYzVvUjA/view?resourcekey=0-uFrn8bQkUfSCvJlmtKGCdQ"
    f"\nDownload JEOPARDY_CSV.csv.\nPut it into the data root as {FILE}.",
)
ANSWER_CARD = replace(
    CLUE_CARD,
    name="jeopardy_answer_prediction",
    summary="Given a clue of the quiz show Jeopardy!, predict the answer.",
    given=("question",),
    generated=("answer",),
    overlaps=("jeopardy_question_generation",),
)


@task(CLUE_CARD)
def question_generation(root: DataRoot) -> Iterator[Process]:
    """At most 1,000 parts of about 64 clues, drawn at random; no clue is in two."""
    descriptions = (
        "Clues of a quiz show: each describes a person, a place, a thing or an idea that is to be named.",
        "Jeopardy! clues from many categories, one at a time.",
    )
    examples = [Example(clue) for clue in _clues(root)["Question"].unique(maintain_order=True)]
    yield from _parts(CLUE_CARD.name, examples, descriptions)


@task(ANSWER_CARD)
def answer_prediction(root: DataRoot) -> Iterator[Process]:
    """At most 1,000 parts of about 64 clues with their answers, drawn at random; no clue is in two."""
    descriptions = (
        "A clue of a quiz show describes something; the answer names it.",
        "Jeopardy! clues with the right responses, without the words “what is” around them.",
    )
    clues = _clues(root).unique("Question", keep="first", maintain_order=True)
    examples = [Example(answer, clue) for clue, answer in clues.iter_rows()]
    yield from _parts(ANSWER_CARD.name, examples, descriptions)


def _clues(root: DataRoot) -> pl.DataFrame:
    """Question and answer of the clues that are text alone."""
    table = read_texts(root.file(FILE), ("Round", "Question", "Answer"))
    regular = table.filter(pl.col("Round").is_in(ROUNDS), ~pl.col("Question").str.contains("(?i)href"))
    plain = pl.col("Question", "Answer").map_elements(_plain, return_dtype=pl.String)
    return regular.select(plain).filter(pl.all_horizontal(pl.all() != ""))


def _plain(text: str) -> str:
    """The text without markup such as ``<i>`` and line breaks."""
    return " ".join(html.unescape(re.sub(r"<br\s*/?>|</?[a-z]+>", " ", text)).split())


def _parts(name: str, examples: list[Example], descriptions: tuple[str, ...]) -> Iterator[Process]:
    for number, part in islice(chunks(examples, CHUNK, key=name), MOST_PARTS):
        yield Process(str(number), examples=tuple(part), descriptions=descriptions)
