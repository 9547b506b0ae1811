"""Training the embedded kaleidoscope: both models, their calibration, and what is shown from which relevance on."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from pluralign.lm.embed import embed as packaged
from pluralign.lm.protocol import Progress
from pluralign.suite.data import DataRoot
from pluralign.values import acts
from pluralign.values.acts import Acts
from pluralign.values.bank import Entry, bank
from pluralign.values.calibration import fit, weigh
from pluralign.values.consideration import KINDS, VALENCES
from pluralign.values.embedded import store
from pluralign.values.evidence import Evidence, actions
from pluralign.values.lessons import BANKED, SEED, lessons
from pluralign.values.split import Embed
from pluralign.values.stance import Stance, stance

SHOWN = 0.5
"""Relevance from which a candidate is shown: likelier than not."""

_WEIGHTS = {
    "moral_stories": 1.5,
    "acts": 1.0,
    "plain": 0.5,
    "bank": 0.5,
    "everyday": 0.5,
    "linked": 0.2,
    "social_chem": 0.2,
}
"""Of a pair in the loss of the side, by its source."""

_RULES = ("moral_stories", "social_chem", "acts")
_OF_RULES = 15_000
"""At most so many pairs with rules and norms are learned from for relevance: maps list entries of the bank."""

_OF_ONE_KIND = 3_000
"""At most so many pairs of Social Chemistry are read together for the side: nearly all of them say the same of it."""

_TURNED = ("contrast", "turned")
"""Forms of rules that were turned around, which hardly anybody holds."""

_STATES = ("relevance.pt", "sides.pt", "norms.pt")

if TYPE_CHECKING:
    from pluralign.lm.halves import Texts
    from pluralign.values.learning import Settings
    from pluralign.values.learning_sides import SideSettings
    from pluralign.values.norms import Norms
    from pluralign.values.reader import Reader
    from pluralign.values.sides import Sides
    from pluralign.values.weights import Models

Said = Callable[[str, int, int], None]


def train(
    root: DataRoot,
    folder: Path,
    *,
    epochs: int = 3,
    most: int | None = None,
    entries: Sequence[Entry] | None = None,
    written: Sequence[Acts] | None = None,
    embed: Embed = packaged,
    seed: int = SEED,
    said: Said = lambda what, done, total: None,
) -> dict:
    """Train on the seen part, calibrate on the development part, and save; a killed training goes on.

    Args:
        root: of the data.
        folder: for the weights.
        epochs: passes over the pairs while upper layers are tuned.
        most: at most so many training pairs for each model, drawn at random; None takes all.
        entries: the bank; None for the one that ships.
        written: pairs of acts; None for those that ship.
        embed: from texts to unit vectors, for hold-outs and negatives.
        seed: of hold-outs, negatives and training.
        said: told of progress.

    Returns:
        what is saved beside the weights.

    Raises:
        DataError: a source is absent or not in the documented form.
    """
    from pluralign.values.learning import Settings
    from pluralign.values.learning_sides import SideSettings
    from pluralign.values.weights import Models, save

    said("gathering pairs", 0, 1)
    entries = tuple(bank() if entries is None else entries)
    frame = lessons(root, embed, entries=entries, written=written, seed=seed)
    plain = pl.col("source") == acts.PLAIN
    seen = frame.filter((pl.col("part") == "seen") & ~plain).sample(fraction=1, shuffle=True, seed=seed)
    judged = apart(seen)
    relevance, sided = for_relevance(seen)[:most], for_sides(judged)[:most]
    ruled = pl.concat([for_norms(judged)[:most], apart(frame.filter(plain))])
    kept = [folder / name for name in _STATES]
    pairs = relevance.height + sided.height + ruled.height
    counted, settings = _count(said, pairs * epochs), Settings(epochs=epochs, seed=seed)
    models = Models(
        learn_relevance(relevance, settings, kept[0], counted),
        learn_valence(sided, SideSettings(epochs=epochs, seed=seed), kept[1], counted),
        learn_alone(ruled, settings, kept[2], counted),
    )
    said("calibrating", 0, 1)
    about = settle(models, frame.filter(pl.col("part") == "development"), entries) | {
        "training": {
            "relevance": dict(relevance.group_by("source").len().sort("source").iter_rows()),
            "sides": dict(sided.group_by("source").len().sort("source").iter_rows()),
            "norms": dict(ruled.group_by("source").len().sort("source").iter_rows()),
            "epochs": epochs,
            "seed": seed,
        },
    }
    save(models, folder, about)
    store(folder, entries)
    for path in kept:
        path.unlink(missing_ok=True)
    return about


def _count(said: Said, total: int) -> Progress:
    done = 0

    def told(count: int) -> None:
        nonlocal done
        done += count
        said("training", done, total)

    return told


def for_relevance(seen: pl.DataFrame) -> pl.DataFrame:
    """The shuffled pairs that relevance is learned from: all with entries of the bank, and some with rules."""
    known, rule = seen.drop_nulls("relevant"), pl.col("source").is_in(_RULES)
    return known.filter(~rule | ((rule.cum_sum() <= _OF_RULES) & rule))


def apart(rows: pl.DataFrame) -> pl.DataFrame:
    """The pairs on a known side, each rule told as what it is about, and the side for that.

    Rules that speak for and against the same, such as one and the same turned around, become one.

    Returns:
        the table with one more column, ``held``: whether people speak for what is told.
    """
    sided = rows.drop_nulls("valence")
    names = sided["source"].is_in(BANKED).to_list()
    found = [Stance(True, told) if named else stance(told) for told, named in zip(sided["told"], names, strict=True)]
    speaks_for = pl.Series([one.speaks_for for one in found], dtype=pl.Boolean)
    other = pl.col("valence").replace({"supports": "opposes", "opposes": "supports"})
    return sided.with_columns(
        told=pl.Series([one.about for one in found], dtype=pl.String),
        valence=pl.when(speaks_for).then("valence").otherwise(other),
        held=pl.col("form").is_in(_TURNED) != speaks_for,
    ).unique(["source", "told", "situation"], keep="first", maintain_order=True)


def for_sides(judged: pl.DataFrame) -> pl.DataFrame:
    """The shuffled pairs that are read together for the side, of those told apart."""
    many = pl.col("source") == "social_chem"
    return judged.filter(~many | (many.cum_sum() <= _OF_ONE_KIND))


def for_norms(judged: pl.DataFrame) -> pl.DataFrame:
    """Those of the pairs told apart that say which of two acts is better."""
    return judged.filter((pl.col("source") == "moral_stories") & (pl.col("valence") != "either"))


def learn_relevance(frame: pl.DataFrame, settings: "Settings", kept: Path, told: Progress) -> "Reader":
    """A reader trained on pairs whose relevance is known."""
    from pluralign.values.learning import Pairs, learn
    from pluralign.values.reader import Reader

    reader = Reader()
    texts, consideration, situation = numbered(frame)
    group = frame.select(pl.concat_str("source", "group", separator="\n")).to_series().to_numpy()
    learn(reader, texts, Pairs(consideration, situation, targets(frame)[0], group), settings, kept, told)
    return reader


def learn_valence(frame: pl.DataFrame, settings: "SideSettings", kept: Path, told: Progress) -> "Sides":
    """What tells sides, trained on pairs whose valence is known."""
    from pluralign.lm.halves import prepare
    from pluralign.values.learning_sides import learn_sides
    from pluralign.values.reader import TOKENS
    from pluralign.values.sides import Sides

    sides = Sides()
    weight = np.array([_WEIGHTS[name] for name in frame["source"]])
    texts = prepare(list(frame.select("told", "situation").iter_rows()), TOKENS)
    learn_sides(sides, texts, targets(frame)[1], weight, settings, kept, told)
    return sides


def learn_alone(frame: pl.DataFrame, settings: "Settings", kept: Path, told: Progress) -> "Norms":
    """What tells good acts and rules that are held, trained on pairs on a known side."""
    from pluralign.values.learning import Pairs
    from pluralign.values.learning_norms import Sided, learn_norms
    from pluralign.values.norms import Norms

    norms = Norms()
    texts, consideration, situation = numbered(frame)
    group = frame.select(pl.concat_str("source", "group", separator="\n")).to_series().to_numpy()
    pairs = Pairs(consideration, situation, np.ones(frame.height, int), group)
    supports, held = ((frame["valence"] == "supports").to_numpy(), frame["held"].to_numpy())
    weight = np.array([_WEIGHTS[name] for name in frame["source"]])
    learn_norms(norms, texts, pairs, Sided(supports, held, weight), settings, kept, told)
    return norms


def settle(models: "Models", development: pl.DataFrame, entries: Sequence[Entry]) -> dict:
    """What trained models are calibrated by, and what is shown.

    Args:
        development: pairs that the models did not learn from.
        entries: the bank.

    Returns:
        ``calibration`` and ``thresholds``, as they are saved.
    """
    from pluralign.values.reader import embedding, vectors

    reader, recorded = models.reader, actions(entries)
    evidence = Evidence(tuple(entries), dict(zip(recorded, embedding(vectors(reader, recorded)), strict=True)))
    listed = development.filter(pl.col("source").is_in(BANKED) & pl.col("relevant"))
    texts = listed["situation"].unique(maintain_order=True).to_list()
    odds, near = everything(reader, texts, evidence)
    place, own = {text: row for row, text in enumerate(texts)}, _numbers(evidence.entries)
    known = [(place[row["situation"]], own[row["kind"], row["text"]]) for row in listed.iter_rows(named=True)]
    factor = weigh(odds, near, *np.array(known, int).reshape(-1, 2).T) if known else 0.0
    asked, sided = development.drop_nulls("relevant"), development.drop_nulls("valence")
    relevance, way = targets(asked)[0], targets(sided)[1]
    calibration = fit(*relevances(reader, asked, evidence), relevance, valences(models, sided), way, factor)
    return {"calibration": calibration.record(), "thresholds": dict.fromkeys(KINDS, SHOWN)}


def numbered(frame: pl.DataFrame) -> "tuple[Texts, np.ndarray, np.ndarray]":
    """The distinct texts of a table after the lower layers, and the numbers of considerations and situations."""
    from pluralign.lm.halves import prepare
    from pluralign.values.reader import TOKENS

    distinct = list(dict.fromkeys([*frame["told"].to_list(), *frame["situation"].to_list()]))
    place = {text: number for number, text in enumerate(distinct)}
    one, other = (np.array([place[text] for text in frame[column]]) for column in ("told", "situation"))
    return prepare([(text,) for text in distinct], TOKENS), one, other


def relevances(reader: "Reader", frame: pl.DataFrame, evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """Log-odds of relevance by a reader, and nearness of recorded actions, each of shape (rows,).

    A recorded action is no evidence for itself.

    Args:
        frame: columns ``told``, ``situation``, ``source``, ``kind`` and ``text``; only the sources of ``BANKED`` name
            entries.
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
    return read(reader, found[one], found[other]), near


def valences(models: "Models", frame: pl.DataFrame) -> np.ndarray:
    """Logits of the valences of pairs, shape (rows, 3)."""
    pairs = list(frame.select("told", "situation").iter_rows())
    return models.valence(pairs, ~frame["source"].is_in(BANKED).to_numpy())


def everything(reader: "Reader", situations: Sequence[str], evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """Log-odds of relevance and nearness of all entries in each situation, an action that reads the same left out.

    Returns:
        two arrays of shape (situations, entries).
    """
    from pluralign.values.reader import embedding, read, vectors

    here, told = vectors(reader, situations), vectors(reader, [entry.described for entry in evidence.entries])
    odds = np.array([read(reader, told, one[None]) for one in here])
    return odds, evidence.near(embedding(here), situations)


def _numbers(entries: Sequence[Entry]) -> dict[tuple[str, str], int]:
    return {(entry.kind, entry.text): number for number, entry in enumerate(entries)}


def targets(frame: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Relevance (1, 0 or -1 for unknown) and number of the valence (or -1), each of shape (rows,)."""
    places = {valence: number for number, valence in enumerate(VALENCES)}
    bears = frame["relevant"].cast(pl.Int64).fill_null(-1).to_numpy()
    return bears, np.array([places.get(valence, -1) for valence in frame["valence"]])
