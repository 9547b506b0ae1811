import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pluralign.episode import Process
from pluralign.errors import DataError, UsageError
from pluralign.suite import Card, DataRoot, Fetch, Task, download, record
from pluralign.suite.data import pulled_folder
from pluralign.suite.pull import destination, instructions, pull, pull_all
from tests.suite.servers import COMMIT, Files, Hub, serving

CARD = Card(
    name="made_up",
    kind="steer",
    summary="letters",
    source="this test",
    access="https://example.org/letters",
    licence="CC0-1.0",
    citation="none",
    split="heldout",
    unit="letter",
    files=("http/letters/a.csv",),
)
A, B = b"letter\nx\n" * 3000, b"letter\ny\n" * 3000


def task(fetch: Fetch | None, name: str = "made_up", **card) -> Task:
    def load(root: DataRoot) -> Iterator[Process]:
        yield from ()

    files = (fetch.folder,) if fetch else CARD.files
    return Task(replace(CARD, **{"name": name, "fetch": fetch, "files": files} | card), load)


def tree(folder: Path) -> dict[str, bytes]:
    """The content of all files under a folder, but for records."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != record.NAME]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def git(folder: Path, *arguments: str) -> str:
    names = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *names, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "PAUSE", 0.01)


@pytest.fixture
def server() -> Iterator[tuple[str, type[Files]]]:
    with serving(Files, {"/letters/a.csv": A, "/letters/more/b c.csv": B}) as running:
        yield running


@pytest.fixture
def repository(tmp_path: Path) -> tuple[Path, list[str]]:
    """A repository with two commits, and their names."""
    folder = tmp_path / "origin"
    (folder / "data [1]").mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    # As the large hosts do: wanted files can be fetched without the others.
    git(folder, "config", "uploadpack.allowFilter", "true")
    (folder / "data [1]" / "votes.csv").write_bytes(b"a,b\r\n1,2\r\n")
    (folder / "data1").mkdir()
    (folder / "data1" / "votes.csv").write_text("another file\n")
    (folder / "big.bin").write_bytes(os.urandom(100_000))
    (folder / "README.md").write_text("words\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "one")
    first = git(folder, "rev-parse", "HEAD")
    (folder / "data [1]" / "votes.csv").write_text("a,b\n3,4\n")
    git(folder, "commit", "--quiet", "-am", "two")
    return folder, [first, git(folder, "rev-parse", "HEAD")]


def test_http_files_arrive_with_a_record(server, tmp_path: Path):
    known = (("a.csv", sha(A)),)
    fetch = Fetch("http", f"{server[0]}/letters", "http/letters", ("a.csv", "more/b c.csv"), sha256=known)
    pulled = pull(task(fetch), tmp_path)
    assert pulled.fetched and pulled.folder == tmp_path / "http" / "letters"
    assert tree(tmp_path) == {"http/letters/a.csv": A, "http/letters/more/b c.csv": B}
    written = json.loads((pulled.folder / ".pluralign-source.json").read_text())
    assert written["address"] == f"{server[0]}/letters"
    assert {n: (f["size"], f["sha256"]) for n, f in written["files"].items()} == {
        "a.csv": (len(A), sha(A)),
        "more/b c.csv": (len(B), sha(B)),
    }
    assert record.read(pulled.folder) == pulled.record
    assert time.time() - 60 < time.mktime(time.strptime(written["date"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone


def test_the_licence_is_announced_before_the_first_byte(server, tmp_path: Path):
    address, handler = server
    seen = []
    fetch = Fetch("http", f"{address}/letters/", "http/letters", ("a.csv",))
    pull(task(fetch), tmp_path, announce=lambda card: seen.append((card.licence, card.citation, len(handler.asked))))
    assert seen == [("CC0-1.0", "none", 0)]


def test_what_is_here_is_not_fetched_again(server, tmp_path: Path):
    address, handler = server
    fetch = Fetch("http", f"{address}/letters", "http/letters", ("a.csv",))
    pull(task(fetch), tmp_path)
    handler.asked.clear()
    assert not pull(task(fetch), tmp_path).fetched
    assert handler.asked == []
    (tmp_path / "http/letters/a.csv").write_bytes(b"damaged")
    assert pull(task(fetch), tmp_path).fetched
    assert tree(tmp_path) == {"http/letters/a.csv": A}


def test_tasks_of_one_source_share_one_pull(server, tmp_path: Path):
    address, handler = server
    one = Fetch("http", f"{address}/letters", "http/letters", ("a.csv",))
    tasks = [task(one, "one"), task(one, "two"), task(replace(one, files=("a.csv", "more/b c.csv")), "three")]
    announced = []
    [(sharing, pulled)] = pull_all(tasks, tmp_path, announce=lambda card: announced.append(card.name))
    assert sharing == tasks and announced == ["one", "two", "three"]
    assert [path for path, _ in handler.asked] == ["/letters/a.csv", "/letters/more/b%20c.csv"]
    assert pulled.tasks == ("one", "two", "three")
    assert all(not pull(one_of_them, tmp_path).fetched for one_of_them in tasks)


def test_a_second_task_of_a_source_adds_its_files(server, tmp_path: Path):
    fetch = Fetch("http", f"{server[0]}/letters", "http/letters", ("a.csv",))
    pull(task(fetch), tmp_path)
    pull(task(replace(fetch, files=("more/b c.csv",))), tmp_path)
    assert tree(tmp_path) == {"http/letters/a.csv": A, "http/letters/more/b c.csv": B}
    assert not pull(task(fetch), tmp_path).fetched


def test_one_failure_does_not_stop_the_others(server, tmp_path: Path):
    fine = Fetch("http", f"{server[0]}/letters", "http/letters", ("a.csv",))
    bad = Fetch("http", f"{server[0]}/nothing", "http/nothing", ("a.csv",))
    results = [result for _, result in pull_all([task(bad, "bad"), task(None, "none"), task(fine, "fine")], tmp_path)]
    assert "HTTP 404" in str(results[0]) and "cannot be fetched by a program" in str(results[1])
    assert tree(tmp_path) == {"http/letters/a.csv": A}
    assert not (tmp_path / "http" / "nothing").exists()


def test_a_task_that_still_lacks_a_file_does_not_count_as_pulled(server, tmp_path: Path):
    fetch = Fetch("http", f"{server[0]}/letters", "http/letters", ("a.csv",))
    files = ("http/letters/a.csv", "http/letters/b.csv|other/b.csv")
    with pytest.raises(DataError) as caught:
        pull(task(fetch, files=files, steps="Ask for b.csv."), tmp_path)
    assert str(caught.value).startswith("made_up was pulled and still lacks http/letters/b.csv or other/b.csv")
    assert str(caught.value).endswith("\n1. Ask for b.csv.")
    assert tree(tmp_path) == {"http/letters/a.csv": A}


def test_a_wrong_checksum_is_refused_and_leaves_nothing_behind(server, tmp_path: Path):
    fetch = Fetch("http", f"{server[0]}/letters", "http/letters", ("a.csv", "more/b c.csv"))
    wrong = replace(fetch, sha256=(("more/b c.csv", sha(A)),))
    with pytest.raises(DataError, match=f"wrong checksum: SHA-256 is {sha(B)}, expected {sha(A)}.*b c.csv"):
        pull(task(wrong), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_checksum_leaves_earlier_data_as_it_was(server, tmp_path: Path):
    fetch = Fetch("http", f"{server[0]}/letters", "http/letters", ("a.csv",))
    pull(task(fetch), tmp_path)
    with pytest.raises(DataError, match="wrong checksum"):
        pull(task(replace(fetch, sha256=(("a.csv", sha(B)),))), tmp_path)
    assert tree(tmp_path) == {"http/letters/a.csv": A}


SLOW = """
import sys, time
from pathlib import Path
from tests.suite.test_pull import task
from pluralign.suite import Fetch
from pluralign.suite.pull import pull

def progress(name, done, total):
    if name == "b c.csv" and done:
        print("half way", flush=True)
        time.sleep(60)

pull(task(Fetch("http", sys.argv[1] + "/letters", "http/letters", ("a.csv", "more/b c.csv"))), Path(sys.argv[2]),
     progress=progress)
"""


def test_a_killed_pull_shows_nothing_and_goes_on_later(server, tmp_path: Path):
    address, handler = server
    long = B * 40
    handler.content["/letters/more/b c.csv"] = long
    child = subprocess.Popen([sys.executable, "-c", SLOW, address, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdout.readline() == "half way\n"
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert not (tmp_path / "http" / "letters").exists()
    part = next(tmp_path.rglob("*.part"))
    assert 0 < part.stat().st_size < len(long)
    here = part.stat().st_size
    handler.asked.clear()
    pull(task(Fetch("http", f"{address}/letters", "http/letters", ("a.csv", "more/b c.csv"))), tmp_path)
    assert tree(tmp_path) == {"http/letters/a.csv": A, "http/letters/more/b c.csv": long}
    assert handler.asked == [("/letters/more/b%20c.csv", f"bytes={here}-")]


def test_parts_of_another_source_are_not_taken_over(server, tmp_path: Path):
    address, handler = server
    handler.content["/other/a.csv"] = B
    handler.cut = [20_000, 0, 0, 0, 0]
    with pytest.raises(DataError, match="cannot be downloaded"):
        pull(task(Fetch("http", f"{address}/letters", "http/letters", ("a.csv",))), tmp_path)
    handler.mark = False
    pull(task(Fetch("http", f"{address}/other", "http/letters", ("a.csv",))), tmp_path)
    assert tree(tmp_path) == {"http/letters/a.csv": B}


def test_two_pulls_of_one_source_do_not_mix(server, tmp_path: Path):
    fetch = Fetch("http", f"{server[0]}/letters", "http/letters", ("a.csv",))

    def again(name: str, done: int, total: int | None) -> None:
        with pytest.raises(UsageError, match="another pull of this source is running"):
            pull(task(fetch), tmp_path)

    assert pull(task(fetch), tmp_path, progress=again).fetched


@pytest.mark.parametrize(
    "fetch", [Fetch("http", "http://x", "../out", ("a",)), Fetch("http", "http://x", "in", ("/a",))]
)
def test_no_path_leads_out_of_the_root(fetch: Fetch, tmp_path: Path):
    with pytest.raises(DataError, match="leads out of the data root"):
        pull(task(fetch), tmp_path / "root")


def test_git_brings_the_wanted_files_of_one_revision(repository, tmp_path: Path):
    origin, commits = repository
    fetch = Fetch("git", origin.as_uri(), "git/owner/name", ("data [[]1]/*", "*.md"), revision=commits[0])
    pulled = pull(task(fetch), tmp_path / "root")
    assert tree(pulled.folder) == {"data [1]/votes.csv": b"a,b\r\n1,2\r\n", "README.md": b"words\n"}
    assert pulled.record.revision == commits[0]
    newest = pull(task(replace(fetch, revision=None)), tmp_path / "root")
    assert newest.fetched and newest.record.revision == commits[1]
    assert tree(newest.folder)["data [1]/votes.csv"] == b"a,b\n3,4\n"


def test_git_brings_everything_by_default(repository, tmp_path: Path):
    origin, _ = repository
    pulled = pull(task(Fetch("git", str(origin), "git/owner/name")), tmp_path / "root")
    assert set(tree(pulled.folder)) == {"data [1]/votes.csv", "data1/votes.csv", "big.bin", "README.md"}
    assert not (pulled.folder / ".git").exists()


def test_files_that_a_new_revision_lacks_are_removed(repository, tmp_path: Path):
    origin, commits = repository
    git(origin, "rm", "--quiet", "-r", "data1")
    git(origin, "commit", "--quiet", "-m", "three")
    fetch = Fetch("git", str(origin), "git/owner/name", revision=commits[1])
    folder = pull(task(fetch), tmp_path / "root").folder
    assert (folder / "data1" / "votes.csv").exists()
    (folder / "mine.txt").write_text("not pulled")
    pull(task(replace(fetch, revision="main")), tmp_path / "root")
    assert set(tree(folder)) == {"data [1]/votes.csv", "big.bin", "README.md", "mine.txt"}
    assert not (folder / "data1").exists()


SLOW_CLONE = """
import sys
from pathlib import Path
from tests.suite.test_pull import task
from pluralign.suite import Fetch
from pluralign.suite.pull import pull

pull(task(Fetch("git", sys.argv[1], "git/owner/name", ("*.bin",))), Path(sys.argv[2]))
"""


def test_a_killed_clone_shows_nothing_and_succeeds_later(repository, tmp_path: Path):
    origin, _ = repository
    root, begun, hook, config = (tmp_path / name for name in ("root", "begun", "stall.sh", "gitconfig"))
    hook.write_text(f"#!/bin/sh\ntouch '{begun}'\nsleep 60\n")
    hook.chmod(0o755)
    config.write_text(f"[uploadpack]\n packObjectsHook = {hook}\n")
    environment = os.environ | {"GIT_CONFIG_GLOBAL": str(config)}
    command = [sys.executable, "-c", SLOW_CLONE, str(origin), str(root)]
    child = subprocess.Popen(command, env=environment, start_new_session=True)
    while not begun.exists() and child.poll() is None:
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    assert begun.exists()
    assert DataRoot(root).find("git/owner/name") is None
    assert (root / "git/owner/name.pluralign-part").is_dir()
    fetch = Fetch("git", str(origin), "git/owner/name", ("*.bin",))
    assert set(tree(pull(task(fetch), root).folder)) == {"big.bin"}
    assert [path.name for path in (root / "git/owner").iterdir()] == ["name"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"address": "{origin}/nowhere"}, "git cannot fetch the source: .*nowhere"),
        ({"revision": "v9"}, "git cannot fetch the source: couldn't find remote ref v9 .* at v9"),
        ({"files": ("*.xml",)}, r"no file that matches \*\.xml"),
        ({"sha256": (("big.bin", "0" * 64),)}, "wrong checksum"),
        ({"sha256": (("small.bin", "0" * 64),)}, "the source has no file small.bin"),
        ({"address": "ext::sh -c true"}, "git cannot fetch the source: transport 'ext' not allowed"),
    ],
)
def test_what_git_cannot_give_leaves_nothing_behind(repository, tmp_path: Path, change: dict, message: str):
    origin, _ = repository
    fetch = Fetch("git", str(origin), "git/owner/name")
    change = {key: value.format(origin=origin) if key == "address" else value for key, value in change.items()}
    with pytest.raises(DataError, match=message):
        pull(task(replace(fetch, **change)), tmp_path / "root")
    assert not (tmp_path / "root").exists() or list((tmp_path / "root").iterdir()) == []


def test_a_pointer_in_place_of_a_file_is_noticed(repository, tmp_path: Path):
    origin, _ = repository
    (origin / "large.csv").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    git(origin, "add", ".")
    git(origin, "commit", "--quiet", "-m", "three")
    with pytest.raises(DataError, match=r"git-lfs \(large.csv\)"):
        pull(task(Fetch("git", str(origin), "git/owner/name")), tmp_path / "root")


HUB = """
import json, os, sys
from pathlib import Path
from tests.suite.servers import Hub, serving
from tests.suite.test_pull import A, B, task, tree
from pluralign.errors import PluralignError
from pluralign.suite import Fetch
from pluralign.suite.pull import pull

root, said = Path(sys.argv[1]), []

def get(name, revision=None):
    handler.asked.clear()
    fetch = Fetch("hub", name, "hub/" + name, ("data/*.csv",), revision=revision)
    try:
        result = pull(task(fetch, steps="Open the page.\\nAccept the terms."), root).record.revision
    except PluralignError as error:
        result = str(error)
    said.append([result, sorted(path.split("/")[-1] for path, _ in handler.asked)])

with serving(Hub, {"/data/a.csv": A, "/data/b.csv": B, "/model.bin": b"not wanted"}) as (address, handler):
    os.environ["HF_ENDPOINT"] = address
    get("owner/name")
    get("owner/name")
    get("owner/nothing")
    get("owner/name", "v9")
    get("owner/gated")
get("owner/other")
print(json.dumps(said))
"""


def test_the_hub_gives_the_wanted_files_or_says_why_not(tmp_path: Path):
    # The client reads its address when it is imported, so it runs in a process of its own, with its server.
    settings = {"HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1", "NO_PROXY": "127.0.0.1"}
    environment = os.environ | settings | {"HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    command = [sys.executable, "-c", HUB, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    first, again, nothing, v9, gated, gone = json.loads(done.stdout)
    assert first == [COMMIT, ["a.csv", "b.csv"]]
    assert again == [COMMIT, []]
    assert tree(tmp_path) == {"hub/owner/name/data/a.csv": A, "hub/owner/name/data/b.csv": B}
    assert nothing[0].startswith("the hub has no such data set (owner/nothing)")
    assert v9[0].startswith("the data set has no revision v9")
    assert gated[0].startswith("the data set is gated")
    assert gone[0].startswith("the hub does not answer: ")
    assert gated[0].endswith("\n1. Open the page.\n2. Accept the terms.")
    assert [path.name for path in (tmp_path / "hub" / "owner").iterdir()] == ["name"]


HUB_PULL = """
import sys
from pathlib import Path
from tests.suite.test_pull import task
from pluralign.suite import Fetch
from pluralign.suite.pull import pull

pull(task(Fetch("hub", "owner/name", "hub/owner/name", ("data/*.csv",))), Path(sys.argv[1]))
"""


def test_a_killed_hub_pull_shows_nothing_and_goes_on_later(tmp_path: Path):
    long, kept = B * 40, 500_000
    settings = {"HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1", "NO_PROXY": "127.0.0.1"}
    command = [sys.executable, "-c", HUB_PULL, str(tmp_path)]
    with serving(Hub, {"/data/a.csv": long}) as (address, handler):
        environment = os.environ | settings | {"HF_ENDPOINT": address}
        handler.cut = [kept, *[0] * 9]
        child = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while len(handler.asked) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        child.kill()
        child.wait()
        assert len(handler.asked) >= 2
        assert not (tmp_path / "hub" / "owner" / "name").exists()
        handler.asked.clear()
        handler.cut = []
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        assert [start for _, start in handler.asked] == [f"bytes={kept}-"]
    assert tree(tmp_path) == {"hub/owner/name/data/a.csv": long}


def test_a_manual_source_gives_numbered_steps(tmp_path: Path):
    manual = task(None, steps="Register.\n\nDownload the file.")
    assert instructions(manual.card) == ["1. Register.", "2. Download the file."]
    with pytest.raises(UsageError) as caught:
        pull(manual, tmp_path)
    assert str(caught.value) == (
        "made_up cannot be fetched by a program."
        " How to get it (licence: CC0-1.0):\n1. Register.\n2. Download the file."
    )
    with pytest.raises(UsageError, match=r"Its access: https://example\.org/letters"):
        pull(task(None), tmp_path)
    with pytest.raises(UsageError, match="needs no source data"):
        pull(task(None, files=()), tmp_path)


def test_where_pulled_data_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert destination(DataRoot(tmp_path)) == tmp_path
    assert destination(DataRoot(None)) == pulled_folder()
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # a superuser may write everywhere
    assert destination(DataRoot(tmp_path)) == pulled_folder()


def test_a_root_that_cannot_be_written_is_an_error(server, tmp_path: Path):
    (tmp_path / "http").touch()
    with pytest.raises(DataError, match=r"cannot write: .* Give a --data-root"):
        pull(task(Fetch("http", f"{server[0]}/letters", "http/letters", ("a.csv",))), tmp_path)


def test_a_damaged_record_is_named(tmp_path: Path):
    (tmp_path / record.NAME).write_text('{"files": [1]}')
    with pytest.raises(DataError, match=r"damaged: .*Delete it and pull again"):
        record.read(tmp_path)
