"""POPQUORN: offence, politeness, rewriting and reading by raters from a sample that represents the United States.

Schema from the repository ``Jiaxin-Pei/Potato-Prolific-Dataset``: ``dataset/TASK/raw_data.csv`` with ``user_id``, five
columns on the rater and those of the task. Politeness ratings and question answering are read from that layout only
(their columns as used by the code released with Spectrum Tuning, tsor13/spectrum); where they are not there, the tasks
go without them. Question answering has no rater ids: the raters are told apart by the five columns, so that several
people of the same kind may be taken for one. Rows without an answer are left out and
counted, and for the individual task those without a rater.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from pluralign.episode import Example, GeometricPoisson, Process
from pluralign.errors import DataError
from pluralign.suite.chunks import chunks
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import Card, Fetch, task
from pluralign.suite.render import render
from pluralign.suite.sample import subset
from pluralign.suite.tables import read_texts

log = logging.getLogger(__name__)

FOLDER = "git/Jiaxin-Pei/Potato-Prolific-Dataset"
FACTS = ("gender", "race", "age", "occupation", "education")
UNKNOWN = ("Prefer not to disclose", "Other")
MOST_RATERS = 100
FEWEST_ANSWERS = 6
CHUNK = GeometricPoisson(128)
SCALE = ("1", "2", "3", "4", "5")


@dataclass(frozen=True)
class _Part:
    """One of the four data sets: its text columns, the answer columns, and what is said about the task."""

    folder: str
    given: tuple[str, ...]
    generated: tuple[str, ...]
    person: str
    texts: str
    choices: tuple[str, ...] | None = None
    compact: bool = True

    @property
    def files(self) -> tuple[str, ...]:
        copy = (f"_no_licence_stated/popquorn/{self.folder}.parquet",) if self.compact else ()
        return f"{FOLDER}/dataset/{self.folder}/raw_data.csv", *copy


PARTS = (
    _Part(
        "email_rewriting",
        ("original email",),
        ("revised email",),
        "One person rewrites e-mails of colleagues so that they are more polite and professional.",
        "E-mails from work that somebody is going to make more polite.",
    ),
    _Part(
        "offensiveness",
        ("text",),
        ("offensiveness",),
        "One person rates how offensive comments from a discussion site are, from 1 (not at all) to 5 (very).",
        "Comments from a discussion site, to be rated for how offensive they are.",
        SCALE,
    ),
    _Part(
        "politeness_rating",
        ("text",),
        ("politeness",),
        "One person rates how polite e-mails are, from 1 (not at all) to 5 (very).",
        "E-mails from work, to be rated for how polite they are.",
        SCALE,
        compact=False,
    ),
    _Part(
        "question_answering",
        ("passage", "question"),
        ("groundtruth", "answer", "difficulty"),
        "Questions on passages: the right answer, the answer that one person gave, and how difficult the person found"
        " the question, from 1 (easy) to 5 (hard).",
        "Passages from an encyclopaedia, to ask questions about.",
        compact=False,
    ),
)

CARD = Card(
    name="popquorn_individual",
    kind="steer",
    summary="Given a comment, an e-mail, or a passage and a question, predict one person's answer.",
    source="POPQUORN (Potato-Prolific dataset)",
    access="https://github.com/Jiaxin-Pei/Potato-Prolific-Dataset",
    licence="none stated",
    citation="""@inproceedings{pei-jurgens-2023-annotator,
  title = {When Do Annotator Demographics Matter? Measuring the Influence of Annotator Demographics with the
    {POPQUORN} Dataset},
  author = {Pei, Jiaxin and Jurgens, David},
  booktitle = {Proceedings of the 17th Linguistic Annotation Workshop (LAW-XVII)},
  year = {2023}
}""",
    split="train",
    unit="rater",
    given=tuple(dict.fromkeys(name for part in PARTS for name in part.given)),
    generated=tuple(dict.fromkeys(name for part in PARTS for name in part.generated)),
    files=tuple("|".join(part.files) for part in PARTS if part.compact),
    warning="Offensive, hateful and sexual comments.",
    overlaps=("popquorn_og_categorical",),
    fetch=Fetch("git", "https://github.com/Jiaxin-Pei/Potato-Prolific-Dataset", FOLDER, ("dataset/*/raw_data.csv",)),
)
TEXTS_CARD = replace(
    CARD,
    name="popquorn_og_categorical",
    summary="Predict further texts of the kind that people were asked to rate, rewrite or read.",
    unit="part of the texts",
    given=(),
    generated=("text",),
    overlaps=("popquorn_individual",),
)


@task(CARD)
def individual(root: DataRoot) -> Iterator[Process]:
    """At most 100 raters with more than 5 answers from each of the four parts, drawn at random."""
    for part, table in _tables(root, CARD.name):
        if unknown := table["rater"].null_count():
            log.warning("%s: left out %d answers of unknown raters of %s", CARD.name, unknown, part.folder)
        raters = (
            table.drop_nulls("rater")
            .group_by("rater", maintain_order=True)
            .agg(pl.col(*FACTS).drop_nulls().first(), pl.col(*part.given, *part.generated))
            .filter(pl.col(part.given[0]).list.len() >= FEWEST_ANSWERS)
        )
        chosen = subset(range(raters.height), MOST_RATERS, key=(CARD.name, part.folder))
        for row in raters[chosen].iter_rows(named=True):
            known = {fact: row[fact] for fact in FACTS if row[fact] and row[fact] not in UNKNOWN}
            inputs = _texts([row[name] for name in part.given], part.given)
            outputs = _texts([row[name] for name in part.generated], part.generated)
            yield Process(
                f"{part.folder}/{row['rater']}",
                examples=tuple(Example(output, given) for output, given in zip(outputs, inputs, strict=True)),
                descriptions=_descriptions(part, known),
                choices=part.choices,
                metadata={"part": part.folder} | known,
            )


@task(TEXTS_CARD)
def og_categorical(root: DataRoot) -> Iterator[Process]:
    """The distinct texts of each of the four parts, each once, in parts of about 128."""
    for part, table in _tables(root, TEXTS_CARD.name):
        texts = table[part.given[0]].unique(maintain_order=True).to_list()
        for number, some in chunks(texts, CHUNK, key=(TEXTS_CARD.name, part.folder)):
            yield Process(
                f"{part.folder}/{number}",
                examples=tuple(map(Example, some)),
                descriptions=(part.texts, f"{part.texts} One text after the other, in random order."),
                metadata={"part": part.folder},
            )


def _tables(root: DataRoot, name: str) -> Iterator[tuple[_Part, pl.DataFrame]]:
    """The parts that are there, with the columns ``rater``, ``FACTS`` and those of the part, all of them text."""
    for part in PARTS:
        path = root.find(*part.files)
        if path is None:
            log.warning("%s: %s is not there and is left out", name, part.files[0])
            continue
        needed = (*part.given, *part.generated)
        source = {"passage": "text"} if part.folder == "question_answering" else {}
        table = read_texts(path, ("user_id", *FACTS, *(source.get(column, column) for column in needed)))
        scales = [column for column in part.generated if column in ("offensiveness", "politeness", "difficulty")]
        rater = pl.concat_str(FACTS, separator=", ") if part.folder == "question_answering" else _whole("user_id")
        table = table.rename({old: new for new, old in source.items()}).with_columns(
            *map(_whole, scales), rater.alias("rater")
        )
        complete = table.drop_nulls(needed)
        for column in scales:
            if (odd := complete.filter(~pl.col(column).is_in(SCALE))).height:
                raise DataError(f"{column} {odd[column][0]!r} is not 1 to 5", where=f"{path}, row {odd['row'][0]}")
        if complete.height < table.height:
            log.warning("%s: left out %d unanswered of %s", name, table.height - complete.height, part.folder)
        yield part, complete


def _whole(column: str) -> pl.Expr:
    """Numbers such as 3.0 as the text 3."""
    return pl.col(column).str.replace(r"\.0+$", "")


def _texts(columns: list[list[str]], names: tuple[str, ...]) -> list[str]:
    """The rows of some columns as texts; a difficulty is a number."""
    rows = (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))
    return [render({name: int(v) if name == "difficulty" else v for name, v in row.items()}) for row in rows]


def _descriptions(part: _Part, known: dict[str, str]) -> tuple[str, ...]:
    always = (part.person, f"{part.person} All answers are by the same person.")
    facts = ", ".join(f"{name} {value}" for name, value in known.items())
    return (*always, f"{part.person} The person: {facts}.") if facts else always
