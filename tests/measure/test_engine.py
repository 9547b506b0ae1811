"""The engines: a local Ray cluster gives the numbers of one process, also when its workers are killed.

Every worker is a process that imports the measures anew, so each audit here is made to show several things.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from functools import partial
from pathlib import Path

import pytest

from pluralign.errors import ModelError
from pluralign.lm import LanguageModel, load
from pluralign.lm.scripted import ScriptedModel
from pluralign.measure import Request, audit, engine
from pluralign.runs import read
from pluralign.suite import all_tasks, registry
from pluralign.suite.custom import add


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Generator[None]:
    """Two workers on this machine."""
    import ray

    # Ray gives workers a low priority, at which they would starve beside other tests.
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}
    for more in (True, False):  # on a busy machine Ray may give up on its own processes before they are up
        try:
            ray.init(num_cpus=2, object_store_memory=2**27, include_dashboard=False, log_to_driver=False)
            break
        except Exception:
            ray.shutdown()
            if not more:
                raise
    yield
    ray.shutdown()


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


def test_a_worker_killed_half_way_changes_no_digit_of_a_real_model(tmp_path: Path) -> None:
    request = Request(("nano-spectrum",), ("coinflip", "urn", "weekdays_full"), limit=4, samples=4)
    cpu, here, there = partial(load, device="cpu"), tmp_path / "local", tmp_path / "ray"
    audit(request, here, cpu)
    seen, finished, total = set(), [], []

    def progress(*unit: str) -> None:
        finished.append(unit)
        seen.update(workers())
        if len(finished) == total[0] // 2:
            assert len(seen) == 2
            os.kill(min(seen), signal.SIGKILL)
            deadline = time.monotonic() + 60
            while len(seen) == 2 and time.monotonic() < deadline:
                time.sleep(0.1)
                seen.update(workers())

    audit(request, there, cpu, engine=engine.on_ray, started=total.append, progress=progress)
    assert len(seen) == 3  # two, and the one in place of the killed one
    assert len(finished) == total[0]
    assert same(there, here)
    config, _, _ = read(there)
    assert config["models"]["nano-spectrum"]["parameters"] > 1e6


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


def test_a_run_that_failed_on_one_engine_goes_on_on_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    all_tasks()
    monkeypatch.setattr(registry, "_TASKS", dict(registry._TASKS))
    (tmp_path / "own.py").write_text(_ADDED, encoding="utf-8")
    add(tmp_path / "own.py")
    request = Request(("even", "biased"), ("coinflip", "own"), limit=40, samples=4)
    heads, loaded = {"even": 0.45, "biased": 0.8}, []

    def scripted(name: str) -> LanguageModel:
        return ScriptedModel(lambda _: {"Heads": heads[name], "Tails": 0.9 - heads[name], "tree": 0.1}, name=name)

    def broken(name: str) -> LanguageModel:
        if name == "biased":
            raise ModelError(f"{name} is broken", where="here", fix="Mend it.")
        return ScriptedModel(lambda _: {"Heads": 0.45, "Tails": 0.45, "tree": 0.1}, name=name)

    def counted(name: str) -> LanguageModel:
        loaded.append(name)
        return scripted(name)

    with pytest.raises(ModelError) as raised:
        audit(request, tmp_path / "ray", broken, engine=engine.on_ray)
    assert str(raised.value) == "biased is broken (here). Mend it."
    audit(request, tmp_path / "ray", counted)
    assert loaded[-1] == "biased"
    audit(request, tmp_path / "local", scripted)
    assert same(tmp_path / "ray", tmp_path / "local")
    deadline = time.monotonic() + 10
    while workers() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert workers() == set()  # the failed run left none behind


def test_a_unit_that_kills_every_worker_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "RETRIES", 1)  # each costs the start of a process

    def die(name: str) -> LanguageModel:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    with pytest.raises(ModelError, match="a worker died and could not be replaced"):
        list(engine.on_ray([engine.Unit("a", "m", "t", len)], die))


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # as where it is not installed
    with pytest.raises(ModelError, match=r"pip install 'pluralign\[scale\]'"):
        list(engine.on_ray([engine.Unit("a", "m", "t", len)], load))
