"""A jury of groups: each group of people rates an answer by how near it comes to the group's own distribution.

A question is asked once, on behalf of nobody in particular, and every group that answered it is a juror there, whose
rating is 1 less total variation to its answers. The utilitarian end of the welfare curve says how well a model speaks
for groups on average, the Rawlsian end how well for the group that it speaks for least.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pluralign.episode import Process, Prompt, Target
from pluralign.errors import DataError
from pluralign.lm import LanguageModel
from pluralign.lm.protocol import Progress
from pluralign.measure.distances import total_variation
from pluralign.measure.group_questions import Wording
from pluralign.measure.jury import Scale, jury
from pluralign.measure.jury_metrics import KIND
from pluralign.measure.jury_metrics import metrics as jury_metrics
from pluralign.measure.readouts import of_scores
from pluralign.runs import Metric
from pluralign.suite.sample import subset

LEAST = 5
"""Groups that must have answered a question."""
REFERENCES = ("uniform", "pooled people")
SCHEMA = dict.fromkeys(("model", "task", "kind", "question", "juror"), pl.String) | dict.fromkeys(
    ("rating", *REFERENCES, "mass_outside"), pl.Float64
)
_AGREEMENT = Scale(0.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True)
class Item:
    """A question with what each group answers."""

    id: str
    text: str
    choices: tuple[str, ...]
    targets: dict[str, Target]


def items(processes: Sequence[Process], field: str, *, least: int = LEAST, limit: int | None = None) -> list[Item]:
    """The questions that enough groups answered with the same options, in order of their ids.

    Args:
        processes: of a task of kind ``align``.
        field: the metadata that names the group.
        least: groups that must have answered.
        limit: at most this many, a random subset.

    Raises:
        DataError: no question was answered by so many.
    """
    found: dict[tuple[str, tuple[str, ...]], dict[str, Target]] = defaultdict(dict)
    first: dict[tuple[str, tuple[str, ...]], str] = {}
    for process in processes:
        if process.question and process.choices and process.target and field in process.metadata:
            key = process.question, process.choices
            found[key][str(process.metadata[field])] = process.target
            first[key] = min(first.get(key, process.id), process.id)
    listed = [Item(first[key], *key, targets) for key, targets in found.items() if len(targets) >= least]
    if not listed:
        raise DataError(f"no question that {least} groups answered", fix="Take another task.")
    listed.sort(key=lambda item: item.id)
    return listed if limit is None else subset(listed, limit, key="jury of groups")


def rows(
    model: LanguageModel, task: str, wording: Wording, asked: Sequence[Item], progress: Progress | None = None
) -> pl.DataFrame:
    """Ask every question once.

    Returns:
        one row per question and group: the columns of ``SCHEMA``; ``rating`` and ``mass_outside`` are null where the
        prompt does not fit the model.
    """
    prompts = [Prompt(f"{item.id}|jury", item.text, (), wording.describe("")) for item in asked]
    records = []
    for item, scores in zip(asked, model.choices(prompts, [item.choices for item in asked], progress), strict=True):
        targets = {group: np.array(target.probabilities, float) for group, target in item.targets.items()}
        flat, pooled = np.full(len(item.choices), 1 / len(item.choices)), np.mean(list(targets.values()), axis=0)
        answer = None if scores is None else np.array(of_scores(scores).probabilities)
        for group, target in targets.items():
            agreement = [None if q is None else 1 - float(total_variation(target, q)) for q in (answer, flat, pooled)]
            outside = None if scores is None else scores.outside
            records.append((model.name, task, KIND, item.id, group, *agreement, outside))
    return pl.DataFrame(records, schema=SCHEMA, orient="row")


def metrics(rows: pl.DataFrame, models: Sequence[str], *, seed: int = 0) -> list[Metric]:
    """Welfare, dissent and missing jurors of one task from its rows (:mod:`pluralign.measure.jury_metrics`).

    Beside the models stand ``uniform`` and ``pooled people``, which answers with the mean of the groups that were
    asked, each group's own answers included.
    """
    first = rows.filter(pl.col("model") == models[0])
    candidates = [(name, rows.filter(pl.col("model") == name), "rating") for name in models]
    candidates += [(name, first, name) for name in REFERENCES]
    ratings = pl.concat(
        [
            own.select("juror", item="question", candidate=pl.lit(name), rating=pl.col(column))
            for name, own, column in candidates
        ]
    )
    return jury_metrics(jury(ratings, _AGREEMENT), str(rows["task"][0]), models, seed=seed)
