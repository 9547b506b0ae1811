"""Tasks and their cards. A file in ``suite/tasks/`` registers its tasks with the decorator; there is no other list."""

import importlib
import pkgutil
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np

from pluralign.episode import Episode, Process, draw
from pluralign.errors import DataError, UsageError
from pluralign.suite.data import DataRoot

Kind = Literal["steer", "cover", "align"]
Split = Literal["train", "heldout"]


@dataclass(frozen=True, slots=True)
class Fetch:
    """Where the files of a source are fetched from, byte for byte.

    Attributes:
        method: ``git`` (clone of ``address`` at ``revision``), ``http`` (one address per file) or ``hub`` (data set
            ``address`` of the Hugging Face hub at ``revision``).
        address: repository, hub name, or common prefix of the HTTP addresses.
        folder: where the files are put under the data root.
        files: paths of the wanted files within the source; glob patterns for ``git`` and ``hub``.
        revision: commit or tag; None takes the newest.
        sha256: digests of files by path, where they are known; a file with another digest is refused.
    """

    method: Literal["git", "http", "hub"]
    address: str
    folder: str
    files: tuple[str, ...] = ("*",)
    revision: str | None = None
    sha256: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """What a task is and where its data comes from.

    Attributes:
        name: unique name of the task.
        kind: ``steer`` (examples of many processes), ``cover`` (a set of valid answers) or ``align`` (a target
            distribution per question).
        summary: one line on what is given and what is predicted.
        source: title of the source.
        access: how to obtain it: an address, "synthetic", or the package that holds it.
        licence: as the source states it, or "none stated".
        citation: BibTeX, or a plain reference where the source gives no more.
        split: ``train`` or ``heldout``; by source, so that nothing leaks.
        unit: what one process is: "voter", "country", "coin".
        given: names of the variables in the input; empty where there is none.
        generated: names of the variables in the output.
        files: paths under the data root that must exist; empty where none is needed. An entry ``a|b`` asks for either.
        ships: True where the licence lets weights trained on the data be shipped.
        language: ISO 639-1 codes.
        warning: content warning, or "".
        overlaps: names of tasks that share content with this one.
        fetch: how ``pluralign suite pull`` gets the files; None where that is impossible or not needed.
        steps: what a person has to do where the source is gated, manual or on request; one step per line.
        extra: True for tasks beyond the published table of the Spectrum Suite.
    """

    name: str
    kind: Kind
    summary: str
    source: str
    access: str
    licence: str
    citation: str
    split: Split
    unit: str
    given: tuple[str, ...] = ()
    generated: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    ships: bool = False
    language: tuple[str, ...] = ("en",)
    warning: str = ""
    overlaps: tuple[str, ...] = ()
    fetch: Fetch | None = None
    steps: str = ""
    extra: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """A named collection of processes with a card.

    Attributes:
        load: yields the processes of the task, streamed, in a stable order.
        law: how many examples an episode shows, or None for all of them.
    """

    card: Card
    load: Callable[[DataRoot], Iterator[Process]]
    law: Callable[[np.random.Generator], int] | None = None

    def missing(self, root: DataRoot) -> list[str]:
        """The entries of the card's ``files`` of which no alternative is under ``root``."""
        return [entry for entry in self.card.files if not root.find(*entry.split("|"))]

    def present(self, root: DataRoot) -> bool:
        """True when every source file of the task is under ``root``."""
        return not self.missing(root)

    def processes(self, root: DataRoot, limit: int | None = None) -> list[Process]:
        """The processes of the task.

        Args:
            limit: at most this many, a random subset that depends on the task's name alone (never the first in file
                order); their file order is kept.

        Raises:
            DataError: source data is absent or broken, or a process lacks what the kind of the task needs.
        """
        loaded = list(self._stream(root))
        if limit is None or limit >= len(loaded):
            return loaded
        keep = np.random.default_rng(list(self.card.name.encode())).permutation(len(loaded))[:limit]
        return [loaded[i] for i in sorted(keep)]

    def episodes(
        self, root: DataRoot, *, seed: int = 0, limit: int | None = None, draws: int = 1, **options
    ) -> Iterator[Episode]:
        """Yield ``draws`` episodes from each process; ``options`` go to :func:`pluralign.episode.draw`."""
        for process in self._stream(root) if limit is None else self.processes(root, limit):
            for index in range(draws):
                yield draw(process, task=self.card.name, seed=seed, index=index, law=self.law, **options)

    def _stream(self, root: DataRoot) -> Iterator[Process]:
        if missing := self.missing(root):
            raise DataError(
                f"no data for task {self.card.name}: {missing[0].replace('|', ' or ')} is absent",
                where=root.path or "no data root found",
                fix=f"Run `pluralign suite pull {self.card.name}`, which fetches it or says how to get it.",
            )
        for process in self.load(root):
            yield _checked(process, self.card)


def _checked(process: Process, card: Card) -> Process:
    needed = {
        "steer": bool(process.examples),
        "cover": process.accept is not None,
        "align": process.choices is not None and process.target is not None,
    }
    if not needed[card.kind]:
        raise DataError(f"process lacks what kind {card.kind} needs", where=f"{card.name}: {process.id}")
    if process.target and process.choices and len(process.target.probabilities) != len(process.choices):
        raise DataError("target and choices differ in length", where=f"{card.name}: {process.id}")
    return process


_TASKS: dict[str, Task] = {}


def task(card: Card, law: Callable[[np.random.Generator], int] | None = None) -> Callable:
    """Register the decorated function, which takes a :class:`DataRoot` and yields processes, as a task."""

    def register(load: Callable[[DataRoot], Iterator[Process]]) -> Callable[[DataRoot], Iterator[Process]]:
        if _collected:
            _collected[-1].append(Task(card, load, law))
            return load
        if card.name in _TASKS and _TASKS[card.name].load.__module__ != load.__module__:
            raise UsageError(f"two tasks are named {card.name}", where=load.__module__, fix="Rename one.")
        _TASKS[card.name] = Task(card, load, law)
        return load

    return register


_collected: list[list[Task]] = []


@contextmanager
def collecting() -> Generator[list[Task]]:
    """Tasks that are defined meanwhile are put into the list instead of being registered."""
    _collected.append([])
    try:
        yield _collected[-1]
    finally:
        _collected.pop()


@cache
def _discover() -> None:
    from pluralign.suite import tasks as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    # By name, since that module makes tasks and so imports this one. Last, so that a name of ours is never taken away.
    importlib.import_module("pluralign.suite.custom").discover()


def all_tasks() -> dict[str, Task]:
    """All registered tasks by name, in alphabetical order."""
    _discover()
    return dict(sorted(_TASKS.items()))


def get(name: str) -> Task:
    """The task called ``name``.

    Raises:
        UsageError: there is none; names the nearest ones.
    """
    known = all_tasks()
    if name not in known:
        import difflib

        near = difflib.get_close_matches(name, known, n=3)
        fix = f"Did you mean {' or '.join(near)}?" if near else "See `pluralign suite list`."
        raise UsageError(f"unknown task {name!r}", fix=fix)
    return known[name]


def without_overlap(task: Task) -> Task:
    """The task without the processes that a held-out task asks for as well (metadata ``overlap``)."""
    return replace(task, load=lambda root: (p for p in task.load(root) if not p.metadata.get("overlap")))


def select(names: Iterable[str] | None = None, *, kind: Kind | None = None, split: Split | None = None) -> list[Task]:
    """The tasks called ``names`` (all when None), narrowed to a kind and a split."""
    chosen = [get(name) for name in names] if names is not None else list(all_tasks().values())
    return [t for t in chosen if kind in (None, t.card.kind) and split in (None, t.card.split)]
