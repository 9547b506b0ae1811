"""Maps of many situations in a run folder, and pairs from a file."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from pluralign.errors import DataError
from pluralign.runs import Metric, Run
from pluralign.suite.data import read_jsonl
from pluralign.values.consideration import Kind, Pair, kind_of
from pluralign.values.kaleidoscope import Kaleidoscope
from pluralign.values.situation import situation
from pluralign.values.system import AT_ONCE, maps

_COLUMN = "map"


def mapped(
    model: Kaleidoscope,
    situations: Sequence[str],
    folder: Path | None = None,
    *,
    thresholds: dict[Kind, float] | None = None,
    most: int | None = None,
) -> Iterator[dict[str, Any]]:
    """The map of each situation as JSON values, in order, as soon as it is known.

    Args:
        model: generates and scores.
        situations: cleaned and distinct.
        folder: of the run; situations whose map is there are not computed again. None keeps nothing.
        thresholds, most: see :func:`pluralign.values.system.maps`.

    Raises:
        RunError: the folder belongs to another request, or cannot be written.
    """
    if folder is None:
        for one in maps(model, situations, thresholds=thresholds, most=most):
            yield asdict(one)
        return
    request = {
        "command": "values map",
        "model": model.name,
        "facts": model.facts,
        "situations": list(situations),
        "thresholds": thresholds,
        "most": most,
    }
    with Run.open(folder, request) as run:
        known = _known(run)
        for start in range(0, len(situations), AT_ONCE):
            some = situations[start : start + AT_ONCE]
            made = maps(model, [text for text in some if text not in known], thresholds=thresholds, most=most)
            for text in some:
                if text not in known:
                    known[text] = asdict(next(made))
                    run.write(text, _row(known[text]))
                yield known[text]
        if not run.finished:
            run.finish(_metrics(model.name, list(known.values())))


def read_pairs(path: Path) -> tuple[list[dict], list[Pair]]:
    """Rows of a JSON-lines file and the pairs in them.

    Raises:
        DataError: the file is not readable, or a row lacks a key or has no such kind; names the row.
        UsageError: a situation is empty or far too long.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError("there is no such file", where=path)
    rows = list(read_jsonl(path))
    if not rows:
        raise DataError("there are no rows", where=path)
    found = []
    for number, row in enumerate(rows, 1):
        where = f"{path}, row {number}"
        for key in ("situation", "kind", "text"):
            if not isinstance(row.get(key), str) or not row[key].strip():
                fix = 'Rows look like {"situation": "Biking to work", "kind": "value", "text": "Health"}.'
                raise DataError(f"there is no {key!r}", where=where, fix=fix)
        found.append(
            Pair(situation(row["situation"], where), kind_of(row["kind"], where), " ".join(row["text"].split()))
        )
    return rows, found


def _row(found: dict[str, Any]) -> pl.DataFrame:
    flat = {name: [value] for name, value in found.items() if name != "considerations"}
    # An absent number has no type of its own.
    numbers = {name: pl.Float64 for name in ("supports", "opposes", "either", "entropy_nats")}
    return pl.DataFrame(flat, schema_overrides=numbers).with_columns(
        pl.lit(json.dumps(found, ensure_ascii=False)).alias(_COLUMN)
    )


def _known(run: Run) -> dict[str, dict[str, Any]]:
    rows = run.rows()
    texts = rows[_COLUMN].to_list() if rows.height else []
    return {one["situation"]: one for one in map(json.loads, texts)}


def _metrics(name: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    shown = [len(one["considerations"]) for one in found]
    entropies = [one["entropy_nats"] for one in found if one["entropy_nats"] is not None]
    means = [("considerations", shown, "count"), ("entropy_nats", entropies, "nats")]
    return [
        Metric(
            name, "map", "values", metric, sum(values) / len(values) if values else None, None, None, len(values), unit
        ).as_dict()
        for metric, values, unit in means
    ]
