"""Candidate profiles and what each would answer: from these, raters are put into clusters by their own ratings."""

from dataclasses import dataclass

import numpy as np

from pluralign.raters.clusters import ProfileClusters, loss_matrix
from pluralign.raters.compact import CompactDecoder
from pluralign.raters.compact.episodes import by_rater
from pluralign.raters.ratings import Ratings
from pluralign.raters.representation import Encoder, Profile, Representation

CANDIDATES = 100
_FEWEST = 4


@dataclass(frozen=True)
class Candidates:
    """Profiles of some raters, and what the decoder says that raters with these profiles answer.

    Attributes:
        profiles: different ones.
        table: probabilities, shape (items, profiles, outcomes).
    """

    profiles: tuple[Profile, ...]
    table: np.ndarray

    def losses(self, ratings: Ratings, rows: list[np.ndarray]) -> np.ndarray:
        """Mean loss of the ratings in each entry of ``rows`` under each profile, shape (entries, profiles).

        NaN where an entry is empty.
        """
        flat = np.concatenate([np.zeros(0, np.int64), *rows]).astype(np.int64)
        who = np.repeat(np.arange(len(rows)), [len(some) for some in rows])
        return loss_matrix(self.table, ratings.item[flat], ratings.label[flat], who, len(rows))


def candidates(
    ratings: Ratings,
    rows: np.ndarray,
    encoder: Encoder,
    decoder: CompactDecoder,
    count: int = CANDIDATES,
    seed: int = 0,
) -> Candidates:
    """Profiles of random raters among those in ``rows``, each from all of the rater's ratings there.

    Raters with fewer than four ratings are not among them unless there are no others; of profiles that read the same,
    one is kept.
    """
    own = by_rater(ratings, rows)
    own = [some for some in own if len(some) >= _FEWEST] or own
    chosen = np.sort(np.random.default_rng([seed, 4]).permutation(len(own))[:count])
    written = encoder.encode(ratings, [own[k] for k in chosen])
    profiles = tuple({profile.text: profile for profile in written}.values())
    table = decoder.table(np.arange(ratings.items.height), [Representation(profile=p) for p in profiles])
    return Candidates(profiles, table)


@dataclass(frozen=True)
class CampEncoder:
    """Tells each rater the profile of the cluster that fits the rater's ratings best.

    Attributes:
        candidates: what clusters are made of.
        clusters: fitted to losses under these candidates.
    """

    candidates: Candidates
    clusters: ProfileClusters

    def camp(self, ratings: Ratings, rows: list[np.ndarray]) -> np.ndarray:
        """The cluster of each entry of ``rows``, -1 where it is empty; shape (entries,)."""
        return self.clusters.predict(self.candidates.losses(ratings, rows))

    def encode(self, ratings: Ratings, rows: list[np.ndarray]) -> list[Profile]:
        """The profile of each entry's cluster; empty where the entry is."""
        centres = self.clusters.centers_
        return [
            self.candidates.profiles[centres[camp]] if camp >= 0 else Profile()
            for camp in self.camp(ratings, rows).tolist()
        ]


def camps(ratings: Ratings, rows: np.ndarray, found: Candidates, count: int, seed: int = 0) -> CampEncoder:
    """Clusters of the raters in ``rows``: ``count``, or as many as there are candidates if these are fewer."""
    losses = found.losses(ratings, by_rater(ratings, rows))
    count = min(count, len(found.profiles))
    return CampEncoder(found, ProfileClusters(count, random_state=seed).fit(losses))
