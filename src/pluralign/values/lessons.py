"""What the embedded kaleidoscope learns from: judged pairs of open sources and of the bank, with graded negatives.

Sources list considerations that bear on a situation and never such that do not. Negatives are therefore made, from
considerations of other situations, in three grades: ``random``; ``same topic``, from a situation like this one; ``near
miss``, worded like the right one. None is from the cluster of a consideration that the situation is known to have. A
made negative may bear on the situation after all, so that a relevance learned from them is not importance.

People wrote rules of thumb and norms, not entries of the bank. Where such a text reads like an entry, its situation is
taken to have that entry too (source ``linked``), on the same side; so the bank is learned in many more situations than
its own recorded actions.

Situations written for this project (source ``everyday``) come with the entries that bear on them, on both sides, and
with such that only look near. Pairs of acts (source ``acts``) come with rules that one keeps and the other breaks;
those of which one is plainly better (source ``plain``) are only learned from.

Rules of thumb are nearly all of praise. So that direction can be learned, those of the seen part that can be turned
around stand there a second time (form ``turned``), with the opposite valence and without relevance.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from pluralign.suite.data import DataRoot
from pluralign.values import acts, everyday
from pluralign.values.acts import Acts
from pluralign.values.bank import Entry, bank
from pluralign.values.sources import JUDGED
from pluralign.values.split import NEAR, Embed, two_way
from pluralign.values.turned import turned

BANKED = ("bank", "linked", everyday.SOURCE)
"""Sources whose considerations are entries of the bank."""

GRADES = ("random", "same topic", "near miss")
DEVELOPMENT = 0.05
"""Of the groups of seen situations: for calibration and thresholds."""

SEED = 4
"""Of the hold-outs. The deals of earlier seeds were looked at while the models were designed."""

_SIMILAR = (0.4, 0.65)
"""Cosine similarity of a near miss with the right text."""

_ALIKE = 20
"""Nearest situations among which one of the same topic is drawn."""

_LINKED = 0.45
"""Cosine similarity from which a rule or norm reads like an entry of the bank; a second entry takes a bit more."""
_SECOND = 0.5
_APART = 0.3
"""Cosine similarity with all rules of a situation below which an entry is taken not to bear on it."""

_ASIDE = 0.4
"""Cosine similarity below which an entry of the bank cannot stand for another."""


def lessons(
    root: DataRoot,
    embed: Embed,
    *,
    entries: Sequence[Entry] | None = None,
    written: Sequence[Acts] | None = None,
    seed: int = SEED,
) -> pl.DataFrame:
    """All pairs, with the hold-out that each belongs to.

    Args:
        root: of the data; sources that are absent raise.
        embed: from texts to unit vectors.
        entries: the bank; None for the one that ships.
        written: pairs of acts; None for those that ship.
        seed: of the hold-outs and the negatives.

    Returns:
        columns of :data:`pluralign.values.sources.JUDGED`, ``cluster``, ``part`` (``seen``, ``development``, ``new
        situation``, ``new consideration``, ``both new``), ``told`` (what is read of the consideration) and ``grade``
        (of a negative, else null).

    Raises:
        DataError: a source is absent or not in the documented form.
    """
    entries = tuple(bank() if entries is None else entries)
    known = [source.read(root) for source in JUDGED.values() if source.trains]
    situations = everyday.pairs(everyday.scenes(), entries, embed, seed)
    choices = acts.pairs(acts.acts() if written is None else written, embed)
    frame = two_way(pl.concat([*known, choices, banked(entries), situations]), embed, seed=seed)
    # Only what was written for this project says itself what does not bear.
    frame = frame.with_columns(
        part=_develop(frame, seed), told=pl.col("text"), grade=pl.when(~pl.col("relevant")).then("form")
    )
    parts = [
        frame,
        linked(frame.filter(pl.col("source") != everyday.SOURCE), entries, embed, seed),
        around(frame.filter((pl.col("part") == "seen") & (pl.col("source") == "social_chem")), seed),
        beside(frame, acts.pairs(acts.plain() if written is None else (), embed, acts.PLAIN), embed),
    ]
    made = frame.filter(pl.col("source") != everyday.SOURCE)
    for _, own in made.group_by("source", "part", maintain_order=True):  # the linked rows have theirs
        parts += negatives(own, embed, seed)
    whole = pl.concat(parts)
    glosses = {(e.kind, e.text): e.described for e in entries}
    rng = np.random.default_rng([seed, 7])
    # Half of the pairs with entries show the gloss, as maps do; the others the name alone, as people give it.
    with_gloss = rng.random(whole.height) < 0.5
    told = [
        glosses.get((kind, text), text) if source in BANKED and shown else text
        for source, kind, text, shown in zip(
            whole["source"], whole["kind"], whole["text"], with_gloss.tolist(), strict=True
        )
    ]
    return whole.with_columns(told=pl.Series(told))


def beside(frame: pl.DataFrame, more: pl.DataFrame, embed: Embed) -> pl.DataFrame:
    """Rows that are only learned from, and only for the side: those whose rule is near no held-out consideration.

    Args:
        frame: with the hold-out that each row belongs to.
        more: rows that were not dealt.
    """
    held = frame.filter(pl.col("part").is_in(["new consideration", "both new"]))["text"].unique().to_list()
    near = pl.Series(np.zeros(more.height))
    if held and more.height:
        one, other = (np.asarray(embed(texts), np.float32) for texts in (more["text"].to_list(), held))
        near = pl.Series((one @ other.T).max(1))
    known = {"cluster": pl.lit(-1, frame.schema["cluster"]), "part": pl.lit("seen"), "told": pl.col("text")}
    none = {"relevant": pl.lit(None, pl.Boolean), "grade": pl.lit(None, pl.String)}
    return more.filter(near < NEAR).with_columns(**known, **none).select(frame.columns)


def around(frame: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The rows of a table whose duties can be turned around, turned around."""
    rng = np.random.default_rng([seed, 13])
    sided = frame.filter((pl.col("kind") == "duty") & pl.col("valence").is_in(["supports", "opposes"]))
    texts = pl.Series([turned(text, rng) for text in sided["text"]], dtype=pl.String)
    other = pl.when(pl.col("valence") == "supports").then(pl.lit("opposes")).otherwise(pl.lit("supports"))
    return sided.with_columns(
        text=texts, told=texts, form=pl.lit("turned"), relevant=pl.lit(None, pl.Boolean), valence=other
    ).drop_nulls("text")


def linked(frame: pl.DataFrame, entries: Sequence[Entry], embed: Embed, seed: int) -> pl.DataFrame:
    """Situations of the open sources with entries of the bank that read like their rules, and with some that do not.

    Args:
        frame: of all sources, the bank among them, with ``cluster`` and ``part``.
        entries: the bank.

    Returns:
        rows of ``source`` and ``form`` ``linked``; those without relevance have the ``grade`` ``random``.
    """
    rows = frame.filter((pl.col("source") != "bank") & (pl.col("form") != "contrast"))
    texts = rows["text"].unique(maintain_order=True).to_list()
    names = [np.asarray(embed(one), np.float32) for one in ([e.text for e in entries], [e.described for e in entries])]
    rules = np.asarray(embed(texts), np.float32)
    alike = dict(zip(texts, np.maximum(*(rules @ name.T for name in names)), strict=True))
    own = {text: number for number, text in frame.filter(source="bank").select("cluster", "text").unique().iter_rows()}
    held = set(frame.filter(pl.col("part").is_in(["new consideration", "both new"]))["cluster"])
    rng = np.random.default_rng([seed, 23])
    found: dict[tuple[str, str], dict[int, tuple[dict, set[str]]]] = {}
    near: dict[tuple[str, str], np.ndarray] = {}
    for row in rows.iter_rows(named=True):
        key, scores = (row["group"], row["situation"]), alike[row["text"]]
        near[key] = np.maximum(near.get(key, scores), scores)
        for rank, place in enumerate(np.argsort(-scores)[:2].tolist()):
            if scores[place] >= (_SECOND if rank else _LINKED):
                _, sides = found.setdefault(key, {}).setdefault(place, (row, set()))
                # A permission does not ask for what it permits, so it says nothing of the side.
                if row["kind"] == "duty" and row["valence"]:
                    sides.add(row["valence"])
    made = []
    for key, mine in found.items():
        far = np.flatnonzero(near[key] < _APART)
        aside = rng.choice(far, min(len(far), len(mine)), replace=False).tolist()
        row = next(iter(mine.values()))[0]
        # Rules that disagree on the side leave it open.
        chosen = [(place, True, sides.pop() if len(sides) == 1 else None) for place, (_, sides) in mine.items()]
        for place, bears, side in [*chosen, *((place, False, None) for place in aside)]:
            entry, new = entries[place], row["part"] in ("new situation", "both new")
            number = own.get(entry.text, -1)
            part = {(True, True): "both new", (True, False): "new situation", (False, True): "new consideration"}
            made.append(
                row
                | {"source": "linked", "group": f"{row['source']} {row['group']}", "form": "linked"}
                | {"kind": entry.kind, "text": entry.text, "told": entry.text, "cluster": number}
                | {"relevant": bears, "valence": side, "grade": None if bears else "random"}
                | {"part": part.get((new, number in held), "development" if row["part"] == "development" else "seen")}
            )
    return pl.DataFrame(made, schema=frame.schema)


def banked(entries: Sequence[Entry]) -> pl.DataFrame:
    """The recorded actions of a bank as judged pairs."""
    rows = [
        {
            "source": "bank",
            "group": action,
            "form": valence,
            "situation": action,
            "kind": entry.kind,
            "text": entry.text,
            "relevant": True,
            "valence": valence,
        }
        for entry in entries
        for valence, actions in (("supports", entry.supports), ("opposes", entry.opposes))
        for action in actions
    ]
    return pl.DataFrame(rows)


def negatives(frame: pl.DataFrame, embed: Embed, seed: int) -> list[pl.DataFrame]:
    """For each relevant row one negative of each grade that can be made, all from the same table.

    Args:
        frame: rows of one source and part, with ``cluster``.
    """
    rows = frame.filter(pl.col("relevant"))
    if rows["cluster"].n_unique() < 2:
        return []
    rng = np.random.default_rng([seed, rows.height, int(rows["cluster"][0])])
    cluster = rows["cluster"].to_numpy()
    # What a situation is known to have, by cluster.
    has: dict[str, set[int]] = {}
    for group, number in zip(rows["group"].to_list(), cluster.tolist(), strict=True):
        has.setdefault(group, set()).add(number)
    groups = rows["group"].to_list()
    texts = np.asarray(embed(rows["text"].to_list()), np.float32)
    bank_rows = rows["source"][0] == "bank"
    chosen: dict[str, list[tuple[int, int]]] = {grade: [] for grade in GRADES}
    situations = None if bank_rows else np.asarray(embed(rows["situation"].to_list()), np.float32)
    for row in range(rows.height):
        own = has[groups[row]]
        others = rng.permutation(rows.height)[:200]
        away = (k for k in others.tolist() if cluster[k] not in own)
        if bank_rows:
            # Many entries bear on an action beside the one it was recorded for: only far ones are sure not to.
            away = (k for k in others.tolist() if cluster[k] not in own and float(texts[row] @ texts[k]) < _ASIDE)
        if (found := next(away, None)) is not None:
            chosen["random"].append((row, found))
        if situations is None:
            continue
        near = np.argpartition(-(situations @ situations[row]), min(_ALIKE, rows.height - 1))[: _ALIKE + 1]
        topical = [k for k in near.tolist() if cluster[k] not in own and groups[k] != groups[row]]
        if topical:
            chosen["same topic"].append((row, int(rng.choice(topical))))
        alike = texts @ texts[row]
        missing = np.flatnonzero((alike > _SIMILAR[0]) & (alike < _SIMILAR[1]))
        missing = [k for k in missing.tolist() if cluster[k] not in own]
        if missing:
            chosen["near miss"].append((row, int(rng.choice(missing))))
    made = []
    for grade, pairs in chosen.items():
        if pairs:
            place, other = map(list, zip(*pairs, strict=True))
            taken = rows[other].select("kind", "text", "cluster")
            made.append(
                rows[place]
                .with_columns(taken["kind"], taken["text"], taken["cluster"], told=taken["text"])
                .with_columns(
                    relevant=pl.lit(False), valence=pl.lit(None, pl.String), form=pl.lit(grade), grade=pl.lit(grade)
                )
            )
    return made


def _develop(frame: pl.DataFrame, seed: int) -> pl.Series:
    """The part of each row, with a share of the seen groups set aside."""
    seen = frame.filter(pl.col("part") == "seen")
    groups = seen.select(pl.concat_str("source", "group", separator="\n")).to_series().unique(maintain_order=True)
    rng = np.random.default_rng([seed, 11])
    aside = groups.filter(pl.Series(rng.random(len(groups)) < DEVELOPMENT)).to_list()
    key = pl.concat_str("source", "group", separator="\n")
    return frame.select(
        pl.when((pl.col("part") == "seen") & key.is_in(aside)).then(pl.lit("development")).otherwise(pl.col("part"))
    ).to_series()
