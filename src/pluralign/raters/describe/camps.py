"""The camps of a data set: how many, who, what is characteristic of each, and which items divide them."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np
from scipy.stats import fisher_exact

from pluralign.raters.camp_count import choose
from pluralign.raters.camps import Candidates, camps
from pluralign.raters.clusters import SIZES
from pluralign.raters.compact.episodes import by_rater
from pluralign.raters.describe.overview import counts
from pluralign.raters.findings import Camp, Dividing, Said
from pluralign.raters.grouped import by_field
from pluralign.raters.ratings import Ratings
from pluralign.raters.representation import Encoder, Profile

FOLDS = 5
"""Of raters, when the number of camps is chosen."""

MOST = 12
"""Items that are shown as dividing."""

_SMOOTH = 3.0
_CAREFUL = 0.01
_FACTS = 6


@dataclass(frozen=True)
class Found:
    """Camps of all raters.

    Attributes:
        camp: of each rater, from 0 by falling size, -1 for raters without a rating; shape (raters,).
        count: how many there are.
        note: how their number was chosen, in a sentence.
    """

    camp: np.ndarray
    count: int
    note: str


def find(ratings: Ratings, candidates: Candidates, count: int | None = None, seed: int = 0) -> Found:
    """Put all raters into camps by all of their ratings.

    Args:
        count: number of camps; None takes what held-out raters ask for.
    """
    rows = np.arange(len(ratings))
    if count is None:
        count, note = _chosen(ratings, candidates, seed)
    else:
        count = min(count, len(candidates.profiles))
        note = f"{count} camps were asked for."
    own = by_rater(ratings, rows)
    label = camps(ratings, rows, candidates, count, seed).camp(ratings, own)
    found, place = np.unique(label, return_inverse=True)
    sizes = np.bincount(place)
    rank = np.empty(len(found), int)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(found))
    camp = np.full(ratings.raters.height, -1)
    camp[[int(ratings.rater[some[0]]) for some in own]] = rank[place]
    return Found(camp, len(found), note)


def _chosen(ratings: Ratings, candidates: Candidates, seed: int) -> tuple[int, str]:
    if len(candidates.profiles) < 2:
        return 1, "No rater's ratings set them clearly apart from the others, so there is one camp."
    largest = max(1, ratings.raters.height // FOLDS)
    found = choose(
        candidates.table,
        ratings.item,
        ratings.label,
        ratings.rater,
        ratings.raters.height,
        [size for size in SIZES if size <= largest],
        folds=FOLDS,
        random_state=seed,
    )
    told = (
        f"chosen on {found.raters:,} held-out raters, each assigned by half of the ratings and predicted on the rest"
    )
    if found.camps > 1:
        return found.camps, f"{found.camps} camps, {told}."
    if found.parts > 1:
        return 1, (
            f"Raters differ by degree: {found.parts} groups would predict them better than one ({told}), but with many"
            " raters in between."
        )
    return 1, f"More than one camp did not predict held-out raters better ({told})."


def describe(ratings: Ratings, found: Found, encoder: Encoder) -> list[Camp]:
    """What is characteristic of each camp; nothing where there is one."""
    rows = [np.flatnonzero(found.camp[ratings.rater] == camp) for camp in range(found.count)]
    profiles = encoder.encode(ratings, rows) if found.count > 1 else [Profile()]
    return [
        Camp(name(k), int((found.camp == k).sum()), said(profiles[k], camp=True), _attributes(ratings, found, k))
        for k in range(found.count)
    ]


def everybody(ratings: Ratings) -> Camp:
    """The camp of all where none were looked for."""
    return Camp(name(0), ratings.raters.height, [], [])


def name(camp: int) -> str:
    """A, B, …, Z, AA, …; empty for nobody's camp."""
    if camp < 0:
        return ""
    first, second = divmod(camp, 26)
    return (ascii_uppercase[first - 1] if first else "") + ascii_uppercase[second]


def said(profile: Profile, camp: bool = False) -> list[Said]:
    """Statements with their numbers; of a camp, without the long lists of items."""
    return [
        Said(
            statement.text,
            {
                key.replace("rater", "camp") if camp else key: value
                for key, value in statement.evidence
                if not (camp and key.startswith("items"))
            },
        )
        for statement in profile.statements
    ]


def _attributes(ratings: Ratings, found: Found, camp: int) -> list[tuple[str, float, float]]:
    """Facts that are clearly more frequent in a camp than elsewhere (Fisher's exact test, one-sided)."""
    here, there = found.camp == camp, (found.camp >= 0) & (found.camp != camp)
    kept = []
    for field in ratings.attributes:
        group, names = by_field(ratings, field)
        known, elsewhere = (here & (group >= 0)).sum(), (there & (group >= 0)).sum()
        for number, value in enumerate(names):
            a, b = int((here & (group == number)).sum()), int((there & (group == number)).sum())
            if not known or not elsewhere or a / known <= b / elsewhere:
                continue
            chance = fisher_exact([[a, known - a], [b, elsewhere - b]], alternative="greater").pvalue
            if chance < _CAREFUL:
                kept.append((chance, (f"{field}: {value}", float(a / known), float(b / elsewhere))))
    return [fact for _, fact in sorted(kept)[:_FACTS]]


def dividing(ratings: Ratings, found: Found, texts: Sequence[str]) -> list[Dividing]:
    """The items whose answers differ most between camps, or between raters where there is one camp.

    By the Jensen-Shannon divergence of the camps' shares, each drawn toward the item's overall shares as if by three
    more ratings; for one camp by the share of pairs of raters who disagree.
    """
    camp = found.camp[ratings.rater]
    given = np.stack([counts(ratings.rows(camp == k)) for k in range(found.count)])
    total, whole = given.sum(2), given.sum(0)
    overall = whole / np.maximum(whole.sum(1, keepdims=True), 1)
    if found.count > 1:
        shares = (given + _SMOOTH * overall) / (total[..., None] + _SMOOTH)
        middle = shares.mean(0)
        with np.errstate(divide="ignore", invalid="ignore"):
            nats = np.nansum(shares * np.log(shares / middle), axis=2)
        score = np.where((total > 0).sum(0) > 1, nats.mean(0), -1)
    else:
        n = whole.sum(1)
        # A disagreement is shrunk where few raters stand behind it.
        apart = 1 - (overall**2).sum(1)
        score = np.where(n > 1, apart * n / (n + _SMOOTH), -1)
    best = [item for item in np.argsort(-score, kind="stable")[:MOST].tolist() if score[item] > 0]
    return [
        Dividing(
            texts[item],
            [(given[k, item] / max(total[k, item], 1)).tolist() for k in range(found.count)],
            total[:, item].tolist(),
        )
        for item in best
    ]
