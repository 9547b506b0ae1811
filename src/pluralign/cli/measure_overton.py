"""``pluralign measure overton``: how many of the reasonable views do given answers lay out?"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from pluralign.cli.common import messages, print_json
from pluralign.cli.raters_source import names, reporting
from pluralign.errors import UsageError

_Flag = Annotated[bool, Parameter(negative=())]
_CHAOSNLI = "chaosnli"
VALIDATION = "validation.json"
_CHARACTERS_PER_TOKEN = 4
"""About, in English."""


def overton(
    answers: Path,
    *,
    questions: Path,
    judge: str = "embedding",
    labels: str | None = None,
    validation: Path | None = None,
    models: str | None = None,
    reading: Literal["sentence", "passage"] = "sentence",
    template: Literal["auto", "spectrum", "colon", "chat"] = "auto",
    out: Path | None = None,
    data_root: Path | None = None,
    seed: int = 0,
    dry_run: _Flag = False,
    json: _Flag = False,
) -> None:
    """Say how many of the reasonable views on a question given answers lay out, and how purely and evenly.

    Numbers of a judge that was not compared with people's labels carry a warning.

    Parameters
    ----------
    answers
        JSON lines with question (an id), source and text; with sample where a source answers several times.
    questions
        JSON lines with id, text and views, perhaps unreasonable; or the folder of a Polis export.
    judge
        embedding, which is packaged; entailment:MODEL, a classifier of textual entailment; or llm:MODEL, a language
        model that is asked.
    labels
        What people say about responses and views, to compare the judge with: JSON lines with question, response, view,
        and represented (yes or no) or rating (0 to 1); or chaosnli, from the data root.
    validation
        The validation.json of an earlier run with the same judge, in the place of labels.
    models
        The sources to be compared, separated by commas; default all.
    reading
        What the judge is shown: each sentence alone, or each beginning of the answer.
    template
        How a language model that judges is written to.
    out
        Run folder; the default is named after the request. A run that was stopped goes on.
    data_root
        Folder of source data, for chaosnli.
    seed
        Of the halves of the labels and of sampled judgements.
    dry_run
        Say how much the judge would be asked, and ask nothing.
    json
        Print one JSON document.
    """
    from pluralign.measure.overton import read_questions, read_responses, references, report
    from pluralign.measure.overton import rows as judged
    from pluralign.measure.overton.conversations import polis_question
    from pluralign.measure.overton.looks import union
    from pluralign.measure.overton.references import elsewhere
    from pluralign.measure.overton.validation import Validation, plain
    from pluralign.report import write
    from pluralign.runs import Run

    if labels is not None and validation is not None:
        raise UsageError("--labels and --validation exclude each other", fix="Give one of them.")
    asked = [polis_question(questions)] if questions.is_dir() else read_questions(questions)
    responses = read_responses(answers, asked)
    sources = _sources(responses, names(models))
    given = [one for one in responses if one.source in sources]
    answered = {one.question for one in given}
    asked = [question for question in asked if question.id in answered]
    stated = _labels(labels, data_root)
    everything = [*given, *elsewhere(given), *references(asked)]
    stored = None if validation is None else Validation.read(validation)
    if dry_run:
        return _planned(asked, everything, stated, reading, json)
    request = {
        "command": "measure overton",
        "models": sources,
        "tasks": [answers.name],
        "answers": _digest([asdict(one) for one in given]),
        "questions": _digest([asdict(one) for one in asked]),
        "judge": judge,
        "labels": labels and _digest([asdict(one) for one in stated]),
        "validation": stored and _digest(plain(asdict(stored))),
        "reading": reading,
        "template": template,
        "seed": seed,
    }
    folder = out or _folder(answers, request)
    with reporting("loading the judge") as said:
        judges = _judge(judge, template, seed)
        with Run.open(folder, request) as run:
            judges, checked = _validated(judges, stated, str(labels), stored, folder, reading, seed, said)
            for number, question in enumerate(asked):
                if not run.finished and not run.done(question.id):
                    said("judging answers", number, len(asked))
                    own = [one for one in everything if one.question == question.id]
                    run.write(question.id, judged(judges, answers.name, [question], own, reading=reading))
            found = run.rows()
            made = report(found.vstack(union(found, sources)), sources, judges.facts, checked)
            if not run.finished:
                run.finish([replace(metric, warning=made.warning).as_dict() for metric in made.metrics])
            metrics = run.metrics()
    document = {
        "run": str(folder),
        "judge": dict(judges.facts),
        "warning": made.warning,
        "validation": None if checked is None else plain(asdict(checked)),
        "questions": len(asked),
        "answers": len(given),
        "models": sources,
        "metrics": metrics,
    }
    if json:
        print_json(document)
    else:
        from pluralign.cli.measure_tables import overton as tables

        tables(document)
    messages.print(f"report: {write(folder)}")


def _sources(responses: Sequence[Any], wanted: tuple[str, ...] | None) -> list[str]:
    there = list(dict.fromkeys(one.source for one in responses))
    if wanted is None:
        return there
    if absent := [name for name in wanted if name not in there]:
        raise UsageError(f"no answer is from {absent[0]!r}", fix=f"There are answers from {', '.join(there)}.")
    return list(wanted)


def _labels(labels: str | None, data_root: Path | None) -> list[Any]:
    from pluralign.measure.overton.labels import read_labels
    from pluralign.measure.overton.people import entailment_labels
    from pluralign.suite import DataRoot, find_root

    if labels is None:
        return []
    return entailment_labels(DataRoot(find_root(data_root))) if labels == _CHAOSNLI else read_labels(Path(labels))


def _judge(name: str, template: str, seed: int) -> Any:
    from pluralign.measure.overton.asked import AskedJudge
    from pluralign.measure.overton.embedding import EmbeddingJudge
    from pluralign.measure.overton.entailment import EntailmentJudge

    kind, _, model = name.partition(":")
    if name == "embedding":
        return EmbeddingJudge()
    if kind == "entailment" and model:
        from pluralign.lm.entailment import EntailmentModel

        return EntailmentJudge(EntailmentModel(model))
    if kind == "llm" and model:
        from pluralign.lm import load

        return AskedJudge(load(model, template=template), seed=seed)
    raise UsageError(f"there is no judge {name!r}", fix="Use embedding, entailment:MODEL or llm:MODEL.")


def _validated(
    judge: Any,
    labels: Sequence[Any],
    name: str,
    stored: Any,
    folder: Path,
    reading: Any,
    seed: int,
    said: Callable[[str, int, int], None],
) -> tuple[Any, Any]:
    """The judge, fitted to labels where it can be, and how it agrees with people; None where nobody was asked."""
    import numpy as np

    from pluralign.measure.overton.embedding import Calibration, EmbeddingJudge, calibrate
    from pluralign.measure.overton.validation import Validation, halves, strengths, validate

    path = folder / VALIDATION
    if stored is None and path.is_file():
        stored = Validation.read(path)
    if stored is not None:
        fitted = stored.judge.get("calibration")
        if isinstance(judge, EmbeddingJudge) and fitted is not None:
            judge = replace(judge, calibration=Calibration(*fitted))
        return judge, stored
    if not labels:
        return judge, None
    said("comparing the judge with people", 0, 1)
    if isinstance(judge, EmbeddingJudge):
        development, _ = halves(labels, seed)
        cosines = strengths(judge, development, reading)
        judge = replace(judge, calibration=calibrate(cosines, np.array([one.represented for one in development])))
    found = validate(judge, labels, name, reading=reading, seed=seed)
    found.write(path)
    return judge, found


def _planned(asked: Sequence[Any], responses: Sequence[Any], labels: Sequence[Any], reading: Any, json: bool) -> None:
    """Say what a judge would be asked, by a judge that counts."""
    from pluralign.measure.overton import WrittenJudge, rows
    from pluralign.measure.overton.validation import strengths

    shown: set[tuple[str, str]] = set()

    def strength(text: str, view: str) -> float:
        shown.add((text, view))
        return 0.0

    counter = WrittenJudge(strength)
    rows(counter, "plan", asked, responses, reading=reading)
    if labels:
        strengths(counter, labels, reading)
    tokens = sum(len(text) + len(view) for text, view in shown) // _CHARACTERS_PER_TOKEN
    document = {"answers": len(responses), "labels": len(labels), "pairs": len(shown), "tokens_about": tokens}
    if json:
        print_json(document)
    else:
        messages.print(
            f"{len(responses):,} answers, references among them, and {len(labels):,} labels: a judge is asked about "
            f"{len(shown):,} pairs of text and view, about {tokens:,} tokens beside what it is told; nothing was asked"
        )


def _digest(value: Any) -> str:
    from json import dumps

    return hashlib.sha256(dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def _folder(answers: Path, request: dict[str, Any]) -> Path:
    stem = "".join(c if c.isalnum() else "-" for c in answers.name.partition(".")[0])[:40].strip("-")
    return Path("runs") / f"overton-{stem or 'answers'}-{_digest(request)[:8]}"
