"""What a newly trained checkpoint can do on a development split, and from which relevance on it should list."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pluralign.runs import write_atomically
from pluralign.values.consideration import KINDS, VALENCES, Pair
from pluralign.values.kaleido import KaleidoModel
from pluralign.values.measures import accuracy, best_threshold


def settle(folder: str, held: pl.DataFrame) -> dict[str, Any]:
    """Measure a checkpoint, and write the best threshold of each kind into its ``config.json``.

    Args:
        folder: of the checkpoint.
        held: the development split of a mixture, with ``task``, ``situation``, ``kind``, ``text`` and ``output``.

    Returns:
        ``relevance_accuracy`` (at the thresholds chosen here, so a little too good) and ``valence_accuracy``, each as
        value, low, high and number; ``thresholds``.
    """
    model = KaleidoModel.load(folder)
    found: dict[str, Any] = {}
    asked, answers, situations = _task(held, "relevance")
    if asked:
        relevance, yes = model.relevance(asked), np.array(answers) == "Yes"
        kinds = np.array([pair.kind for pair in asked])
        thresholds = dict(model.thresholds)
        for kind in KINDS:
            own = kinds == kind
            if own.any() and 0 < yes[own].mean() < 1:
                thresholds[kind] = round(min(1.0, best_threshold(relevance[own], yes[own])), 6)
        right = (relevance >= np.array([thresholds[kind] for kind in kinds])) == yes
        found["relevance_accuracy"] = _record(np.stack([~right, right], 1), np.ones(len(right), int), situations)
        found["thresholds"] = thresholds
        path = Path(folder) / "config.json"
        config = json.loads(path.read_text(encoding="utf-8"))
        config["system_params"] = config.get("system_params", {}) | {
            "relevance_threshold": {kind.capitalize(): least for kind, least in thresholds.items()}
        }
        write_atomically(path, (json.dumps(config, indent=2) + "\n").encode())
    asked, answers, situations = _task(held, "valence")
    if asked:
        places = np.array([VALENCES.index(answer.lower()) for answer in answers])
        found["valence_accuracy"] = _record(model.valence(asked), places, situations)
    return found


def _task(held: pl.DataFrame, task: str) -> tuple[list[Pair], list[str], list[str]]:
    rows = held.filter(pl.col("task") == task)
    pairs = [Pair(*row) for row in rows.select("situation", "kind", "text").iter_rows()]
    return pairs, rows["output"].to_list(), rows["situation"].to_list()


def _record(probabilities: np.ndarray, answer: np.ndarray, situations: list[str]) -> list:
    one = accuracy(probabilities.astype(float), answer, situations)
    return [one.value, one.low, one.high, one.n]
