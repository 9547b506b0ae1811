"""In-context steerability: does a model predict what a process says next, after a description and some examples?

Every output is scored once, after the examples before it, on the text of the answer and one end mark. Where outputs
are a closed list, the loss renormalised over that list tells matching the process apart from knowing the format.
Definition: Sorensen et al. 2025, arXiv 2510.06084, with the examples aligned across models and formats.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from pluralign.episode import Episode
from pluralign.lm import ChoiceScores, LanguageModel
from pluralign.lm.protocol import Progress, Score
from pluralign.measure.baselines import running_majority, running_marginal
from pluralign.measure.table import Table, aligned
from pluralign.runs import Metric

MOST_CHOICES = 20
"""Longer closed lists are scored by loss only: scoring every option at every shot would cost more than it tells."""
SHOTS = (1, 2, 4, 8, 16, 32)
"""Numbers of earlier examples at which metrics are also given alone (``loss@8``)."""

_UNITS = {
    "loss": "nats/output",
    "accuracy": "share",
    "choice_loss": "nats/output",
    "choice_accuracy": "share",
    "choice_mass": "share",
    "gain_over_marginal": "nats/output",
    "choice_gain_over_marginal": "nats/output",
    "gain_over_majority": "share",
}


def ask(
    model: LanguageModel, episodes: Sequence[Episode], progress: Progress | None = None
) -> tuple[list[list[Score | None]], dict[tuple[int, int], ChoiceScores | None]]:
    """Scores of all outputs, and of the options of closed lists by number of the episode and the example."""
    scores = model.score(episodes, progress)
    closed = [e.choices is not None and len(e.choices) <= MOST_CHOICES for e in episodes]
    asked = [
        (i, j) for i, e in enumerate(episodes) if closed[i] for j in range(len(e.examples)) if scores[i][j] is not None
    ]
    found = model.choices([episodes[i].prompt(j) for i, j in asked], [episodes[i].choices or () for i, _ in asked])
    return scores, dict(zip(asked, found, strict=True))


def rows(model: LanguageModel, task: str, episodes: Sequence[Episode], support: Sequence[str], progress=None):
    """Score episodes of one task.

    Args:
        support: every output that occurs in the task, for baselines where the choices are open.

    Returns:
        a data frame with one row per example: model, task, kind, process, episode, shot (examples before it), loss
        (nats; null where the example did not fit or is not scored), tokens, greedy, choice_loss, choice_correct,
        choice_mass (null for open outputs), marginal_loss, majority_correct.
    """
    scores, chosen = ask(model, episodes, progress)
    records = []
    for i, episode in enumerate(episodes):
        outputs = [example.output for example in episode.examples]
        options = episode.choices or support
        marginal, majority = running_marginal(outputs, options), running_majority(outputs, options)
        for j, output in enumerate(outputs):
            score, choice = scores[i][j], chosen.get((i, j))
            record = {
                "model": model.name,
                "task": task,
                "kind": "steer",
                "process": episode.process,
                "episode": episode.id,
                "shot": j,
                "loss": None if score is None else -score.logprob,
                "tokens": None if score is None else score.tokens,
                "greedy": None if score is None else float(score.greedy),
                "choice_loss": None,
                "choice_correct": None,
                "choice_mass": None,
                "marginal_loss": float(marginal[j]),
                "majority_correct": float(majority[j]),
            }
            if choice is not None and episode.choices is not None:
                logs = np.array(choice.logprobs)
                mine = episode.choices.index(output)
                record["choice_loss"] = float(np.logaddexp.reduce(logs) - logs[mine])
                record["choice_correct"] = float(logs[mine] == logs.max())
                record["choice_mass"] = 1 - choice.outside
            records.append(record)
    return pl.DataFrame(records, schema=SCHEMA)


SCHEMA = {
    "model": pl.String,
    "task": pl.String,
    "kind": pl.String,
    "process": pl.String,
    "episode": pl.String,
    "shot": pl.Int32,
    "loss": pl.Float64,
    "tokens": pl.Int32,
    "greedy": pl.Float64,
    "choice_loss": pl.Float64,
    "choice_correct": pl.Float64,
    "choice_mass": pl.Float64,
    "marginal_loss": pl.Float64,
    "majority_correct": pl.Float64,
}


def metrics(rows: pl.DataFrame, models: Sequence[str]) -> list[Metric]:
    """Metrics of one task from its rows: outputs with at least one example before them that every model scored."""
    task = rows["task"][0]
    scored = rows.filter(pl.col("loss").is_not_null())
    common = aligned(scored, models, ("episode", "shot"))
    first = common[models[0]]
    table = Table(task, "steer", first["process"].to_list())
    after = (first["shot"] >= 1).to_numpy()
    columns = {name: _columns(frame) for name, frame in common.items()}
    columns |= _baselines(first, closed="choice_loss" in columns[models[0]])
    for metric, unit in _UNITS.items():
        values = {name: column[metric] for name, column in columns.items() if metric in column}
        table.add(metric, unit, values, models, where=after)
        if metric in ("loss", "accuracy", "choice_loss"):
            for shot in SHOTS:
                table.add(f"{metric}@{shot}", unit, values, models, where=(first["shot"] == shot).to_numpy())
    for name in models:
        total = rows.filter(pl.col("model") == name).height
        table.count("left_out", "outputs", name, total - first.height, total)
    return table.metrics


def _columns(frame: pl.DataFrame) -> dict[str, np.ndarray]:
    loss, marginal = frame["loss"].to_numpy(), frame["marginal_loss"].to_numpy()
    values = {"loss": loss, "accuracy": frame["greedy"].to_numpy(), "gain_over_marginal": marginal - loss}
    majority = frame["majority_correct"].to_numpy()
    if frame["choice_loss"].null_count() < frame.height:
        choice_loss, correct = frame["choice_loss"].to_numpy(), frame["choice_correct"].to_numpy()
        values |= {
            "choice_loss": choice_loss,
            "choice_accuracy": correct,
            "choice_mass": frame["choice_mass"].to_numpy(),
            "choice_gain_over_marginal": marginal - choice_loss,
            "gain_over_majority": correct - majority,
        }
    else:
        values["gain_over_majority"] = values["accuracy"] - majority
    return values


def _baselines(frame: pl.DataFrame, closed: bool) -> dict[str, dict[str, np.ndarray]]:
    marginal, majority = frame["marginal_loss"].to_numpy(), frame["majority_correct"].to_numpy()
    if not closed:
        return {"running_marginal": {"loss": marginal}, "running_majority": {"accuracy": majority}}
    return {
        "running_marginal": {"loss": marginal, "choice_loss": marginal},
        "running_majority": {"accuracy": majority, "choice_accuracy": majority},
    }
