"""Fetching the source files of tasks into the data root: from git, HTTP or the hub, whole or not at all.

What arrives is collected in a folder beside the final one (``NAME.pluralign-part``), checked against the digests that
the card knows, and moved into place at the end together with a record (:mod:`pluralign.suite.record`). A pull that was
cut off is started again with the same call: HTTP and hub downloads go on where they stopped, a git clone begins anew.
"""

import fcntl
import fnmatch
import os
import shutil
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from pluralign.errors import DataError, PluralignError, UsageError
from pluralign.suite import record as records
from pluralign.suite.clone import clone
from pluralign.suite.data import DataRoot, pulled_folder
from pluralign.suite.download import Progress, download
from pluralign.suite.hub import snapshot
from pluralign.suite.record import FileFacts, Record
from pluralign.suite.registry import Card, Fetch, Task

_STAGING = ".pluralign-part"


@dataclass(frozen=True, slots=True)
class Pulled:
    """A source that is now on this machine.

    Attributes:
        tasks: names of the tasks that it was pulled for.
        folder: where its files lie.
        record: what was pulled.
        fetched: False where it was here already, unchanged, and nothing was transferred.
    """

    tasks: tuple[str, ...]
    folder: Path
    record: Record
    fetched: bool


def destination(root: DataRoot) -> Path:
    """The folder that pulled data goes into: the data root where it can be written, else the user cache."""
    if root.path is not None and os.access(root.path, os.W_OK):
        return root.path
    return pulled_folder()


def instructions(card: Card) -> list[str]:
    """What a person has to do to get the data of a task, as numbered lines; empty where nothing is said."""
    return [f"{number}. {step}" for number, step in enumerate(filter(str.strip, card.steps.splitlines()), 1)]


def pull(
    task: Task,
    root: Path,
    *,
    announce: Callable[[Card], None] = lambda card: None,
    progress: Progress = lambda name, done, total: None,
) -> Pulled:
    """Fetch the source files of one task.

    Args:
        root: the data root to write into; see :func:`destination`.
        announce: called with the card, for its licence and citation, before the first byte is asked for.
        progress: called with the file or address, the bytes that are here, and the bytes in all (None if not known).

    Raises:
        UsageError: the task has nothing that could be fetched; says what a person has to do instead.
        DataError: the source cannot be reached, refuses, or gives other files than the card says.
    """
    [(_, result)] = pull_all([task], root, announce=announce, progress=progress)
    if isinstance(result, PluralignError):
        raise result
    return result


def pull_all(
    tasks: Iterable[Task],
    root: Path,
    *,
    announce: Callable[[Card], None] = lambda card: None,
    progress: Progress = lambda name, done, total: None,
) -> Iterator[tuple[list[Task], Pulled | PluralignError]]:
    """Fetch the source files of tasks, each source once, one after the other; the arguments are those of :func:`pull`.

    Yields:
        the tasks of a source, and what was pulled or why it was not: one failure does not stop the others.
    """
    sources: dict[object, list[Task]] = {}
    for task in tasks:
        fetch = task.card.fetch
        key = (fetch.method, fetch.address, fetch.revision, fetch.folder) if fetch else task.card.name
        sources.setdefault(key, []).append(task)
    for sharing in sources.values():
        result: Pulled | PluralignError
        try:
            fetch = _joint(sharing)
            for task in sharing:
                announce(task.card)
            result = _pull(fetch, tuple(task.card.name for task in sharing), root, progress)
            _complete(sharing, root)
        except PluralignError as error:
            result = _with_steps(error, sharing[0].card)
        except OSError as error:
            fix = "Free disk space or give another --data-root, and pull again."
            result = DataError(f"cannot be stored: {error.strerror}", where=error.filename or root, fix=fix)
        yield sharing, result


def _complete(tasks: list[Task], root: Path) -> None:
    """Refuse to call a task pulled while it lacks a file: the source may have moved it, or never held it."""
    for task in tasks:
        if missing := task.missing(DataRoot(root)):
            what = f"{task.card.name} was pulled and still lacks {missing[0].replace('|', ' or ')}"
            raise DataError(what, where=root, fix=None if task.card.steps else f"Its access: {task.card.access}.")


def _joint(tasks: list[Task]) -> Fetch:
    """What several tasks want from the source that they share."""
    fetches = [task.card.fetch for task in tasks if task.card.fetch]
    if not fetches:
        card = tasks[0].card
        if not card.files:
            raise UsageError(f"{card.name} needs no source data", fix="Use it as it is.")
        fix = None if card.steps else f"Its access: {card.access}."
        raise UsageError(f"{card.name} cannot be fetched by a program", fix=fix)
    wanted = dict.fromkeys(pattern for fetch in fetches for pattern in fetch.files)
    digests = dict.fromkeys(pair for fetch in fetches for pair in fetch.sha256)
    return replace(fetches[0], files=tuple(wanted), sha256=tuple(digests))


def _with_steps(error: PluralignError, card: Card) -> PluralignError:
    """The error with the steps of a gated or manual source, where the card has any."""
    steps = instructions(card)
    if not steps:
        return error
    fix = "\n".join([error.fix or f"How to get it (licence: {card.licence}):", *steps])
    return type(error)(error.what, where=error.where, fix=fix)


def _pull(fetch: Fetch, tasks: tuple[str, ...], root: Path, progress: Progress) -> Pulled:
    folder = root / _inside(fetch.folder)
    before = records.read(folder)
    if before and not records.changes(fetch, folder, before):
        return Pulled(tasks, folder, before, fetched=False)
    if before and (before.method, before.address) == (fetch.method, fetch.address):
        # Other tasks may have asked for more of this source; they keep what they have, at the new revision.
        fetch = replace(fetch, files=tuple(dict.fromkeys((*fetch.files, *before.wanted))))
    staging = folder.with_name(folder.name + _STAGING)
    with _only_one(staging):
        got = staging / "files"
        _begin(fetch, staging, got)
        try:
            revision = _METHODS[fetch.method](fetch, got, progress)
        except DataError:
            if not _files(got):
                _drop(staging, root)
            raise
        for path in _files(got):
            if not _wanted(path.relative_to(got).as_posix(), fetch):
                path.unlink()
        record = Record(
            fetch.method,
            fetch.address,
            fetch.revision,
            revision,
            fetch.files,
            {path.relative_to(got).as_posix(): FileFacts.of(path) for path in _files(got)},
        )
        _verify(fetch, record, staging, root)
        _install(got, folder, record, before)
        shutil.rmtree(staging)
    return Pulled(tasks, folder, record, fetched=True)


def _http(fetch: Fetch, got: Path, progress: Progress) -> None:
    from urllib.parse import quote

    known = dict(fetch.sha256)
    for name in fetch.files:
        path = got / _inside(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        join = "" if fetch.address.endswith(("/", "=", "?")) else "/"
        if not path.exists():
            download(fetch.address + join + quote(name), path, progress, resume_unmarked=name in known)


_METHODS: dict[str, Callable[[Fetch, Path, Progress], str | None]] = {"git": clone, "http": _http, "hub": snapshot}


def _inside(name: str) -> str:
    """A path that stays inside the folder that it is joined to."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise DataError("a path leads out of the data root", where=name, fix="Mend the card of the task.")
    return name


def _wanted(name: str, fetch: Fetch) -> bool:
    return any(name == pattern or fnmatch.fnmatchcase(name, pattern) for pattern in fetch.files)


def _begin(fetch: Fetch, staging: Path, got: Path) -> None:
    """Keep what an earlier attempt has got, unless that was for another address or revision."""
    source, text = staging / "source", repr((fetch.method, fetch.address, fetch.revision))
    if not source.exists() or source.read_text(encoding="utf-8") != text:
        shutil.rmtree(got, ignore_errors=True)
        source.write_text(text, encoding="utf-8")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _verify(fetch: Fetch, record: Record, staging: Path, root: Path) -> None:
    """Refuse what is not what the card says, and leave nothing of it."""
    problem = None
    if not record.files:
        problem = f"the source has no file that matches {', '.join(fetch.files)}", fetch.address
    for name, digest in fetch.sha256:
        if name not in record.files:
            problem = f"the source has no file {name}", fetch.address
        elif record.files[name].sha256 != digest:
            found = record.files[name].sha256
            problem = f"wrong checksum: SHA-256 is {found}, expected {digest}", f"{fetch.address}, {name}"
    if problem:
        _drop(staging, root)
        what, where = problem
        fix = "Nothing was kept. The source has changed or was damaged on its way; try later or report it."
        raise DataError(what, where=where, fix=fix)


def _drop(staging: Path, root: Path) -> None:
    shutil.rmtree(staging)
    _prune(staging.parent, root)


def _prune(folder: Path, root: Path) -> None:
    """Remove the empty folders from ``folder`` up to the root."""
    while folder != root and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _install(got: Path, folder: Path, record: Record, before: Record | None) -> None:
    """Move what arrived into place; the record comes last, so that it never speaks of files that are not there."""
    if not folder.exists():
        record.write(got)
        got.rename(folder)
        return
    (folder / records.NAME).unlink(missing_ok=True)
    for name in record.files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (got / name).replace(folder / name)
    for name in before.files if before else ():
        if name not in record.files:
            (folder / name).unlink(missing_ok=True)
            _prune((folder / name).parent, folder)
    record.write(folder)


@contextmanager
def _only_one(staging: Path) -> Generator[None]:
    """Make the folder and hold it, so that two pulls never write into each other's files."""
    try:
        staging.mkdir(parents=True, exist_ok=True)
        lock = (staging / "lock").open("w")
    except OSError as error:
        raise DataError(
            f"cannot write: {error.strerror}", where=staging, fix="Give a --data-root that you may write to."
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError("another pull of this source is running", where=staging, fix="Wait for it.") from None
        yield
