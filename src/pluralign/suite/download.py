"""One file over HTTP, streamed to disk and resumed after a broken connection or a kill."""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from pluralign import __version__
from pluralign.errors import DataError

Progress = Callable[[str, int, int | None], None]
"""Called with a file's name, the bytes of it that are here, and its size in bytes where that is known."""

ATTEMPTS = 4
"""Connections in a row that may bring nothing before we give up."""

PAUSE = 1.0
"""Seconds before the second attempt; doubled before each further one."""

_BLOCK = 1 << 18
_SILENCE = 60
_FIX = "Pull again: it goes on where it stopped."


def download(
    address: str,
    path: Path,
    progress: Progress,
    *,
    resume_unmarked: bool = False,
    authorization: str | None = None,
) -> None:
    """Fetch ``address`` to ``path``; what has arrived before is kept in ``path.part`` and not fetched again.

    The server's mark of the version (a strong entity tag or the date of change) is kept beside the part, so that two
    versions of a file are never joined: with another one the download begins anew.

    Args:
        progress: called after every block.
        resume_unmarked: go on also where the server marks no version, as is safe where a digest is checked afterwards.
        authorization: the header of that name; only the server of ``address`` gets it, none that it redirects to.

    Raises:
        DataError: the address is no HTTP address, the server refuses, or it cannot be reached.
    """
    if not address.startswith(("https://", "http://")):
        raise DataError("not an HTTP address", where=address, fix="Mend the card of the task.")
    part, mark = path.with_name(f"{path.name}.part"), path.with_name(f"{path.name}.part.json")
    failures = 0
    while True:
        before = _size(part)
        try:
            request = urllib.request.Request(address, headers={"User-Agent": f"pluralign/{__version__}"})
            if authorization:
                request.add_unredirected_header("Authorization", authorization)
            if _stream(request, part, mark, progress, path.name, resume_unmarked):
                mark.unlink(missing_ok=True)
                part.replace(path)
                return
            reason = "the connection broke"
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code not in (408, 429):
                raise _refused(error, address) from None
            reason = f"the server answers {error.code}"
        except (OSError, http.client.HTTPException) as error:
            reason = str(getattr(error, "reason", error)) or type(error).__name__
        failures = 0 if _size(part) > before else failures + 1
        if failures >= ATTEMPTS:
            raise DataError(f"cannot be downloaded: {reason}", where=address, fix=_FIX)
        time.sleep(PAUSE * 2 ** max(failures - 1, 0))


def _stream(
    request: urllib.request.Request, part: Path, mark: Path, progress: Progress, name: str, resume_unmarked: bool
) -> bool:
    """Go on with one connection; True once the file is whole."""
    have, version = _size(part), _read_mark(mark)
    if have and (version or resume_unmarked):
        request.add_header("Range", f"bytes={have}-")
        if version:
            request.add_header("If-Range", version)
    try:
        response = urllib.request.urlopen(request, timeout=_SILENCE)
    except urllib.error.HTTPError as error:
        if error.code != http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        if error.headers.get("Content-Range") == f"bytes */{have}":
            return True
        part.unlink()
        return False
    with response:
        resumed = response.status == http.client.PARTIAL_CONTENT
        if resumed and not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            raise http.client.HTTPException("the server sent another range than was asked for")
        length = response.headers.get("Content-Length")
        have = have if resumed else 0
        total = have + int(length) if length else None
        with part.open("ab" if resumed else "wb") as file:
            if not resumed:  # only now that nothing of another version is left
                _write_mark(mark, response.headers)
            progress(name, have, total)
            while block := response.read(_BLOCK):
                file.write(block)
                have += len(block)
                progress(name, have, total)
    return total is None or have == total


def _refused(error: urllib.error.HTTPError, address: str) -> DataError:
    if error.code in (401, 403):
        return DataError(
            f"access is refused (HTTP {error.code})", where=address, fix="Look at its page for the terms."
        )
    return DataError(
        f"the source does not give this file (HTTP {error.code})", where=address, fix="See whether it has moved."
    )


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _read_mark(mark: Path) -> str | None:
    try:
        return json.loads(mark.read_bytes())["version"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write_mark(mark: Path, headers: http.client.HTTPMessage) -> None:
    tag = headers.get("ETag")
    # A weak tag promises the same meaning, not the same bytes.
    version = tag if tag and not tag.startswith("W/") else headers.get("Last-Modified")
    mark.write_text(json.dumps({"version": version}))
