"""A cache on disk of the vectors of texts, one database per model.

Vectors are kept in single precision (1.5 kB for 384 dimensions): in half of it, a run that reads would not repeat the
numbers of the run that wrote, or the rounding would depend on what was encoded together.
"""

import hashlib
import os
import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from pluralign.errors import RunError
from pluralign.suite.data import cache_folder

_ASKED = 500
"""Keys in one query; the database allows no more than 999 in its older versions."""


class Vectors:
    """The vectors of one model, by text; nothing is kept where the user cache is switched off.

    Args:
        model: what identifies the model, such as the digest of its weights.
    """

    def __init__(self, model: str):
        off = os.environ.get("XDG_CACHE_HOME") == os.devnull
        self._path = None if off else cache_folder() / "embeddings" / f"{model[:32]}.sqlite"

    def read(self, texts: Iterable[str]) -> dict[str, np.ndarray]:
        """The vectors, float32, of those of ``texts`` that are kept.

        Raises:
            RunError: the cache cannot be read.
        """
        if self._path is None or not self._path.exists():
            return {}
        wanted = {_key(text): text for text in texts}
        keys, found = list(wanted), {}
        with _open(self._path) as database:
            for start in range(0, len(keys), _ASKED):
                asked = keys[start : start + _ASKED]
                marks = ",".join("?" * len(asked))
                found.update(database.execute(f"SELECT text, vector FROM vectors WHERE text IN ({marks})", asked))
        return {wanted[key]: np.frombuffer(vector, "<f4") for key, vector in found.items()}

    def add(self, vectors: dict[str, np.ndarray]) -> None:
        """Keep more vectors: all of them or, where that fails, none.

        Raises:
            RunError: the cache cannot be written.
        """
        if self._path is not None:
            with _open(self._path) as database:
                rows = [(_key(text), vector.astype("<f4").tobytes()) for text, vector in vectors.items()]
                database.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


@contextmanager
def _open(path: Path) -> Generator[sqlite3.Connection]:
    """The database in one transaction; several processes may use it at once."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(path, timeout=60)
        try:
            with database:
                database.execute(
                    "CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID"
                )
                yield database
        finally:
            database.close()
    except (OSError, sqlite3.Error) as error:
        raise RunError(
            f"the cache of embeddings cannot be used: {error}",
            where=path,
            fix="Free disk space or delete this file; XDG_CACHE_HOME names another folder, or /dev/null for no cache.",
        ) from error
