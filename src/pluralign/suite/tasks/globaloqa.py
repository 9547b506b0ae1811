"""GlobalOpinionQA: how people of each country answer questions of the World Values Survey and of Pew Global Attitudes.

The source is the published ``global_opinions.csv``, or in its place three subsets of it in the folder
``globalopinionqa_subsets``, which overlap and are merged here. Left out, and counted in the log: distributions that
are all zero, not finite or otherwise more than 0.05 away from sum 1, and for ``global_oqa`` questions with more
options than there are letters.
"""

import ast
import hashlib
import logging
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from string import ascii_uppercase

from pluralign.episode import Example, Process, Target
from pluralign.errors import DataError
from pluralign.suite.data import DataRoot, read_csv, read_json, read_jsonl
from pluralign.suite.registry import Card, Fetch, task
from pluralign.suite.render import percent, render

log = logging.getLogger(__name__)

FOLDER = "globalopinionqa_subsets"
HUB = "hub/Anthropic/llm_global_opinions"
COMPLETE = (f"{FOLDER}/global_opinions.csv", f"{HUB}/data/global_opinions.csv")
SUBSETS = tuple(
    f"{FOLDER}/{name}"
    for name in ("country_question_eval.jsonl.gz", "vital_health_subset.jsonl.gz", "global_values_100.json.gz")
)
TOLERANCE = 0.05
# Names in the source that do not read well inside a sentence.
SPOKEN = {
    "Bosnia Herzegovina": "Bosnia and Herzegovina",
    "Czech Rep.": "the Czech Republic",
    "Hong Kong SAR": "Hong Kong",
    "Macau SAR": "Macau",
    "Maldives": "the Maldives",
    "Netherlands": "the Netherlands",
    "Palest. ter.": "the Palestinian territories",
    "Philippines": "the Philippines",
    "S. Africa": "South Africa",
    "S. Korea": "South Korea",
    "Taiwan ROC": "Taiwan",
    "United States": "the United States",
}

STEER_CARD = Card(
    name="globaloqa",
    kind="steer",
    summary="Given a survey question and its options, predict the percentages of a country's population per option.",
    source="GlobalOpinionQA (Anthropic/llm_global_opinions)",
    access="https://huggingface.co/datasets/Anthropic/llm_global_opinions (data/global_opinions.csv)",
    licence="CC BY-NC-SA 4.0",
    citation="""@misc{durmus2023measuring,
  title = {Towards Measuring the Representation of Subjective Global Opinions in Language Models},
  author = {Durmus, Esin and Nguyen, Karina and Liao, Thomas I. and Schiefer, Nicholas and Askell, Amanda and
    Bakhtin, Anton and Chen, Carol and Hatfield-Dodds, Zac and Hernandez, Danny and Joseph, Nicholas and others},
  year = {2023},
  eprint = {2306.16388},
  archivePrefix = {arXiv}
}""",
    split="heldout",
    unit="country",
    given=("question", "options"),
    generated=("percentages",),
    files=tuple("|".join((subset, *COMPLETE)) for subset in SUBSETS),
    warning="Political and religious survey questions.",
    overlaps=("global_oqa", "opinionqa_individual", "opinionqa_questions", "wvs_individual"),
    fetch=Fetch("hub", "Anthropic/llm_global_opinions", HUB, ("data/global_opinions.csv",)),
)
ALIGN_CARD = replace(
    STEER_CARD,
    name="global_oqa",
    kind="align",
    summary="How the population of a country answers a survey question with lettered options.",
    unit="question and country",
    generated=("letter",),
    overlaps=("globaloqa", "opinionqa_individual", "opinionqa_questions", "wvs_individual"),
)


@dataclass(frozen=True)
class _Answers:
    country: str
    question: str
    options: tuple[str, ...]
    shares: tuple[float, ...]


@task(STEER_CARD)
def globaloqa(root: DataRoot) -> Iterator[Process]:
    """One process per country (kinds of sample apart), in alphabetical order; an example is one question."""
    countries: dict[str, list[Example]] = defaultdict(list)
    for answers in _answers(root):
        shown = {o: f"{percent(s)}%" for o, s in zip(answers.options, answers.shares, strict=True)}
        question = render({"question": answers.question, "options": list(answers.options)})
        countries[answers.country].append(Example(render({"percentages": shown}), question))
    for country, examples in sorted(countries.items()):
        place, sample = _place(country)
        yield Process(
            country,
            examples=tuple(examples),
            descriptions=(
                f"How people in {place} answer survey questions{sample}: the share of each option, in percent.",
                f"Results of opinion polls{sample} in {place}. For every question, the percentage of respondents per"
                " answer.",
            ),
            metadata={"country": country},
        )


@task(ALIGN_CARD)
def global_oqa(root: DataRoot) -> Iterator[Process]:
    """One process per country and question; the order of the choices is no scale, since "don't know" is among them."""
    too_many = 0
    for answers in _answers(root):
        letters = tuple(ascii_uppercase[: len(answers.options)])
        if len(letters) < len(answers.options):
            too_many += 1
            continue
        place, sample = _place(answers.country)
        options = (f"{letter}. {option}" for letter, option in zip(letters, answers.options, strict=True))
        question = "\n".join((answers.question, *options))
        total = sum(answers.shares)  # the published figures are rounded
        yield Process(
            f"{answers.country}/{hashlib.blake2b(question.encode(), digest_size=8).hexdigest()}",
            descriptions=(
                f"A person from {place}{sample} answers a survey question with the letter of one option.",
                f"One letter: the answer of a respondent drawn at random from a survey in {place}{sample}.",
            ),
            choices=letters,
            question=question,
            target=Target(tuple(share / total for share in answers.shares)),
            metadata={"country": answers.country},
        )
    if too_many:
        log.warning("%s: left out %d questions with more than 26 options", ALIGN_CARD.name, too_many)


def _place(country: str) -> tuple[str, str]:
    """The country as said in a sentence, and a remark on the sample where the source makes one."""
    name, _, remark = country.partition(" (")
    return SPOKEN.get(name, name), f" ({remark[0].lower()}{remark[1:]}" if remark else ""


def _answers(root: DataRoot) -> Iterator[_Answers]:
    """Answer distributions as published, each (country, question, options) once: the first one read."""
    seen = set()
    broken = 0
    complete = root.find(*COMPLETE)
    for country, question, options, shares, place in _complete(complete) if complete else _subsets(root):
        try:
            labels = tuple(f"{o:g}" if isinstance(o, float) else str(o).strip() for o in options)
            numbers = tuple(map(float, shares))
        except (TypeError, ValueError):
            raise DataError(f"options or distribution of {country} are not lists", where=place) from None
        if len(labels) != len(numbers) or len(set(labels)) < len(labels) or min(numbers, default=-1) < 0:
            raise DataError(f"options and distribution of {country} do not fit", where=place)
        if not abs(sum(numbers) - 1) <= TOLERANCE:  # also where the sum is not a number
            broken += 1
            continue
        key = (country, question.strip(), labels)
        if key not in seen:
            seen.add(key)
            yield _Answers(*key, numbers)
    if broken:
        log.warning("GlobalOpinionQA: left out %d distributions that do not sum to 1", broken)


def _complete(path: Path) -> Iterator[tuple[str, str, list, list, str]]:
    table = read_csv(path, infer_schema=False, columns=["question", "selections", "options"])
    for number, (question, selections, options) in enumerate(table.iter_rows(), 2):
        if question is None:
            continue
        place = f"{path}, record {number}"
        # The file shows a Python defaultdict: the dictionary inside it is what counts.
        inner = re.search(r"\{.*\}", selections or "", re.DOTALL)
        countries = _literal(inner.group() if inner else None, dict, place)
        choices = _literal(options, list, place)
        for country, shares in countries.items():
            yield country, question, choices, shares, place


def _subsets(root: DataRoot) -> Iterator[tuple[str, str, list, list, str]]:
    by_country, health, values = (root.file(name) for name in SUBSETS)
    place = str(by_country)
    try:
        for number, row in enumerate(read_jsonl(by_country), 1):
            place = f"{by_country}, line {number}"
            yield row["country"], row["question"], row["options"], row["distribution"], place
        for number, row in enumerate(read_jsonl(health), 1):
            place = f"{health}, line {number}"
            # This subset wraps the question into a prompt.
            question = row["question"].removeprefix("Question:").rsplit("\nOptions:", 1)[0]
            yield row["attribute"], question, row["options"], row["gold_distribution"], place
        place = str(values)
        entries = read_json(values)
        if not isinstance(entries, dict):
            raise DataError("not an object keyed by question", where=place, fix="Fetch the file again.")
        for question, entry in entries.items():
            place = f"{values}, {question[:40]}"
            options = _literal(entry["MC_options"], list, place)
            for country in entry["countries"]:
                yield country, question, options, entry[country], place
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"a field is absent or of the wrong type: {error}", where=place) from None


def _literal(text: str | None, kind: type, place: str):
    try:
        value = ast.literal_eval(text or "")
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        value = None
    if not isinstance(value, kind):
        raise DataError(f"not a Python {kind.__name__}", where=place, fix="Fetch the file again.")
    return value
