"""Overton coverage as a part of an audit: questions of Polis conversations, judged by the packaged embedding.

The judge is compared with people's labels of entailment first; what that comparison says stands with every number.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from pluralign.errors import DataError
from pluralign.lm import LanguageModel
from pluralign.measure.overton import conversations, people
from pluralign.measure.overton.embedding import EmbeddingJudge, calibrate
from pluralign.measure.overton.looks import rows as judged_rows
from pluralign.measure.overton.looks import union
from pluralign.measure.overton.questions import Question, Response
from pluralign.measure.overton.references import answers, elsewhere, references
from pluralign.measure.overton.table import metrics as table_metrics
from pluralign.measure.overton.validation import Validation, halves, strengths, validate, warning
from pluralign.measure.part import Piece
from pluralign.measure.request import Request
from pluralign.runs import Metric
from pluralign.suite import DataRoot

log = logging.getLogger(__name__)

NAME, TASK = "overton", "polis conversations"
ANSWERS, MAX_TOKENS = 3, 150
"""Answers to each question, and tokens of the longest."""

_CONVERSATIONS = "polis_open_data"
_OTHER_LANGUAGES = ("austria", "vtaiwan")
_LABELS = "entailment labels of ChaosNLI"


def present(root: DataRoot) -> bool:
    """Whether conversations and labels are there."""
    try:
        return bool(root.file(_CONVERSATIONS)) and bool(_labels(root.path))
    except DataError:
        return False


def ask(model: LanguageModel, root: DataRoot, request: Request) -> None:
    """Ask a model all questions, without judging its answers."""
    questions, _ = _conversations(root)
    _answers(model, questions[: request.limit], request.seed)


def pieces(root: DataRoot, request: Request) -> Iterator[Piece]:
    """One piece of work: all answers of a model, and the references, judged; conversations left out are named."""
    questions, left_out = _conversations(root)
    asked = questions[: request.limit]
    if left_out:
        log.warning("%s: left out %s", NAME, "; ".join(left_out))

    def rows(model: LanguageModel) -> pl.DataFrame:
        judge, validation = _judge(root.path)
        said = _answers(model, asked, request.seed)
        found = judged_rows(judge, TASK, asked, [*said, *elsewhere(said), *references(asked)])
        found = found.vstack(union(found, [model.name]))
        # What a row is beside its model: its own answer, that to another question, or a reference for all models.
        source = pl.col("model").str.strip_prefix(model.name)
        told = warning(judge.facts, "sentence", validation)
        return found.with_columns(
            source=source,
            threshold=pl.lit(validation.threshold),
            warning=pl.lit(told, pl.String),
            left_out=pl.lit("\n".join(left_out)),
            conversations=pl.lit(len(questions) + len(left_out)),
        )

    yield "answers", rows


def metrics(rows: pl.DataFrame, models: list[str]) -> list[Metric]:
    """Metrics of models and references, each with the warning that its judge calls for."""
    own = pl.col("source").eq("") | pl.col("source").str.starts_with(",")
    named = rows.with_columns(model=pl.when(own).then(pl.col("model") + pl.col("source")).otherwise("source"))
    # The references are the same whichever model they were judged beside.
    distinct = named.unique(["model", "question", "sample"], keep="first", maintain_order=True)
    found = table_metrics(distinct, models, rows["threshold"][0])
    told = [replace(metric, warning=rows["warning"][0]) for metric in found]
    left_out, count = rows["left_out"][0].splitlines(), rows["conversations"][0]
    names = f"Conversations left out: {'; '.join(left_out)}." if left_out else None
    unit = "conversations"
    return [
        *told,
        Metric(unit, TASK, "overton", f"{unit}_left_out", float(len(left_out)), None, None, count, unit, names),
    ]


def _answers(model: LanguageModel, asked: Sequence[Question], seed: int) -> list[Response]:
    return answers(model, asked, ANSWERS, max_tokens=MAX_TOKENS, seed=seed)


def _conversations(root: DataRoot) -> tuple[list[Question], list[str]]:
    """A question for each conversation in English with votes enough; the other conversations, each with the reason."""
    folder, found, left_out = root.file(_CONVERSATIONS), [], []
    for conversation in sorted(path for path in folder.iterdir() if path.is_dir()):
        if conversation.name.startswith(_OTHER_LANGUAGES):
            left_out.append(f"{conversation.name} (not in English)")
            continue
        try:
            found.append(conversations.polis_question(conversation))
        except DataError as error:
            left_out.append(f"{conversation.name} ({error.what})")
    return found, left_out


@cache
def _labels(path: Path | None):
    return people.entailment_labels(DataRoot(path))


@cache
def _judge(path: Path | None) -> tuple[EmbeddingJudge, Validation]:
    """The judge, calibrated on one half of the labels, and how it agrees with the other."""
    labels = _labels(path)
    development, _ = halves(labels)
    cosines = strengths(EmbeddingJudge(), development)
    judge = EmbeddingJudge(calibrate(cosines, np.array([one.represented for one in development])))
    return judge, validate(judge, labels, _LABELS)
