"""The figures of LeWiDi 2025: every system on every data set, both tasks, with intervals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pluralign.errors import DataError, UsageError
from pluralign.raters.lewidi import decisions, metrics
from pluralign.raters.lewidi.bits import marginals, proper
from pluralign.raters.lewidi.data import LewidiSet, Queries, find, load
from pluralign.raters.lewidi.material import Material
from pluralign.raters.lewidi.pieces import Pieces
from pluralign.raters.lewidi.systems import SYSTEMS, known_systems, probabilities
from pluralign.suite.data import DataRoot


@dataclass(frozen=True)
class Prediction:
    """What a system says about the bits of answers (see :mod:`pluralign.raters.lewidi.bits`).

    Attributes:
        train: probabilities for the training ratings, each predicted without itself, shape (ratings, bits), or NaN;
            they tell how much the raters of an item agree beyond the probabilities. None takes them as independent.
        dev: probabilities for the dev queries, shape (queries, bits).
        test: probabilities for the test queries, shape (queries, bits).
    """

    train: np.ndarray | None
    dev: np.ndarray
    test: np.ndarray

    @classmethod
    def of_answers(cls, data: LewidiSet, dev: np.ndarray, test: np.ndarray) -> "Prediction":
        """From any decoder: probabilities of the outcomes of the scale, shape (queries, outcomes)."""
        return cls(None, marginals(dev, data.scale), marginals(test, data.scale))


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        dataset: its name.
        system: its name.
        part: ``dev``, or ``test`` where the test file has labels.
        task: ``perspectivist`` or ``soft``.
        items: ids of the items, in the order of the file.
        per_item: the official metric on each item, lower is better; the score is its mean.
    """

    dataset: str
    system: str
    part: str
    task: str
    items: list[str]
    per_item: np.ndarray

    @property
    def score(self) -> float:
        """The official score."""
        return float(self.per_item.mean())


@dataclass(frozen=True)
class Decided:
    """The decisions of a system for one part.

    Attributes:
        perspectivist: bits of each query, shape (queries, bits).
        soft: share of each bit of each item, shape (items, bits).
    """

    perspectivist: np.ndarray
    soft: np.ndarray


def decide(data: LewidiSet, prediction: Prediction, part: str) -> Decided:
    """The best decisions for ``dev`` or ``test``; see :mod:`pluralign.raters.lewidi.decisions`."""
    scale = data.scale
    dependence = 0.0
    if prediction.train is not None:
        train, some = data.train, ~np.isnan(prediction.train).any(axis=1)
        known = Queries(np.unique(train.item[some]), train.item[some], train.rater[some], train.label[some])
        dependence = decisions.fit_dependence(proper(prediction.train[some], scale), known, scale)
    p = proper(prediction.dev if part == "dev" else prediction.test, scale)
    return Decided(decisions.perspectivist(p), decisions.soft(p, data.dev if part == "dev" else data.test, dependence))


def score(data: LewidiSet, system: str, prediction: Prediction) -> list[Row]:
    """The official metrics of one system on dev, and on test where its labels are known."""
    rows, ids = [], data.train.items["id"]
    for part, queries in (("dev", data.dev), ("test", data.test)):
        if queries.label is None or not len(queries):
            continue
        decided = decide(data, prediction, part)
        per_item = {
            "perspectivist": metrics.perspectivist(queries, decided.perspectivist, data.scale),
            "soft": metrics.soft(queries, decided.soft, data.scale),
        }
        for task, values in per_item.items():
            rows.append(Row(data.name, system, part, task, ids.gather(queries.items).to_list(), values))
    return rows


def predict(material: Material, system: str) -> Prediction:
    """What one of the systems here says."""
    p, count = probabilities(material, system), len(material.data.train)
    dev = count + len(material.data.dev)
    return Prediction(p[:count], p[count:dev], p[dev:])


def chosen(
    root: Path, sets: Sequence[str] | None = None, systems: Sequence[str] | None = None
) -> tuple[list[str], dict[str, Path]]:
    """Names of systems, and data sets with their folders; None for all.

    Raises:
        UsageError: there is no such system.
        DataError: there is no such data set.
    """
    names = list(SYSTEMS) if systems is None else list(systems)
    if unknown := [name for name in names if name not in SYSTEMS]:
        raise UsageError(f"there is no system {unknown[0]!r}", fix=f"Systems: {', '.join(SYSTEMS)}.")
    found = find(root)
    wanted = list(found) if sets is None else list(sets)
    if unknown := [name for name in wanted if name not in found]:
        known = f"Found: {', '.join(found)}." if found else "Fetch it from the site of the shared task."
        raise DataError(f"there is no LeWiDi data set {unknown[0]!r}", where=root, fix=known)
    if not wanted:
        raise DataError("there is no LeWiDi data set", where=root, fix="Fetch one from the site of the shared task.")
    return names, {name: found[name] for name in wanted}


def evaluate(
    root: Path,
    sets: Sequence[str] | None = None,
    systems: Sequence[str] | None = None,
    folder: Path | None = None,
    report: Callable[[str], None] = lambda text: None,
) -> tuple[list[Row], dict[str, Material]]:
    """Run systems on data sets.

    Args:
        root: folder under which the data sets lie.
        sets: names of some; None for all that are found.
        systems: names from :data:`pluralign.raters.lewidi.systems.SYSTEMS`; None for all.
        folder: where results of long steps are kept, so that a stopped run goes on; None keeps nothing.
        report: told what is being done.

    Returns:
        the figures, and by data set what the systems were made from (for :func:`predict` and submission files).

    Raises:
        UsageError: there is no such system.
        DataError: there is no such data set, or a file is not in the documented form.
    """
    names, found = chosen(root, sets, systems)
    rows, materials = [], {}
    for name, place in found.items():
        material = Material(load(place, name), DataRoot(root), Pieces(folder), report)
        materials[name] = material
        for system in (one for one in names if one in known_systems(material)):
            rows += score(material.data, system, predict(material, system))
    return rows, materials
