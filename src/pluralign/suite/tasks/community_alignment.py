"""Community Alignment: prompts in five languages, four responses to each, and which one a person preferred and why.

The data card of ``facebook/community-alignment-dataset`` names ``data/filtered_community_alignment.csv`` (the split
"filtered": no missing turns, language checked); a later version of the repository holds ``community_alignment.csv``.
One conversation per row: ``assigned_lang``, ``annotator_id``, ``first_turn_prompt``, ``first_turn_response_a`` to
``_d``, ``first_turn_preferred_response`` (response_a to response_d), ``first_turn_feedback``, ``second_turn_prompt``
and what is known about the annotator (code book: arXiv 2507.09650, appendix I).
"""

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from pluralign.episode import Example, GeometricPoisson, Process, generator
from pluralign.errors import DataError
from pluralign.suite.chunks import chunks
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import Card, Fetch, task
from pluralign.suite.render import render
from pluralign.suite.sample import subset
from pluralign.suite.tables import read_texts

FOLDER = "hub/facebook/community-alignment-dataset"
FILES = (f"{FOLDER}/data/filtered_community_alignment.csv", f"{FOLDER}/community_alignment.csv")
LETTERS = ("a", "b", "c", "d")
RESPONSES = tuple(f"response_{letter}" for letter in LETTERS)
TURNS = ("prompt", *RESPONSES, "preferred_response", "feedback")
FACTS = {
    "annotator_age": "age",
    "annotator_gender": "gender",
    "annotator_education_level": "education",
    "annotator_political": "politics",
    "annotator_ethnicity": "ethnicity",
    "annotator_country": "country",
}
LANGUAGES = {"en": "English", "fr": "French", "hi": "Hindi", "it": "Italian", "pt": "Portuguese"}
# The models that wrote the responses left their end mark in some of them.
END_MARK = "<|end_of_text|>"
MOST_PROMPTS = 10_000
MOST_ANNOTATORS = 1000
FEWEST_ROWS = 4
TASKS = (
    "community_alignment_individual_preferences",
    "community_alignment_individual_reply",
    "community_alignment_initial_prompt",
    "community_alignment_response",
)

PROMPT_CARD = Card(
    name="community_alignment_initial_prompt",
    kind="steer",
    summary="Predict further prompts to a language model, all in the same language.",
    source="Community Alignment (facebook/community-alignment-dataset)",
    access="https://huggingface.co/datasets/facebook/community-alignment-dataset",
    licence="CC BY 4.0",
    citation="""@article{zhang2025cultivating,
  title = {Cultivating Pluralism In Algorithmic Monoculture: The Community Alignment Dataset},
  author = {Zhang, Lily Hong and Milli, Smitha and Jusko, Karen and Smith, Jonathan and Amos, Brandon and
    Bouaziz, Wassim and Revel, Manon and Kussman, Jack and others},
  journal = {arXiv preprint arXiv:2507.09650},
  year = {2025}
}""",
    split="train",
    unit="part of the prompts in one language",
    generated=("prompt",),
    files=("|".join(FILES),),
    ships=True,
    language=tuple(LANGUAGES),
    warning="Prompts that people wrote themselves are unfiltered.",
    overlaps=tuple(name for name in TASKS if name != "community_alignment_initial_prompt"),
    fetch=Fetch(
        "hub",
        "facebook/community-alignment-dataset",
        FOLDER,
        ("data/filtered_community_alignment.csv", "community_alignment.csv"),
    ),
)


def _card(name: str, summary: str, unit: str, given: tuple[str, ...], generated: tuple[str, ...]) -> Card:
    others = tuple(other for other in TASKS if other != name)
    return replace(
        PROMPT_CARD, name=name, summary=summary, unit=unit, given=given, generated=generated, overlaps=others
    )


REPLY_CARD = _card(
    "community_alignment_individual_reply",
    "Given a prompt and the response that a person preferred, predict what they wrote next.",
    "part of an annotator's conversations",
    ("prompt", "model_response"),
    ("reply",),
)
PREFERENCE_CARD = _card(
    "community_alignment_individual_preferences",
    "Given a prompt and four responses, predict which one a person preferred and why.",
    "part of an annotator's conversations",
    ("prompt", *RESPONSES),
    ("preferred_response", "justification"),
)
RESPONSE_CARD = _card(
    "community_alignment_response",
    "Given a prompt, predict a JSON list of four different responses.",
    "5 prompts in one language",
    ("prompt",),
    ("responses",),
)


@task(PROMPT_CARD)
def community_alignment_initial_prompt(root: DataRoot) -> Iterator[Process]:
    """10,000 distinct prompts, drawn at random, each once, in parts of about 32 in one language."""
    for code, table in _languages(_prompts(root, PROMPT_CARD.name)):
        descriptions = (
            f"Prompts to a language model, in {LANGUAGES.get(code, code)}.",
            "What people ask a language model, all in the same language.",
        )
        for number, part in chunks(table["prompt"].to_list(), GeometricPoisson(32), key=(PROMPT_CARD.name, code)):
            yield Process(
                f"{code}/{number}",
                examples=tuple(map(Example, part)),
                descriptions=descriptions,
                metadata={"language": code},
            )


@task(RESPONSE_CARD)
def community_alignment_response(root: DataRoot) -> Iterator[Process]:
    """10,000 distinct prompts, drawn at random, five per process; the responses to a prompt in random order."""
    descriptions = (
        "For each prompt, a JSON list of four responses that differ, for the user to choose from.",
        "Four different answers of a language model to the same prompt, as a JSON array of strings.",
    )
    for code, table in _languages(_prompts(root, RESPONSE_CARD.name)):
        rows = table.select("prompt", *RESPONSES).rows()
        for number, part in chunks(rows, lambda rng: 5, key=(RESPONSE_CARD.name, code)):
            examples = []
            for prompt, *responses in part:
                order = generator(RESPONSE_CARD.name, prompt).permutation(len(responses)).tolist()
                examples.append(Example(render({"responses": [responses[i] for i in order]}), prompt))
            yield Process(
                f"{code}/{number}", examples=tuple(examples), descriptions=descriptions, metadata={"language": code}
            )


@task(REPLY_CARD)
def community_alignment_individual_reply(root: DataRoot) -> Iterator[Process]:
    """At most 1,000 annotators with at least 4 replies, drawn at random; parts of about 25."""
    table = _conversations(root).filter(pl.col("reply").is_not_null())
    preferred = pl.coalesce(
        pl.when(pl.col("preferred_response") == letter).then(pl.col(f"response_{letter}")) for letter in LETTERS
    )
    yield from _annotators(
        REPLY_CARD,
        table.with_columns(model_response=preferred),
        "A user reads the response of a language model to their prompt and replies. All replies are by the same"
        " person.",
    )


@task(PREFERENCE_CARD)
def community_alignment_individual_preferences(root: DataRoot) -> Iterator[Process]:
    """At most 1,000 annotators with at least 4 choices, drawn at random; parts of about 25."""
    yield from _annotators(
        PREFERENCE_CARD,
        _conversations(root),
        "One person compares four responses to each prompt. The answer is a JSON object with preferred_response (a,"
        " b, c or d) and justification (null where none was given).",
    )


def _annotators(card: Card, table: pl.DataFrame, description: str) -> Iterator[Process]:
    columns = list(dict.fromkeys((*card.given, *card.generated)))
    people = (
        table.group_by("annotator_id", maintain_order=True)
        .agg(pl.struct(columns).alias("rows"), pl.col(list(FACTS.values())).drop_nulls().first())
        .filter(pl.col("rows").list.len() >= FEWEST_ROWS)
    )
    for index in subset(range(people.height), MOST_ANNOTATORS, key=card.name):
        person = people.row(index, named=True)
        facts = {name: person[name] for name in FACTS.values() if person[name] is not None}
        about = "; ".join(f"{name}: {value}" for name, value in facts.items())
        examples = [
            Example(
                render({name: row[name] for name in card.generated}), render({name: row[name] for name in card.given})
            )
            for row in person["rows"]
        ]
        for number, part in chunks(examples, GeometricPoisson(25), key=(card.name, person["annotator_id"])):
            yield Process(
                f"{person['annotator_id']}/{number}",
                examples=tuple(part),
                descriptions=(description, f"{description} The person: {about}.") if about else (description,),
                metadata=facts,
            )


def _prompts(root: DataRoot, name: str) -> pl.DataFrame:
    """The first conversation about each of 10,000 distinct prompts."""
    table = _conversations(root).unique(("language", "prompt"), keep="first", maintain_order=True)
    return table[subset(range(table.height), MOST_PROMPTS, key=name)]


def _languages(table: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    for (code,), part in sorted(table.partition_by("language", as_dict=True, maintain_order=True).items()):
        yield str(code), part


def _conversations(root: DataRoot) -> pl.DataFrame:
    """Conversations with a prompt, four responses and a preference."""
    path = root.file(*FILES)
    names = ("assigned_lang", "annotator_id", *(f"first_turn_{name}" for name in TURNS), "second_turn_prompt")
    table = read_texts(path, (*names, *FACTS)).rename(FACTS | {"assigned_lang": "language"})
    table = table.rename({f"first_turn_{name}": name for name in TURNS}).rename(
        {"feedback": "justification", "second_turn_prompt": "reply"}
    )
    choice = pl.col("preferred_response")
    wrong = table.filter(~choice.is_in(RESPONSES))
    if wrong.height:
        reason = f"preferred response {wrong['preferred_response'][0]!r} is none of {', '.join(RESPONSES)}"
        raise DataError(reason, where=f"{path}, row {wrong['row'][0]}", fix="Fetch the file again.")
    return table.with_columns(
        pl.col(RESPONSES).str.replace_all(END_MARK, "", literal=True).str.strip_chars(),
        choice.str.strip_prefix("response_"),
    ).drop_nulls(["language", "annotator_id", "prompt", *RESPONSES, "preferred_response"])
