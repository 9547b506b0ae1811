"""GSM8K: word problems of school mathematics with worked answers, the 7,473 of the training split.

Schema from the data card of ``openai/gsm8k``: ``question`` and ``answer`` in ``main/train-*.parquet``. An answer ends
with ``####`` and the number.
"""

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from pluralign.episode import Example, GeometricPoisson, Process
from pluralign.errors import DataError
from pluralign.suite.chunks import chunks
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import Card, Fetch, task
from pluralign.suite.render import render
from pluralign.suite.sample import subset
from pluralign.suite.tables import read_split

FOLDER = "hub/openai/gsm8k/main"
PARTS = 50
TASKS = ("gsm8k_answer_from_question", "gsm8k_question", "gsm8k_question_answer", "gsm8k_question_from_answer")


BASE = Card(
    name="gsm8k",
    kind="steer",
    summary="Word problems of school mathematics",
    source="GSM8K (openai/gsm8k, main, train)",
    access="https://huggingface.co/datasets/openai/gsm8k",
    licence="MIT (verify)",
    citation="""@article{cobbe2021training,
  title = {Training Verifiers to Solve Math Word Problems},
  author = {Cobbe, Karl and Kosaraju, Vineet and Bavarian, Mohammad and Chen, Mark and Jun, Heewoo and
    Kaiser, Lukasz and Plappert, Matthias and Tworek, Jerry and Hilton, Jacob and Nakano, Reiichiro and
    Hesse, Christopher and Schulman, John},
  journal = {arXiv preprint arXiv:2110.14168},
  year = {2021}
}""",
    split="train",
    unit="part of the problems",
    files=(FOLDER,),
    fetch=Fetch("hub", "openai/gsm8k", "hub/openai/gsm8k", ("main/train-*",)),
)


def _card(name: str, summary: str, given: tuple[str, ...], generated: tuple[str, ...]) -> Card:
    others = tuple(other for other in TASKS if other != name)
    return replace(BASE, name=name, summary=summary, given=given, generated=generated, overlaps=others)


QUESTION_CARD = _card("gsm8k_question", "Predict further word problems of school mathematics.", (), ("question",))
ANSWER_CARD = _card(
    "gsm8k_answer_from_question",
    "Given a word problem, predict the worked answer.",
    ("question",),
    ("answer",),
)
BOTH_CARD = _card(
    "gsm8k_question_answer", "Predict further word problems with their worked answers.", (), ("question", "answer")
)
REVERSE_CARD = _card(
    "gsm8k_question_from_answer",
    "Given a worked answer, predict the word problem.",
    ("answer",),
    ("question",),
)


@task(QUESTION_CARD)
def gsm8k_question(root: DataRoot) -> Iterator[Process]:
    """50 parts of about 64 problems, which share none."""
    yield from _processes(
        QUESTION_CARD,
        root,
        "Word problems for school pupils, to be solved with basic arithmetic in a few steps.",
        "Exercises in mathematics that tell a little story and end with a question.",
    )


@task(ANSWER_CARD)
def gsm8k_answer_from_question(root: DataRoot) -> Iterator[Process]:
    """The same for answers given the problems."""
    yield from _processes(
        ANSWER_CARD,
        root,
        "Worked answers to word problems: the steps, then #### and the number.",
        "A pupil's exercise book: how to solve each problem, with the result in the last line.",
    )


@task(BOTH_CARD)
def gsm8k_question_answer(root: DataRoot) -> Iterator[Process]:
    """The same for problems together with their answers."""
    yield from _processes(
        BOTH_CARD,
        root,
        "Word problems with worked answers, as JSON objects with question and answer.",
        "Exercises in school mathematics and their solutions, one JSON object each.",
    )


@task(REVERSE_CARD)
def gsm8k_question_from_answer(root: DataRoot) -> Iterator[Process]:
    """The same for problems given the answers."""
    yield from _processes(
        REVERSE_CARD,
        root,
        "For each worked answer, the word problem that it solves.",
        "The story problem to which the given calculation belongs.",
    )


def _processes(card: Card, root: DataRoot, *descriptions: str) -> Iterator[Process]:
    parts = list(chunks(_problems(root), GeometricPoisson(64), key=card.name))
    for number, part in subset(parts, PARTS, key=(card.name, "parts")):
        examples = tuple(
            Example(
                render({name: problem[name] for name in card.generated}),
                render({name: problem[name] for name in card.given}) if card.given else None,
            )
            for problem in part
        )
        yield Process(str(number), examples=examples, descriptions=descriptions)


def _problems(root: DataRoot) -> list[dict[str, str]]:
    folder = root.file(FOLDER)
    table = read_split(folder, "train", ("question", "answer")).drop_nulls().unique(maintain_order=True)
    if any(table.schema[name] != pl.String for name in table.columns):
        raise DataError("question or answer is no text", where=folder, fix="Fetch the data set again.")
    return table.select(pl.all().str.strip_chars()).to_dicts()
