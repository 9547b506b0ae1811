"""Tasks as tokens, drawn and encoded by several processes at once, and kept so that the next run only reads them.

An entry of the cache belongs to everything that its tokens depend on: the task and its code, the arguments of the
draw, the template, the tokenizer, and the files that the loader looked for, whether it found them or not. When any of
these differs, the entry is not used. Entries lie in ``pluralign/encoded`` of the user cache and may be deleted.
"""

import hashlib
import inspect
import json
import multiprocessing
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path
from types import FunctionType
from typing import Any, cast

import numpy as np
import polars as pl

from pluralign import __version__
from pluralign.encode import Encoded, Encoder, fit
from pluralign.episode import Episode
from pluralign.errors import RunError, UsageError
from pluralign.suite.data import DataRoot, cache_folder
from pluralign.suite.registry import Task, get
from pluralign.template import Template, resolve

_BATCH = 256
"""Episodes encoded in one call: texts that they share are tokenised once."""

_SMALL = 1 << 20
"""Bytes up to which a data file is known by its content; a larger one by its size and time of change."""

_ONE_THREAD = {"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1", "RAYON_NUM_THREADS": "1"}
_METADATA = "pluralign"
_FIELDS = ("ids", "scored", "example")
_COLUMNS = {"episode": pl.Int32, "ids": pl.Int32, "scored": pl.Boolean, "example": pl.Int32}


@dataclass(frozen=True, slots=True)
class _Draw:
    """What is drawn and how it is written; with the data it determines the tokens."""

    seed: int
    draws: int
    max_length: int | None
    description_probability: float
    template: Template


def encode_tasks(
    tasks: Sequence[Task],
    root: DataRoot,
    tokenizer: Any,
    template: Template | str = "auto",
    *,
    seed: int = 0,
    draws: int = 1,
    workers: int | None = None,
    max_length: int | None = None,
    description_probability: float = 0.8,
    view: Callable[[Task], Task] | None = None,
    progress: Callable[[str, int], None] = lambda task, episodes: None,
) -> Iterator[tuple[Task, list[Encoded]]]:
    """Yield each task with its episodes as tokens, in the order given; what was encoded before is only read.

    Args:
        tasks: registered tasks of kind ``steer``.
        root: where their source data lies.
        tokenizer: a fast Hugging Face tokenizer.
        template: a template of that tokenizer, or the name of one.
        seed: of the draws.
        draws: episodes per process.
        workers: processes that encode; None takes one per processor. The result does not depend on it.
        max_length: tokens at which an episode is cut, after the last example that fits whole; one that has not even
            room for the first is an empty sequence.
        description_probability: chance that an episode shows a description.
        view: a function at the top level of a module that gives each task in another form, such as with other
            outputs; the entries of the cache also depend on that module's code.
        progress: called with the name of a task and the number of its episodes once it is there.

    Raises:
        UsageError: a task is not registered, or is of another kind.
        DataError: source data is absent or broken.
        RunError: the cache folder cannot be written.
    """
    for task in tasks:
        if task.card.kind != "steer":
            raise UsageError(f"{task.card.name} is of kind {task.card.kind}, which has no episodes to train on")
        if get(task.card.name) is not task:
            raise UsageError(f"{task.card.name} is not the registered task of that name", fix="Register it.")
    encoder = Encoder(tokenizer)
    written = template if isinstance(template, Template) else resolve(tokenizer, template)
    drawing = _Draw(seed, draws, max_length, description_probability, written)
    wanted = {task.card.name: _entry(task, view, drawing, encoder) for task in tasks}
    absent = [name for name, path in wanted.items() if not _fresh(path, root)]
    with _pool(min(workers or os.cpu_count() or 1, len(absent)), encoder) as submit:
        running = {name: submit(name, root.path, view, drawing, wanted[name]) for name in absent}
        for task in tasks:
            name = task.card.name
            if name in running:
                running[name]()
            encoded = _read(wanted[name])
            progress(name, len(encoded))
            yield task, encoded


def counter(tokenizer: Any, template: Template | str = "auto") -> Callable[[Sequence[Episode]], int]:
    """A function that counts the tokens of episodes, for :func:`pluralign.suite.status.status`."""
    encoder = Encoder(tokenizer)
    written = template if isinstance(template, Template) else resolve(tokenizer, template)
    return lambda episodes: sum(len(one.ids) for one in encoder.episodes(written, episodes))


@dataclass(frozen=True)
class _Watched(DataRoot):
    """A data root that notes what was looked for, and in what state it was found.

    Attributes:
        found: what a search led to, by the alternatives that were looked for.
    """

    found: dict[tuple[str, ...], str | None] = field(default_factory=dict)

    def find(self, *alternatives: str) -> Path | None:
        path = super().find(*alternatives)
        if alternatives not in self.found:
            self.found[alternatives] = _state(path)
        return path


def _state(path: Path | None) -> str | None:
    """What identifies the content of a file, or of all files in a folder; None where there is nothing."""
    if path is None:
        return None
    digest = hashlib.sha256()
    for file in sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]:
        facts = file.stat()
        small = facts.st_size <= _SMALL
        content = hashlib.sha256(file.read_bytes()).hexdigest() if small else str(facts.st_mtime_ns)
        digest.update(repr((file.relative_to(path).as_posix(), facts.st_size, content)).encode())
    return digest.hexdigest()


def _entry(task: Task, view: Callable[[Task], Task] | None, drawing: _Draw, encoder: Encoder) -> Path:
    """The file that holds a task's tokens; its name says all they depend on but the data."""
    form = view and (view.__module__, cast(FunctionType, view).__qualname__, _code_of(view))
    facts = (__version__, _own_code(), _code_of(task.load), form, task.card, drawing, encoder.fingerprint)
    key = hashlib.sha256(repr(facts).encode()).hexdigest()[:32]
    return cache_folder() / "encoded" / f"{task.card.name}-{key}.parquet"


@cache
def _own_code() -> str:
    """Digest of the code that tokens depend on: a loader that was mended makes other episodes."""
    package = Path(__file__).parent
    names = [package / f"{name}.py" for name in ("encode", "encode_cache", "episode", "template")]
    digest = hashlib.sha256()
    for path in [*names, *sorted((package / "suite").rglob("*.py"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _code_of(made: Callable) -> str:
    """Digest of the file that defines a loader or a view, which may be the user's own."""
    source = inspect.getsourcefile(inspect.unwrap(made) if inspect.isfunction(made) else type(made))
    return hashlib.sha256(Path(source).read_bytes()).hexdigest() if source else ""


def _encode(
    name: str,
    root: Path | None,
    view: Callable[[Task], Task] | None,
    drawing: _Draw,
    entry: Path,
    encoder: Encoder,
) -> None:
    """Draw and encode a task and write its entry."""
    watched = _Watched(root)
    task = view(get(name)) if view else get(name)
    episodes = task.episodes(
        watched,
        seed=drawing.seed,
        draws=drawing.draws,
        description_probability=drawing.description_probability,
    )
    # One row per token: lists as cells are written and read several times slower.
    tables = [pl.DataFrame(schema=_COLUMNS)]
    count = 0
    while batch := list(islice(episodes, _BATCH)):
        encoded = encoder.episodes(drawing.template, batch)
        if drawing.max_length is not None:
            encoded = [fit(one, drawing.max_length) for one in encoded]
        numbers = np.repeat(np.arange(count, count + len(batch)), [len(one.ids) for one in encoded])
        columns = {name: np.concatenate([getattr(one, name) for one in encoded]) for name in _FIELDS}
        tables.append(pl.DataFrame({"episode": numbers} | columns, schema=_COLUMNS))
        count += len(batch)
    found = [[list(names), state] for names, state in watched.found.items()]
    metadata = {_METADATA: json.dumps({"episodes": count, "found": found})}
    temporary = entry.with_name(f"{entry.name}.{os.getpid()}")
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        pl.concat(tables, rechunk=False).write_parquet(temporary, metadata=metadata)
        temporary.replace(entry)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise RunError(
            f"cannot write encoded episodes: {error.strerror or error}",
            where=entry.parent,
            fix="Free disk space, or set XDG_CACHE_HOME to a folder that can be written.",
        ) from error


def _fresh(entry: Path, root: DataRoot) -> bool:
    """True where there is an entry and all that its loader looked for is as it was."""
    try:
        found = _noted(entry)["found"]
    except (OSError, ValueError, KeyError, pl.exceptions.PolarsError):
        return False
    return all(_state(root.find(*names)) == state for names, state in found)


def _read(entry: Path) -> list[Encoded]:
    table, count = pl.read_parquet(entry), _noted(entry)["episodes"]
    cuts = np.searchsorted(table["episode"].to_numpy(), np.arange(1, count))
    columns = (np.split(table[name].to_numpy(), cuts) for name in _FIELDS)
    return [Encoded(*parts) for parts in zip(*columns, strict=True)] if count else []


def _noted(entry: Path) -> dict[str, Any]:
    """What was written down beside the tokens."""
    return json.loads(pl.read_parquet_metadata(entry)[_METADATA])


@contextmanager
def _pool(workers: int, encoder: Encoder) -> Generator[Callable[..., Callable[[], None]]]:
    """A function that has a task encoded, by another process where there are several, and gives a function to wait."""
    if workers <= 1:
        yield lambda *arguments: lambda: _encode(*arguments, encoder)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(encoder,)) as pool:

        def submit(*arguments: Any) -> Callable[[], None]:
            with _one_thread():  # processes are started here
                return pool.submit(_encode_here, *arguments).result

        try:
            yield submit
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _one_thread() -> Generator[None]:
    """A process that starts meanwhile has one thread in each library; they read this when they are imported."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(_ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


_encoders: list[Encoder] = []


def _begin(encoder: Encoder) -> None:
    """Keep the encoder in this worker process."""
    _encoders[:] = [encoder]


def _encode_here(
    name: str, root: Path | None, view: Callable[[Task], Task] | None, drawing: _Draw, entry: Path
) -> None:
    _encode(name, root, view, drawing, entry, _encoders[0])
