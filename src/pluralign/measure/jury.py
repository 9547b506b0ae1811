"""Jury benchmark: jurors rate candidates, and a stated welfare function makes one number of their ratings.

A candidate is a model, or a response; an item is what it answers. With jurors j and welfare function w the score of a
candidate on an item is w(j1, ..., jn), and its score the mean over items (Sorensen et al. 2024, "A Roadmap to
Pluralistic Alignment", arXiv 2402.05070). The welfare function is a power mean, and its whole curve is given
(:mod:`pluralign.measure.welfare`). Candidates are compared on an item by the jurors who rated all of them there; other
ratings are left out of the welfare, and counted. Who is on the jury, with which weight, and who is missing is part of
the result.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pluralign.errors import DataError, UsageError
from pluralign.measure.welfare import CURVE, power_mean

COLUMNS = ("juror", "item", "candidate", "rating")


@dataclass(frozen=True, slots=True)
class Juror:
    """One member of a jury.

    Attributes:
        name: unique on the jury.
        weight: positive; 1 for one person, one vote.
        group: of which the juror is a part, or None.
        description: what a language model is told of the juror; None tells nothing.
    """

    name: str
    weight: float = 1.0
    group: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """How ratings become utilities: bottom + (1 - bottom) (rating - low) / (high - low).

    Attributes:
        low: the lowest rating that could be given.
        high: the highest, of utility 1.
        bottom: utility of the lowest rating, in 0..1. With 0 a single lowest rating makes welfare 0 for all p <= 0;
            for ratings 1..7, 1/7 leaves utilities proportional to the ratings. It decides how much the low end of the
            curve cares for the worst off, so it has no default.
    """

    low: float
    high: float
    bottom: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.high - self.low) and self.low < self.high and 0 <= self.bottom < 1):
            raise UsageError(
                f"a scale needs low < high and bottom in 0..1, got {self.low}, {self.high}, {self.bottom}"
            )

    def utilities(self, ratings: np.ndarray) -> np.ndarray:
        """Utilities in bottom..1, NaN where the rating is.

        Raises:
            DataError: a rating lies outside the scale.
        """
        known = ratings[~np.isnan(ratings)]
        if known.size and not (self.low <= known.min() and known.max() <= self.high):
            problem = f"ratings from {known.min():g} to {known.max():g}"
            raise DataError(problem, fix=f"The scale goes from {self.low:g} to {self.high:g}.")
        return self.bottom + (1 - self.bottom) * (ratings - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class Jury:
    """Ratings by a jury, on a scale of utility.

    Attributes:
        jurors: J of them, by name.
        items: I names.
        candidates: C names.
        utilities: shape (J, I, C), NaN where there is no rating.
    """

    jurors: tuple[Juror, ...]
    items: tuple[str, ...]
    candidates: tuple[str, ...]
    utilities: np.ndarray

    @property
    def weights(self) -> np.ndarray:
        """Weight of each juror, shape (J,)."""
        return np.array([juror.weight for juror in self.jurors])

    @property
    def seated(self) -> np.ndarray:
        """Which jurors rated all candidates of an item, shape (J, I)."""
        return np.all(~np.isnan(self.utilities), axis=-1)

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the jurors who count nowhere, since they rated all candidates of no item."""
        present = np.any(self.seated, axis=1).tolist()
        return tuple(j.name for j, here in zip(self.jurors, present, strict=True) if not here)


def jury(ratings: pl.DataFrame, scale: Scale, jurors: Sequence[Juror] | None = None) -> Jury:
    """A jury from ratings.

    Args:
        ratings: columns ``juror``, ``item``, ``candidate`` (text) and ``rating`` (number; null where it is missing).
        jurors: everybody who was asked, so that those without a rating are missed; None takes those in the table.

    Raises:
        DataError: a column is absent, a rating is there twice or off the scale, a juror is not on the list or twice on
            it, or nobody rated all candidates of any item.
    """
    absent = [column for column in COLUMNS if column not in ratings.columns]
    if absent:
        raise DataError(f"no column {', '.join(absent)}", fix=f"A table of ratings has {', '.join(COLUMNS)}.")
    double = ratings.filter(ratings.select(COLUMNS[:3]).is_duplicated())
    if double.height:
        raise DataError("a juror rates one candidate twice", where=", ".join(map(str, double.row(0)[:3])))
    listed = [Juror(name) for name in ratings["juror"].unique()] if jurors is None else list(jurors)
    people = {j.name: i for i, j in enumerate(sorted(listed, key=lambda j: j.name))}
    strangers = sorted(set(ratings["juror"]) - set(people))
    if strangers or len(people) < len(listed) or not all(0 < j.weight < np.inf for j in listed):
        problem = (
            f"jurors not on the list: {', '.join(strangers[:5])}" if strangers else "a name twice or a weight <= 0"
        )
        raise DataError(problem, fix="List every juror once, with a positive weight.")
    items = {name: i for i, name in enumerate(sorted(ratings["item"].unique()))}
    candidates = {name: i for i, name in enumerate(ratings["candidate"].unique(maintain_order=True))}
    table = np.full((len(people), len(items), len(candidates)), np.nan)
    for juror, item, candidate, rating in ratings.select(COLUMNS).iter_rows():
        table[people[juror], items[item], candidates[candidate]] = np.nan if rating is None else rating
    by_name = tuple(sorted(listed, key=lambda j: j.name))
    found = Jury(by_name, tuple(items), tuple(candidates), scale.utilities(table))
    if not found.seated.any():
        raise DataError("no juror rated all candidates of any item", fix="Leave out candidates that few have rated.")
    return found


def welfare(jury: Jury, p: float, weights: np.ndarray) -> np.ndarray:
    """Mean over items of the power mean over the jurors seated there.

    Args:
        p: the exponent of :func:`pluralign.measure.welfare.power_mean`.
        weights: of the jurors in every draw, shape (R, J), their own weights included.

    Returns:
        shape (R, C); items where nobody is seated are not in the mean.
    """
    found = []
    for i, seated in enumerate(jury.seated.T):
        if seated.any():
            found.append(power_mean(jury.utilities[seated, i].T[None], weights[:, None, seated], p))
    return np.mean(found, axis=0)


def means(jury: Jury) -> np.ndarray:
    """Each juror's mean utility of each candidate over the items where they are seated, shape (J, C); NaN if none."""
    seated = jury.seated[:, :, None]
    with np.errstate(invalid="ignore"):
        return np.where(seated, jury.utilities, 0).sum(1) / seated.sum(1)


def by_juror(jury: Jury) -> pl.DataFrame:
    """One row per juror, the missing ones too: name, group, weight, items rated in full, and the mean utility of every
    candidate (null where there is none)."""
    table = means(jury)
    return pl.DataFrame(
        {
            "juror": [j.name for j in jury.jurors],
            "group": [j.group for j in jury.jurors],
            "weight": jury.weights,
            "items": jury.seated.sum(1),
        }
        | {name: table[:, i] for i, name in enumerate(jury.candidates)},
        schema_overrides={"group": pl.String},
    ).fill_nan(None)


def composition(jury: Jury) -> pl.DataFrame:
    """One row per group: jurors, of them missing, share of the weight, and by Kish's formula, (sum w)^2 / sum w^2, how
    many jurors of equal weight they amount to."""
    groups: dict[str | None, list[Juror]] = {}
    for juror in jury.jurors:
        groups.setdefault(juror.group, []).append(juror)
    total, gone = jury.weights.sum(), set(jury.missing)
    return pl.DataFrame(
        [
            {
                "group": group,
                "jurors": len(members),
                "missing": sum(j.name in gone for j in members),
                "weight_share": sum(j.weight for j in members) / total,
                "effective_jurors": sum(j.weight for j in members) ** 2 / sum(j.weight**2 for j in members),
            }
            for group, members in groups.items()
        ],
        schema_overrides={"group": pl.String},
    )


def influence(jury: Jury, curve: Sequence[float] = CURVE) -> pl.DataFrame:
    """What welfare would be without each juror: one row per exponent, juror and candidate, with the ``change`` and
    whether other candidates would be best (``turns``). A jury of one has no row, and an item drops out of the mean if
    nobody else is seated there."""
    names, rows = jury.candidates, []
    for p in curve:
        whole = welfare(jury, p, jury.weights[None])[0]
        for k, juror in enumerate(jury.jurors):
            rest = np.delete(np.arange(len(jury.jurors)), k)
            if juror.name in jury.missing or not jury.seated[rest].any():
                continue
            left = Jury(tuple(jury.jurors[i] for i in rest), jury.items, names, jury.utilities[rest])
            without = welfare(left, p, left.weights[None])[0]
            turned = not (_leads(without) & _leads(whole)).any()
            for i, name in enumerate(names):
                rows.append((p, juror.name, name, float(without[i] - whole[i]), turned))
    schema = {"p": pl.Float64, "juror": pl.String, "candidate": pl.String, "change": pl.Float64, "turns": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _leads(values: np.ndarray) -> np.ndarray:
    return np.isclose(values, values.max(), rtol=1e-12, atol=0)
