"""Tasks of one's own: from a table by a small TOML file, or from a Python file with a decorated function.

``add`` checks the task with its data and remembers where its file lies; from then on it is a task like any other. What
the TOML file may say is documented in ``docs/bring-your-own.md``.
"""

import importlib.util
import json
import logging
import sys
import tomllib
import traceback
from hashlib import blake2b
from pathlib import Path

from pluralign.errors import DataError, PluralignError, UsageError
from pluralign.runs import write_atomically
from pluralign.suite.check import self_check
from pluralign.suite.data import DataRoot, cache_folder
from pluralign.suite.registry import Task, all_tasks, collecting, task
from pluralign.suite.table_settings import read_settings
from pluralign.suite.table_task import TableTask

log = logging.getLogger(__name__)

ADDED = "pluralign_added_"
"""How the names of modules begin that are files of the user."""

_FORMS = "Give a .toml file that names a table and its columns, or a .py file with a decorated function."


def folder() -> Path:
    """Where it is remembered which tasks the user has added: one small file each."""
    return cache_folder() / "tasks"


def add(path: Path, root: DataRoot = DataRoot(None)) -> list[Task]:  # noqa: B008 (frozen)
    """Check the tasks of a file with their data, register them, and remember the file for later runs.

    Args:
        path: a TOML file (one task) or a Python file (one or several).
        root: where the data of a Python file's tasks, or of a hub data set, lies.

    Raises:
        UsageError: the settings cannot be used, or the name is taken.
        DataError: the data does not fit the settings; names the row and the column.
    """
    path = Path(path).resolve()
    known = all_tasks()
    if path.suffix == ".toml":
        new = [_from_settings(path)]
    elif path.suffix == ".py":
        new = _from_module(path)
    else:
        raise UsageError("not a description of a task", where=path, fix=_FORMS)
    for one in new:
        _check_name(one, path, known)
        if one.present(root) or one.card.fetch is None:
            next(iter(one.load(root)), None)  # says more about a table that is not there than the registry can
            one.processes(root)
            if problems := self_check(one, root):
                raise DataError(f"task {one.card.name}: {problems[0]}", where=path)
    for one in new:
        task(one.card, one.law)(one.load)
        folder().mkdir(parents=True, exist_ok=True)
        write_atomically(_note(one.card.name), f"file = {json.dumps(str(path), ensure_ascii=False)}\n".encode())
    return new


def discover() -> None:
    """Register the tasks that were added earlier; one that cannot be used any more is named and left out."""
    done = set()
    for note in sorted(folder().glob("*.toml")):
        try:
            path = _remembered(note)
            if path in done:
                continue
            done.add(path)
            for one in [_from_settings(path)] if path.suffix == ".toml" else _from_module(path):
                task(one.card, one.law)(one.load)
        except PluralignError as error:
            log.warning("left out the added task %s: %s Or forget it: delete %s.", note.stem, error, note)


def _note(name: str) -> Path:
    return folder() / f"{name}.toml"


def _remembered(note: Path) -> Path:
    try:
        return Path(tomllib.loads(note.read_text(encoding="utf-8"))["file"])
    except (OSError, ValueError, KeyError, TypeError):
        raise DataError("damaged", where=note, fix="Add the task again.") from None


def _check_name(new: Task, path: Path, known: dict[str, Task]) -> None:
    name = new.card.name
    if name not in known:
        return
    if not _note(name).exists():
        raise UsageError(f"the suite has a task {name!r} already", where=path, fix="Give yours another name.")
    before = _remembered(_note(name))
    if before != path:
        fix = f"Give this one another name, or forget that one: delete {_note(name)}."
        raise UsageError(f"a task {name!r} was added from {before}", where=path, fix=fix)


def _from_settings(path: Path) -> Task:
    load = TableTask(read_settings(path))
    return Task(load.card, load)


def _from_module(path: Path) -> list[Task]:
    """The tasks that a Python file defines."""
    if not path.is_file():
        raise UsageError("there is no such file", where=path)
    name = f"{ADDED}{path.stem}_{blake2b(str(path).encode(), digest_size=4).hexdigest()}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None  # a .py file always has a loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with collecting() as defined:
            spec.loader.exec_module(module)
    except PluralignError:
        raise
    except Exception as error:  # the user's code may fail in any way
        frames = reversed(traceback.extract_tb(error.__traceback__))
        line = next((frame.lineno for frame in frames if frame.filename == str(path)), None)
        place = f"{path}, line {line or getattr(error, 'lineno', '?')}"
        reason = f"{type(error).__name__}: {error}"
        raise UsageError(f"this file cannot be imported: {reason}", where=place, fix="Mend the file.") from error
    if not defined:
        fix = "Decorate a function with @task(Card(...)) of pluralign.suite."
        raise UsageError("this file defines no task", where=path, fix=fix)
    return defined
