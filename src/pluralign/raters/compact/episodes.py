"""Training episodes: some ratings of a rater are told, others are to be predicted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pluralign.raters.compact.settings import View
from pluralign.raters.ratings import Ratings
from pluralign.raters.representation import Encoder, Profile

PROFILES = 2000
"""About so many profiles are written, each from other ratings, but from 6 to 24 per training rater."""

_FEWEST = 4


@dataclass(frozen=True, slots=True)
class Written:
    """A profile of a rater, and the numbers of the ratings by this rater that it was written from."""

    rows: np.ndarray
    profile: Profile


def write(
    encoder: Encoder, ratings: Ratings, rows: np.ndarray, *, draws: int | None = None, seed: int = 0
) -> list[Written]:
    """Profiles of the raters in ``rows``, each from a random part of the rater's ratings.

    Of a rater's n ratings, from 2 to n - 2 are told, so that others remain to be predicted (Sorensen et al. 2025,
    arXiv 2503.15484, section 3). Raters with fewer than four are left out.

    Args:
        rows: numbers of training ratings.
        draws: profiles per rater; None takes more where there are few raters.
    """
    rng = np.random.default_rng([seed, 1])
    enough = [own for own in by_rater(ratings, rows) if len(own) >= _FEWEST]
    draws = min(max(PROFILES // max(len(enough), 1), 6), 24) if draws is None else draws
    parts = [np.sort(rng.permutation(own)[: rng.integers(2, len(own) - 1)]) for own in enough for _ in range(draws)]
    return [Written(part, profile) for part, profile in zip(parts, encoder.encode(ratings, parts), strict=True)]


def by_rater(ratings: Ratings, rows: np.ndarray) -> list[np.ndarray]:
    """The numbers in ``rows``, one array per rater in the order of the raters."""
    rater = ratings.rater[rows]
    order = np.argsort(rater, kind="stable")
    return np.split(rows[order], np.flatnonzero(np.diff(rater[order])) + 1)


class Batch(NamedTuple):
    """Episodes, padded.

    Attributes:
        item, label, shown: demonstrations, shape (B, N).
        text: places of texts, 0 where there is none, shape (B, M).
        profile, said: whether the text is of a profile, and whether there is one, shape (B, M).
        asked, answer, due: items to predict, the right answers, and whether there is one, shape (B, T).
        entry: what each episode is drawn from, shape (B,).
    """

    item: np.ndarray
    label: np.ndarray
    shown: np.ndarray
    text: np.ndarray
    profile: np.ndarray
    said: np.ndarray
    asked: np.ndarray
    answer: np.ndarray
    due: np.ndarray
    entry: np.ndarray


@dataclass(frozen=True, slots=True)
class Entry:
    """Ratings by one rater that episodes are drawn from.

    Attributes:
        told: numbers of ratings that may only be told.
        due: of ratings that may be predicted, or told where ``told`` is empty.
        sentences: of the profile written from ``told``; None where there is no profile.
    """

    told: np.ndarray
    due: np.ndarray
    sentences: tuple[int, ...] | None = None


class Episodes:
    """Draws episodes.

    Args:
        ratings: the data set.
        entries: what they are drawn from, each with something due.
        facts: number of the text that says what is known, by rater and attribute, 0 where nothing is.
        views: what is told, and how often. Those that need a profile are left out where there is none.
        targets: at most so many ratings are predicted.
    """

    def __init__(
        self, ratings: Ratings, entries: Sequence[Entry], facts: np.ndarray, views: Sequence[View], targets: int
    ):
        rows = np.concatenate([rows for entry in entries for rows in (entry.told, entry.due)] or [np.zeros(0, int)])
        self._item, self._label = ratings.item[rows], ratings.label[rows]
        self._told = np.array([len(entry.told) for entry in entries], int)
        self._size = self._told + np.array([len(entry.due) for entry in entries], int)
        self._start = np.cumsum(self._size) - self._size
        self._facts = facts[ratings.rater[rows[self._start]]]
        said = [entry.sentences or () for entry in entries]
        self._sentences = np.array([len(some) for some in said], int)
        self._sentence = np.zeros((len(entries), max(self._sentences, default=0)), int)
        for number, some in enumerate(said):
            self._sentence[number, : len(some)] = some
        self._targets = targets
        # Raters with more to predict come up more often, though not without limit.
        weight = np.minimum(self._size - self._told, 2 * targets).astype(float)
        self._chance = [np.where((self._sentences > 0) == profiled, weight, 0) for profiled in (False, True)]
        self._chance = [chance / max(chance.sum(), 1) for chance in self._chance]
        views = [view for view in views if self._chance[view.profile].any()]
        self._profiled = np.array([view.profile for view in views], bool)
        self._most = np.array([view.demonstrations for view in views], int)
        self._fields = np.array([[name in view.demographics for name in ratings.attributes] for view in views], bool)
        self._weight = np.array([view.weight for view in views]) / max(sum(view.weight for view in views), 1e-12)

    def whole(self, first: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All ratings of some entries, padded: items, labels, and whether there is one, each of shape (count, N)."""
        size = self._size[first : first + count]
        place = np.arange(size.max())
        at = self._start[first : first + count, None] + np.minimum(place, size[:, None] - 1)
        return self._item[at], self._label[at], place < size[:, None]

    def __len__(self) -> int:
        """Number of entries."""
        return len(self._size)

    def __bool__(self) -> bool:
        """Whether there is anything to draw."""
        return len(self._weight) > 0

    def draw(self, rng: np.random.Generator, batch: int) -> Batch:
        """Draw ``batch`` episodes."""
        view = rng.choice(len(self._weight), batch, p=self._weight)
        profiled = self._profiled[view]
        entry = np.empty(batch, int)
        for kind in set(profiled.tolist()):
            some = profiled == kind
            entry[some] = rng.choice(len(self._size), some.sum(), p=self._chance[kind])
        size, told = self._size[entry], self._told[entry]
        place = np.arange(size.max())
        key = rng.random((batch, len(place)))
        key[place < told[:, None]] -= 1
        key[place >= size[:, None]] = 2
        order = self._start[entry, None] + np.minimum(np.argsort(key, axis=1), size[:, None] - 1)
        most = np.minimum(self._most[view], np.where(told > 0, told, size - 1))
        # Even on a logarithmic scale from 1 to ``most``; none where none may be told.
        shown = np.minimum(np.exp(rng.random(batch) * np.log(most + 1)).astype(np.int64), most)
        first = np.where(told > 0, told, shown)
        demonstration = np.arange(max(shown.max(), 1))
        target = first[:, None] + np.arange(self._targets)
        there = target < size[:, None]
        asked = np.take_along_axis(order, np.minimum(target, size[:, None] - 1), 1)
        known = np.where(self._fields[view], self._facts[entry], 0)
        spoken = (np.arange(self._sentence.shape[1]) < self._sentences[entry, None]) & profiled[:, None]
        text = np.concatenate([known, self._sentence[entry]], 1)
        said = np.concatenate([known > 0, spoken], 1)
        used = said.any(0)
        profile = np.broadcast_to(np.arange(text.shape[1]) >= known.shape[1], text.shape)
        demonstrated = order[:, : len(demonstration)]
        return Batch(
            self._item[demonstrated],
            self._label[demonstrated],
            demonstration < shown[:, None],
            np.where(said, text, 0)[:, used],
            profile[:, used],
            said[:, used],
            self._item[asked],
            self._label[asked],
            there,
            entry,
        )
