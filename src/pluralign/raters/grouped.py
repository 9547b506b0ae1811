"""What demographic groups tell beside clusters of raters: groupings of one split, and what is known of each."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from pluralign.raters.attributes import UNKNOWN, groups
from pluralign.raters.camps import camps
from pluralign.raters.clusters import even_halves
from pluralign.raters.compact.episodes import by_rater
from pluralign.raters.groups import compare
from pluralign.raters.ratings import Ratings
from pluralign.raters.trained import Trained

REPEATS = 20
"""Random groupings beside each."""


def by_field(ratings: Ratings, field: str) -> tuple[np.ndarray, list[str]]:
    """Group of each rater by an attribute, -1 where it is not known, shape (raters,); and the names of the groups."""
    found = groups(ratings, field)
    kind = found.dtype
    assert isinstance(kind, pl.Enum)
    names = [name for name in kind.categories if name != UNKNOWN]
    return found.to_physical().cast(pl.Int64).replace({len(names): -1}).to_numpy(), names


def grouped(trained: Trained, counts: Sequence[int] = (), repeats: int = REPEATS) -> pl.DataFrame:
    """Every attribute as a grouping, beside random groups and clusters, by the same model-free predictor.

    Training raters are put into clusters by half of their ratings, so that the other half can tell how far to believe
    a grouping; raters to be predicted, by the ratings that may be told about them.

    Args:
        trained: of a split whose items are old.
        counts: numbers of clusters, beside those of the groups of each attribute.

    Returns:
        the table of :func:`pluralign.raters.groups.compare`; groupings are named ``field NAME`` and ``clusters K``.
    """
    ratings, split = trained.ratings, trained.split
    half = even_halves(ratings.rater[split.train], split.seed)
    groupings = {f"field {field}": by_field(ratings, field)[0] for field in ratings.attributes}
    sizes = {len(np.unique(group[group >= 0])) for group in groupings.values()}
    first = split.train[half]
    people = by_rater(ratings, first)
    most = min(len(trained.candidates.profiles), len(people))
    for count in sorted({count for count in {*counts, *sizes} if 2 <= count <= most}):
        found = camps(ratings, first, trained.candidates, count, split.seed)
        group = np.full(ratings.raters.height, -1)
        for rows in (people, trained.own):
            known = [some for some in rows if len(some)]
            group[[int(ratings.rater[some[0]]) for some in known]] = found.camp(ratings, known)
        groupings[f"clusters {count}"] = group
    return compare(
        ratings, split.train, split.evaluate, groupings, tune=split.train[~half], repeats=repeats, seed=split.seed
    )
