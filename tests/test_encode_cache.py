import os
import tempfile
import time
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pluralign import encode_cache
from pluralign.encode import Encoded, Encoder, fit
from pluralign.encode_cache import counter, encode_tasks
from pluralign.errors import DataError, RunError, UsageError
from pluralign.suite import DataRoot, all_tasks, get, registry
from pluralign.suite.custom import add
from pluralign.suite.data import cache_folder
from pluralign.suite.registry import without_overlap
from pluralign.suite.tasks.diffuse import DESCRIPTIONS, FOLDER
from pluralign.template import resolve
from tests.tiny import llama_like, qwen_like

CODE = """
from pluralign.episode import Example, GeometricPoisson, Process
from pluralign.suite import Card, task

def card(name):
    return Card(name, "steer", "s", "s", "https://example.org", "CC0-1.0", "none", "heldout", "line",
                generated=("word",), files=(name + ".txt",))

def lines(root, name):
    extra = root.find("extra.txt")
    for number, line in enumerate(root.file(name + ".txt").read_text().splitlines()):
        words = line.split(",") + ([extra.read_text()] if extra else [])
        yield Process(str(number), tuple(map(Example, words)), ("Words.",))

@task(card("one"))
def one(root):
    yield from lines(root, "one")

@task(card("two"), law=GeometricPoisson(8))
def two(root):
    yield from lines(root, "two")
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataRoot:
    """A data root with two tasks of the user's own."""
    return own_tasks(tmp_path, monkeypatch)


def own_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataRoot:
    all_tasks()
    monkeypatch.setattr(registry, "_TASKS", dict(registry._TASKS))
    (tmp_path / "one.txt").write_text("red,blue,green\nyes,no\n")
    (tmp_path / "two.txt").write_text("\n".join(",".join(f"ball {i * j}" for j in range(30)) for i in range(20)))
    (tmp_path / "tasks.py").write_text(CODE)
    add(tmp_path / "tasks.py", DataRoot(tmp_path))
    return DataRoot(tmp_path)


def tokens(encoded: list[Encoded]) -> list[list[list[int]]]:
    return [[one.ids.tolist(), one.scored.tolist(), one.example.tolist()] for one in encoded]


def encode(root: DataRoot, names=("one",), tokenizer=None, template="spectrum", **options) -> dict[str, list]:
    tokenizer = tokenizer or qwen_like()
    tasks = [get(name) for name in names]
    found = encode_tasks(tasks, root, tokenizer, template, **{"workers": 1} | options)
    return {task.card.name: tokens(encoded) for task, encoded in found}


@pytest.fixture
def encodings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of tasks that were encoded, not read from the cache."""
    seen: list[str] = []
    original = encode_cache._encode
    monkeypatch.setattr(encode_cache, "_encode", lambda name, *rest: (seen.append(name), original(name, *rest)))
    return seen


def expected(name: str, root: DataRoot, template: str = "spectrum", **options) -> list:
    written = resolve(qwen_like(), template)
    return tokens(Encoder(qwen_like()).encode([written.episode(e) for e in get(name).episodes(root, **options)]))


@cache
def reference(name: str, text: str) -> list:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{name}.txt").write_text(text)
        return expected(name, DataRoot(Path(folder)))


def straight(name: str, folder: Path) -> list:
    """What a task is as tokens, drawn alone in this process; computed once for the same data."""
    path = folder / f"{name}.txt"
    return reference(name, path.read_text() if path.exists() else "")


def test_the_tokens_are_those_of_the_episodes(root: DataRoot, encodings: list[str]):
    said = []
    first = encode(root, ("two", "one"), draws=2, progress=lambda *news: said.append(news))
    assert first == {"two": expected("two", root, draws=2), "one": expected("one", root, draws=2)}
    assert said == [("two", 40), ("one", 4)] and encodings == ["two", "one"]
    assert encode(root, ("one", "two"), draws=2) == first
    assert encodings == ["two", "one"]


def test_workers_do_not_change_the_result(root: DataRoot):
    before = dict(os.environ)
    several = encode(root, ("two", "one"), workers=2)
    assert dict(os.environ) == before
    assert several == {name: expected(name, root) for name in ("two", "one")}


@settings(max_examples=6)
@given(order=st.permutations(["one", "two", "cards"]), count=st.integers(1, 3), workers=st.just(1))
@example(order=["cards", "two", "one"], count=3, workers=2)
def test_draws_do_not_change_with_other_tasks_order_or_workers(order: list[str], count: int, workers: int):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", folder)
        root = own_tasks(Path(folder), patch)
        some = order[:count]
        assert encode(root, some, workers=workers) == {name: straight(name, root.path) for name in some}


def test_a_view_leaves_out_what_overlaps_with_held_out_tasks(tmp_path: Path):
    for name in DESCRIPTIONS:
        path = tmp_path / FOLDER / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"targets": ["{1}", "{2}"]}')
    root, name = DataRoot(tmp_path), "diffuse_distribution"
    every, kept = (encode(root, (name,), view=view)[name] for view in (None, without_overlap))
    overlapping = [process.metadata["overlap"] for process in get(name).processes(root)]
    assert 0 < sum(overlapping) < len(overlapping)
    assert kept == [one for one, left_out in zip(every, overlapping, strict=True) if not left_out]
    assert encode(root, (name,))[name] == every


def test_errors_come_back_from_workers_in_full(root: DataRoot):
    (root.path / "two.txt").unlink()
    with pytest.raises(DataError) as caught:
        encode(root, ("one", "two"), workers=2)
    assert str(caught.value).startswith("no data for task two: two.txt is absent (")
    assert str(caught.value).endswith("Run `pluralign suite pull two`, which fetches it or says how to get it.")


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"draws": 2}, {"max_length": 24}, {"template": "chat"}, {"tokenizer": llama_like()}],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_setting_never_reuses_tokens(root: DataRoot, encodings: list[str], change: dict):
    before = encode(root, ("two",))
    after = encode(root, ("two",), **change)
    assert encodings == ["two", "two"] and after != before
    assert encode(root, ("two",)) == before and encode(root, ("two",), **change) == after
    assert encodings == ["two", "two"]


def test_changed_data_never_reuses_tokens(root: DataRoot, encodings: list[str]):
    encode(root, ("one", "two"))
    (root.path / "one.txt").write_text("red,blue,black\nyes,no\n")  # of the same length
    assert encode(root, ("one", "two"))["one"] == expected("one", root)
    assert encodings == ["one", "two", "one"]


def test_a_file_that_appears_or_goes_is_noticed(root: DataRoot, encodings: list[str]):
    without = encode(root)
    (root.path / "extra.txt").write_text("more")
    assert encode(root)["one"] == expected("one", root)
    (root.path / "extra.txt").unlink()
    assert encode(root) == without
    assert encodings == ["one"] * 3


def test_a_large_file_is_known_by_its_size_and_time(root: DataRoot, encodings: list[str], monkeypatch):
    monkeypatch.setattr(encode_cache, "_SMALL", 4)
    encode(root)
    encode(root)
    os.utime(root.path / "one.txt", (time.time() + 5,) * 2)
    encode(root)
    assert encodings == ["one", "one"]


def test_data_elsewhere_with_the_same_content_is_the_same(root: DataRoot, encodings: list[str], tmp_path_factory):
    encode(root)
    other = tmp_path_factory.mktemp("other")
    (other / "one.txt").write_bytes((root.path / "one.txt").read_bytes())
    encode(DataRoot(other))
    assert encodings == ["one"]


def test_changed_code_of_a_task_never_reuses_tokens(root: DataRoot, encodings: list[str]):
    encode(root)
    (root.path / "tasks.py").write_text(CODE.replace('line.split(",")', 'line.upper().split(",")'))
    add(root.path / "tasks.py", root)
    assert encode(root)["one"] == expected("one", root)
    assert encodings == ["one", "one"]


def test_a_damaged_entry_is_made_anew(root: DataRoot, encodings: list[str]):
    first = encode(root)
    [entry] = (cache_folder() / "encoded").iterdir()
    entry.write_bytes(entry.read_bytes()[:100])
    assert encode(root) == first
    assert encodings == ["one", "one"]


def test_a_cache_that_cannot_be_written_is_an_error_that_names_it(root: DataRoot, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(RunError, match=r"cannot write encoded episodes.*file/pluralign/encoded.*XDG_CACHE_HOME"):
        encode(root)


def test_episodes_are_cut_after_the_last_example_that_fits(root: DataRoot):
    template, encoder = resolve(qwen_like(), "spectrum"), Encoder(qwen_like())
    whole = encoder.encode([template.episode(episode) for episode in get("two").episodes(root)])
    assert encode(root, ("two",), max_length=40)["two"] == tokens([fit(one, 40) for one in whole])
    assert encode(root, ("two",), max_length=2)["two"] == [[[], [], []]] * 20


def test_tasks_that_have_no_episodes_or_are_not_registered_are_refused(root: DataRoot):
    with pytest.raises(UsageError, match="urn is of kind align"):
        encode(root, ("urn",))
    one = get("one")
    with pytest.raises(UsageError, match="one is not the registered task"):
        next(encode_tasks([registry.Task(one.card, one.load)], root, qwen_like()))


def test_tokens_are_counted(root: DataRoot):
    episodes = list(get("two").episodes(root))
    count = counter(qwen_like(), "spectrum")
    assert count(episodes) == sum(len(ids) for ids, _, _ in expected("two", root))
    assert isinstance(count([]), int) and count([]) == 0
    assert count(episodes[:5]) + count(episodes[5:]) == count(episodes)
