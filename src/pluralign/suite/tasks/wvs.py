"""World Values Survey, wave 7: the answers of single respondents from all over the world.

The SPSS file with inverted scales is read, since it holds the wording of questions and options beside the codes. The
CSV files of the same release hold codes only. polars does not read SPSS files: pyreadstat does, a small, maintained
package (the extra ``spss``). Columns as in the code book of wave 7: a question is ``Q`` and a number, with ``P`` after
it where the scale is inverted; there the options are listed from the highest code down, which restores the order of
the questionnaire. Codes below 0 mean no answer; ``R`` behind a number marks a recoded copy, which is left out.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from pluralign.episode import Example, Process
from pluralign.errors import DataError
from pluralign.suite.data import DataRoot
from pluralign.suite.quiz import LETTERS, lettered
from pluralign.suite.registry import Card, task
from pluralign.suite.sample import subset

log = logging.getLogger(__name__)

FOLDER = "manual/wvs"
RESPONDENT = "D_INTERVIEW"
# What a description may tell: country, town and language of the interview.
FACTS = {"B_COUNTRY": "country", "N_TOWN": "town", "S_INTLANGUAGE": "language of the interview"}
# Year of birth, age, size of the household and number of children: numbers, whose labels are no list of options.
COUNTS = {"Q261", "Q262", "Q270", "Q274"}
RECODE = re.compile(r"Q\d+R")
MOST_OPTIONS = 17
MOST_RESPONDENTS = 2000

CARD = Card(
    name="wvs_individual",
    kind="steer",
    summary="Given a survey question with lettered options, predict the answer of one respondent.",
    source="World Values Survey, wave 7 (2017-2022), version 6.0, inverted scales",
    access="https://www.worldvaluessurvey.org/WVSDocumentationWV7.jsp (registration)",
    licence="non-commercial use after registration, no redistribution (verify)",
    citation="""@misc{haerpfer2022world,
  title = {World Values Survey: Round Seven - Country-Pooled Datafile Version 6.0},
  author = {Haerpfer, Christian and Inglehart, Ronald and Moreno, Alejandro and Welzel, Christian and
    Kizilova, Kseniya and Diez-Medrano, Jaime and Lagos, Marta and Norris, Pippa and Ponarin, Eduard and Puranen, Bi},
  publisher = {JD Systems Institute and WVSA Secretariat},
  year = {2022},
  doi = {10.14281/18241.24}
}""",
    split="heldout",
    unit="respondent",
    given=("question",),
    generated=("letter",),
    files=(FOLDER,),
    warning="Political, religious and moral survey questions.",
    overlaps=("global_oqa", "globaloqa"),
    steps="Open https://www.worldvaluessurvey.org/WVSDocumentationWV7.jsp and register.\n"
    "Download the archive “WVS Cross-National Inverted Wave 7 sav v6 0.zip”.\n"
    f"Unpack it into {FOLDER} under the data root; the file ends in .sav.\n"
    "Install the reader of SPSS files: pip install 'pluralign[spss]'.",
)


@task(CARD)
def wvs_individual(root: DataRoot) -> Iterator[Process]:
    """At most 2,000 respondents, drawn at random; an example is one answered question."""
    path = _survey_file(root.file(FOLDER))
    table, texts, labels = _read(path)
    questions = {column: _answers(texts[column], options) for column, options in labels.items() if column not in FACTS}
    choices = LETTERS[: max(map(len, questions.values()), default=0)]
    unlabelled = 0
    for row in table[subset(range(table.height), MOST_RESPONDENTS, key=CARD.name)].iter_rows(named=True):
        examples = []
        for column, answers in questions.items():
            code = row[column]
            if code in answers:
                examples.append(answers[code])
            elif code is not None and code >= 0:
                unlabelled += 1
        if examples:
            facts = {
                name: labels[column][row[column]].strip()
                for column, name in FACTS.items()
                if column in labels and row[column] in labels[column]
            }
            yield Process(
                f"{row[RESPONDENT]:.0f}",
                examples=tuple(examples),
                descriptions=_descriptions(facts),
                choices=choices,
                metadata=facts,
            )
    if unlabelled:
        log.warning("%s: left out %d answers whose code has no label", CARD.name, unlabelled)


def _descriptions(facts: Mapping[str, str]) -> tuple[str, ...]:
    generic = (
        "One person answers the questions of an international survey, each with the letter of an option.",
        "The letter that the respondent chose.",
    )
    if not facts:
        return generic
    about = "; ".join(f"{name}: {value}" for name, value in facts.items())
    return (*generic, f"Answers of one respondent of the World Values Survey ({about}), as letters.")


def _answers(question: str, options: Mapping[float, str]) -> dict[float, Example]:
    """The example for each code of a question; ``options`` are in the order in which they are shown."""
    text = lettered(question, list(options.values()))
    return {code: Example(letter, text) for code, letter in zip(options, LETTERS, strict=False)}


def _survey_file(folder: Path) -> Path:
    files = sorted(path for path in folder.rglob("*.sav") if "inverted" in path.name.lower())
    if not files:
        fix = "Unpack the inverted SPSS file of wave 7 there; the CSV files lack the wording of questions and options."
        raise DataError("no SPSS file with inverted scales (*inverted*.sav)", where=folder, fix=fix)
    return files[-1]


def _read(path: Path) -> tuple[pl.DataFrame, dict[str, str], dict[str, dict[float, str]]]:
    """Answers by column, wording of each question, and labels of the codes in the order in which they are shown."""
    try:
        import pyreadstat
    except ImportError:
        fix = "Install it with pip install 'pluralign[spss]'."
        raise DataError("pyreadstat, which reads SPSS files, is not installed", where=path, fix=fix) from None
    try:
        _, described = pyreadstat.read_sav(path, metadataonly=True)
        if RESPONDENT not in described.column_names:
            raise DataError(f"column {RESPONDENT!r} is absent", where=path, fix="Download the file again.")
        texts = {name: text.strip() for name, text in described.column_names_to_labels.items() if text}
        labels = dict(_labels(described.column_names, texts, described.variable_value_labels))
        values, _ = pyreadstat.read_sav(path, usecols=[RESPONDENT, *labels], output_format="dict")
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError) as error:
        raise DataError(f"not a readable SPSS file: {error}", where=path, fix="Download it again.") from None
    return pl.DataFrame(values, nan_to_null=True), texts, labels


def _labels(
    columns: list[str], texts: Mapping[str, str], labels: Mapping[str, Mapping[float, str]]
) -> Iterator[tuple[str, dict[float, str]]]:
    for column in columns:
        codes = {code: label for code, label in sorted(labels.get(column, {}).items()) if code >= 0}
        if column in FACTS and codes:
            yield column, codes
        elif re.match(r"Q\d", column) and column in texts and 2 <= len(codes) <= MOST_OPTIONS:
            if column.removesuffix("P") in COUNTS or RECODE.fullmatch(column):
                continue
            shown = reversed(codes.items()) if column.endswith("P") else codes.items()
            yield column, {code: label.strip() for code, label in shown}
