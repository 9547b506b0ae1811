"""From a table of ratings to training episodes and held-out ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from pluralign.errors import DataError, UsageError
from pluralign.raters.compact.episodes import Batch, Entry, Episodes, Written, by_rater
from pluralign.raters.compact.settings import Settings, View
from pluralign.raters.compact.texts import Vocabulary, Wording, sentences
from pluralign.raters.ratings import Ratings
from pluralign.raters.splits import Protocol

_SHARE = 0.1
_FEWEST_RATERS = 20
_MOST_RATERS = 300
_BATCHES = 6


@dataclass(frozen=True)
class Prepared:
    """What a training run works on.

    Attributes:
        learned: numbers of the ratings that are learned from, without those held out.
        episodes: drawn from these.
        held_out: episodes of held-out ratings; none where there are too few raters.
        told, asked: numbers of held-out ratings that may be told, and of others to predict from these.
        texts: what is said of raters, by number from 1.
    """

    learned: np.ndarray
    episodes: Episodes
    held_out: list[Batch]
    told: np.ndarray
    asked: np.ndarray
    texts: list[str]


def check(ratings: Ratings, rows: np.ndarray, views: Sequence[View], written: Sequence[Written]) -> None:
    """Refuse what cannot be trained on.

    Raises:
        DataError: an item has no text, a label is not on the scale, or there are no ratings.
        UsageError: a view tells an unknown attribute, or a profile where none is written; a profile was written from
            ratings that are not for training, or by several raters.
    """
    if not len(rows):
        raise DataError("there are no ratings to learn from", where=ratings.name)
    empty = ratings.items.filter(ratings.items["text"].fill_null("").str.strip_chars() == "")
    if empty.height:
        what = f"{empty.height} items have no text, the first is {empty['item'][0]!r}"
        raise DataError(what, where=ratings.name, fix="Give each a text, or take its id for one.")
    outcomes = len(ratings.scale.outcomes)
    label = ratings.label[rows]
    wrong = np.flatnonzero((label < 0) | (label >= outcomes))
    if len(wrong):
        where = f"{ratings.name}, rating {rows[wrong[0]]}"
        raise DataError(f"label {label[wrong[0]]} is not among the {outcomes} outcomes of the scale", where=where)
    for view in views:
        if unknown := [name for name in view.demographics if name not in ratings.attributes]:
            fix = f"There are {', '.join(ratings.attributes) or 'none'}."
            raise UsageError(f"raters have no attribute {unknown[0]!r}", where=ratings.name, fix=fix)
        if view.profile and not written:
            raise UsageError("profiles are to be told, but none is written", fix="Write some, or leave the view out.")
    if not views:
        raise UsageError("nothing is said about how raters are told about", fix="Give at least one view.")
    for profile in written:
        if not len(profile.rows) or not np.isin(profile.rows, rows).all():
            raise UsageError("a profile was written from ratings that are not to be learned from", where=ratings.name)
        if len(np.unique(ratings.rater[profile.rows])) > 1:
            raise UsageError("a profile was written from ratings by several raters", where=ratings.name)


def prepare(
    ratings: Ratings,
    rows: np.ndarray,
    views: Sequence[View],
    written: Sequence[Written],
    wording: Wording,
    protocol: Protocol,
    settings: Settings,
    seed: int,
    hold_out: bool = True,
) -> Prepared:
    """Hold out a tenth of what will be new when it counts, raters or items or both; the rest is for training.

    Args:
        hold_out: False holds out nothing.

    Raises:
        DataError: no rater has a rating left to be predicted.
    """
    rng = np.random.default_rng([seed, 3])
    own = {int(ratings.rater[part[0]]): part for part in by_rater(ratings, rows)}
    new_rater, old = np.zeros(ratings.raters.height, bool), np.ones(len(ratings), bool)
    if protocol != "items" and hold_out:
        count = min(max(round(_SHARE * len(own)), _FEWEST_RATERS), len(own) // 4, _MOST_RATERS)
        new_rater[rng.permutation(list(own))[:count]] = True
    if protocol != "raters" and hold_out:
        items = np.unique(ratings.item[rows])
        count = min(max(round(_SHARE * len(items)), 1), len(items) // 4)
        old = ~np.isin(ratings.item, rng.permutation(items)[:count])

    vocabulary = Vocabulary()
    facts = np.zeros((ratings.raters.height, len(ratings.attributes)), np.int64)
    for column, name in enumerate(ratings.attributes):
        cells = ratings.raters[name].cast(pl.String).to_list()
        known = [rater for rater in own if cells[rater] is not None]
        facts[known, column] = vocabulary.add(wording.fact(name, cells[rater]) for rater in known)
    entries = [Entry(rows[:0], part) for part in own.values()]
    for profile in written:
        part = own[int(ratings.rater[profile.rows[0]])]
        places = tuple(vocabulary.add(sentences(profile.profile)))
        entries.append(Entry(profile.rows, part[~np.isin(part, profile.rows)], places))

    learned = rows[old[rows] & ~new_rater[ratings.rater[rows]]]
    train, held_out = [], []
    for entry in entries:
        is_new = new_rater[ratings.rater[(entry.told if len(entry.told) else entry.due)[0]]]
        if not is_new:
            train.append(replace(entry, told=entry.told[old[entry.told]], due=entry.due[old[entry.due]]))
        if protocol == "raters":
            held_out += [entry] if is_new else []
        elif is_new or protocol == "items":
            # What is told are ratings of old items, what is predicted are those of new ones.
            told = entry.told if entry.sentences is not None else entry.due
            held_out.append(replace(entry, told=told[old[told]], due=entry.due[~old[entry.due]]))

    held = rows[new_rater[ratings.rater[rows]]] if protocol != "items" else rows
    first = rng.random(len(held)) < 0.5 if protocol == "raters" else old[held]

    def episodes(some: list[Entry]) -> Episodes:
        return Episodes(ratings, [entry for entry in some if len(entry.due)], facts, views, settings.targets)

    steps, looks = episodes(train), episodes(held_out)
    if not steps:
        raise DataError("no rater has ratings left to be predicted", where=ratings.name, fix="Give more ratings.")
    return Prepared(
        learned,
        steps,
        [looks.draw(rng, settings.batch) for _ in range(_BATCHES)] if looks else [],
        held[first],
        held[~first],
        vocabulary.texts,
    )
