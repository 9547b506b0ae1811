"""Haiku and other poems of three lines, by given numbers of syllables, with a given word, or free.

Schema from the repository ``docmarionum1/haikurnn``: ``input/poems/haikus.csv`` with the lines in the columns ``0``,
``1`` and ``2``, the ``source`` (a collection) and ``0_syllables`` to ``2_syllables``, where alternative counts of one
line are joined by commas; and ``input/poems/raw/gutenberg.csv`` with ``haiku`` and ``source``, cut by a program out of
books of Project Gutenberg.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from pluralign.episode import Example, Process, generator
from pluralign.suite.chunks import chunks
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import Card, Fetch, task
from pluralign.suite.render import render
from pluralign.suite.sample import subset
from pluralign.suite.tables import read_texts

log = logging.getLogger(__name__)

FOLDER = "git/docmarionum1/haikurnn"
POEMS = f"{FOLDER}/input/poems/haikus.csv"
GUTENBERG = (
    f"{FOLDER}/input/poems/raw/gutenberg.csv",
    "_no_licence_stated/haiku_gutenberg/gutenberg_haiku_like.parquet",
)
PART = 64
MOST_PARTS = 200

CARD = Card(
    name="haikus",
    kind="steer",
    summary="Predict a three-line poem: given the syllables of its lines, given also a word that it holds, or free.",
    source="haikurnn, corpus of haiku and other three-line poems",
    access="https://github.com/docmarionum1/haikurnn (input/poems/haikus.csv)",
    licence="none stated",
    citation="""@misc{haikurnn2018,
  title = {Haiku Generation with Deep Learning},
  author = {{docmarionum1}},
  year = {2018},
  howpublished = {GitHub repository docmarionum1/haikurnn}
}""",
    split="train",
    unit="part of a collection in one of three views",
    generated=("poem",),
    files=(POEMS,),
    overlaps=("haiku_gutenberg",),
    fetch=Fetch("git", "https://github.com/docmarionum1/haikurnn", FOLDER, ("input/poems/haikus.csv",)),
)
GUTENBERG_CARD = replace(
    CARD,
    name="haiku_gutenberg",
    summary="Predict further segments of old books that fall into three lines like a haiku.",
    source="haikurnn, haiku-like segments of Project Gutenberg texts",
    access="https://github.com/docmarionum1/haikurnn (input/poems/raw/gutenberg.csv)",
    unit="part of the poems",
    files=("|".join(GUTENBERG),),
    overlaps=("haikus",),
    fetch=Fetch("git", "https://github.com/docmarionum1/haikurnn", FOLDER, ("input/poems/raw/gutenberg.csv",)),
    extra=True,
)
SYLLABLES = (
    "Poems of three lines. The input says how many syllables each line has.",
    "Short poems from one collection, each with the number of syllables of its first, second and third line.",
)
WORD = (
    "Poems of three lines. The input is a JSON object with a word that the poem contains and the syllables per line.",
    "Short poems from one collection that use a given word and have the given numbers of syllables.",
)
FREE = ("Haiku and other poems of three lines.", "Short poems, three lines each.")


@task(CARD)
def haikus(root: DataRoot) -> Iterator[Process]:
    """Three views of the poems, the first two by collection; in parts of 64, at most 200 per view at random."""
    path = root.file(POEMS)
    lines, counts = ("0", "1", "2"), ("0_syllables", "1_syllables", "2_syllables")
    table = read_texts(path, (*lines, "source", *counts)).with_columns(
        # Of several counts of a line, the first.
        pl.col(count).str.extract(r"^(\d+)")
        for count in counts
    )
    poems = table.drop_nulls((*lines, "source")).select(
        "source", poem=pl.concat_str(lines, separator="\n"), syllables=pl.concat_str(counts, separator=", ")
    )
    poems = poems.unique("poem", keep="first", maintain_order=True)
    if poems.height < table.height:
        log.warning("%s: left out %d incomplete or repeated poems", CARD.name, table.height - poems.height)
    counted = poems.drop_nulls("syllables").group_by("source", maintain_order=True).agg("poem", "syllables")
    by_syllables, by_word = {}, {}
    for source, texts, numbers in counted.iter_rows():
        by_syllables[source] = [Example(poem, given) for poem, given in zip(texts, numbers, strict=True)]
        rng = generator(CARD.name, "word", source)
        by_word[source] = [
            Example(poem, render({"include_word": words[rng.integers(len(words))], "syllables": given}))
            for poem, given in zip(texts, numbers, strict=True)
            if (words := _words(poem))
        ]
    yield from _view("syllables", by_syllables, SYLLABLES)
    yield from _view("word", by_word, WORD)
    yield from _view("free", {"all": [Example(poem) for poem in poems["poem"]]}, FREE)


@task(GUTENBERG_CARD)
def haiku_gutenberg(root: DataRoot) -> Iterator[Process]:
    """The distinct poems, each once, in parts of 64."""
    poems = read_texts(root.file(*GUTENBERG), ("haiku",))["haiku"].drop_nulls().unique(maintain_order=True)
    descriptions = (
        "Segments of old books, broken into three lines like a haiku.",
        "Poems of three lines found in prose and verse from before copyright.",
    )
    examples = list(map(Example, poems))
    for number, part in chunks(examples, lambda rng: PART, key=GUTENBERG_CARD.name):
        yield Process(str(number), examples=tuple(part), descriptions=descriptions)


def _view(name: str, collections: dict[str, list[Example]], descriptions: tuple[str, ...]) -> Iterator[Process]:
    parts: list[tuple[str, int, Sequence[Example]]] = [
        (collection, number, part)
        for collection, examples in collections.items()
        for number, part in chunks(examples, lambda rng: PART, key=(CARD.name, name, collection))
    ]
    for index in subset(range(len(parts)), MOST_PARTS, key=(CARD.name, name)):
        collection, number, part = parts[index]
        yield Process(
            f"{name}/{collection}/{number}",
            examples=tuple(part),
            descriptions=descriptions,
            metadata={"view": name, "collection": collection},
        )


def _words(poem: str) -> list[str]:
    """The words of a poem without the punctuation around them."""
    return re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", poem)
