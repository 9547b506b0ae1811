"""From questions, responses and a judge to rows: one per response, with strengths of its sentences for the views."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from pluralign.errors import DataError
from pluralign.lm.protocol import Progress
from pluralign.measure.overton.judge import Judge, judged
from pluralign.measure.overton.questions import Question, Response
from pluralign.measure.overton.scores import Reading
from pluralign.measure.overton.sentences import sentences, words

SCHEMA = {
    "model": pl.String,
    "task": pl.String,
    "kind": pl.String,
    "question": pl.String,
    "sample": pl.Int32,
    "reading": pl.String,
    "text": pl.String,
    "tokens": pl.Int64,
    "sentences": pl.List(pl.String),
    "words": pl.List(pl.Int64),
    "views": pl.List(pl.String),
    "weights": pl.List(pl.Float64),
    "strengths": pl.List(pl.List(pl.Float64)),
    "others": pl.List(pl.List(pl.Float64)),
    "failed": pl.Float64,
}


def rows(
    judge: Judge,
    task: str,
    questions: Sequence[Question],
    responses: Sequence[Response],
    *,
    reading: Reading = "sentence",
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Judge every response to every view of its question.

    Args:
        judge: what says how far a text expresses a view.
        reading: what the judge is shown (:mod:`pluralign.measure.overton.scores`).
        progress: called with numbers of pairs judged.

    Returns:
        a data frame with one row per response, in order: model (its source), task, kind, question, sample, reading,
        text, tokens, sentences, words of each, views, weights (sum 1), strengths (sentences x views; NaN where the
        judge gave no answer), others (sentences x unreasonable views), failed (share of the judge's answers that could
        not be read; null where it was asked nothing).

    Raises:
        DataError: a response answers no known question, or is there twice.
    """
    known = {question.id: question for question in questions}
    _check(responses, known)
    parts = [sentences(response.text) for response in responses]
    shown = [
        split if reading == "sentence" else [" ".join(split[: i + 1]) for i in range(len(split))] for split in parts
    ]
    pairs = [
        (text, view)
        for response, texts in zip(responses, shown, strict=True)
        for text in texts
        for view in _texts(known[response.question])
    ]
    found = judged(judge, pairs, progress)
    records, start = [], 0
    for response, split in zip(responses, parts, strict=True):
        question = known[response.question]
        shape = len(split), len(_texts(question))
        end = start + shape[0] * shape[1]
        strengths = found.strengths[start:end].reshape(shape)
        failed = found.failed[start:end]
        start = end
        records.append(
            {
                "model": response.source,
                "task": task,
                "kind": "overton",
                "question": question.id,
                "sample": response.sample,
                "reading": reading,
                "text": response.text,
                "tokens": response.tokens,
                "sentences": split,
                "words": [words(one) for one in split],
                "views": [view.text for view in question.views],
                "weights": question.shares.tolist(),
                "strengths": strengths[:, : len(question.views)].tolist(),
                "others": strengths[:, len(question.views) :].tolist(),
                "failed": float(failed.mean()) if failed.size else None,
            }
        )
    return pl.DataFrame(records, schema=SCHEMA)


def union(rows: pl.DataFrame, models: Sequence[str]) -> pl.DataFrame:
    """The responses of each model to a question read one after the other, as an upper line: ``NAME, 5 together``.

    No text is judged again. Its strength for a view is the largest of its parts.

    Args:
        rows: as :func:`rows` gives them.
        models: the models whose responses are put together; one with a single response per question is left out.

    Returns:
        rows of the same form, one per model and question.
    """
    records = []
    for model in models:
        mine = rows.filter(pl.col("model") == model).sort("question", "sample")
        if mine["question"].n_unique() == mine.height:
            continue
        for _, group in mine.group_by("question", maintain_order=True):
            parts = group.to_dicts()
            before = np.zeros(len(parts[0]["views"]))
            strengths: list[list[float]] = []
            for part in parts:
                own = np.array(part["strengths"], dtype=float).reshape(len(part["sentences"]), len(before))
                # Passages of a later response are read after all of the earlier ones.
                strengths += (own if part["reading"] == "sentence" else np.fmax(own, before)).tolist()
                before = np.fmax(before, own[-1]) if len(own) else before
            tokens = [part["tokens"] for part in parts]
            failed = [part["failed"] for part in parts if part["failed"] is not None]
            together = {
                "model": f"{model}, {len(parts)} together",
                "sample": 0,
                "text": "\n".join(part["text"] for part in parts),
                "tokens": None if None in tokens else sum(tokens),
                "strengths": strengths,
                "failed": float(np.mean(failed)) if failed else None,
            }
            joined = {name: [x for part in parts for x in part[name]] for name in ("sentences", "words", "others")}
            records.append(parts[0] | together | joined)
    return pl.DataFrame(records, schema=SCHEMA)


def _texts(question: Question) -> list[str]:
    return [*(view.text for view in question.views), *question.unreasonable]


def _check(responses: Sequence[Response], known: dict[str, Question]) -> None:
    seen = set()
    for response in responses:
        if response.question not in known:
            raise DataError("a response to an unknown question", where=response.question, fix="Give its question.")
        key = (response.question, response.source, response.sample)
        if key in seen:
            where = f"{response.source}: {response.question}, sample {response.sample}"
            raise DataError("a response is there twice", where=where, fix="Number the samples of a source.")
        seen.add(key)
