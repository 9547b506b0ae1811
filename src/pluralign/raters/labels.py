"""From the labels in a table to a scale and the place of each label on it."""

import math
import re
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import polars as pl

from pluralign.errors import DataError
from pluralign.raters.orders import order
from pluralign.raters.reading import Note
from pluralign.raters.scale import MOST_MULTILABELS, Kind, Scale

MOST_LEVELS = 11
"""More distinct numbers than this are taken for measurements, and put into bins."""
BINS = 7
MOST_LABELS = 63
"""Of more distinct texts no scale is made; as many as there are sets of six labels."""
_SEPARATORS = re.compile(r"\s*[|;,]\s*")
_NUMBERED = re.compile(r"(-?\d+)(?:\s*[:)=]\s*|\s*[.–-]\s+|\s+\()\S.*|(-?\d+)")


def scale_of(names: Sequence[str], kind: Kind | None = None) -> Scale:
    """The scale that labels make up.

    Numbers, and labels that each begin with another number ("1: never"), are ordinal in the order of the numbers; so
    are words of a known order (:func:`pluralign.raters.orders.order`). Two labels are binary. Labels of which some are
    several others, joined by bars, semicolons or commas, are multi-label. All others are nominal, in the order given.

    Args:
        names: distinct labels.
        kind: None finds it out.

    Raises:
        DataError: the labels do not make up a scale of that kind, or an ordinal one is asked for and their order is
            not known.
    """
    if kind == "multilabel" or (kind is None and _are_sets(names)):
        singles = dict.fromkeys(part for name in names for part in _SEPARATORS.split(name) if part)
        return Scale("multilabel", tuple(singles))
    if kind == "nominal":
        return Scale(kind, tuple(names))
    ordered = _by_number(names) or (order(names) if names else None)
    if kind is None:
        kind = "binary" if len(names) == 2 else "ordinal" if ordered else "nominal"
    if kind == "ordinal" and ordered is None:
        shown = ", ".join(map(repr, names[:8]))
        raise DataError(f"the order of the labels {shown} is not known", fix="List them from low to high.")
    return Scale(kind, ordered or tuple(names))


def place(
    cells: pl.Series,
    *,
    kind: Kind | None = None,
    labels: Sequence[str] | None = None,
    where: Callable[[int], object] = lambda row: f"row {row + 1}",
) -> tuple[Scale, pl.Series, list[Note]]:
    """The scale of a column of labels, and the place of each on it.

    Labels that differ in case or spacing only, or in how a number is written ("3", "3.0"), are the same. More than 11
    distinct numbers are put into 7 bins of equal width, which are named by their ranges; with kind ``ordinal`` only
    where they are more than 63.

    Args:
        cells: text without nulls, shape (ratings,).
        kind: of the scale; None finds it out.
        labels: all labels, from low to high where they are ordered; None takes those that occur. Without a kind, more
            than two are ordinal.
        where: names the place of a cell, for errors.

    Returns:
        the scale; the outcome of each cell, Int32; what was changed.

    Raises:
        DataError: a label is none of ``labels``, the labels are too many for a closed scale, all of them are the same,
            or they do not fit the kind.
    """
    # Everything is decided on the distinct cells, of which there are few.
    seen = pl.DataFrame({"cell": cells}).with_row_index("row")
    seen = seen.group_by("cell").agg(pl.len(), pl.col("row").first()).sort("row")
    seen = seen.with_columns(_keys(seen["cell"]).alias("key"))
    scale, codes, notes = _place(seen, kind, labels, lambda row: where(seen["row"][row]))
    placed = cells.to_frame("cell").join(
        seen.select("cell", code=codes.cast(pl.Int32)), on="cell", how="left", maintain_order="left"
    )
    return scale, placed["code"], notes


def _place(
    seen: pl.DataFrame, kind: Kind | None, labels: Sequence[str] | None, where: Callable[[int], object]
) -> tuple[Scale, pl.Series, list[Note]]:
    """The same for the distinct cells: ``cell``, ``key``, how many (``len``), in order of first appearance."""
    cells, keys = seen["cell"], seen["key"]
    if kind == "multilabel":
        return _sets(cells, labels, where)
    if labels is not None:
        named = [" ".join(str(label).split()) for label in labels]
        scale = Scale(kind or ("binary" if len(named) == 2 else "ordinal"), tuple(named))
        return scale, _look_up(cells, keys, scale.labels, where), []
    distinct = keys.n_unique()
    if distinct < 2:
        what = f"all labels are {cells[0]!r}" if distinct else "there are no labels"
        raise DataError(what, fix="List all labels that could have been given.")
    numbers = _numbers(keys)
    if distinct > (MOST_LABELS if kind else MOST_LEVELS) and kind in (None, "ordinal") and not numbers.null_count():
        return _binned(numbers.to_numpy(), distinct)
    if distinct > MOST_LABELS:
        raise DataError(f"{distinct:,} different labels are no closed scale", where=where(0), fix="Is it this column?")
    names, notes = _spellings(seen)
    if kind is None and _are_sets(names):
        return _sets(cells, None, where)
    if kind == "binary" and distinct > 2:
        third = keys.to_list().index(keys.unique(maintain_order=True)[2])
        raise DataError(f"{cells[third]!r} is a third label of a binary scale", where=where(third))
    scale = scale_of(names, kind)
    return scale, _look_up(cells, keys, scale.labels, where), notes


def _number(text: str) -> float | None:
    return _numbers(pl.Series([text]))[0]


def _numbers(cells: pl.Series) -> pl.Series:
    """The numbers, with a point or a comma before decimals; null where there is none."""
    numbers = cells.str.replace(r"^([+-]?\d+),(\d+)$", "$1.$2").cast(pl.Float64, strict=False)
    return numbers.set(~numbers.is_finite().fill_null(True), None)


def _keys(cells: pl.Series) -> pl.Series:
    """What labels that mean the same have in common: the number, or the lower-case text with single spaces."""
    numbers = _numbers(cells)
    words = cells.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    return pl.select(pl.when(numbers.is_not_null()).then((numbers + 0.0).cast(pl.String)).otherwise(words)).to_series()


def _look_up(cells: pl.Series, keys: pl.Series, labels: Sequence[str], where: Callable[[int], object]) -> pl.Series:
    known = _keys(pl.Series(labels, dtype=pl.String)).to_list()
    if twice := [label for i, label in enumerate(labels) if known[i] in known[:i]]:
        raise DataError(f"label {twice[0]!r} is listed twice")
    codes = keys.replace_strict(known, range(len(known)), default=None, return_dtype=pl.Int32)
    if codes.null_count():
        row = codes.is_null().arg_true()[0]
        shown = ", ".join(labels)
        raise DataError(f"label {cells[row]!r} is none of {shown}", where=where(row), fix="Mend it, or list it too.")
    return codes


def _spellings(seen: pl.DataFrame) -> tuple[list[str], list[Note]]:
    """The commonest spelling of each label, numbers without a needless fraction, in alphabetical order."""
    seen = seen.with_columns(pl.col("cell").str.replace_all(r"\s+", " ")).group_by("key", "cell").agg(pl.sum("len"))
    chosen = seen.sort("key", -pl.col("len").cast(pl.Int64), "cell").unique("key", keep="first", maintain_order=True)
    other = seen.height - chosen.height
    names = [
        cell if number is None else f"{number:.15g}"
        for cell, number in zip(chosen["cell"], _numbers(chosen["key"]), strict=True)
    ]
    return names, [Note("other spellings of labels taken for the same label", other)] if other else []


def _binned(numbers: np.ndarray, distinct: int) -> tuple[Scale, pl.Series, list[Note]]:
    low, high = float(numbers.min()), float(numbers.max())
    edges = np.linspace(low, high, BINS + 1)
    codes = np.searchsorted(edges[1:-1], numbers, side="right")
    if np.array_equal(numbers, np.floor(numbers)):
        first = [math.ceil(edge) for edge in edges[:-1]]
        names = [f"{a} to {b - 1}" for a, b in zip(first, [*first[1:], int(high) + 1], strict=True)]
    else:
        digits = next(d for d in range(3, 18) if len({f"{edge:.{d}g}" for edge in edges}) > BINS)
        names = [f"{a:.{digits}g} to {b:.{digits}g}" for a, b in pairwise(edges)]
    note = Note(f"different numbers put into {BINS} levels of equal width", distinct, ", ".join(names))
    return Scale("ordinal", tuple(names)), pl.Series(codes, dtype=pl.Int32), [note]


def _by_number(names: Sequence[str]) -> tuple[str, ...] | None:
    numbers = [_number(name) for name in names]
    if None in numbers:
        begun = [_NUMBERED.fullmatch(name) for name in names]
        if None in begun:
            return None
        numbers = [float(found[1] or found[2]) for found in begun if found]
    if len(set(numbers)) < len(names):
        return None
    return tuple(name for _, name in sorted(zip(numbers, names, strict=True)))


def _are_sets(names: Sequence[str]) -> bool:
    """Whether some labels are several of the others, which are words and few enough."""
    parts = {name: _SEPARATORS.split(name) for name in names}
    singles = {found[0].casefold() for found in parts.values() if len(found) == 1}
    joined = [part.casefold() for found in parts.values() if len(found) > 1 for part in found]
    words = all(_number(part) is None for part in joined)
    return bool(joined) and words and len(singles) <= MOST_MULTILABELS and singles.issuperset(joined)


def _sets(
    cells: pl.Series, labels: Sequence[str] | None, where: Callable[[int], object]
) -> tuple[Scale, pl.Series, list[Note]]:
    split = {cell: [part for part in _SEPARATORS.split(cell.strip()) if part] for cell in cells.unique().to_list()}
    if labels is None:
        # Of several spellings the one in lower case, which comes last.
        spelled = {part.casefold(): part for part in sorted(part for parts in split.values() for part in parts)}
        if len(spelled) > MOST_MULTILABELS:
            what = f"{len(spelled):,} different labels in sets; {MOST_MULTILABELS} are the most"
            raise DataError(what, where=where(0), fix="Use another kind of scale.")
        labels = [spelled[key] for key in sorted(spelled)]
    scale = Scale("multilabel", tuple(labels))
    outcomes = {frozenset(o.casefold().split(",")): code for code, o in enumerate(scale.outcomes)}
    codes = {cell: outcomes.get(frozenset(part.casefold() for part in parts)) for cell, parts in split.items()}
    placed = cells.replace_strict(list(codes), list(codes.values()), return_dtype=pl.Int32)
    if placed.null_count():
        row = placed.is_null().arg_true()[0]
        raise DataError(f"label {cells[row]!r} is not made of {', '.join(labels)}", where=where(row))
    return scale, placed, []
