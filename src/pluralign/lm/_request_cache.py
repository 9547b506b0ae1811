"""A cache on disk of what a server answered, one database per server and model.

An entry belongs to the full request, so a second run asks nothing. Keys of the user and headers are no part of it.
"""

import hashlib
import json
import os
import re
import sqlite3
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pluralign.errors import RunError
from pluralign.suite.data import cache_folder


class RequestCache:
    """Answers of one model on one server, by request; nothing is kept where the user cache is switched off.

    Safe for several threads and processes: an entry is written in one transaction, whole or not at all.

    Args:
        url: address of the server.
        model: name of the model there.
    """

    def __init__(self, url: str, model: str):
        name = f"{re.sub(r'[^A-Za-z0-9.-]+', '-', model)[-40:]}-{_digest([url, model]).hex()[:16]}.sqlite"
        off = os.environ.get("XDG_CACHE_HOME") == os.devnull
        self.path = None if off else cache_folder() / "requests" / name

    def get(self, *request: Any) -> Any:
        """The answer to a request (anything that JSON can hold), or None.

        Raises:
            RunError: the cache cannot be read.
        """
        if self.path is None or not self.path.exists():
            return None
        with _open(self.path) as database:
            row = database.execute("SELECT answer FROM answers WHERE request = ?", (_digest(request),)).fetchone()
        return row and json.loads(zlib.decompress(row[0]))

    def put(self, answer: Any, *request: Any) -> None:
        """Keep the answer to a request.

        Raises:
            RunError: the cache cannot be written.
        """
        if self.path is not None:
            packed = zlib.compress(json.dumps(answer, ensure_ascii=False).encode())
            with _open(self.path) as database:
                database.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (_digest(request), packed))


def _digest(request: Any) -> bytes:
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).digest()


@contextmanager
def _open(path: Path) -> Generator[sqlite3.Connection]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(path, timeout=60)
        try:
            with database:
                database.execute("CREATE TABLE IF NOT EXISTS answers (request BLOB PRIMARY KEY, answer BLOB)")
                yield database
        finally:
            database.close()
    except (OSError, sqlite3.Error, zlib.error, ValueError) as error:
        raise RunError(
            f"the cache of requests cannot be used: {error}",
            where=path,
            fix="Free disk space or delete this file; XDG_CACHE_HOME names another folder, or /dev/null for no cache.",
        ) from error
