"""Overton coverage on real questions: how far the judges agree with people, then the nano models and references.

Writes the validations, the questions, the responses and one run per judge into a folder, and prints tables.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from time import process_time

import numpy as np
import polars as pl
from sklearn.cluster import KMeans

from pluralign.errors import DataError
from pluralign.lm import load
from pluralign.lm.embed import embed
from pluralign.measure.overton import (
    answers,
    conversations,
    elsewhere,
    halves,
    people,
    references,
    report,
    rows,
    union,
    validate,
)
from pluralign.measure.overton.asked import AskedJudge
from pluralign.measure.overton.embedding import EmbeddingJudge, calibrate
from pluralign.measure.overton.represented import metrics as represented
from pluralign.measure.overton.validation import strengths
from pluralign.runs import Metric, Run
from pluralign.suite.data import DataRoot, find_root

MODELS = ("nano-base", "nano-instruct", "nano-spectrum")
SURVEYS = ("abortion", "chatbot_personalization")
SHOWN = (
    "strength items_covered coverage coverage_weighted coverage_matched words_matched precision unreasonable off_topic"
    " balance space_weight_total_variation words empty unjudged answers_failed"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--samples", type=int, default=5)
    parser.add_argument("--max-tokens", type=int, default=150)
    parser.add_argument("--judges", nargs="+", default=["embedding", "llm"])
    parser.add_argument("--asked", type=int, default=400, help="most labels per set for the language model")
    options = parser.parse_args()
    root = DataRoot(find_root(options.data_root))
    folder = root.file("polis_open_data")
    english = [p for p in sorted(folder.iterdir()) if p.is_dir() and not p.name.startswith(("austria", "vtaiwan"))]
    options.out.mkdir(parents=True, exist_ok=True)

    labels = {survey: people.survey_labels(root, survey) for survey in SURVEYS}
    labels |= {
        "dialogues GD6": people.dialogue_labels(root),
        "polis votes": conversations.polis_labels(english),
        "entailment": people.entailment_labels(root),
    }
    labels = {"surveys": [one for survey in SURVEYS for one in named(survey, labels[survey])]} | labels
    found = {}
    print("| judge | labels | n | clusters | yes | AUROC | accuracy | majority | kappa | rank corr. | CPU s |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for name in options.judges:
        judge = EmbeddingJudge() if name == "embedding" else AskedJudge(load("nano-spectrum"))
        for what, rated in labels.items():
            some = rated if name == "embedding" else rated[:: max(1, -(-len(rated) // options.asked))]
            fitted = calibrated(some) if name == "embedding" else judge
            start = process_time()
            found[name, what] = fitted, (v := validate(fitted, some, what))
            v.write(options.out / f"{name}-{what.replace(' ', '-')}.json")
            correlation = "–" if v.spearman is None else shown(v.spearman)
            cells = [v.judge["name"], what, v.n, v.clusters, f"{v.positive:.2f}", shown(v.auroc), shown(v.accuracy)]
            cells += [f"{v.majority:.2f}", shown(v.kappa), correlation, f"{process_time() - start:.0f}"]
            print(f"| {' | '.join(map(str, cells))} |", flush=True)

    questions = [people.survey_question(root, survey) for survey in SURVEYS]
    for conversation in english:
        try:
            questions.append(conversations.polis_question(conversation))
        except DataError as error:
            print(f"left out: {error}")
    start = process_time()
    said = [
        one
        for model in MODELS
        for one in answers(load(model), questions, options.samples, max_tokens=options.max_tokens)
    ]
    print(f"\n{len(questions)} questions, {len(said)} responses in {process_time() - start:.0f} CPU s")
    (options.out / "questions.jsonl").write_text("".join(json.dumps(asdict(one)) + "\n" for one in questions))
    (options.out / "responses.jsonl").write_text("".join(json.dumps(asdict(one)) + "\n" for one in said))
    for name in options.judges:
        for what in ("surveys", "entailment"):
            measure(options.out / f"run-{name}-{what}", *found[name, what], questions, said)
    print_represented(root, labels)


def named(survey: str, labels):
    """People are numbered within each survey."""
    return [type(one)(**(asdict(one) | {"cluster": f"{survey}/{one.cluster}"})) for one in labels]


def calibrated(labels):
    """The embedding judge, calibrated on the development half where its cosine rises with the labels at all."""
    development, _ = halves(labels)
    try:
        cosines = strengths(EmbeddingJudge(), development)
        return EmbeddingJudge(calibrate(cosines, np.array([one.represented for one in development])))
    except DataError as error:
        print(f"not calibrated: {error}")
        return EmbeddingJudge()


def measure(folder: Path, judge, validation, questions, said) -> None:
    start = process_time()
    judged = rows(judge, "overton", questions, [*said, *elsewhere(said), *references(questions)])
    judged = judged.vstack(union(judged, MODELS))
    result = report(judged, MODELS, judge.facts, validation)
    with Run.open(folder, {"judge": dict(judge.facts), "validation": validation.labels}) as run:
        if not run.finished:
            run.write("overton", judged)
            run.finish(result.records())
    print(f"\n{judge.facts['name']}, threshold {validation.threshold:.3f} from {validation.labels}", end="; ")
    print(f"{process_time() - start:.0f} CPU s; warning: {result.warning}\n")
    table = {(m.model, m.metric): m for m in result.metrics}
    names = [name for name in dict.fromkeys(m.model for m in result.metrics) if " - " not in name]
    print(f"| metric | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
    curves = [m.metric for m in result.metrics if m.model == names[0] and "@" in m.metric]
    for metric in [*SHOWN.split(), *curves]:
        print(f"| {metric} | {' | '.join(shown(table.get((name, metric))) for name in names)} |")


def shown(one) -> str:
    if one is None or one.value is None or np.isnan(one.value):
        return "–"
    short = one.low is None or (isinstance(one, Metric) and "@" in one.metric)
    return f"{one.value:.2f}" + ("" if short else f" [{one.low:.2f}, {one.high:.2f}]")


def print_represented(root: DataRoot, labels, groups: int = 4) -> None:
    """The human score: people of each survey in four clusters by what they wrote, and the statements they rated."""
    records = []
    for survey in SURVEYS:
        by_person = {one.cluster: one.view for one in labels[survey]}
        cluster = KMeans(groups, n_init=10, random_state=0).fit_predict(embed(list(by_person.values())))
        group = dict(zip(by_person, map(str, cluster), strict=True))
        mine = pl.DataFrame(
            [
                (one.response, survey, group[one.cluster], one.cluster, 1 + 4 * (one.rating or 0))
                for one in labels[survey]
            ],
            schema=["model", "question", "cluster", "person", "rating"],
            orient="row",
        )
        mean = mine.group_by("model").agg(pl.col("rating").mean()).sort("rating", "model")
        for name, statement in (("worst statement", mean["model"][0]), ("best statement", mean["model"][-1])):
            records.append(mine.filter(pl.col("model") == statement).with_columns(model=pl.lit(name)))
        slate = mine.group_by("question", "cluster", "person", maintain_order=True).agg(pl.col("rating").max())
        records.append(slate.with_columns(model=pl.lit("all statements, best for each person")).select(mine.columns))
    ratings = pl.concat(records)
    print("\n| human ratings | metric | value |\n|---|---|---|")
    for metric in represented(ratings, "surveys", ratings["model"].unique(maintain_order=True).to_list()):
        if " - " not in metric.model:
            print(f"| {metric.model} | {metric.metric} | {metric.value:.2f} |")


if __name__ == "__main__":
    main()
