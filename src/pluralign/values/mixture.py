"""The four tasks that a model of considerations learns from a prism: generate, relevance, valence and explanation.

One example of each for every consideration, as in the mixture that Kaleido was trained on (Sorensen et al. 2024,
arXiv 2309.00779): relevance has one made negative for every consideration. Here the negatives are graded
(:data:`pluralign.values.lessons.GRADES`) and take turns, so that a model cannot get by with the topic alone.
"""

import json
from pathlib import Path

import numpy as np
import polars as pl

from pluralign.episode import generator
from pluralign.errors import DataError
from pluralign.lm.embed import embed as packaged
from pluralign.runs import write_atomically
from pluralign.values.kaleido import TEMPLATES
from pluralign.values.lessons import GRADES, negatives
from pluralign.values.prism import Prism
from pluralign.values.prompted import DESCRIPTIONS
from pluralign.values.split import Embed, clusters

TASKS = tuple(TEMPLATES)
FILE = "mixture.csv"
_BLOCK = 4_000
"""Considerations among which negatives are looked for."""
_SHOWN = 8
"""Examples of one process of the tables for causal models."""
_COLUMNS = {name: pl.String for name in ("task", "grade", "split", "situation", "kind", "text", "answer")}


def mixture(prism: Prism, embed: Embed = packaged, *, development: float = 0.1, seed: int = 0) -> pl.DataFrame:
    """The examples of all four tasks.

    Args:
        prism: considerations; those marked as not relevant serve as negatives, and where there are none they are made.
        embed: from texts to unit vectors, for the grades of negatives.
        development: share of the situations that go to the split ``val``, where the prism has no splits.
        seed: of splits and negatives.

    Returns:
        columns ``task``, ``grade`` (of a negative, else null), ``split`` (``train``, ``val`` or ``test``),
        ``situation``, ``kind``, ``text`` and ``answer``, all text.

    Raises:
        DataError: there is nothing to learn from.
    """
    rows = prism.rows.with_columns(split=_splits(prism.rows, development, seed))
    key = ["split", "situation", "kind", "text"]
    known = rows.filter(pl.col("relevant").fill_null(True)).group_by(key, maintain_order=True)
    known = known.agg(pl.col("valence", "explanation").drop_nulls().first())
    if not known.height:
        raise DataError("there are no considerations to learn from")
    given = rows.filter(~pl.col("relevant").fill_null(True)).unique(key, maintain_order=True).select(key)
    wrong = given.with_columns(grade=pl.lit("given")) if given.height else _made(known, embed, seed)
    line = pl.concat_str(pl.col("kind").str.to_titlecase(), "text", separator=": ")
    sided = known.drop_nulls("valence")
    told = known.filter(pl.col("explanation").fill_null("") != "")
    none = pl.lit(None, pl.String)
    parts = [
        known.with_columns(task=pl.lit("generate"), grade=none, answer=line),
        known.with_columns(task=pl.lit("relevance"), grade=none, answer=pl.lit("Yes")),
        wrong.with_columns(task=pl.lit("relevance"), answer=pl.lit("No")),
        sided.with_columns(task=pl.lit("valence"), grade=none, answer=pl.col("valence").str.to_titlecase()),
        told.with_columns(task=pl.lit("explanation"), grade=none, answer="explanation"),
    ]
    return pl.concat([part.select(pl.col(name).cast(kind) for name, kind in _COLUMNS.items()) for part in parts])


def _splits(rows: pl.DataFrame, development: float, seed: int) -> pl.Series:
    if rows["split"].is_in(["train", "val", "test"]).all():
        return rows["split"]
    names = rows["situation"].unique().to_list()
    drawn = {name: generator("mixture", seed, name).random() < development for name in names}
    return rows["situation"].replace_strict(
        {name: "val" if out else "train" for name, out in drawn.items()}, return_dtype=pl.String
    )


def _made(known: pl.DataFrame, embed: Embed, seed: int) -> pl.DataFrame:
    """For each consideration one negative within its split, of the grades in turn where they can be made."""
    own = pl.Series("cluster", clusters(known["text"].to_list(), embed))
    none = pl.lit(None, pl.String)
    frame = known.with_columns(
        own, source=pl.lit("prism"), group="situation", relevant=pl.lit(True), told="text", form=none, grade=none
    )
    rng = np.random.default_rng([seed, 19])
    parts = []
    for _, part in frame.group_by("split", maintain_order=True):
        order = pl.Series(rng.permutation(part.height))
        for start in range(0, part.height, _BLOCK):
            parts += negatives(part[order[start : start + _BLOCK]], embed, seed)
    if not parts:
        return known.clear().select("split", "situation", "kind", "text").with_columns(grade=none)
    made = pl.concat(parts)
    wish = {grade: place for place, grade in enumerate(GRADES)}
    turn = pl.int_range(pl.len()).over("grade") % len(GRADES)
    first = (pl.col("grade").replace_strict(wish, return_dtype=pl.Int64) + turn) % len(GRADES)
    counted = made.with_columns(first=first, number=pl.int_range(pl.len()).over("split", "situation", "grade"))
    chosen = counted.sort("first", maintain_order=True).unique(
        ["split", "situation", "number"], keep="first", maintain_order=True
    )
    return chosen.select("split", "situation", "kind", "text", "grade")


def write(folder: Path, examples: pl.DataFrame) -> list[Path]:
    """Write ``mixture.csv`` with ``input`` and ``output`` for encoder-decoder models, and one table and settings file
    per task for causal models, which :func:`pluralign.suite.custom.add` takes.

    Args:
        folder: made if need be.
        examples: as :func:`mixture` returns them.

    Returns:
        the settings files, in the order of ``TASKS``.

    Raises:
        RunError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    asked = [
        TEMPLATES[task].format(situation=situation, kind=kind.title(), text=text)
        for task, situation, kind, text in examples.select("task", "situation", "kind", "text").iter_rows()
    ]
    whole = examples.with_columns(input=pl.Series(asked, dtype=pl.String), output="answer").drop("answer")
    write_atomically(folder / FILE, whole.write_csv().encode())
    return [
        _table(folder, task, examples.filter((pl.col("task") == task) & (pl.col("split") == "train")))
        for task in TASKS
    ]


def _table(folder: Path, task: str, rows: pl.DataFrame) -> Path:
    name = f"considerations_{task}"
    pair = pl.concat_str("situation", pl.lit("\n"), pl.col("kind").str.to_titlecase(), pl.lit(": "), "text")
    # Next to each other in a prism stand considerations of one situation, which a process should not be about.
    table = (
        rows.sample(fraction=1, shuffle=True, seed=0)
        .select(
            process=pl.format("{}-{}", pl.lit(task), pl.int_range(pl.len()) // _SHOWN),
            input="situation" if task == "generate" else pair,
            output="answer",
        )
        .unique(["process", "input"], maintain_order=True)
    )
    write_atomically(folder / f"{name}.csv", table.write_csv().encode())
    settings = {
        "name": name,
        "file": f"{name}.csv",
        "process": "process",
        "input": "input",
        "output": "output",
        "description": DESCRIPTIONS[task],
        "split": "train",
        "licence": "that of the considerations",
    }
    path = folder / f"{name}.toml"
    write_atomically(path, "".join(f"{key} = {json.dumps(text)}\n" for key, text in settings.items()).encode())
    return path


def read(folder: Path) -> pl.DataFrame:
    """``mixture.csv`` of a folder: ``task``, ``split``, ``input`` and ``output`` at least.

    Raises:
        DataError: it is absent, not readable, or lacks a column.
    """
    from pluralign.values.sources.tables import table

    path = Path(folder) / FILE
    if not path.is_file():
        raise DataError("there is no mixture", where=path, fix="Write one with pluralign values mixture.")
    return table(path, "task", "split", "input", "output")
