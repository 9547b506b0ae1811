"""Run directories: the configuration, the rows as they are computed, the metrics; resumable after a kill.

Layout of a run folder::

    config.json    {"request": what determines the numbers, "environment": versions, platform, start}
    parts/         one Parquet file per finished key, while the run goes on
    parts.json     names of the parts that rows.parquet holds
    rows.parquet   all rows
    notes.json     facts about each model, as found when it was loaded
    metrics.json   the metrics; a run that has it is finished
    .lock          held by the process that computes

Each file is replaced whole, in the order parts, parts.json, rows.parquet, metrics.json, and parts are removed last, so
that a kill at any moment leaves either the state before a step or the state after it.
"""

import fcntl
import hashlib
import json
import math
import os
import platform
import re
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from io import BytesIO
from pathlib import Path
from typing import IO, Any, NoReturn, Self

import numpy as np
import polars as pl

from pluralign.errors import RunError

CONFIG, PARTS, KEYS, ROWS, NOTES, METRICS, LOCK = (
    "config.json",
    "parts",
    "parts.json",
    "rows.parquet",
    "notes.json",
    "metrics.json",
    ".lock",
)
_TEMPORARY = ".pluralign-tmp"
_PACKAGES = ("pluralign", "torch", "transformers", "tokenizers", "polars", "numpy", "scipy")
_RECOMPUTE = "Delete this file and run the command again."


@dataclass(frozen=True, slots=True)
class Metric:
    """One number of a run with its uncertainty.

    Attributes:
        model: name of the model, or of the baseline or floor that stands in its place.
        task: name of the task.
        kind: kind of measure: ``steer``, ``cover``, ``align`` and others (:mod:`pluralign.measure.parts`).
        metric: name of the number; says the logarithm's base and whether it is a distance or a divergence.
        value: the number, in ``unit``; None where it is undefined.
        low: lower end of its 95 % interval, or None.
        high: upper end, or None.
        n: number of rows behind it.
        unit: ``nats``, ``share``, ``answers`` and the like.
        warning: why the number may not mean what it says, or None.
    """

    model: str
    task: str
    kind: str
    metric: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    unit: str
    warning: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The metric as a record of ``metrics.json``, which has a warning only where there is one."""
        found = asdict(self)
        return found if self.warning else {name: value for name, value in found.items() if name != "warning"}


class Run:
    """A run folder that this process holds. Use it in a ``with`` statement, or :meth:`close` it.

    Attributes:
        folder: where it lies.
        config: the content of ``config.json``.
    """

    folder: Path
    config: dict[str, Any]

    def __init__(self, folder: Path, config: dict[str, Any], lock: IO[str]):
        self.folder, self.config, self._lock = folder, config, lock
        self._compacted = _compacted(folder)
        stems = _read_json(folder / KEYS, list) if self._compacted else [path.stem for path in _parts(folder)]
        self._done = set(stems)

    @classmethod
    def open(cls, folder: Path, config: dict[str, Any]) -> Self:
        """Create a run folder, or go on with the one that is there.

        Args:
            folder: the run folder; created with its parents.
            config: the arguments that determine the numbers; JSON values and paths.

        Raises:
            RunError: the folder cannot be written, is in use by another process, holds something else than a run, a
                broken run, or a run with another configuration (names the first key that differs).
        """
        request = json.loads(json.dumps(config, default=os.fspath, allow_nan=False))
        folder = Path(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = (folder / LOCK).open("a")
        except OSError as error:
            _unwritable(error, folder)
        try:
            _claim(lock, folder)
            stored = _stored_config(folder, request)
            try:
                (folder / PARTS).mkdir(exist_ok=True)
                for place in (folder, folder / PARTS):
                    for stray in place.glob(f"*{_TEMPORARY}"):
                        stray.unlink()
            except OSError as error:
                _unwritable(error, folder)
            run = cls(folder, stored, lock)
            if run.finished:
                run._remove_parts()
            return run
        except BaseException:
            lock.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let other processes use the folder. The end of the process, however it ends, does the same."""
        self._lock.close()

    @property
    def finished(self) -> bool:
        """True when the run has all its rows and metrics."""
        return _finished(self.folder)

    def done(self, key: str) -> bool:
        """True when the rows of ``key`` are on disk."""
        return _stem(key) in self._done

    def write(self, key: str, rows: pl.DataFrame) -> None:
        """Keep the rows of ``key``; when this returns they survive a kill. A key that is done stays as it is.

        Args:
            key: names a unit of work, such as model and task; any text.
            rows: its rows, perhaps none.

        Raises:
            RunError: the file cannot be written, or the rows of the run are complete and ``key`` is not among them.
        """
        if self.done(key):
            return
        if self._compacted:
            problem = f"the rows of the run are complete and lack {key!r}"
            raise RunError(problem, where=self.folder, fix="Give another --out.")
        stem = _stem(key)
        write_atomically(self.folder / PARTS / f"{stem}.parquet", _parquet(rows))
        self._done.add(stem)

    def note(self, name: str, facts: dict[str, Any]) -> None:
        """Keep facts about ``name`` in ``notes.json``, in place of earlier ones.

        Raises:
            RunError: the file cannot be written, or is damaged.
        """
        path = self.folder / NOTES
        known = _read_json(path, dict) if path.exists() else {}
        write_atomically(path, _json(known | {name: facts}))

    def rows(self) -> pl.DataFrame:
        """All rows written so far: parts in the order of their keys, whatever the order of writing.

        Parts may have different columns: absent ones are null, and types are widened.

        Raises:
            RunError: a file is damaged; names it.
        """
        if self._compacted:
            return _read_rows(self.folder / ROWS)
        parts = [_read_rows(path) for path in _parts(self.folder)]
        return pl.concat(parts, how="diagonal_relaxed") if parts else pl.DataFrame()

    def finish(self, metrics: Sequence[dict[str, Any]]) -> None:
        """Write ``rows.parquet`` and ``metrics.json``.

        Args:
            metrics: records of :class:`Metric`; stored sorted by model, task, kind and metric, with null for numbers
                that are not finite.

        Raises:
            RunError: a part is damaged, or a file cannot be written.
        """
        if not self._compacted:
            rows = self.rows()
            write_atomically(self.folder / KEYS, _json(sorted(self._done)))
            write_atomically(self.folder / ROWS, _parquet(rows))
            self._compacted = True
        ordered = sorted(metrics, key=lambda m: [str(m[k]) for k in ("model", "task", "kind", "metric")])
        records = [{name: _json_value(value) for name, value in record.items()} for record in ordered]
        write_atomically(self.folder / METRICS, _json(records))
        self._remove_parts()

    def metrics(self) -> list[dict[str, Any]]:
        """The records of ``metrics.json``.

        Raises:
            RunError: the run is not finished, or the file is damaged.
        """
        return _read_metrics(self.folder)

    def _remove_parts(self) -> None:
        try:
            if (self.folder / PARTS).exists():
                shutil.rmtree(self.folder / PARTS)
        except OSError as error:
            _unwritable(error, self.folder / PARTS)


def read(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]], pl.DataFrame]:
    """Configuration (with the notes under ``models``), metrics and rows of a finished run.

    Other processes may read it too.

    Raises:
        RunError: the folder holds no run, an unfinished one, or a damaged file.
    """
    folder = Path(folder)
    if not (folder / CONFIG).is_file():
        raise RunError("no run here", where=folder, fix="Give the --out folder of an earlier command.")
    config = _read_json(folder / CONFIG, dict)
    if (folder / NOTES).exists():
        config |= {"models": _read_json(folder / NOTES, dict)}
    return config, _read_metrics(folder), _read_rows(folder / ROWS)


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file whole: a reader, or a kill at any moment, sees its old content or its new one.

    Raises:
        RunError: the file cannot be written.
    """
    temporary = path.with_name(path.name + _TEMPORARY)
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        folder = os.open(path.parent, os.O_RDONLY)  # the new name is durable only once its folder is
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        _unwritable(error, path)


def _claim(lock: IO[str], folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fix = "Wait until it ends, or give another --out."
        raise RunError("the run folder is in use by another process", where=folder, fix=fix) from None
    except OSError as error:
        _unwritable(error, folder)


def _stored_config(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    """The configuration in the folder, checked against ``request``; written first where there is none."""
    path = folder / CONFIG
    if not path.exists():
        if foreign := [name for name in (PARTS, KEYS, ROWS, METRICS) if (folder / name).exists()]:
            problem = f"the folder holds {foreign[0]} but no {CONFIG}, so it is not a run"
            raise RunError(problem, where=folder, fix="Give another --out.")
        stored = {"request": request, "environment": _environment()}
        write_atomically(path, _json(stored))
        return stored
    stored = _read_json(path, dict, fix="Give another --out.")
    if difference := _difference(stored.get("request"), request, ""):
        problem = f"the run folder belongs to another configuration: {difference}"
        raise RunError(problem, where=folder, fix="Give another --out.")
    return stored


def _difference(old: object, new: object, place: str) -> str | None:
    """What differs first between two JSON values, in words, or None."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [(key, old.get(key), new.get(key)) for key in dict.fromkeys([*new, *old])]
        found = (_difference(a, b, f"{place}.{key}".lstrip(".")) for key, a, b in keys)
        return next(filter(None, found), None)
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        found = (_difference(a, b, f"{place}[{i}]") for i, (a, b) in enumerate(zip(old, new, strict=True)))
        return next(filter(None, found), None)
    if old == new:
        return None
    before, now = (text if len(text) <= 80 else f"{text[:79]}…" for text in (json.dumps(old), json.dumps(new)))
    return f"{place or 'request'} was {before}, is now {now}"


def _environment() -> dict[str, str]:
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "not installed"
    started = datetime.now(UTC).isoformat(timespec="seconds")
    return versions | {"python": platform.python_version(), "platform": platform.platform(), "started": started}


def _stem(key: str) -> str:
    # The digest tells apart keys that differ only in characters a file name cannot show; "+" sorts before the
    # characters of a readable name, so that a key comes before the keys that it begins.
    readable = re.sub(r"[^A-Za-z0-9._-]", "_", key)[:120]
    digest = hashlib.blake2b(key.encode(errors="surrogatepass"), digest_size=8).hexdigest()
    return f"{readable}+{digest}"


def _parts(folder: Path) -> list[Path]:
    return sorted((folder / PARTS).glob("*.parquet"))


def _compacted(folder: Path) -> bool:
    return (folder / KEYS).is_file() and (folder / ROWS).is_file()


def _finished(folder: Path) -> bool:
    return _compacted(folder) and (folder / METRICS).is_file()


def _read_metrics(folder: Path) -> list[dict[str, Any]]:
    if not _finished(folder):
        raise RunError("the run is not finished", where=folder, fix="Run the command again with the same arguments.")
    return _read_json(folder / METRICS, list)


def _read_rows(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        problem = f"damaged rows: {str(error).splitlines()[0]}"
        raise RunError(problem, where=path, fix=_RECOMPUTE) from None


def _read_json(path: Path, form: type[dict] | type[list], fix: str = _RECOMPUTE) -> Any:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise RunError(f"damaged file: {error}", where=path, fix=fix) from None
    if not isinstance(content, form):
        raise RunError(f"damaged file: not a JSON {form.__name__}", where=path, fix=fix)
    return content


def _parquet(rows: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    rows.write_parquet(buffer)
    return buffer.getvalue()


def _json(content: object) -> bytes:
    return (json.dumps(content, indent=2, allow_nan=False) + "\n").encode()


def _json_value(value: object) -> object:
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain


def _unwritable(error: OSError, place: Path) -> NoReturn:
    fix = "Free disk space or give another --out."
    raise RunError(f"cannot write: {error.strerror or error}", where=place, fix=fix) from None
