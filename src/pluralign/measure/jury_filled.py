"""Ratings that jurors did not give, predicted by a rater decoder from those that they gave.

A jury compares candidates by the jurors who rated all of them, and people rarely do. What is predicted is marked, so
that every number that rests on it can say so, and how far off the decoder is on ratings that are hidden from it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pluralign.episode import generator
from pluralign.errors import DataError
from pluralign.measure.jurors import Case, decoder
from pluralign.measure.jury import Juror
from pluralign.raters.attributes import facts
from pluralign.raters.ratings import Ratings
from pluralign.raters.read import read
from pluralign.raters.representation import Decoder, Representation
from pluralign.raters.trained import in_order

MOST_LEVELS = 20
"""More different ratings than these are amounts, which no decoder of levels predicts."""

HIDDEN = 0.2
"""Share of the ratings that are hidden from a decoder to see how far off it is."""


@dataclass(frozen=True, slots=True)
class Held:
    """How far off predictions are on ratings that were hidden from the decoder.

    Attributes:
        ratings: how many were hidden and could be compared.
        error: mean absolute error of the decoder, in the unit of the ratings.
        error_of_means: the same of the mean rating that the other jurors gave to the candidate.
    """

    ratings: int
    error: float
    error_of_means: float


def filled(
    ratings: pl.DataFrame,
    jurors: Sequence[Juror],
    made: Callable[[Ratings], Decoder],
    *,
    levels: Sequence[str] | None = None,
    texts: Mapping[str, str] | None = None,
    question: str = "How is this rated?",
    seed: int = 0,
) -> pl.DataFrame:
    """The ratings, and for every pair of juror and case without one the expected rating that a decoder predicts.

    Each juror is told to the decoder by all of their ratings and their group. Jurors without any rating stay without.

    Args:
        ratings: as :func:`pluralign.measure.jury.jury` takes them.
        jurors: whose group is told.
        made: gives the decoder for the ratings.
        levels: names of the ratings 0, 1, 2, ...; None takes the numbers that occur.
        texts: of candidates, by name; None shows the names.
        question: what the jurors were asked.
        seed: of the order in which ratings are told.

    Returns:
        columns ``juror``, ``item``, ``candidate``, ``rating`` and ``predicted`` (yes or no), one row per juror with
        ratings, and case.

    Raises:
        DataError: there are more than 20 different ratings or fewer than two, or too few to learn from.
    """
    given = ratings.filter(pl.col("rating").is_not_null())
    amounts = sorted(given["rating"].unique()) if levels is None else [float(i) for i in range(len(levels))]
    if not 2 <= len(amounts) <= MOST_LEVELS:
        problem = f"{len(amounts)} different ratings cannot be predicted"
        raise DataError(problem, fix=f"Give ratings of 2 to {MOST_LEVELS} levels.")
    names = dict(zip(amounts, levels or [f"{amount:g}" for amount in amounts], strict=True))
    cases = [Case(*pair, (texts or {}).get(pair[1], pair[1])) for pair in _cases(ratings)]
    several = len({case.item for case in cases}) > 1
    numbers = {(case.item, case.candidate): i for i, case in enumerate(cases)}
    known = _read(given, jurors, cases, numbers, several, names, question)
    places = {name: i for i, name in enumerate(known.items["item"])}
    people = {juror.name: juror for juror in jurors}
    raters = np.arange(known.raters.height)
    own = in_order(known, np.arange(len(known)), raters, seed)
    told = [
        (people[name], Representation(fact, None, tuple(known.item[at].tolist()), tuple(known.label[at].tolist())))
        for name, fact, at in zip(known.raters["rater"], facts(known, raters), own, strict=True)
    ]
    asked = [(places[str(i)], case) for i, case in enumerate(cases) if str(i) in places]
    predicted = decoder(made(known), told, asked, amounts)
    keys = ["juror", "item", "candidate"]
    both = predicted.join(given.select(*keys, own="rating"), on=keys, how="left", maintain_order="left")
    return both.select(*keys, rating=pl.coalesce("own", "rating"), predicted=pl.col("own").is_null())


def held_out(
    ratings: pl.DataFrame, jurors: Sequence[Juror], made: Callable[[Ratings], Decoder], *, seed: int = 0, **told
) -> Held | None:
    """Hide a fifth of the ratings, make the decoder from the others, and compare what it predicts with them.

    Args:
        ratings, jurors, made, seed: as for :func:`filled`.
        told: its other arguments.

    Returns:
        None where the others are too few to learn from, or no rating can be compared: each juror or candidate has but
        one.
    """
    given = ratings.filter(pl.col("rating").is_not_null())
    hidden = pl.Series(generator("jury", "held out", seed).random(given.height) < HIDDEN)
    rest, keys = given.filter(~hidden), ["juror", "item", "candidate"]
    if rest["juror"].n_unique() < 2:
        return None
    means = rest.group_by("item", "candidate").agg(mean=pl.col("rating").mean())
    try:
        predicted = filled(rest, jurors, made, seed=seed, **told).select(*keys, guess="rating")
    except DataError:  # all ratings may be enough where four fifths are not
        return None
    both = given.filter(hidden).join(predicted, on=keys).join(means, on=["item", "candidate"])
    if not both.height:
        return None
    off, off_of_means = (
        np.abs(both[name].to_numpy() - both["rating"].to_numpy()).mean() for name in ("guess", "mean")
    )
    return Held(both.height, float(off), float(off_of_means))


def _cases(ratings: pl.DataFrame) -> list[tuple[str, str]]:
    return ratings.select("item", "candidate").unique(maintain_order=True).rows()


def _read(
    given: pl.DataFrame,
    jurors: Sequence[Juror],
    cases: Sequence[Case],
    numbers: Mapping[tuple[str, str], int],
    several: bool,
    names: Mapping[float, str],
    question: str,
) -> Ratings:
    """The ratings as a data set of raters, its items the numbers of the cases."""
    group = {juror.name: juror.group for juror in jurors if juror.group is not None}
    columns = {
        "rater": given["juror"],
        "item": [str(numbers[pair]) for pair in given.select("item", "candidate").iter_rows()],
        "label": [names[rating] for rating in given["rating"]],
    }
    table = pl.DataFrame(columns).with_columns(
        text=pl.Series([_text(cases[int(i)], several) for i in columns["item"]], dtype=pl.String)
    )
    if group:
        table = table.with_columns(group=pl.col("rater").replace_strict(group, default=None, return_dtype=pl.String))
    return read(
        table,
        rater="rater",
        item="item",
        label="label",
        text="text",
        attributes=("group",) if group else (),
        scale="ordinal",
        labels=tuple(names.values()),
        question=question,
        name="jury",
    ).ratings


def _text(case: Case, several: bool) -> str:
    return f"{case.item}\n{case.text}" if several else case.text
