"""Training the embedded kaleidoscope: the reader, its calibration, and what is shown from which relevance on."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from pluralign.lm.embed import embed as packaged
from pluralign.suite.data import DataRoot
from pluralign.values import everyday
from pluralign.values.bank import Entry, bank
from pluralign.values.calibration import Raw, fit, weigh
from pluralign.values.consideration import KINDS, VALENCES
from pluralign.values.embedded import store
from pluralign.values.evidence import Evidence, actions
from pluralign.values.lessons import BANKED, SEED, lessons
from pluralign.values.split import Embed

SHOWN = 10
"""Entries that a development situation shows on average: this sets the thresholds."""

_WEIGHTS = {"moral_stories": 1.0, "contrast": 0.25, "bank": 0.3, "everyday": 0.5, "linked": 0.15, "social_chem": 0.15}
"""Of a pair in the loss of the valence, by its source; changed norms count a quarter of those that people hold."""

_UNSIDED = 6_000
"""At most so many pairs without a valence are learned from, beside those of situations written for this project."""

_GOODNESS = 0.45
"""Spread of how good situations look, beside that of all else about the side, over norms and their opposites.

Picked with stories in sight (docs/values.md, "Training"); the more, the better for norms that people hold and the
worse for their opposites.
"""

_STATE = "learning.pt"

_SITUATIONS = 300
"""Development situations that thresholds are chosen on."""

if TYPE_CHECKING:
    from pluralign.lm.halves import Texts
    from pluralign.values.reader import Reader

Said = Callable[[str, int, int], None]


def train(
    root: DataRoot,
    folder: Path,
    *,
    epochs: int = 3,
    most: int | None = None,
    entries: Sequence[Entry] | None = None,
    embed: Embed = packaged,
    seed: int = SEED,
    said: Said = lambda what, done, total: None,
) -> dict:
    """Train on the seen part, calibrate on the development part, and save; a killed training goes on.

    Args:
        root: of the data.
        folder: for the weights.
        epochs: passes over the pairs while the upper layers are tuned.
        most: at most so many training pairs, drawn at random; None takes all.
        entries: the bank; None for the one that ships.
        embed: from texts to unit vectors, for hold-outs and negatives.
        seed: of hold-outs, negatives and training.
        said: told of progress.

    Returns:
        what is saved beside the weights.

    Raises:
        DataError: a source is absent or not in the documented form.
    """
    from pluralign.values.learning import Pairs, Settings, learn
    from pluralign.values.reader import Reader, save

    said("gathering pairs", 0, 1)
    entries = tuple(bank() if entries is None else entries)
    frame = lessons(root, embed, entries=entries, seed=seed)
    seen = frame.filter(pl.col("part") == "seen").sample(fraction=1, shuffle=True, seed=seed)
    sided = pl.col("valence").is_not_null()
    others = seen.filter(~sided & (pl.col("source") != everyday.SOURCE))[:_UNSIDED]
    learned = pl.concat([seen.filter(sided | (pl.col("source") == everyday.SOURCE)), others])
    learned = learned.sample(fraction=1, shuffle=True, seed=seed)[:most]
    settings = Settings(epochs=epochs, seed=seed)
    reader, done, total = Reader(), 0, settings.epochs * learned.height

    def told(count: int) -> None:
        nonlocal done
        done += count
        said("training", done, total)

    said("reading texts", 0, 1)
    texts, consideration, situation = numbered(learned)
    names = learned.select(pl.when(pl.col("form") == "contrast").then("form").otherwise("source")).to_series()
    weight = np.array([_WEIGHTS[name] for name in names])
    group = learned.select(pl.concat_str("source", "group", separator="\n")).to_series().to_numpy()
    learn(
        reader,
        texts,
        Pairs(consideration, situation, *targets(learned), weight, group),
        settings,
        folder / _STATE,
        told,
    )
    said("calibrating", 0, 1)
    about = settle(reader, frame.filter(pl.col("part") == "development"), entries) | {
        "training": {
            "pairs": learned.height,
            "by_source": dict(learned.group_by("source").len().sort("source").iter_rows()),
            "epochs": epochs,
            "seed": seed,
        },
    }
    save(reader, folder, about)
    store(folder, entries)
    (folder / _STATE).unlink(missing_ok=True)
    return about


def settle(reader: "Reader", development: pl.DataFrame, entries: Sequence[Entry]) -> dict:
    """Balance a trained reader in place, and what it is calibrated by and shows.

    Args:
        development: pairs that the reader did not learn from.
        entries: the bank.

    Returns:
        ``calibration`` and ``thresholds``, as they are saved.
    """
    from pluralign.values.learning import balance
    from pluralign.values.reader import embedding, vectors

    norms = development.filter(pl.col("form").is_in(["original", "contrast"]))
    if norms.height > 1:
        told, situations = (vectors(reader, norms[column].to_list()) for column in ("told", "situation"))
        balance(reader, told, situations, _GOODNESS)
    recorded = actions(entries)
    evidence = Evidence(tuple(entries), dict(zip(recorded, embedding(vectors(reader, recorded)), strict=True)))
    listed = development.filter(pl.col("source").is_in(BANKED) & pl.col("relevant"))
    # Situations written for this project are like those that people ask about; the others are norms and rules.
    typed = development.filter(pl.col("source") == everyday.SOURCE)
    situations = (typed if typed.height else development)["situation"].unique(maintain_order=True)[:_SITUATIONS]
    texts = pl.concat([situations, listed["situation"]]).unique(maintain_order=True).to_list()
    whole = everything(reader, texts, evidence)
    place, own = {text: row for row, text in enumerate(texts)}, _numbers(evidence.entries)
    known = [(place[row["situation"]], own[row["kind"], row["text"]]) for row in listed.iter_rows(named=True)]
    near = weigh(whole.odds, whole.near, *np.array(known, int).reshape(-1, 2).T) if known else 0.0
    calibration = fit(judge(reader, development, evidence), *targets(development), near)
    shown = calibration.bears(whole)[: len(situations)]
    least = float(np.quantile(shown, 1 - min(1.0, SHOWN / len(entries))))
    return {"calibration": calibration.record(), "thresholds": dict.fromkeys(KINDS, round(least, 4))}


def numbered(frame: pl.DataFrame) -> "tuple[Texts, np.ndarray, np.ndarray]":
    """The distinct texts of a table after the lower layers, and the numbers of considerations and situations."""
    from pluralign.lm.halves import prepare
    from pluralign.values.reader import TOKENS

    distinct = list(dict.fromkeys([*frame["told"].to_list(), *frame["situation"].to_list()]))
    place = {text: number for number, text in enumerate(distinct)}
    one, other = (np.array([place[text] for text in frame[column]]) for column in ("told", "situation"))
    return prepare([(text,) for text in distinct], TOKENS), one, other


def judge(reader: "Reader", frame: pl.DataFrame, evidence: Evidence) -> Raw:
    """What a reader and recorded actions say of pairs; a recorded action is no evidence for itself.

    Args:
        frame: columns ``told``, ``situation``, ``source``, ``kind`` and ``text``; only the sources ``bank`` and
            ``linked`` name entries.
    """
    from pluralign.values.reader import embedding, read, vectors

    texts = list(dict.fromkeys([*frame["told"].to_list(), *frame["situation"].to_list()]))
    place = {text: number for number, text in enumerate(texts)}
    found = vectors(reader, texts)
    one, other = (np.array([place[text] for text in frame[column]], int) for column in ("told", "situation"))
    own = _numbers(evidence.entries)
    keys = frame.select("source", "kind", "text").iter_rows()
    entry = np.array([own.get((kind, text), -1) if source in BANKED else -1 for source, kind, text in keys], int)
    near, rows = np.zeros(frame.height), np.flatnonzero(entry >= 0)
    distinct, which = np.unique(other[rows], return_inverse=True)
    every = evidence.near(embedding(found[distinct]), [texts[k] for k in distinct])
    near[rows] = every[which, entry[rows]]
    return Raw(*read(reader, found[one], found[other]), near)


def everything(reader: "Reader", situations: Sequence[str], evidence: Evidence) -> Raw:
    """What a reader and recorded actions say of all entries in each situation, an action that reads the same left out.

    Returns:
        arrays of shape (situations, entries), or with the valences at the end.
    """
    from pluralign.values.reader import embedding, read, vectors

    here, told = vectors(reader, situations), vectors(reader, [entry.described for entry in evidence.entries])
    found = [read(reader, told, one[None]) for one in here]
    odds, logits = (np.array([one[part] for one in found]) for part in (0, 1))
    return Raw(odds, logits, evidence.near(embedding(here), situations))


def _numbers(entries: Sequence[Entry]) -> dict[tuple[str, str], int]:
    return {(entry.kind, entry.text): number for number, entry in enumerate(entries)}


def targets(frame: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Relevance (1, 0 or -1 for unknown) and number of the valence (or -1), each of shape (rows,)."""
    places = {valence: number for number, valence in enumerate(VALENCES)}
    bears = frame["relevant"].cast(pl.Int64).fill_null(-1).to_numpy()
    return bears, np.array([places.get(valence, -1) for valence in frame["valence"]])
