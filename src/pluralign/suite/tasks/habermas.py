"""The Habermas Machine experiments: what people in the United Kingdom think about political questions.

Two of the published Parquet files are read, of which the analysis code of google-deepmind/habermas_machine documents
the columns: ratings of position statements (``ratings.agreement`` is a list of one name, such as ``SOMEWHAT_AGREE``,
and ``MOCK`` for simulated participants) and survey responses with the written ``opinion.text``. A participant may rate
the same statement again after the discussion; only the first rating counts here.
"""

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from pluralign.episode import Example, GeometricPoisson, Process, Target
from pluralign.errors import DataError
from pluralign.suite.chunks import chunks
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import Card, Fetch, task
from pluralign.suite.render import render
from pluralign.suite.sample import subset
from pluralign.suite.tables import read_columns

FOLDER = "http/habermas_machine"
RATINGS = f"{FOLDER}/hm_all_position_statement_ratings.parquet"
SURVEY = f"{FOLDER}/hm_all_round_survey_responses.parquet"
AGREEMENT = {
    "STRONGLY_AGREE": "Strongly agree",
    "AGREE": "Agree",
    "SOMEWHAT_AGREE": "Somewhat agree",
    "NEUTRAL": "Neutral",
    "SOMEWHAT_DISAGREE": "Somewhat disagree",
    "DISAGREE": "Disagree",
    "STRONGLY_DISAGREE": "Strongly disagree",
}
MOST_PEOPLE = 2000
FEWEST_RATINGS = 6
LAW = GeometricPoisson(32)
SCALE = "; ".join(AGREEMENT.values())

INDIVIDUAL_CARD = Card(
    name="habermas_individual",
    kind="steer",
    summary="Given a political question and a statement on it, predict one person's agreement and written opinion.",
    source="Habermas Machine: AI can help humans find common ground in democratic deliberation",
    access="https://github.com/google-deepmind/habermas_machine (Parquet files in the public bucket)",
    licence="CC BY 4.0",
    citation="""@article{tessler2024ai,
  title = {{AI} can help humans find common ground in democratic deliberation},
  author = {Tessler, Michael Henry and Bakker, Michiel A. and Jarrett, Daniel and Sheahan, Hannah and Chadwick, Martin
    J. and Koster, Raphael and Evans, Georgina and Campbell-Gillingham, Lucy and Collins, Tantum and Parkes, David C.
    and Botvinick, Matthew and Summerfield, Christopher},
  journal = {Science},
  volume = {386},
  number = {6719},
  year = {2024}
}""",
    split="heldout",
    unit="participant",
    given=("question", "statement"),
    generated=("agreement", "opinion"),
    files=(RATINGS, SURVEY),
    ships=True,
    warning="Opinions on contested political questions.",
    overlaps=("habermas", "habermas_individual_categorical", "habermas_question"),
    fetch=Fetch(
        "http",
        "https://storage.googleapis.com/habermas_machine/datasets/",
        FOLDER,
        (RATINGS.rpartition("/")[2], SURVEY.rpartition("/")[2]),
    ),
)
CATEGORICAL_CARD = replace(
    INDIVIDUAL_CARD,
    name="habermas_individual_categorical",
    summary="Given a political question and a statement on it, predict how far one person agrees, in seven steps.",
    generated=("agreement",),
    files=(RATINGS,),
    overlaps=("habermas", "habermas_individual", "habermas_question"),
)
QUESTION_CARD = replace(
    INDIVIDUAL_CARD,
    name="habermas_question",
    summary="Predict further political questions that people in the United Kingdom were asked to discuss.",
    unit="part of the questions",
    given=(),
    generated=("question",),
    files=(RATINGS,),
    overlaps=("habermas", "habermas_individual", "habermas_individual_categorical"),
)
ALIGN_CARD = replace(
    INDIVIDUAL_CARD,
    name="habermas",
    kind="align",
    summary="Which of two opposed statements people in the United Kingdom agree with, in seven steps.",
    unit="question",
    given=("question", "A", "B"),
    generated=("answer",),
    files=(RATINGS,),
    overlaps=("habermas_individual", "habermas_individual_categorical", "habermas_question"),
)


@task(INDIVIDUAL_CARD, law=LAW)
def habermas_individual(root: DataRoot) -> Iterator[Process]:
    """At most 2,000 participants who wrote opinions, drawn at random; an example is one question."""
    descriptions = (
        "A resident of the United Kingdom reads a question and a statement, says how far they agree with the statement"
        f" ({SCALE}) and gives their opinion in a few sentences.",
        "One person's views on political questions: agreement with a statement in seven steps, and an opinion in their"
        " own words.",
    )
    yield from _people(INDIVIDUAL_CARD, _with_opinions(root), descriptions, None)


@task(CATEGORICAL_CARD, law=LAW)
def habermas_individual_categorical(root: DataRoot) -> Iterator[Process]:
    """At most 2,000 participants, drawn at random; an example is one question."""
    descriptions = (
        "A resident of the United Kingdom reads a question and a statement and says how far they agree with the"
        f" statement: {SCALE}.",
        "One person's agreement with statements on political questions, in seven steps.",
    )
    yield from _people(CATEGORICAL_CARD, _ratings(root), descriptions, tuple(AGREEMENT.values()))


@task(QUESTION_CARD)
def habermas_question(root: DataRoot) -> Iterator[Process]:
    """The distinct questions, each once, in parts of about 32."""
    questions = [Example(text) for text in _ratings(root)["question"].unique(maintain_order=True)]
    descriptions = (
        "Political questions on which people in the United Kingdom disagree.",
        "Questions for a citizens' assembly, one at a time.",
    )
    for number, part in chunks(questions, LAW, key=QUESTION_CARD.name):
        yield Process(str(number), examples=tuple(part), descriptions=descriptions)


@task(ALIGN_CARD)
def habermas(root: DataRoot) -> Iterator[Process]:
    """One process per question that at least 6 people rated; agreement with A stands for disagreement with B."""
    steps = list(AGREEMENT.values())
    description = (
        "A resident of the United Kingdom drawn at random reads a question with two opposed statements and says which"
        " they agree with, from 1 to 7: 1 strongly with A, 2 with A, 3 somewhat with A, 4 neutral, 5 somewhat with B,"
        " 6 with B, 7 strongly with B."
    )
    questions = (
        _ratings(root)
        .group_by("identity", maintain_order=True)
        .agg(pl.first("question", "statement", "opposed"), "agreement")
        .filter(pl.col("agreement").list.len() >= FEWEST_RATINGS)
    )
    for identity, question, statement, opposed, answers in questions.iter_rows():
        yield Process(
            identity,
            descriptions=(description,),
            choices=tuple(str(step) for step in range(1, len(steps) + 1)),
            question=f"{question}\nA: {statement}\nB: {opposed}",
            target=Target(
                tuple(answers.count(step) / len(answers) for step in steps), respondents=len(answers), ordered=True
            ),
        )


def _people(
    card: Card, table: pl.DataFrame, descriptions: tuple[str, ...], choices: tuple[str, ...] | None
) -> Iterator[Process]:
    columns = (*card.given, *card.generated)
    people = table.group_by("person", maintain_order=True).agg(columns)
    for person, *values in people[subset(range(people.height), MOST_PEOPLE, key=card.name)].iter_rows():
        examples = []
        for row in zip(*values, strict=True):
            said = dict(zip(columns, row, strict=True))
            shown, answer = ({name: said[name] for name in names} for names in (card.given, card.generated))
            examples.append(Example(render(answer), render(shown)))
        yield Process(person, examples=tuple(examples), descriptions=descriptions, choices=choices)


def _with_opinions(root: DataRoot) -> pl.DataFrame:
    """The ratings whose author also wrote an opinion on the question, with the first such opinion."""
    survey = read_columns(root.file(SURVEY), ("worker_id", "question.id", "opinion.text"))
    opinions = (
        survey.select(person="worker_id", identity="question.id", opinion=pl.col("opinion.text").str.strip_chars())
        .drop_nulls()
        .filter(pl.col("opinion") != "")
        .unique(["person", "identity"], keep="first", maintain_order=True)
    )
    return _ratings(root).join(opinions, on=["person", "identity"], how="inner", maintain_order="left")


def _ratings(root: DataRoot) -> pl.DataFrame:
    """First rating of each person on each question; simulated people and unanswered rows are left out."""
    path = root.file(RATINGS)
    names = {
        "worker_id": "person",
        "question.id": "identity",
        "question.text": "question",
        "question.affirming_statement": "statement",
        "question.negating_statement": "opposed",
        "ratings.agreement": "agreement",
    }
    table = read_columns(path, (*names, "metadata.provenance", "rating_index"))
    if not isinstance(table.schema["ratings.agreement"], pl.List):
        raise DataError("ratings.agreement is not a list", where=path, fix="Fetch the file again.")
    rated = (
        table.with_columns(pl.col("ratings.agreement").list.first())
        .filter(pl.col("metadata.provenance") == "HUMAN_CITIZEN", pl.col("ratings.agreement") != "MOCK")
        .drop_nulls(list(names))
        .sort("rating_index", maintain_order=True)
        .unique(["worker_id", "question.id"], keep="first", maintain_order=True)
        .select(pl.col(old).str.strip_chars().alias(new) for old, new in names.items())
    )
    if unknown := sorted(set(rated["agreement"]) - set(AGREEMENT)):
        raise DataError(f"unknown agreement {unknown[0]!r}", where=path, fix="Fetch the file again.")
    return rated.with_columns(pl.col("agreement").replace_strict(AGREEMENT))
