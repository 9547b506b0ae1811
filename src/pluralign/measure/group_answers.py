"""Answers on behalf of groups as arrays, from the rows of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pluralign.errors import DataError
from pluralign.measure.group_questions import Steering
from pluralign.measure.table import Table
from pluralign.runs import Metric


@dataclass(frozen=True)
class Answers:
    """The rows of a run as arrays, for the questions that every model answered in every way.

    Distributions are padded with zeros to the largest number of options, which changes no distance, entropy or argmax.

    Attributes:
        questions: their ids, of length n.
        groups: G names.
        steerings: S, in the order of the rows.
        targets: what the groups answer, shape (G, n, K).
        respondents: how many people, shape (G, n); NaN where that is not known.
        options: number of options of each question, shape (n,).
        models: what each model answers, shape (S, n, K).
        left_out: number of questions left out, because a model has no answer to them in some way of asking.
    """

    questions: tuple[str, ...]
    groups: tuple[str, ...]
    steerings: tuple[Steering, ...]
    targets: np.ndarray
    respondents: np.ndarray
    options: np.ndarray
    models: Mapping[str, np.ndarray]
    left_out: int

    def ways(self, role: str) -> list[int]:
        """Places of the steerings with this role.

        Raises:
            DataError: there are none.
        """
        found = [i for i, steering in enumerate(self.steerings) if steering.role == role]
        if not found:
            raise DataError(f"no rows with the role {role!r}", fix="Ask in every way.")
        return found


def arrays(rows: pl.DataFrame, models: Sequence[str]) -> Answers:
    """Arrays from the rows of one task.

    Raises:
        DataError: no question was answered by every model in every way, or the rows are of different groups.
    """
    if rows["groups"].n_unique() != 1:
        raise DataError("rows of different groups in one table", fix="Give one task and one set of groups.")
    ways = rows.unique("steering", keep="first", maintain_order=True)
    steerings = tuple(
        Steering(name, role, None if weights is None else tuple(weights), None)
        for name, role, weights in ways.select("steering", "role", "weights").iter_rows()
    )
    kept = rows.filter(pl.col("model").is_in(list(models)))
    complete = (
        kept.filter(pl.col("probabilities").is_not_null())
        .group_by("question")
        .agg(pl.struct("model", "steering").n_unique().alias("ways"))
        .filter(pl.col("ways") == len(models) * len(steerings))
        .select("question")
    )
    total = kept["question"].n_unique()
    kept = kept.join(complete, on="question", how="semi").sort("question", maintain_order=True)
    if kept.is_empty():
        raise DataError("no question was answered by every model in every way", where=str(rows["task"][0]))
    first = kept.unique("question", keep="first", maintain_order=True)
    width = int(first["choices"].list.len().max())  # ty: ignore[invalid-argument-type]
    by_model = {}
    for model in models:
        own = kept.filter(pl.col("model") == model)
        by_model[model] = np.stack(
            [_padded(own.filter(pl.col("steering") == s.name)["probabilities"], width) for s in steerings]
        )
    targets = np.stack([_padded(first["targets"].list.get(g), width) for g in range(len(first["groups"][0]))])
    respondents = np.array(first["sizes"].to_list(), dtype=float).T
    return Answers(
        tuple(first["question"]),
        tuple(first["groups"][0]),
        steerings,
        targets,
        respondents,
        first["choices"].list.len().to_numpy(),
        by_model,
        total - first.height,
    )


def coverage(rows: pl.DataFrame, answers: Answers) -> list[Metric]:
    """What the numbers do not speak about: by model the mass outside the options, and the questions left out of all.

    Args:
        rows: those that the answers were made from.
    """
    table = Table(str(rows["task"][0]), str(rows["kind"][0]), answers.questions)
    kept = rows.filter(pl.col("question").is_in(answers.questions))
    by_model = {
        model: kept.filter(pl.col("model") == model).group_by("question").agg(pl.col("mass_outside").mean())
        for model in answers.models
    }
    outside = {model: frame.sort("question")["mass_outside"].to_numpy() for model, frame in by_model.items()}
    table.add("mass_outside", "share", outside, list(answers.models))
    for model in answers.models:
        table.count("left_out", "questions", model, answers.left_out, len(answers.questions) + answers.left_out)
    return table.metrics


def _padded(lists: pl.Series, width: int) -> np.ndarray:
    return np.array([[*values, *[0.0] * (width - len(values))] for values in lists])
