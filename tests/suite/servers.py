"""Real servers on the loopback interface: files over HTTP with ranges, and the part of the hub that pulling uses."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar
from urllib.parse import unquote

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Files(BaseHTTPRequestHandler):
    """Serves ``content`` by path, with ranges; notes what was asked for.

    ``cut``: bytes after which each of the next connections breaks off; ``mark``: whether versions are marked.
    """

    content: ClassVar[dict[str, bytes]]
    asked: ClassVar[list[tuple[str, str | None]]]
    cut: ClassVar[list[int]]
    mark: ClassVar[bool]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["Range"]))
        if unquote(self.path) not in self.content:
            return self.send_error(404)
        self._serve(self.content[unquote(self.path)])

    def _serve(self, body: bytes, **headers: str) -> None:
        """Send the part of a file that is asked for, or as much of it as ``cut`` allows."""
        tag, start = f'"{sha256(body).hexdigest()[:8]}"', 0
        asked = self.headers["Range"]
        if asked and self.headers.get("If-Range", tag) == tag:
            start = int(asked.removeprefix("bytes=").split("-")[0])
        if start >= len(body) and start:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(body)}")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        if self.mark:
            self.send_header("ETag", tag)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        end = start + self.cut.pop(0) if self.cut else len(body)
        self.wfile.write(body[start:end])

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Redirecting(Files):
    """Sends requests on to the same path at the address ``elsewhere``; notes what it was shown as authorization."""

    elsewhere: ClassVar[str]
    shown: ClassVar[list[str | None]]

    def do_GET(self) -> None:
        self.shown.append(self.headers["Authorization"])
        if not self.elsewhere:
            return super().do_GET()
        self.send_response(302)
        self.send_header("Location", self.elsewhere + self.path)
        self.send_header("Content-Length", "0")
        return self.end_headers()


class Hub(Files):
    """Data set ``owner/name`` with one commit; ``owner/gated`` lists its files and wants its terms accepted."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        files = {name.removeprefix("/"): content for name, content in self.content.items()}
        path = self.path.split("?")[0]
        if path in ("/api/datasets/owner/name", "/api/datasets/owner/gated"):
            siblings = [{"rfilename": name} for name in files]
            return self._send(json.dumps({"id": "owner/name", "sha": COMMIT, "siblings": siblings}).encode(), body)
        if path.startswith("/api/datasets/owner/name/revision/"):
            return self._send(b"", body, status=404, **{"X-Error-Code": "RevisionNotFound"})
        prefix = f"/datasets/owner/name/resolve/{COMMIT}/"
        if path.startswith(prefix) and path.removeprefix(prefix) in files:
            if body:
                self.asked.append((path, self.headers["Range"]))
                return self._serve(files[path.removeprefix(prefix)], **{"X-Repo-Commit": COMMIT})
            return self._send(files[path.removeprefix(prefix)], body)
        gated = "gated" in path
        code = {"X-Error-Code": "GatedRepo" if gated else "RepoNotFound"}
        return self._send(b"", body, status=403 if gated else 404, **code)

    def _send(self, content: bytes, body: bool, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        facts = {"Content-Length": str(len(content)), "ETag": f'"{sha256(content).hexdigest()[:8]}"'}
        for name, value in (facts | {"X-Repo-Commit": COMMIT} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)


@contextmanager
def serving(kind: type[Files], content: dict[str, bytes]) -> Iterator[tuple[str, type[Files]]]:
    """The address of a running server, and its handler, whose settings may be changed."""
    handler = type("Handler", (kind,), {"content": dict(content), "asked": [], "cut": [], "mark": True})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", handler
        finally:
            server.shutdown()
            thread.join()
