"""Generative Social Choice: what people in the United States think, in their own words and of others' summaries.

Schema from the repository ``generative-social-choice/survey_data`` (folder ``data``): one row per participant and step
of a survey, with ``question_type`` (reading, text, or multiple choice + text), ``question_text`` (HTML in one of the
two surveys), ``json_choices`` (a list, in one survey with quotation marks that JSON does not allow), ``choice`` and
``text``.
"""

import ast
import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl

from pluralign.episode import Example, Process
from pluralign.errors import DataError
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import Card, Fetch, task
from pluralign.suite.render import render
from pluralign.suite.tables import read_texts

FOLDER = "git/generative-social-choice/survey_data"
COLUMNS = ("user_id", "question_type", "question_text", "json_choices", "choice", "text")
TOPICS = {"abortion": "abortion", "chatbot_personalization": "the personalisation of chatbots"}
FILES = {
    name: (f"{FOLDER}/data/{name}_survey.csv", f"_no_licence_stated/generative_social_choice/{name}_survey.parquet")
    for name in TOPICS
}

RATED_CARD = Card(
    name="generativesocialchoice_validation",
    kind="steer",
    summary="Given a summary of opinions and the possible answers, predict how well it fits one person, and why.",
    source="Generative Social Choice Open Datasets",
    access="https://github.com/generative-social-choice/survey_data",
    licence="none stated",
    citation="""@misc{fish2023generative,
  title = {Generative Social Choice},
  author = {Fish, Sara and G{\\"o}lz, Paul and Parkes, David C. and Procaccia, Ariel D. and Rusak, Gili and
    Shapira, Itai and W{\\"u}thrich, Manuel},
  year = {2023},
  eprint = {2309.01291},
  archivePrefix = {arXiv}
}""",
    split="train",
    unit="participant",
    given=("question_text", "json_choices"),
    generated=("choice", "response_text"),
    files=tuple("|".join(alternatives) for alternatives in FILES.values()),
    warning="Opinions on abortion.",
    overlaps=("generativesocialchoice_freetext",),
    fetch=Fetch("git", "https://github.com/generative-social-choice/survey_data", FOLDER, ("data/*.csv",)),
)
FREE_CARD = replace(
    RATED_CARD,
    name="generativesocialchoice_freetext",
    summary="Given a question on a topic of public debate, predict what one person writes.",
    given=("question_text",),
    generated=("response_text",),
    overlaps=("generativesocialchoice_validation",),
)


@task(RATED_CARD)
def validation(root: DataRoot) -> Iterator[Process]:
    """One process per participant of either survey; an example is one summary that the person judged."""
    descriptions = (
        "One person reads summaries of opinions on {topic}, picks how well each captures their own view, and explains"
        " the choice.",
        "A survey participant says with one of the choices how well a statement on {topic} represents them, and"
        " comments on it.",
    )

    def example(question: str, choices: str, choice: str, text: str) -> Example:
        options = _choices(choices)
        if choice not in options:
            raise DataError(f"choice {choice!r} is not among {choices}")
        given = render({"question_text": question, "json_choices": options})
        return Example(render({"choice": choice, "response_text": text}), given)

    yield from _participants(root, "multiple choice + text", example, descriptions)


@task(FREE_CARD)
def freetext(root: DataRoot) -> Iterator[Process]:
    """One process per participant who was asked open questions; an example is one of them."""
    descriptions = (
        "One person answers open questions on {topic} in a few sentences each.",
        "What the same participant of a survey on {topic} writes: experiences, reasons and a position of their own.",
    )
    yield from _participants(
        root, "text", lambda question, choices, choice, text: Example(text, question), descriptions
    )


def _participants(
    root: DataRoot, kind: str, example: Callable[[str, str, str, str], Example], descriptions: tuple[str, ...]
) -> Iterator[Process]:
    for survey, topic in TOPICS.items():
        path = root.file(*FILES[survey])
        answers = read_texts(path, COLUMNS).filter(pl.col("question_type") == kind, pl.col("text").is_not_null())
        people = answers.group_by("user_id", maintain_order=True).agg(
            "row", "question_text", "json_choices", "choice", "text"
        )
        for user, rows, *columns in people.iter_rows():
            yield Process(
                f"{survey}/{user}",
                examples=tuple(
                    _placed(example, path, row, _plain(question), *rest)
                    for row, question, *rest in zip(rows, *columns, strict=True)
                ),
                descriptions=tuple(text.replace("{topic}", topic) for text in descriptions),
                metadata={"survey": survey},
            )


def _placed(example: Callable[..., Example], path: Path, row: int, *values: str) -> Example:
    try:
        return example(*values)
    except DataError as error:
        raise DataError(error.what, where=f"{path}, row {row}", fix="Fetch the file again.") from None


def _choices(text: str) -> list[str]:
    """The list of options, whichever quotation marks it is written with."""
    for read in (json.loads, ast.literal_eval):
        try:
            options = read(text)
        except (ValueError, SyntaxError, TypeError):
            continue
        if isinstance(options, list) and all(isinstance(option, str) for option in options):
            return options
    raise DataError(f"json_choices is no list of texts: {text!r}")


def _plain(text: str) -> str:
    """The text of a question without its HTML, one block per line."""
    blocks = re.sub(r"</(?:p|h\d|li|blockquote)>|<br\s*/?>", "\n", text)
    lines = html.unescape(re.sub(r"<[^<>]+>", "", blocks)).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())
