"""Where ratings come from: a table of people's ratings, language models in the place of jurors, or rater decoders."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pluralign.episode import Prompt
from pluralign.errors import DataError, UsageError
from pluralign.lm import LanguageModel
from pluralign.lm.protocol import Progress
from pluralign.measure.jury import Juror
from pluralign.raters.representation import Decoder, Representation
from pluralign.raters.source import Source, load

_SCHEMA = {"juror": pl.String, "item": pl.String, "candidate": pl.String, "rating": pl.Float64}
ONE_ITEM = "all"
"""The item of candidates that are rated by themselves, such as statements."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a juror reads: the answer of a candidate to an item, as one text."""

    item: str
    candidate: str
    text: str


def people(
    source: Path | str | Any,
    *,
    juror: str,
    candidate: str,
    rating: str,
    item: str | None = None,
    weight: str | None = None,
    group: str | None = None,
    levels: Sequence[str] | None = None,
) -> tuple[pl.DataFrame, list[Juror]]:
    """Ratings by people, from a file or a data frame with one row per rating.

    Args:
        source: see :func:`pluralign.raters.source.load`.
        juror, candidate, rating, item, weight, group: names of columns; without ``item`` all candidates are compared
            with each other, and weight and group must not differ within a juror.
        levels: names of the ratings from lowest to highest, which become 0, 1, 2, ...; None reads numbers.

    Returns:
        ratings as :func:`pluralign.measure.jury.jury` takes them, empty cells as null, and the jurors.

    Raises:
        DataError: a column is absent, a name is empty, a rating is no number or no level, or a juror has two weights
            or groups; names the row.
    """
    table = load(source)
    columns = [c for c in (juror, candidate, rating, item, weight, group) if c is not None]
    _require(table, columns)
    places = None if levels is None else {level: float(i) for i, level in enumerate(levels)}
    found, known = [], {}
    for row, cells in enumerate(table.frame.select(columns).iter_rows(named=True)):
        names = [_name(cells[c]) for c in (juror, candidate)]
        if not all(names):
            raise DataError("a rating without juror or candidate", where=table.place(row))
        value = _number(cells[rating], places, table.place(row, rating))
        found.append((names[0], str(cells[item]) if item else ONE_ITEM, names[1], value))
        _seat(known, table, row, cells, juror, weight, group)
    return pl.DataFrame(found, schema=_SCHEMA, orient="row"), list(known.values())


def listed(
    source: Path | str | Any, *, juror: str, weight: str | None = None, group: str | None = None
) -> list[Juror]:
    """Everybody who was asked to rate, from a file or a data frame with one row per juror.

    Args:
        source, juror, weight, group: as for :func:`people`.

    Raises:
        DataError: a column is absent, a name is empty, or a juror has two weights or groups; names the row.
    """
    table = load(source)
    columns = [c for c in (juror, weight, group) if c is not None]
    _require(table, columns)
    known: dict[str, Juror] = {}
    for row, cells in enumerate(table.frame.select(columns).iter_rows(named=True)):
        if not _name(cells[juror]):
            raise DataError("a juror without a name", where=table.place(row))
        _seat(known, table, row, cells, juror, weight, group)
    return list(known.values())


def language_model(
    model: LanguageModel,
    jurors: Sequence[Juror],
    cases: Sequence[Case],
    levels: Sequence[str],
    values: Sequence[float] | None = None,
    *,
    least_mass: float = 0.05,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Ratings by a language model that is told who it is, read from the probabilities of the levels.

    The rating is the expected value over the levels, renormalised over them: a model's whole opinion, without the
    noise of a draw. It says what the model makes of such a juror, not what people say; compare it with people first.

    Args:
        jurors: what each is described as is the description of the prompt.
        cases: what each of them rates.
        levels: the answers that can be given, from lowest to highest.
        values: the rating of each; None takes 0, 1, 2, ...
        least_mass: a model that gives all levels together less probability than this has given no rating.

    Returns:
        ratings as :func:`pluralign.measure.jury.jury` takes them, with ``mass_outside``, the probability of all but
        the levels; the rating is null where there is none, or the prompt does not fit the model.
    """
    numbers = np.arange(len(levels), dtype=float) if values is None else np.asarray(values, dtype=float)
    if len(numbers) != len(levels):
        raise UsageError(f"{len(numbers)} values for {len(levels)} levels")
    asked = [(juror, case) for juror in jurors for case in cases]
    prompts = [Prompt(f"{j.name}|{c.item}|{c.candidate}", c.text, (), j.description) for j, c in asked]
    rows = []
    for (juror, case), scores in zip(asked, model.choices(prompts, [levels] * len(asked), progress), strict=True):
        rating = None
        if scores is not None and 1 - scores.outside >= max(least_mass, np.finfo(float).tiny):
            p = np.exp(np.array(scores.logprobs) - np.logaddexp.reduce(scores.logprobs))
            rating = float(p @ numbers)
        rows.append((juror.name, case.item, case.candidate, rating, None if scores is None else scores.outside))
    return pl.DataFrame(rows, schema=_SCHEMA | {"mass_outside": pl.Float64}, orient="row")


def decoder(
    decoder: Decoder,
    jurors: Sequence[tuple[Juror, Representation]],
    cases: Sequence[tuple[int, Case]],
    values: Sequence[float],
) -> pl.DataFrame:
    """Ratings that a rater decoder predicts for people it knows something of, each the expected value.

    Args:
        jurors: each with what is told of him or her.
        cases: each with the number of the item in the decoder's ratings table.
        values: of each outcome of the decoder's scale (:attr:`pluralign.raters.scale.Scale.values`), shape (K,).
    """
    asked = [(j, c) for j in range(len(jurors)) for c in range(len(cases))]
    items, who = np.array([cases[c][0] for _, c in asked]), np.array([j for j, _ in asked])
    expected = decoder.predict(items, [told for _, told in jurors], who) @ np.asarray(values, dtype=float)
    rows = [
        (jurors[j][0].name, cases[c][1].item, cases[c][1].candidate, float(rating))
        for (j, c), rating in zip(asked, expected, strict=True)
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _require(table: Source, columns: Sequence[str]) -> None:
    if absent := [column for column in columns if column not in table.frame.columns]:
        there = ", ".join(table.frame.columns)
        raise DataError(f"no column {', '.join(absent)}", where=table.path, fix=f"There are: {there}.")


def _seat(
    known: dict[str, Juror],
    table: Source,
    row: int,
    cells: dict[str, Any],
    juror: str,
    weight: str | None,
    group: str | None,
) -> None:
    """Put the juror of a row among those that are known."""
    one = Juror(
        _name(cells[juror]),
        1.0 if weight is None else _number(cells[weight], None, table.place(row, weight)) or 0.0,
        None if group is None else _name(cells[group]) or None,
    )
    if not 0 < one.weight < np.inf:
        raise DataError("a weight must be a positive number", where=table.place(row, weight))
    if known.setdefault(one.name, one) != one:
        raise DataError("a juror has two weights or groups", where=table.place(row))


def _name(cell: object) -> str:
    return "" if cell is None else str(cell).strip()


def _number(cell: object, places: dict[str, float] | None, where: str) -> float | None:
    if cell is None or not str(cell).strip():
        return None
    try:
        return places[str(cell).strip()] if places is not None else float(str(cell))
    except (KeyError, ValueError):
        fix = f"The levels are {', '.join(places)}." if places is not None else "Give numbers, or name the levels."
        raise DataError(f"not a rating: {cell!r}", where=where, fix=fix) from None
