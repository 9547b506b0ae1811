"""Ratings from tasks of the suite whose processes are people."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import polars as pl

from pluralign.episode import Process
from pluralign.errors import DataError, UsageError
from pluralign.raters.labels import scale_of
from pluralign.raters.nytimes import nytimes
from pluralign.raters.read import read
from pluralign.raters.reading import Reading
from pluralign.raters.scale import Kind
from pluralign.suite import DataRoot, Task, find_root, get

_PEOPLE = re.compile(
    r"\b(annotator|customer|judge|linguist|participant|person|rater|reader|respondent|student|user|validator|voter"
    r"|worker)\b"
)
# Columns of the table that is read; no task has variables of these names.
_RATER, _ITEM, _LABEL = "the rater", "the item", "the label"
_RATER_KEYS = ("rater", "annotator", "linguist", "judge")
# Tasks of several data sets, and what tells these apart; None is what stands before the slash in a process's id.
_PARTS: dict[str, str | None] = {
    "dices": "set",
    "global_dialogues_vote": "round",
    "openpsychometrics_individual": None,
    "polis_vote": "conversation",
    "popquorn_individual": "part",
}
# Sources that the suite has as shares of groups, and that also tell who answered what.
_INDIVIDUALS: dict[str, Callable[[DataRoot], Reading]] = {"nytimes": nytimes}


def from_task(name: str | Task, root: DataRoot | Path | None = None, *, scale: Kind | None = None) -> Reading:
    """Ratings from a task of the suite: raters are its processes, items its inputs, labels its outputs.

    Where a rater's examples are spread over several processes, they are joined again. Inputs of several variables
    become lines ``name: value``, and the variables go with the items. What else is known of a process is taken for
    facts about the rater. A task that draws at most so many people or examples gives no more here.

    Args:
        name: a task of kind ``steer``, or its name; for a task of several data sets with the one that is wanted, as in
            ``polis_vote:bg2050-volunteers`` (:func:`parts`). ``nytimes`` gives the people behind its shares.
        root: where the data lies; None finds it.
        scale: kind of the scale; None takes it from the choices that the task states, or the labels that occur.

    Raises:
        DataError: the task's data is absent or broken, or its outputs make up no closed scale.
        UsageError: there is no such task or part, the task is not about people who judge something, or it is of
            several data sets and none is named.
    """
    root = root if isinstance(root, DataRoot) else DataRoot(find_root(root))
    wanted = name.card.name if isinstance(name, Task) else name
    base, _, part = wanted.partition(":")
    if base in _INDIVIDUALS and not part:
        return _INDIVIDUALS[base](root)
    task = name if isinstance(name, Task) else get(base)
    card = task.card
    if card.kind != "steer" or not card.given or not _PEOPLE.search(card.unit):
        what = f"task {base} is not about people who judge items: its processes are of the kind {card.unit!r}"
        raise UsageError(what, fix="Take a task of kind steer whose processes are raters.")
    processes = task.processes(root)
    known = _parts(base, processes)
    if part not in known:
        what = f"task {base} has no part {part!r}" if part else f"task {base} holds several data sets"
        fix = f"Say {' or '.join(f'{base}:{one}' if one else base for one in known)}."
        raise UsageError(what, fix=fix)
    processes = [process for process in processes if _part(base, process) == part]
    choices = {process.choices for process in processes}
    stated = next(iter(choices)) if len(choices) == 1 else None
    made = scale_of(stated, scale) if stated else None
    described = {process.descriptions[0] for process in processes if process.descriptions}
    facts, rows = _table(base, processes)
    try:
        reading = read(
            rows,
            rater=_RATER,
            item=_ITEM,
            label=_LABEL,
            text=_ITEM,
            attributes=facts,
            scale=made.kind if made else scale,
            labels=made.labels if made else None,
            question=described.pop() if len(described) == 1 else card.summary,
            name=wanted,
            duplicates="last",
        )
    except DataError as error:
        raise DataError(f"task {wanted}: {error.what}") from None
    return replace(reading, columns=())


def parts(name: str, root: DataRoot | Path | None = None) -> list[str]:
    """What :func:`from_task` takes for a task: its name, or the name with each of its data sets.

    Raises:
        DataError: the task's data is absent or broken.
        UsageError: there is no such task.
    """
    root = root if isinstance(root, DataRoot) else DataRoot(find_root(root))
    return [f"{name}:{part}" if part else name for part in _parts(name, get(name).processes(root))]


def _parts(base: str, processes: Iterable[Process]) -> list[str]:
    return list(dict.fromkeys(_part(base, process) for process in processes))


def _part(base: str, process: Process) -> str:
    """The data set that a process is of; empty where the task is of one."""
    if base not in _PARTS:
        return ""
    key = _PARTS[base]
    return str(process.metadata[key]) if key else process.id.partition("/")[0]


def _table(base: str, processes: list[Process]) -> tuple[list[str], pl.DataFrame]:
    """The names of what is known about raters; one row per example, with these and the variables of the input."""
    people, rows = [], {_ITEM: [], _LABEL: [], "process": []}
    for number, process in enumerate(processes):
        key = next((key for key in _RATER_KEYS if key in process.metadata), None)
        rater = str(process.metadata[key]) if key else process.id.removeprefix(f"{_part(base, process)}/")
        known = {k: str(v) for k, v in process.metadata.items() if k not in (key, _PARTS.get(base))}
        people.append({"process": number, _RATER: rater} | known)
        rows[_ITEM] += [example.input for example in process.examples]
        rows[_LABEL] += [example.output for example in process.examples]
        rows["process"] += [number] * len(process.examples)
    raters = pl.DataFrame(people, infer_schema_length=None)
    # What is the same for everybody tells nobody apart.
    facts = [name for name in raters.columns[2:] if raters[name].n_unique() > 1]
    items = _items(list(dict.fromkeys(rows[_ITEM])))
    items = items.select(pl.exclude(facts, "process", _RATER, _LABEL))
    table = (
        pl.DataFrame(rows)
        .join(raters.select("process", _RATER, *facts), on="process", how="left", maintain_order="left")
        .join(items, left_on=_ITEM, right_on="input", how="left", maintain_order="left")
    )
    return facts, table.drop("process", _ITEM).rename({"written": _ITEM})


def _items(inputs: list[str]) -> pl.DataFrame:
    """``input``, how it is ``written`` for a reader, and its variables where it has several.

    Variables that are the same in all inputs are not written.
    """
    variables = [_variables(text) for text in inputs]
    if not all(variables):
        return pl.DataFrame({"input": inputs, "written": inputs})
    columns = {
        key: [_words(row.get(key)) for row in variables] for key in dict.fromkeys(k for v in variables for k in v)
    }
    telling = [key for key, cells in columns.items() if len(set(cells)) > 1 or len(inputs) == 1]
    written = [
        "\n".join(f"{key}: {columns[key][row]}" for key in telling if columns[key][row]) for row in range(len(inputs))
    ]
    return pl.DataFrame(columns).with_columns(input=pl.Series(inputs), written=pl.Series(written))


def _variables(text: str) -> dict[str, object]:
    if text.startswith("{"):
        try:
            found = json.loads(text)
        except ValueError:
            return {}
        if isinstance(found, dict):
            return found
    return {}


def _words(value: object) -> str | None:
    return value if isinstance(value, str | None) else json.dumps(value, ensure_ascii=False)
