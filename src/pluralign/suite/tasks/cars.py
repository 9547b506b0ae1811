"""Coverage of car makes and models sold in the USA, 1992-2026 (abhionlyone/us-car-models-data, CC BY 4.0)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

import polars as pl

from pluralign.episode import Process
from pluralign.errors import DataError
from pluralign.suite.coverage import Accept, coverage_card, coverage_process, one_of
from pluralign.suite.data import DataRoot, read_csv, read_parquet
from pluralign.suite.registry import Card, Fetch, task

FOLDER = "us_car_models"

_WORD = re.compile("[^\\W_]+")


def _card(name: str, answer: str) -> Card:
    return replace(
        coverage_card(name, answer),
        source="US car models data",
        access="https://github.com/abhionlyone/us-car-models-data",
        licence="CC BY 4.0",
        citation="abhionlyone. US car models data. GitHub, https://github.com/abhionlyone/us-car-models-data",
        files=(FOLDER,),
        fetch=Fetch("git", "https://github.com/abhionlyone/us-car-models-data", FOLDER, ("[12][0-9][0-9][0-9].csv",)),
    )


def _table(root: DataRoot) -> pl.DataFrame:
    """Columns ``make`` and ``model``, from one Parquet file or from the ``<year>.csv`` files of the source."""
    folder = root.file(FOLDER)
    compact = folder / "us_car_models.parquet"
    paths = [compact] if compact.exists() else sorted(folder.glob("[12][0-9][0-9][0-9].csv"))
    if not paths:
        raise DataError("no table of car models", where=folder, fix="Put the <year>.csv files of the source there.")
    tables = []
    for path in paths:
        table = read_parquet(path) if path.suffix == ".parquet" else read_csv(path, infer_schema=False)
        if not {"make", "model"} <= set(table.columns):
            raise DataError("columns make and model are required", where=path, fix="Fetch it again.")
        tables.append(table.select(pl.col("make", "model").cast(pl.String).str.strip_chars()))
    return pl.concat(tables).drop_nulls().unique(maintain_order=True)


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))


def accept_make_and_model(pairs: Iterable[tuple[str, str]]) -> tuple[Accept, int]:
    """Validity of texts that name a make and one of its models as whole words, in either order.

    A model of a single character (such as a letter or a digit) must stand right beside its make, because a lone "I"
    or "4" elsewhere in a sentence names no car. Where several pairs fit, the one with most words is meant, then the
    one named first. A model whose name begins with the make's ("MAZDA3") may also be written with a space.

    Args:
        pairs: the makes and models that exist.

    Returns:
        the function from a text to ``"Make Model"`` or None, and how many different answers it knows.
    """
    models: dict[tuple[str, ...], dict[tuple[str, ...], str]] = {}
    spaced: list[tuple[tuple[str, ...], tuple[str, ...], str]] = []
    for make, model in pairs:
        key, words, answer = _words(make), _words(model), f"{make} {model}"
        if not key or not words:
            continue
        answer = models.setdefault(key, {}).setdefault(words, answer)
        if len(key) == 1 and words[0].startswith(key[0]) and words[0] != key[0]:
            spaced.append((key, (words[0].removeprefix(key[0]), *words[1:]), answer))
    size = sum(len(known) for known in models.values())
    for key, words, answer in spaced:
        models[key].setdefault(words, answer)
    longest_make = max(map(len, models), default=0)
    longest_model = {key: max(map(len, known)) for key, known in models.items()}

    def accept(text: str) -> str | None:
        words = _words(text)
        best: tuple[int, int, int] | None = None
        answer = None
        for start in range(len(words)):
            for end in range(start + 1, min(start + longest_make, len(words)) + 1):
                make = words[start:end]
                for first, last in _spans(len(words), start, end, longest_model.get(make, 0)):
                    model = words[first:last]
                    beside = first == end or last == start
                    if model not in models[make] or (len(model) == 1 and len(model[0]) == 1 and not beside):
                        continue
                    rank = (first - last - (end - start), start, first)
                    if best is None or rank < best:
                        best, answer = rank, models[make][model]
        return answer

    return accept, size


def _spans(count: int, start: int, end: int, longest: int) -> Iterator[tuple[int, int]]:
    """Spans of at most ``longest`` of ``count`` words that do not touch the words from ``start`` to ``end``."""
    for low, high in ((0, start), (end, count)):
        for first in range(low, high):
            for last in range(first + 1, min(first + longest, high) + 1):
                yield first, last


@task(_card("car_make_model", "a car make with one of its models"))
def car_make_model(root: DataRoot) -> Iterator[Process]:
    accept, size = accept_make_and_model(_table(root).rows())
    yield coverage_process(
        "car_make_model",
        "A car sold in the USA: the make, then the model.",
        ("Acura Integra", "Ford Mustang", "Tesla Model 3"),
        accept,
        size=size,
        max_tokens=32,
    )


@task(_card("car_brand", "a car make"))
def car_brand(root: DataRoot) -> Iterator[Process]:
    makes = {make.casefold(): make for make in _table(root)["make"].unique(maintain_order=True)}
    yield coverage_process(
        "car_brand",
        "A make of car sold in the USA.",
        ("Acura", "Ford", "Tesla"),
        one_of(makes.values(), ignore_case=True),
        size=len(makes),
    )
