"""The engines: a local Ray cluster gives the numbers of one process, also when its workers are killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from functools import partial
from pathlib import Path

import pytest
import ray

from pluralign.episode import Prompt
from pluralign.errors import ModelError
from pluralign.lm import load
from pluralign.lm.scripted import ScriptedModel
from pluralign.measure import Request, audit, engine
from pluralign.runs import read

REQUEST = Request(("even", "biased"), ("coinflip", "weekdays_full"), limit=40, samples=10)
"""Tasks of two kinds that need no data, and more than one model per worker."""

HEADS = {"even": 0.45, "biased": 0.8}


def scripted(name: str) -> ScriptedModel:
    """A model that says Heads, Tails or Monday; what it answers is made here, so that workers need not import this."""
    heads = HEADS[name]

    def answers(prompt: Prompt) -> dict[str, float]:
        time.sleep(0.0002)  # so that a unit takes long enough to be killed in
        return {"Heads": heads, "Tails": 0.9 - heads, "Monday": 0.1}

    return ScriptedModel(answers, name=name)


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Generator[None]:
    """Two workers on this machine."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=2, object_store_memory=2**27, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of the same request in this process."""
    folder = tmp_path_factory.mktemp("local") / "run"
    audit(REQUEST, folder, scripted)
    return folder


def workers() -> set[int]:
    """Ids of the processes of the workers, which are descendants of this one."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    parents, named = {}, set()
    for line in listed.splitlines():
        pid, parent, arguments = line.split(maxsplit=2)
        parents[int(pid)] = int(parent)
        if arguments.startswith("ray::_Worker"):
            named.add(int(pid))

    def ours(pid: int) -> bool:
        return pid == os.getpid() or (pid in parents and ours(parents[pid]))

    return {pid for pid in named if ours(pid)}


def same(folder: Path, expected: Path) -> bool:
    _, metrics, rows = read(folder)
    _, known, known_rows = read(expected)
    return metrics == known and rows.equals(known_rows)


def test_a_cluster_gives_the_numbers_of_a_real_model_to_the_last_digit(tmp_path: Path) -> None:
    request = Request(("nano-spectrum",), ("coinflip", "urn"), limit=12)
    cpu, seen = partial(load, device="cpu"), set()
    here, there = tmp_path / "local", tmp_path / "ray"
    audit(request, here, cpu)
    audit(request, there, cpu, engine=engine.on_ray, progress=lambda *_: seen.update(workers()))
    assert len(seen) == 2
    assert same(there, here)
    config, _, _ = read(there)
    assert config["models"]["nano-spectrum"]["parameters"] > 1e6


def test_a_worker_killed_half_way_is_replaced(tmp_path: Path, expected: Path) -> None:
    seen, finished, total = set(), [], []

    def progress(*unit: str) -> None:
        finished.append(unit)
        alive = workers()
        seen.update(alive)
        if len(finished) == total[0] // 2:
            os.kill(min(alive), signal.SIGKILL)

    audit(REQUEST, tmp_path, scripted, engine=engine.on_ray, started=total.append, progress=progress)
    assert len(seen) == 3  # two, and the one in place of the killed one
    assert len(finished) == total[0]
    assert same(tmp_path, expected)


def test_a_run_goes_on_from_one_engine_to_the_other(tmp_path: Path, expected: Path) -> None:
    finished = []

    def stop(*unit: str) -> None:
        finished.append(unit)
        if len(finished) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audit(REQUEST, tmp_path, scripted, engine=engine.on_ray, progress=stop)
    loaded = []

    def counted(name: str):
        loaded.append(name)
        return scripted(name)

    audit(REQUEST, tmp_path, counted)
    assert loaded == ["even", "biased"]
    assert same(tmp_path, expected)
    deadline = time.monotonic() + 10
    while workers() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert workers() == set()  # the interrupted run left none behind


def test_what_a_unit_raises_comes_back_as_it_was(tmp_path: Path) -> None:
    def broken(name: str):
        raise ModelError(f"{name} is broken", where="here", fix="Mend it.")

    with pytest.raises(ModelError) as raised:
        audit(Request(("m",), ("coinflip",), limit=1), tmp_path, broken, engine=engine.on_ray)
    assert str(raised.value) == "m is broken (here). Mend it."


def test_a_unit_that_kills_every_worker_ends_the_run() -> None:
    def die(name: str):
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(ModelError, match="a worker died and could not be replaced"):
        list(engine.on_ray([engine.Unit("a", "m", "t", len)], die))


_ADDED = '''
from pluralign.episode import Example, Process
from pluralign.suite import Card, task


def accept(text):
    return text.strip() if text.strip() in ("tree", "house", "road") else None


@task(Card("own", "cover", "Words.", "made here", "synthetic", "none", "none", "heldout", "word"))
def own(root):
    """One process whose rule is a function of this file."""
    examples = (Example("tree"), Example("house"), Example("road"))
    yield Process("words", examples, ("A word.",), accept=accept, size=3, metadata={"max_tokens": 24})
'''


def test_tasks_from_a_file_of_the_user_travel(tmp_path: Path) -> None:
    from pluralign.suite.custom import add

    (tmp_path / "own.py").write_text(_ADDED, encoding="utf-8")
    add(tmp_path / "own.py")
    request = Request(("even",), ("own",), samples=4)
    metrics = audit(request, tmp_path / "ray", scripted, engine=engine.on_ray)
    assert metrics == audit(request, tmp_path / "local", scripted)


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # as where it is not installed
    with pytest.raises(ModelError, match=r"pip install 'pluralign\[scale\]'"):
        list(engine.on_ray([engine.Unit("a", "m", "t", len)], scripted))
