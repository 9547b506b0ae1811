"""ValuePrism: situations that people wrote, with the values, rights and duties that a language model found to bear.

The data card of ``allenai/ValuePrism`` puts the complete data into the CSV files of ``full/``; columns as in the code
released with Spectrum Tuning (tsor13/spectrum): ``situation``, ``vrd`` (Value, Right or Duty), ``text``,
``explanation`` and ``valence`` (Supports, Opposes or Either), one row per consideration.
"""

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from pluralign.episode import Example, GeometricPoisson, Process, generator
from pluralign.errors import DataError
from pluralign.suite.chunks import chunks
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import Card, task
from pluralign.suite.render import render
from pluralign.suite.sample import subset
from pluralign.suite.tables import read_texts

FOLDER = "hub/allenai/ValuePrism/full"
KINDS = {"Value": "values", "Right": "rights", "Duty": "duties"}
MOST_PARTS = 500
MOST_VALUES = 400
FEWEST_SITUATIONS = 10

SITUATION_CARD = Card(
    name="valueprism_situation",
    kind="steer",
    summary="Predict further everyday situations about which moral questions can be asked.",
    source="ValuePrism (allenai/ValuePrism, full)",
    access="https://huggingface.co/datasets/allenai/ValuePrism (terms to be accepted)",
    licence="AI2 ImpACT licence for medium-risk artifacts",
    citation="""@inproceedings{sorensen2024value,
  title = {Value Kaleidoscope: Engaging {AI} with Pluralistic Human Values, Rights, and Duties},
  author = {Sorensen, Taylor and Jiang, Liwei and Hwang, Jena D. and Levine, Sydney and Pyatkin, Valentina and
    West, Peter and Dziri, Nouha and Lu, Ximing and Rao, Kavel and Bhagavatula, Chandra and Sap, Maarten and
    Tasioulas, John and Choi, Yejin},
  booktitle = {Proceedings of the AAAI Conference on Artificial Intelligence},
  year = {2024}
}""",
    split="train",
    unit="part of the situations",
    generated=("situation",),
    files=(FOLDER,),
    warning="Some situations are distressing or offensive.",
    overlaps=("valueprism_misc", "valueprism_vrd"),
    steps="Open https://huggingface.co/datasets/allenai/ValuePrism, log in and accept the terms.\n"
    "Log in on this machine: hf auth login.\n"
    "In the data root: hf download allenai/ValuePrism --repo-type dataset --include 'full/*'"
    " --local-dir hub/allenai/ValuePrism",
)
VRD_CARD = replace(
    SITUATION_CARD,
    name="valueprism_vrd",
    summary="Given a situation, predict a JSON list of the values, rights and duties that bear on it.",
    given=("situation",),
    generated=("considerations",),
    overlaps=("valueprism_misc", "valueprism_situation", "valueprism_vrds_noncontextual"),
)
NONCONTEXTUAL_CARD = replace(
    SITUATION_CARD,
    name="valueprism_vrds_noncontextual",
    summary="Predict further values, rights or duties, without a situation.",
    unit="part of the values, of the rights or of the duties",
    generated=("text",),
    overlaps=("valueprism_vrd",),
)
MISC_CARD = replace(
    SITUATION_CARD,
    name="valueprism_misc",
    summary="Predict further situations on which the same value bears.",
    unit="value",
    overlaps=("valueprism_situation", "valueprism_vrd"),
)


@task(SITUATION_CARD)
def valueprism_situation(root: DataRoot) -> Iterator[Process]:
    """The distinct situations, each once, in parts of about 256."""
    situations = _considerations(root)["situation"].unique(maintain_order=True).to_list()
    descriptions = (
        "Situations in which a moral judgement can be made, a few words each.",
        "Things that somebody might do, for which there are reasons and against which there are reasons.",
    )
    for number, part in chunks(situations, GeometricPoisson(256), key=SITUATION_CARD.name):
        yield Process(str(number), examples=tuple(map(Example, part)), descriptions=descriptions)


@task(VRD_CARD)
def valueprism_vrd(root: DataRoot) -> Iterator[Process]:
    """Situations with all that bears on them, in random order; at most 500 parts of about 32, drawn at random."""
    fields = ("text", "vrd", "explanation", "valence")
    grouped = _considerations(root).group_by("situation", maintain_order=True).agg(pl.struct(fields).alias("all"))
    descriptions = (
        "For each situation, a JSON list of considerations. Each is an object with text (the consideration), vrd"
        " (Value, Right or Duty), explanation (why it bears on the situation) and valence (Supports, Opposes or"
        " Either).",
        "The values, rights and duties that matter in a situation, as a JSON array of objects.",
    )
    parts = list(chunks(range(grouped.height), GeometricPoisson(32), key=VRD_CARD.name))
    for number, rows in subset(parts, MOST_PARTS, key=(VRD_CARD.name, "parts")):
        examples = []
        for situation, considerations in grouped[list(rows)].iter_rows():
            order = generator(VRD_CARD.name, situation).permutation(len(considerations)).tolist()
            examples.append(Example(render({"considerations": [considerations[i] for i in order]}), situation))
        yield Process(str(number), examples=tuple(examples), descriptions=descriptions)


@task(NONCONTEXTUAL_CARD)
def valueprism_vrds_noncontextual(root: DataRoot) -> Iterator[Process]:
    """The distinct values, rights and duties, each once, in parts of about 256 of the same kind."""
    table = _considerations(root).unique(("vrd", "text"), maintain_order=True)
    for kind, plural in KINDS.items():
        texts = table.filter(pl.col("vrd") == kind)["text"].to_list()
        descriptions = (
            f"Moral {plural}, a few words each.",
            f"Names of {plural} that people appeal to when they reason about what to do.",
        )
        for number, part in chunks(texts, GeometricPoisson(256), key=(NONCONTEXTUAL_CARD.name, kind)):
            yield Process(
                f"{kind}/{number}",
                examples=tuple(map(Example, part)),
                descriptions=descriptions,
                metadata={"kind": kind},
            )


@task(MISC_CARD, law=GeometricPoisson(32))
def valueprism_misc(root: DataRoot) -> Iterator[Process]:
    """At most 400 values with at least 10 situations each, drawn at random; an episode shows about 32 of one."""
    values = (
        _considerations(root)
        .filter(pl.col("vrd") == "Value")
        .unique(("text", "situation"), maintain_order=True)
        .group_by("text", maintain_order=True)
        .agg("situation")
        .filter(pl.col("situation").list.len() >= FEWEST_SITUATIONS)
    )
    for row in subset(range(values.height), MOST_VALUES, key=MISC_CARD.name):
        value, situations = values.row(row)
        yield Process(
            value,
            examples=tuple(map(Example, situations)),
            descriptions=(
                f"Situations on which this value bears: {value}.",
                "Situations that have one value in common: it matters in each of them.",
            ),
            metadata={"value": value},
        )


def _considerations(root: DataRoot) -> pl.DataFrame:
    folder = root.file(FOLDER)
    files = sorted(path for path in folder.iterdir() if path.suffix in (".csv", ".parquet"))
    if not files:
        raise DataError("no CSV file", where=folder, fix="Download the folder full again.")
    tables = []
    for path in files:
        table = read_texts(path, ("situation", "vrd", "text", "explanation", "valence"))
        unknown = table.filter(~pl.col("vrd").is_in(list(KINDS)))
        if unknown.height:
            reason = f"{unknown['vrd'][0]!r} is neither Value, Right nor Duty"
            raise DataError(reason, where=f"{path}, row {unknown['row'][0]}", fix="Download the file again.")
        tables.append(table.drop_nulls())
    return pl.concat(tables)
