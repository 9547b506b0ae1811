"""Is a judge right? What it says is compared with what people said, before its numbers are shown without a warning."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pluralign.episode import generator
from pluralign.errors import DataError
from pluralign.lm.protocol import Progress
from pluralign.measure.overton import agreement
from pluralign.measure.overton.judge import Judge, judged
from pluralign.measure.overton.labels import Label
from pluralign.measure.overton.scores import Reading, reached
from pluralign.measure.overton.sentences import sentences
from pluralign.runs import write_atomically
from pluralign.stats import Interval, mean_interval

ACCEPTABLE = 0.7
"""AUROC from which discrimination is called acceptable (Hosmer, Lemeshow and Sturdivant 2013, "Applied logistic
regression", section 5.2.4)."""


@dataclass(frozen=True, slots=True)
class Validation:
    """How a judge agrees with people, on labels that took no part in choosing its threshold.

    Attributes:
        judge: the facts that identify the judge.
        reading: what it was shown.
        labels: what the labels are, in words.
        n: labels in the test half that the judge answered.
        unanswered: labels in the test half that it did not answer.
        development: labels in the other half, by which the threshold was chosen.
        clusters: number of clusters in the test half.
        threshold: strength from which a view counts as covered.
        positive: share of the test half that is labelled yes.
        auroc: chance that a pair labelled yes gets a higher strength than one labelled no.
        accuracy: share on which judge and people agree, at the threshold.
        majority: accuracy of the answer that is commonest in the development half.
        kappa: agreement beyond chance, Cohen's kappa at the threshold.
        spearman: rank correlation of strength and graded rating, or None where there are no ratings.
    """

    judge: Mapping[str, Any]
    reading: Reading
    labels: str
    n: int
    unanswered: int
    development: int
    clusters: int
    threshold: float
    positive: float
    auroc: Interval
    accuracy: Interval
    majority: float
    kappa: Interval
    spearman: Interval | None

    def write(self, path: Path) -> None:
        """Store it as JSON.

        Raises:
            RunError: the file cannot be written.
        """
        content = json.dumps(plain(asdict(self)), indent=2, allow_nan=False)
        write_atomically(Path(path), (content + "\n").encode())

    @classmethod
    def read(cls, path: Path) -> "Validation":
        """Read a stored validation.

        Raises:
            DataError: the file is absent or holds no validation.
        """
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
            figures = {k: _interval(content[k]) for k in ("auroc", "accuracy", "kappa")}
            correlation = None if content["spearman"] is None else _interval(content["spearman"])
            return cls(**(content | figures | {"spearman": correlation}))
        except (OSError, ValueError, TypeError, KeyError) as error:
            problem = f"no validation of a judge: {type(error).__name__}"
            raise DataError(problem, where=path, fix="Validate the judge on human labels again.") from None


def halves(labels: Sequence[Label], seed: int = 0) -> tuple[list[Label], list[Label]]:
    """Development and test labels: whole clusters, half of them each, drawn at random by their names.

    Raises:
        DataError: there are fewer than four clusters.
    """
    names = sorted({label.cluster for label in labels})
    if len(names) < 4:
        raise DataError(
            f"{len(names)} clusters of labels cannot be halved",
            fix="Give labels on at least four questions, or name the person of each label as its cluster.",
        )
    order = sorted(names, key=lambda name: (generator("overton-validation", seed, name).random(), name))
    chosen = set(order[: len(order) // 2])
    return [one for one in labels if one.cluster in chosen], [one for one in labels if one.cluster not in chosen]


def strengths(
    judge: Judge, labels: Sequence[Label], reading: Reading = "sentence", progress: Progress | None = None
) -> np.ndarray:
    """The strength of each label's response for its view, read as responses are when they are measured.

    Returns:
        shape (labels,); NaN where the judge gave no answer.
    """
    split = {label.response: sentences(label.response) for label in labels}
    shown = {
        text: parts if reading == "sentence" else [" ".join(parts)] if parts else [] for text, parts in split.items()
    }
    found = judged(judge, [(text, one.view) for one in labels for text in shown[one.response]], progress).strengths
    values, start = [], 0
    for label in labels:
        end = start + len(shown[label.response])
        values.append(reached(found[start:end, None], reading)[-1, 0])
        start = end
    return np.array(values)


def validate(
    judge: Judge,
    labels: Sequence[Label],
    name: str,
    *,
    reading: Reading = "sentence",
    seed: int = 0,
    progress: Progress | None = None,
) -> Validation:
    """Compare a judge with human labels.

    The threshold is chosen on one half of the clusters; all figures are of the other half. Intervals are clustered:
    that of the accuracy by :func:`pluralign.stats.mean_interval`, the others by the jackknife over clusters.

    Args:
        judge: what is to be validated. What was fitted on these labels, such as the calibration of embeddings, must
            have used their development half only (:func:`halves` with the same seed).
        labels: of both kinds in both halves.
        name: what the labels are.
        reading: what the judge is shown, as in the measure that it is to serve.

    Raises:
        DataError: there are too few clusters, or a half holds labels of one kind only, or none that it answered.
    """
    development, test = halves(labels, seed)
    values = [strengths(judge, half, reading, progress) for half in (development, test)]
    known = [~np.isnan(column) for column in values]
    truth = [np.array([one.represented for one in half], dtype=bool) for half in (development, test)]
    for part, answered, what in zip(truth, known, ("development", "test"), strict=True):
        if len(set(part[answered].tolist())) < 2:
            raise DataError(
                f"the {what} half has no answered labels of both kinds", where=name, fix="Give more labels."
            )
    threshold = agreement.best_threshold(values[0][known[0]], truth[0][known[0]])
    kept = [one for one, answered in zip(test, known[1], strict=True) if answered]
    s, y = values[1][known[1]], truth[1][known[1]]
    clusters = [one.cluster for one in kept]
    majority = bool(truth[0].mean() >= 0.5)
    ratings = [one.rating for one in kept]
    r = None if None in ratings else np.array(ratings, dtype=float)
    return Validation(
        judge=dict(judge.facts),
        reading=reading,
        labels=name,
        n=len(kept),
        unanswered=len(test) - len(kept),
        development=len(development),
        clusters=len(set(clusters)),
        threshold=threshold,
        positive=float(y.mean()),
        auroc=agreement.jackknife(lambda i: agreement.auroc(s[i], y[i]), clusters, 0.0),
        accuracy=mean_interval((s >= threshold) == y, clusters),
        majority=float((y == majority).mean()),
        kappa=agreement.jackknife(lambda i: agreement.kappa(s[i] >= threshold, y[i]), clusters, -1.0),
        spearman=None if r is None else agreement.jackknife(lambda i: agreement.spearman(s[i], r[i]), clusters, -1.0),
    )


def speaks_for(validation: Validation, judge: Mapping[str, Any], reading: Reading) -> bool:
    """Whether a validation is of this judge, with these weights and settings, and of this reading."""
    return plain(dict(judge)) == plain(dict(validation.judge)) and reading == validation.reading


def warning(judge: Mapping[str, Any], reading: Reading, validation: Validation | None) -> str | None:
    """What must stand beside the numbers of a judge, or None where it was validated and agrees with people acceptably.

    Args:
        judge: its facts.
        reading: what it was shown.
        validation: what is stored about it.
    """
    if validation is None:
        return "This judge was not compared with human labels: its numbers may mean nothing."
    if not speaks_for(validation, judge, reading):
        return "The stored validation is of another judge or reading: this one was not compared with human labels."
    ranks, agrees = validation.auroc, validation.kappa
    if ranks.low is None or ranks.low <= 0.5:
        return f"The judge does not agree with people: AUROC {ranks.value:.2f} on {validation.labels} may be chance."
    if agrees.low is None or agrees.low <= 0:
        return f"The judge does not agree with people: kappa {agrees.value:.2f} on {validation.labels} may be chance."
    if ranks.value < ACCEPTABLE:
        return f"The judge agrees with people only weakly: AUROC {ranks.value:.2f} on {validation.labels}."
    return None


def _interval(record: Mapping[str, Any]) -> Interval:
    found = Interval(**record)
    return Interval(np.nan, None, None, found.n, found.clusters) if found.value is None else found


def plain(value: Any) -> Any:
    """A value as JSON gives it back, with null for what is not a number."""
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
