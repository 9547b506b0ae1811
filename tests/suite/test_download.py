import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from pluralign.errors import DataError
from pluralign.suite import download as module
from pluralign.suite.download import download
from tests.suite.servers import Files, Redirecting, serving

BODY = random.Random(0).randbytes(700_000)


def quiet(name: str, done: int, total: int | None) -> None:
    """No progress is shown."""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.01)


@pytest.fixture
def server() -> Iterator[tuple[str, type[Files]]]:
    with serving(Files, {"/data.bin": BODY}) as running:
        yield running


def test_a_file_arrives_whole_and_says_how_far_it_is(server, tmp_path: Path):
    said = []
    download(f"{server[0]}/data.bin", tmp_path / "data.bin", lambda *news: said.append(news))
    assert (tmp_path / "data.bin").read_bytes() == BODY
    assert [path.name for path in tmp_path.iterdir()] == ["data.bin"]
    assert said[0] == ("data.bin", 0, len(BODY)) and said[-1] == ("data.bin", len(BODY), len(BODY))
    assert [done for _, done, _ in said] == sorted(done for _, done, _ in said)


def test_a_broken_connection_goes_on_where_it_stopped(server, tmp_path: Path):
    address, handler = server
    handler.cut = [300_000, 200_000]
    download(f"{address}/data.bin", tmp_path / "data.bin", quiet)
    assert (tmp_path / "data.bin").read_bytes() == BODY
    assert [asked for _, asked in handler.asked] == [None, "bytes=300000-", "bytes=500000-"]


def test_a_download_that_was_given_up_goes_on_with_the_next_call(server, tmp_path: Path):
    address, handler = server
    handler.cut = [300_000, 0, 0, 0, 0]
    with pytest.raises(DataError, match=r"cannot be downloaded: the connection broke .* goes on where it stopped"):
        download(f"{address}/data.bin", tmp_path / "data.bin", quiet)
    assert (tmp_path / "data.bin.part").read_bytes() == BODY[:300_000]
    handler.asked.clear()
    download(f"{address}/data.bin", tmp_path / "data.bin", quiet)
    assert (tmp_path / "data.bin").read_bytes() == BODY
    assert handler.asked == [("/data.bin", "bytes=300000-")]


def test_two_versions_of_a_file_are_never_joined(server, tmp_path: Path):
    address, handler = server
    handler.cut = [300_000, 0, 0, 0, 0]
    with pytest.raises(DataError):
        download(f"{address}/data.bin", tmp_path / "data.bin", quiet)
    handler.content["/data.bin"] = BODY[::-1]
    download(f"{address}/data.bin", tmp_path / "data.bin", quiet)
    assert (tmp_path / "data.bin").read_bytes() == BODY[::-1]


@pytest.mark.parametrize(("checked", "asked"), [(False, None), (True, "bytes=300000-")])
def test_an_unmarked_version_is_resumed_only_where_a_digest_follows(
    server, tmp_path, checked: bool, asked: str | None
):
    address, handler = server
    handler.mark, handler.cut = False, [300_000]
    download(f"{address}/data.bin", tmp_path / "data.bin", quiet, resume_unmarked=checked)
    assert (tmp_path / "data.bin").read_bytes() == BODY
    assert [given for _, given in handler.asked] == [None, asked]


def test_a_part_that_is_whole_already_is_taken(server, tmp_path: Path):
    address, handler = server
    download(f"{address}/data.bin", tmp_path / "first", quiet)
    (tmp_path / "second.part").write_bytes(BODY)
    (tmp_path / "second.part.json").write_text(json.dumps({"version": "anything"}))
    handler.mark = False
    handler.asked.clear()
    download(f"{address}/data.bin", tmp_path / "second", quiet, resume_unmarked=True)
    assert (tmp_path / "second").read_bytes() == BODY


def test_only_the_first_server_is_shown_the_authorization(tmp_path: Path):
    with serving(Redirecting, {}) as (address, first), serving(Redirecting, {"/data.bin": BODY}) as (other, second):
        first.elsewhere, first.shown = other, []
        second.elsewhere, second.shown = "", []
        download(f"{address}/data.bin", tmp_path / "data.bin", quiet, authorization="Bearer secret")
    assert (tmp_path / "data.bin").read_bytes() == BODY
    assert (first.shown, second.shown) == (["Bearer secret"], [None])


def test_an_absent_file_is_refused_at_once(server, tmp_path: Path):
    address, handler = server
    with pytest.raises(DataError, match=r"does not give this file \(HTTP 404\)"):
        download(f"{address}/other.bin", tmp_path / "other.bin", quiet)
    assert len(handler.asked) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there_is_named(tmp_path: Path):
    with serving(Files, {}) as (address, _):
        gone = address
    with pytest.raises(DataError, match=f"cannot be downloaded: .*refused.* \\({gone}/data.bin\\)"):
        download(f"{gone}/data.bin", tmp_path / "data.bin", quiet)


def test_only_http_addresses_are_opened(tmp_path: Path):
    (tmp_path / "secret").write_text("x")
    with pytest.raises(DataError, match="not an HTTP address"):
        download((tmp_path / "secret").as_uri(), tmp_path / "data.bin", quiet)
