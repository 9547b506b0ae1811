"""What the report shows out of ``rows.parquet``: learning curves, commonest answers, chosen items, groups, counts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from pluralign.stats import Interval, mean_interval

ITEMS = 6
GROUPED = 5
"""Questions from which on a group has a line of its own."""
MAX_CHOICES = 10
_EVERY_SHOT = 10


@dataclass(frozen=True, slots=True)
class Item:
    """One question with the target distribution and those of the models.

    Attributes:
        place: ``closest``, ``middle`` or ``farthest`` among the items of its task, by mean divergence over models.
        choices: options shown, in their own order; at most :data:`MAX_CHOICES`, the likeliest ones.
        hidden: how many further options there are.
        target: probabilities of ``choices``.
        models: name to probabilities of ``choices``.
        divergence: name to Jensen-Shannon divergence in nats; empty where the rows do not say.
    """

    task: str
    process: str
    question: str
    place: str
    respondents: float | None
    choices: tuple[str, ...]
    hidden: int
    target: tuple[float, ...]
    models: dict[str, tuple[float, ...]]
    divergence: dict[str, float]


@dataclass(frozen=True, slots=True)
class Answers:
    """The commonest answers of one model to one coverage task: text and count, accepted and refused ones apart."""

    task: str
    model: str
    samples: int
    valid: tuple[tuple[str, int], ...]
    invalid: tuple[tuple[str, int], ...]


def curves(rows: pl.DataFrame, models: Sequence[str], column: str = "loss") -> dict[str, list[dict[str, Any]]]:
    """Mean loss by number of earlier examples, for each model and the running marginal, with 95% intervals.

    Only outputs that every model scored enter. Where a task has more than ten earlier examples, their numbers are
    pooled in doubling bins (3-4, 5-8, ...).

    Args:
        rows: item-level rows; only kind ``steer`` is used.
        models: names to keep.
        column: ``loss`` or ``choice_loss``.

    Returns:
        Task to points ``{model, bin, label, mean, low, high}`` sorted by model and bin; ``low`` and ``high`` are None
        with fewer than two processes, and the marginal has the model name ``running_marginal``.
    """
    if not {column, "marginal_loss"} <= set(rows.columns):
        return {}
    shot = pl.col("shot").cast(pl.Int64)
    doubling = pl.when(shot < 1).then(0).otherwise((shot.log(2) - 1e-9).ceil() + 1).cast(pl.Int64)
    steer = (
        rows.filter(pl.col("kind") == "steer", pl.col("model").is_in(list(models)), pl.col(column).is_not_null())
        .filter(pl.col("model").n_unique().over("task", "episode", "shot") == len(models))
        .with_columns(bin=pl.when(shot.max().over("task") <= _EVERY_SHOT).then(shot).otherwise(doubling))
    )
    kept = ["task", "bin", "shot", "process"]
    own = steer.select(*kept, "model", value=column)
    marginal = steer.filter(pl.col("model") == models[0]).select(
        *kept, model=pl.lit("running_marginal"), value="marginal_loss"
    )
    found: dict[str, list[dict[str, Any]]] = {}
    grouped = pl.concat([own, marginal], how="diagonal").sort("task", "model", "bin")
    for (task, model, place), group in grouped.group_by(["task", "model", "bin"], maintain_order=True):
        first, last = group["shot"].min(), group["shot"].max()
        mean = mean_interval(group["value"], group["process"].to_list())
        found.setdefault(str(task), []).append(
            {
                "model": model,
                "bin": place,
                "label": str(first) if first == last else f"{first}\N{EN DASH}{last}",
                "mean": mean.value,
                "low": mean.low,
                "high": mean.high,
            }
        )
    return found


def answers(rows: pl.DataFrame, models: Sequence[str], *, top: int = 6) -> list[Answers]:
    """The commonest accepted and refused texts, by task and model."""
    if "canonical" not in rows.columns:
        return []
    counted = (
        rows.filter(pl.col("kind") == "cover", pl.col("model").is_in(list(models)))
        .with_columns(shown=pl.coalesce("canonical", "text"), good=pl.col("canonical").is_not_null())
        .group_by("task", "model", "good", "shown")
        .agg(n=pl.len())
        .with_columns(samples=pl.col("n").sum().over("task", "model"))
        .sort(["n", "shown"], descending=[True, False])
        .group_by(["task", "model", "good"], maintain_order=True)
        .agg(pl.col("shown", "n").head(top), pl.col("samples").first())
    )
    table = {(r["task"], r["model"], r["good"]): r for r in counted.iter_rows(named=True)}
    rank = {m: i for i, m in enumerate(models)}

    def pick(task: str, model: str, good: bool) -> tuple[tuple[str, int], ...]:
        row = table.get((task, model, good))
        return tuple((text or "", n) for text, n in zip(row["shown"], row["n"], strict=True)) if row else ()

    keys = sorted({(task, model) for task, model, _ in table}, key=lambda k: (k[0], rank[k[1]]))
    samples = {(task, model): row["samples"] for (task, model, _), row in table.items()}
    return [Answers(t, m, samples[t, m], pick(t, m, True), pick(t, m, False)) for t, m in keys]


def items(rows: pl.DataFrame, models: Sequence[str], *, per_task: int = ITEMS) -> dict[str, list[Item]]:
    """Items to show: those with the lowest, the middle and the highest divergence, averaged over models.

    Returns:
        Task to at most ``per_task`` items, from the closest to the farthest.
    """
    if "probabilities" not in rows.columns:
        return {}
    key = ["task", "process", "question"]
    grouped = (
        rows.filter(pl.col("kind") == "align", pl.col("model").is_in(list(models)))
        .drop_nulls("probabilities")
        .select(*key, "model", "choices", "target", "probabilities", "respondents", "js_divergence_nats")
        .unique([*key, "model"], keep="first")
        .group_by(key)
        .agg(pl.all(), score=pl.col("js_divergence_nats").mean())
        .sort("task", "score", "process", "question")
    )
    found: dict[str, list[Item]] = {}
    for (task,), part in grouped.group_by(["task"], maintain_order=True):
        spots = _spots(part.height, per_task)
        found[str(task)] = [_item(place, part.row(rank, named=True)) for rank, place in spots.items()]
    return found


def _spots(size: int, wanted: int) -> dict[int, str]:
    """Ranks to show out of ``size`` sorted items: a third from each end and a third around the median."""
    if size <= wanted:
        ranks = list(range(size))
    else:
        third = wanted // 3
        middle = (size - third) // 2
        ranks = [*range(third), *range(middle, middle + third), *range(size - third, size)]
    cut = max(1, len(ranks) // 3)
    names = {r: "closest" for r in ranks[:cut]} | {r: "farthest" for r in ranks[len(ranks) - cut :]}
    if len(ranks) == 1:
        return {0: "only"}
    return {r: names.get(r, "middle") for r in ranks}


def _item(place: str, row: dict[str, Any]) -> Item:
    """An item from one row that lists the models and, for each, what it was asked and what it gave."""
    choices, target, given = row["choices"][0], row["target"][0], row["probabilities"]
    peak = [max(target[i], *(p[i] for p in given)) for i in range(len(choices))]
    keep = sorted(sorted(range(len(choices)), key=lambda i: -peak[i])[:MAX_CHOICES])
    scores = zip(row["model"], row["js_divergence_nats"], strict=True)
    return Item(
        row["task"],
        row["process"],
        row["question"] or "",
        place,
        row["respondents"][0],
        tuple(choices[i] for i in keep),
        len(choices) - len(keep),
        tuple(target[i] for i in keep),
        {model: tuple(p[i] for i in keep) for model, p in zip(row["model"], given, strict=True)},
        {model: score for model, score in scores if score is not None},
    )


def groups(rows: pl.DataFrame, models: Sequence[str]) -> dict[str, list[tuple[str, int, dict[str, Interval]]]]:
    """Mean total variation of each group of people with at least five questions, where a task has two such groups.

    Only questions that every model answered enter. Intervals are clustered as those of the metrics are.

    Returns:
        Task to ``(group, questions, name to mean)``, the group that models serve worst first; the names are those of
        the models and ``uniform``, the answer that is even over the options.
    """
    if not {"group", "cluster", "readout", "total_variation"} <= set(rows.columns):
        return {}
    align = (
        rows.filter(pl.col("kind") == "align", pl.col("model").is_in(list(models)), pl.col("readout") == "logprob")
        .drop_nulls(["group", "total_variation"])
        .filter(pl.col("model").n_unique().over("task", "process") == len(models))
    )
    even = (pl.col("target") - 1 / pl.col("target").list.len()).list.eval(pl.element().abs()).list.sum() / 2
    uniform = align.filter(pl.col("model") == models[0]).with_columns(model=pl.lit("uniform"), total_variation=even)
    found: dict[str, list[tuple[str, int, dict[str, Interval]]]] = {}
    for (task, group), some in pl.concat([align, uniform]).group_by(["task", "group"], maintain_order=True):
        questions = some["process"].n_unique()
        if questions >= GROUPED:
            means = {
                str(name): _share(mean_interval(own["total_variation"], own["cluster"].to_list()))
                for (name,), own in some.group_by(["model"], maintain_order=True)
            }
            found.setdefault(str(task), []).append((str(group), questions, means))

    def worst(line: tuple[str, int, dict[str, Interval]]) -> float:
        return -sum(line[2][model].value for model in models)

    return {task: sorted(lines, key=worst) for task, lines in found.items() if len(lines) > 1}


def _share(mean: Interval) -> Interval:
    """The interval without what no share can be."""
    if mean.low is None or mean.high is None:
        return mean
    return replace(mean, low=max(0.0, mean.low), high=min(1.0, mean.high))


def counts(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """How many tasks, processes and rows stand behind the numbers, by kind and model: ``{kind, model, ...}``."""
    process = pl.struct("task", "process").n_unique() if "process" in rows.columns else pl.lit(None)
    return (
        rows.group_by("kind", "model")
        .agg(tasks=pl.col("task").n_unique(), processes=process, rows=pl.len())
        .sort(["kind", "model"], descending=[True, False])
        .to_dicts()
    )
