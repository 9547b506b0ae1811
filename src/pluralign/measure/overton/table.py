"""From rows to metrics: coverage, its curves, coverage at matched length, precision, balance, length and cost.

Every number is a mean over responses, with an interval clustered by question. Models are compared on the questions
and samples that all of them have; references (all views listed, several answers together, answers to another
question) stand beside them on the same questions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from pluralign.errors import DataError
from pluralign.measure.overton.scores import (
    ITEM,
    Reading,
    balance,
    coverage,
    disproportion,
    fitting,
    purity,
    reached,
    space,
)
from pluralign.measure.overton.validation import Validation, speaks_for, warning
from pluralign.measure.table import Table, aligned
from pluralign.runs import Metric

THRESHOLDS = tuple(round(0.1 * step, 1) for step in range(1, 10))
"""Strengths at which the threshold curves are drawn."""

WORDS = (10, 25, 50, 100, 200, 400)
"""Lengths at which the curve of coverage against words is drawn."""

UNVALIDATED = 0.5
"""Strength from which a view counts as covered while no validation has chosen another."""


@dataclass(frozen=True)
class Report:
    """The metrics of a judge, and what must stand beside them.

    Attributes:
        metrics: one per model or reference and number.
        warning: why the numbers may not mean what they say; None where the judge was validated.
        validation: how the judge agrees with people, or None.
    """

    metrics: list[Metric]
    warning: str | None
    validation: Validation | None

    def records(self) -> list[dict[str, Any]]:
        """The metrics as records of ``metrics.json``, each with the ``warning`` (null where there is none)."""
        return [metric.as_dict() | {"warning": self.warning} for metric in self.metrics]


@dataclass(frozen=True)
class _Look:
    """One response, ready to be scored."""

    reading: Reading
    words: np.ndarray
    tokens: int | None
    weights: np.ndarray
    strengths: np.ndarray
    others: np.ndarray
    reached: np.ndarray

    def covered(self, threshold: float, limit: float = np.inf, weighted: bool = False) -> float:
        return coverage(self.within(limit), threshold, self.weights if weighted else None)

    def within(self, limit: float) -> np.ndarray:
        """Strengths of the beginning that has at most ``limit`` words, shape (views,)."""
        return self.reached[fitting(self.words, limit)]

    def kept(self, limit: float) -> float:
        """Words of this beginning."""
        return float(self.words[: fitting(self.words, limit)].sum())


def report(
    rows: pl.DataFrame,
    models: Sequence[str],
    judge: Mapping[str, Any],
    validation: Validation | None,
    *,
    thresholds: Sequence[float] = THRESHOLDS,
    lengths: Sequence[int] = WORDS,
) -> Report:
    """Metrics of one task, with the warning that its judge calls for.

    Args:
        rows: from :func:`pluralign.measure.overton.looks.rows`, of the models and of references.
        models: which sources are compared; the length at which coverage is matched is the shortest of theirs.
        judge: facts of the judge that gave the rows.
        validation: its stored comparison with human labels; gives the threshold. None, or that of another judge,
            leaves a warning with every number.
        thresholds: where the curves over thresholds are drawn.
        lengths: where the curve over words is drawn.

    Raises:
        DataError: the rows mix readings, or the models share no response.
    """
    readings = rows["reading"].unique().to_list()
    if len(readings) != 1:
        raise DataError(f"rows of one reading are needed, got {len(readings)}", fix="Measure with one reading.")
    own = validation if validation is not None and speaks_for(validation, judge, readings[0]) else None
    threshold = UNVALIDATED if own is None else own.threshold
    numbers = metrics(rows, models, threshold, thresholds, lengths)
    return Report(numbers, warning(judge, readings[0], validation), own)


def metrics(
    rows: pl.DataFrame,
    models: Sequence[str],
    threshold: float,
    thresholds: Sequence[float] = THRESHOLDS,
    lengths: Sequence[int] = WORDS,
) -> list[Metric]:
    """Metrics of one task, without a word on the judge: show them through :func:`report`.

    Coverage is matched for each question and sample at the words of the shortest model response that is not empty.
    Cutting at the ends of sentences leaves less than that where sentences are long, which ``words_matched`` tells:
    where it differs between models, or is a few words only, the matched numbers compare little.

    Args:
        threshold: strength from which a view counts as covered.
    """
    common = aligned(rows.filter(pl.col("model").is_in(list(models))), models, ("question", "sample"))
    first = common[models[0]]
    if first.is_empty():
        raise DataError("the models have no response to the same question", where=", ".join(models))
    keys = list(first.select("question", "sample").iter_rows())
    looks = {name: [_look(row) for row in frame.to_dicts()] for name, frame in common.items()}
    limits = [_shortest(looks[name][i].words.sum() for name in models) for i in range(len(keys))]
    others = [name for name in rows["model"].unique(maintain_order=True).to_list() if name not in models]
    looks |= {name: _beside(rows.filter(pl.col("model") == name), keys) for name in others}

    table = Table(rows["task"][0], "overton", [question for question, _ in keys])

    def add(metric: str, unit: str, figure: Callable[[_Look, int], float]) -> None:
        values = {
            name: np.array([np.nan if look is None else figure(look, i) for i, look in enumerate(column)], dtype=float)
            for name, column in looks.items()
        }
        if not all(np.isnan(column).all() for column in values.values()):  # such as tokens, where nobody counted
            table.add(metric, unit, values, models)

    add("strength", "share", lambda look, i: float(look.reached[-1].mean()))
    add("coverage", "share", lambda look, i: look.covered(threshold))
    add("coverage_weighted", "share", lambda look, i: look.covered(threshold, weighted=True))
    add("items_covered", "share", lambda look, i: _above(look.reached[-1].mean(), ITEM))
    add("coverage_matched", "share", lambda look, i: look.covered(threshold, limits[i]))
    add("coverage_weighted_matched", "share", lambda look, i: look.covered(threshold, limits[i], weighted=True))
    add("strength_matched", "share", lambda look, i: float(look.within(limits[i]).mean()))
    add("words_matched", "words", lambda look, i: look.kept(limits[i]))
    add("words", "words", lambda look, i: float(look.words.sum()))
    add("sentences", "sentences", lambda look, i: float(len(look.words)))
    add("tokens", "tokens", lambda look, i: np.nan if look.tokens is None else float(look.tokens))
    for value in thresholds:
        add(f"coverage_by_threshold@{value:g}", "share", lambda look, i, t=value: look.covered(t))
        add(f"items_by_threshold@{value:g}", "share", lambda look, i, t=value: _above(look.reached[-1].mean(), t))
    for value in lengths:
        add(f"coverage_by_words@{value}", "share", lambda look, i, w=value: look.covered(threshold, w))
    if rows["reading"][0] == "sentence":  # passages overlap: they cannot be assigned to views
        for place, name in enumerate(("precision", "unreasonable", "off_topic")):
            add(name, "share", lambda look, i, p=place: purity(look.strengths, look.others, threshold)[p])
        add("balance", "share", lambda look, i: balance(space(look.strengths, threshold)))
        add(
            "space_weight_total_variation",
            "share",
            lambda look, i: disproportion(space(look.strengths, threshold), look.weights),
        )
    for name in looks:
        mine = rows.filter(pl.col("model") == name)
        failed = mine["failed"].drop_nulls()
        if name in models:
            table.count("left_out", "responses", name, mine.height - first.height, mine.height)
        table.count("empty", "responses", name, mine.filter(pl.col("sentences").list.len() == 0).height, mine.height)
        table.count("unjudged", "responses", name, sum(_unknown(row) for row in mine.to_dicts()), mine.height)
        table.metrics.append(_share("answers_failed", name, table, failed))
    return table.metrics


def _look(row: dict[str, Any]) -> _Look:
    count = len(row["sentences"])
    strengths = np.array(row["strengths"], dtype=float).reshape(count, len(row["views"]))
    others = np.array(row["others"], dtype=float).reshape(count, -1) if count else np.zeros((0, 0))
    reading: Reading = row["reading"]
    words, weights = np.array(row["words"], dtype=float), np.array(row["weights"])
    return _Look(reading, words, row["tokens"], weights, strengths, others, reached(strengths, reading))


def _beside(rows: pl.DataFrame, keys: Sequence[tuple[str, int]]) -> list[_Look | None]:
    """The response of a reference for each question and sample; its only response to a question serves all samples."""
    found = {(row["question"], row["sample"]): _look(row) for row in rows.to_dicts()}
    counts = rows["question"].value_counts().rows()
    only = {question for question, count in counts if count == 1}
    return [found.get((question, 0 if question in only else sample)) for question, sample in keys]


def _shortest(words: Any) -> float:
    """The smallest number of words above 0: an empty response is not a length to cut others to."""
    return min((count for count in words if count > 0), default=0.0)


def _above(mean: float, threshold: float) -> float:
    return np.nan if np.isnan(mean) else float(mean > threshold)


def _unknown(row: dict[str, Any]) -> bool:
    return bool(np.isnan(_look(row).reached[-1]).any())


def _share(metric: str, name: str, table: Table, values: pl.Series) -> Metric:
    mean = None if values.is_empty() else float(np.mean(values.to_numpy()))
    return Metric(name, table.task, table.kind, metric, mean, None, None, len(values), "share")
