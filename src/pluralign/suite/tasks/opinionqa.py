"""OpinionQA: the answers of single respondents to fifteen waves of the American Trends Panel.

The archive ``human_resp.tar.gz`` has a folder per wave, ``American_Trends_Panel_W26`` for instance, with ``info.csv``
(``key``, ``question``, ``references``: the options as a Python list) and ``responses.csv`` (one respondent per row,
answers as text in the columns named by ``key``, facts about the respondent in further columns). Schema from the
repository ``tatsu-lab/opinions_qa`` (info.csv, metadata.csv, helpers.py).
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pluralign.episode import Example, Process, generator
from pluralign.errors import DataError
from pluralign.suite.data import DataRoot
from pluralign.suite.quiz import LETTERS, lettered
from pluralign.suite.registry import Card, task
from pluralign.suite.sample import subset
from pluralign.suite.tables import read_texts

FOLDER = "manual/opinionqa/human_resp"
WAVES = (26, 27, 29, 32, 34, 36, 41, 42, 43, 45, 49, 50, 54, 82, 92)
MOST_RESPONDENTS = 200
DROPPED = 0.3
FACTS = {
    "CREGION": "region of the United States",
    "AGE": "age",
    "SEX": "sex",
    "EDUCATION": "education",
    "CITIZEN": "citizen",
    "MARITAL": "marital status",
    "RELIG": "religion",
    "RELIGATTEND": "attendance of religious services",
    "POLPARTY": "party",
    "INCOME": "income",
    "POLIDEOLOGY": "political views",
    "RACE": "race or ethnicity",
}

INDIVIDUAL_CARD = Card(
    name="opinionqa_individual",
    kind="steer",
    summary="Given a survey question with lettered options, predict the answer of one respondent.",
    source="OpinionQA (American Trends Panel of the Pew Research Center)",
    access="https://worksheets.codalab.org/bundles/0x050b7e72abb04d1f9b493c1743e580cf",
    licence="terms of use of the Pew Research Center: no redistribution",
    citation="""@inproceedings{santurkar2023whose,
  title = {Whose Opinions Do Language Models Reflect?},
  author = {Santurkar, Shibani and Durmus, Esin and Ladhak, Faisal and Lee, Cinoo and Liang, Percy and
    Hashimoto, Tatsunori},
  booktitle = {Proceedings of the 40th International Conference on Machine Learning},
  year = {2023}
}""",
    split="train",
    unit="respondent in one wave",
    given=("question",),
    generated=("letter",),
    files=(FOLDER,),
    warning="Political, religious and moral survey questions.",
    overlaps=("global_oqa", "globaloqa", "opinionqa_questions"),
    steps="Open https://worksheets.codalab.org/bundles/0x050b7e72abb04d1f9b493c1743e580cf and download"
    " human_resp.tar.gz.\n"
    "In the data root: mkdir -p manual/opinionqa && tar -xf human_resp.tar.gz -C manual/opinionqa",
)
QUESTION_CARD = replace(
    INDIVIDUAL_CARD,
    name="opinionqa_questions",
    summary="Predict further questions of the same survey, with their options.",
    unit="wave",
    given=(),
    generated=("question",),
    overlaps=("global_oqa", "globaloqa", "opinionqa_individual"),
)


@task(INDIVIDUAL_CARD)
def opinionqa_individual(root: DataRoot) -> Iterator[Process]:
    """At most 200 respondents of each wave, drawn at random; an example is one answered question."""
    for wave, folder in _waves(root):
        questions = _questions(folder / "info.csv")
        letters = LETTERS[: max(len(options) for _, options in questions.values())]
        # One object per option, shared by all respondents of the wave.
        answers = {
            key: {option: Example(letter, text) for option, letter in zip(options, letters, strict=False)}
            for key, (text, options) in questions.items()
        }
        table = read_texts(folder / "responses.csv", (), optional=(*answers, *FACTS))
        if not set(answers) & set(table.columns):
            raise DataError("no column of a question", where=folder / "responses.csv", fix="Unpack it again.")
        for row in subset(range(table.height), MOST_RESPONDENTS, key=(INDIVIDUAL_CARD.name, wave)):
            cells = table.row(row, named=True)
            examples = tuple(own[cells[key]] for key, own in answers.items() if cells.get(key) in own)
            if examples:
                facts = {name: cells[field] for field, name in FACTS.items() if _told(cells.get(field))}
                yield Process(
                    f"W{wave}/{row}",
                    examples=examples,
                    descriptions=_descriptions(facts, wave, row),
                    choices=letters,
                    metadata=facts,
                )


@task(QUESTION_CARD)
def opinionqa_questions(root: DataRoot) -> Iterator[Process]:
    """The distinct questions of each wave."""
    descriptions = (
        "Questions of an opinion survey in the United States, each with lettered options.",
        "What pollsters ask, with the options to choose from.",
    )
    for wave, folder in _waves(root):
        texts = dict.fromkeys(text for text, _ in _questions(folder / "info.csv").values())
        yield Process(f"W{wave}", examples=tuple(map(Example, texts)), descriptions=descriptions)


def _descriptions(facts: Mapping[str, str], wave: int, row: int) -> tuple[str, ...]:
    """A wording without facts and, where any remain, one with them; each fact is dropped with probability 0.3."""
    generic = "One person answers the questions of a survey in the United States, each with the letter of an option."
    rng = generator(INDIVIDUAL_CARD.name, wave, row)
    about = "; ".join(f"{name}: {value}" for name, value in facts.items() if rng.random() >= DROPPED)
    return (generic, f"Answers of one person to survey questions, as letters. The person: {about}.")[: 1 + bool(about)]


def _told(value: str | None) -> bool:
    return value is not None and value != "Refused" and value.lower() != "nan"


def _waves(root: DataRoot) -> Iterator[tuple[int, Path]]:
    """The waves that are there, and their folders."""
    folder = root.file(FOLDER)
    waves = [(wave, folder / f"American_Trends_Panel_W{wave}") for wave in WAVES]
    present = [(wave, path) for wave, path in waves if path.is_dir()]
    if not present:
        raise DataError("no folder American_Trends_Panel_W26 or another wave", where=folder, fix="Unpack it again.")
    yield from present


def _questions(path: Path) -> dict[str, tuple[str, tuple[str, ...]]]:
    """By key, each question with its lettered options, and the options."""
    questions = {}
    for row, key, question, references in read_texts(path, ("key", "question", "references")).iter_rows():
        try:
            options = tuple(str(option).strip() for option in ast.literal_eval(references))
            if not 0 < len(options) <= len(LETTERS):
                raise ValueError("too few or too many options")
            questions[key] = (lettered(question, options), options)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            reason = "question is empty or references is no list of options"
            raise DataError(reason, where=f"{path}, row {row}", fix="Unpack the archive again.") from None
    if not questions:
        raise DataError("no questions", where=path, fix="Unpack the archive again.")
    return questions
