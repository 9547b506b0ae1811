"""Everything that is fitted to one split: encoder, decoder and clusters; and what they predict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import polars as pl

from pluralign.episode import generator
from pluralign.lm.embed import embed as packaged
from pluralign.raters.attributes import facts
from pluralign.raters.camps import CampEncoder, Candidates, camps, candidates
from pluralign.raters.compact import CompactDecoder, Settings, View, mixture, write
from pluralign.raters.compact.episodes import by_rater
from pluralign.raters.compact.texts import Embed
from pluralign.raters.descriptive import DescriptiveEncoder
from pluralign.raters.ratings import Ratings
from pluralign.raters.representation import Encoder, Profile, Representation
from pluralign.raters.splits import Split
from pluralign.raters.views import ALL, Telling

Said = Callable[[str, int, int], None]
"""Told what is being done, how many of its steps are done, and how many there are."""

_FURTHER = 4
"""The decoder of a clustering is trained further for this part of the steps."""

_LEAST = 1e-9


def quiet(what: str, done: int, total: int) -> None:
    """Tells nobody."""


@dataclass(frozen=True)
class Trained:
    """What is fitted to one split.

    Attributes:
        ratings: the data set.
        split: its parts.
        encoder: of profiles, fitted to the training ratings.
        decoder: trained on all ways of telling together.
        settings: of its training.
        separate: whether each way of telling has a decoder of its own, trained on nothing else.
        said: told of progress.
    """

    ratings: Ratings
    split: Split
    encoder: Encoder
    decoder: CompactDecoder
    settings: Settings
    separate: bool = False
    said: Said = quiet
    _clusters: dict[int, tuple[CampEncoder, CompactDecoder]] = field(default_factory=dict, repr=False)

    @cached_property
    def raters(self) -> np.ndarray:
        """The raters to be predicted, shape (raters,), rising."""
        return np.unique(self.ratings.rater[self.split.evaluate])

    @cached_property
    def own(self) -> list[np.ndarray]:
        """For each of :attr:`raters`, the ratings that may be told, in a random order that stays the same."""
        return in_order(self.ratings, self.split.fit, self.raters, self.split.seed)

    @cached_property
    def candidates(self) -> Candidates:
        """Profiles of training raters, and what each would answer."""
        self.said("candidate profiles", 0, 1)
        return candidates(self.ratings, self.split.train, self.encoder, self.decoder, seed=self.split.seed)

    def clusters(self, count: int) -> CampEncoder:
        """Clusters of the training raters."""
        return self._clustered(count)[0]

    def tell(self, telling: Telling, raters: np.ndarray, own: Sequence[np.ndarray]) -> list[Representation]:
        """What is told about raters.

        Args:
            raters: their numbers.
            own: for each, the ratings that may be told, those that are told first in front.
        """
        encoder = self.clusters(telling.cluster) if telling.cluster else self.encoder
        return representations(self.ratings, telling, encoder, raters, own)

    def predict(self, telling: Telling) -> np.ndarray:
        """Probabilities of the answers in ``split.evaluate``, shape (rows, outcomes)."""
        rows = self.split.evaluate
        who = np.searchsorted(self.raters, self.ratings.rater[rows])
        told = self.tell(telling, self.raters, self.own)
        return self._decoder(telling).predict(self.ratings.item[rows], told, who)

    def _decoder(self, telling: Telling) -> CompactDecoder:
        if telling.cluster:
            return self._clustered(telling.cluster)[1]
        if not self.separate:
            return self.decoder
        ratings, train, seed = self.ratings, self.split.train, self.split.seed
        written = write(self.encoder, ratings, train, seed=seed) if telling.profile else ()
        return CompactDecoder.fit(
            ratings,
            train,
            views=(view(telling),),
            written=written,
            protocol=self.split.protocol,
            settings=self.settings,
            seed=seed,
            embed=self.decoder.embed,
            progress=counter(self.said, f"training for {telling.name}", self.settings.steps),
        )

    def _clustered(self, count: int) -> tuple[CampEncoder, CompactDecoder]:
        """Clusters, and the decoder trained further on their profiles.

        A training rater is assigned by a random part of the ratings and predicted on the rest, as test raters are.
        """
        if count not in self._clusters:
            ratings, train, seed = self.ratings, self.split.train, self.split.seed
            found = camps(ratings, train, self.candidates, count, seed)
            settings = replace(self.settings, steps=max(self.settings.steps // _FURTHER, 1))
            decoder = self.decoder.tuned(
                ratings,
                train,
                views=(View(profile=True),),
                written=write(found, ratings, train, seed=seed),
                settings=settings,
                seed=seed,
                progress=counter(self.said, f"training for {count} clusters", settings.steps),
            )
            self._clusters[count] = found, decoder
        return self._clusters[count]


def fit(
    ratings: Ratings,
    split: Split,
    vectors: np.ndarray,
    tellings: Sequence[Telling] = (),
    *,
    settings: Settings | None = None,
    separate: bool = False,
    embed: Embed | None = None,
    quote: bool = True,
    said: Said = quiet,
) -> Trained:
    """Fit encoder and decoder to the training part of a split.

    Args:
        vectors: embeddings of the items' texts, shape (items, dimensions).
        tellings: bundles of attributes among them are trained on beside the usual ways of telling.
        settings: of the decoder; None takes the defaults.
        separate: whether each way of telling gets a decoder of its own.
        embed: from texts to numbers, the same that made ``vectors``.
        quote: whether profiles quote texts of items.

    Raises:
        DataError: there is too little to learn from.
    """
    settings, ratings = settings or Settings(), _wide(ratings)
    said("writing profiles", 0, 1)
    encoder = DescriptiveEncoder(ratings, split.train, vectors, quote=quote, seed=split.seed)
    written = write(encoder, ratings, split.train, seed=split.seed)
    views = mixture(ratings.attributes, bool(written))
    asked = [view(one) for one in tellings if len(one.demographics) > 1 and not one.cluster]
    views += tuple(one for one in dict.fromkeys(asked) if one not in views and (written or not one.profile))
    decoder = CompactDecoder.fit(
        ratings,
        split.train,
        views=views,
        written=written,
        protocol=split.protocol,
        settings=settings,
        seed=split.seed,
        embed=embed,
        progress=counter(said, "training the decoder", settings.steps),
    )
    return Trained(ratings, split, encoder, decoder, settings, separate, said)


def representations(
    ratings: Ratings, telling: Telling, encoder: Encoder, raters: np.ndarray, own: Sequence[np.ndarray]
) -> list[Representation]:
    """What is told about raters.

    Args:
        encoder: of their profiles, or of those of their clusters.
        raters: their numbers.
        own: for each, the ratings that may be told, those that are told first in front.
    """
    known = facts(ratings, raters, telling.demographics) if telling.demographics else [()] * len(raters)
    shown = [rows if telling.demonstrations == ALL else rows[: telling.demonstrations] for rows in own]
    profiles: list[Profile | None] = [None] * len(raters)
    if most := ALL if telling.cluster else telling.profile:
        profiles = list(encoder.encode(ratings, [rows if most == ALL else rows[:most] for rows in own]))
    return [
        Representation(fact, profile, tuple(ratings.item[rows].tolist()), tuple(ratings.label[rows].tolist()))
        for fact, profile, rows in zip(known, profiles, shown, strict=True)
    ]


def held_out(ratings: Ratings, split: Split, name: str, probabilities: np.ndarray) -> pl.DataFrame:
    """One row per rating in ``split.evaluate``, as :mod:`pluralign.raters.information` takes them.

    Beside its columns there are ``top``, the probability of the most probable answer, and ``brier``, the sum over
    answers of squared differences between probability and 0 or 1.

    Args:
        name: of the representation.
        probabilities: of the answers, shape (rows, outcomes).
    """
    rows = split.evaluate
    label = ratings.label[rows]
    given = probabilities[np.arange(len(rows)), label]
    return pl.DataFrame(
        {
            "seed": np.full(len(rows), split.seed),
            "rater": ratings.rater[rows],
            "item": ratings.item[rows],
            "representation": [name] * len(rows),
            "loss": -np.log(np.maximum(given, _LEAST)),
            "correct": probabilities.argmax(1) == label,
            "top": probabilities.max(1).astype(np.float32),
            "brier": ((probabilities**2).sum(1) - 2 * given + 1).astype(np.float32),
        },
        schema_overrides={"rater": pl.Int64, "item": pl.Int64, "representation": pl.String},
    )


def _wide(ratings: Ratings) -> Ratings:
    """The same ratings with numbers of 64 bits, which the decoder indexes by."""
    return replace(ratings, table=ratings.table.with_columns(pl.col("rater", "item", "label").cast(pl.Int64)))


def embedded(ratings: Ratings, embed: Embed | None = None, said: Said = quiet) -> np.ndarray:
    """Embeddings of the items' texts, shape (items, dimensions); None takes the packaged sentence model."""
    texts = ratings.items["text"].to_list()
    return packaged(texts, counter(said, "reading texts", len(texts))) if embed is None else embed(texts)


def view(telling: Telling) -> View:
    """How a decoder is trained for a way of telling."""
    most = 48 if telling.demonstrations == ALL else telling.demonstrations
    return View(telling.demographics, most, bool(telling.profile or telling.cluster))


def in_order(ratings: Ratings, rows: np.ndarray, raters: np.ndarray, seed: int) -> list[np.ndarray]:
    """The ratings of some raters among ``rows``, each rater's in a random order that depends on seed and id only."""
    parts = {int(ratings.rater[part[0]]): part for part in by_rater(ratings, rows)} if len(rows) else {}
    names, items = ratings.raters["rater"], ratings.items["item"]
    ordered = []
    for rater in raters.tolist():
        part = parts.get(rater, rows[:0])
        part = part[np.argsort(items.gather(ratings.item[part]).to_numpy(), kind="stable")]
        ordered.append(part[generator("told", seed, names[rater]).permutation(len(part))])
    return ordered


def counter(said: Said, what: str, total: int) -> Callable[[int], None]:
    """Adds up steps done since the last call."""
    done = 0

    def progress(steps: int) -> None:
        nonlocal done
        done += steps
        said(what, done, total)

    return progress
