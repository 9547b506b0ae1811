import csv

import polars as pl
import pytest

from pluralign.errors import DataError
from pluralign.suite import DataRoot
from pluralign.suite.custom import _from_settings
from pluralign.values import prism
from pluralign.values.consideration import core
from pluralign.values.mixture import TASKS, mixture, read, write
from tests.raters.bags import bag

THINGS = ("apples", "bread", "carrots", "dates", "eggs", "figs", "grapes", "hops", "iris", "jam")


@pytest.fixture
def table(tmp_path):
    """Thirty situations with three considerations each."""
    path = tmp_path / "prism.csv"
    rows = [
        (f"Selling {one} to case {n}", vrd, f"{prefix}{one} and {other}", valence, f"Since {one} matter to {n}.")
        for n in range(3)
        for k, one in enumerate(THINGS)
        for vrd, prefix, valence, other in (
            ("Value", "", "Supports", "honey"),
            ("Right", "Right to ", "Opposes", THINGS[(k + 1) % 10]),
            ("Duty", "Duty to ", "Either", THINGS[(k + 2) % 10]),
        )
    ]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([("situation", "vrd", "text", "valence", "explanation"), *rows])
    return path


def test_each_consideration_is_in_all_four_tasks_with_one_negative_of_another_cluster(table):
    found = mixture(prism.read(table), bag)
    assert dict(found.group_by("task").len().iter_rows()) == {
        "generate": 90,
        "relevance": 180,
        "valence": 90,
        "explanation": 90,
    }
    wrong = found.filter(pl.col("answer") == "No")
    assert wrong["grade"].null_count() == 0 and wrong["grade"].n_unique() >= 2
    right = found.filter(task="generate")
    known = {(s, core(t)) for s, t in right.select("situation", "text").iter_rows()}
    assert not any((s, core(t)) in known for s, t in wrong.select("situation", "text").iter_rows())
    # A situation is in one split, and its negatives with it.
    assert found.group_by("situation").agg(pl.col("split").n_unique())["split"].max() == 1
    assert set(found["split"]) == {"train", "val"}
    assert mixture(prism.read(table), bag).equals(found)


def test_given_negatives_and_splits_are_taken_as_they_are(tmp_path):
    (tmp_path / "relevance").mkdir()
    for name in ("train", "test"):
        (tmp_path / "relevance" / f"{name}.csv").write_text(
            f"situation,vrd,text,label\nHelping {name},Value,Kindness,Yes\nHelping {name},Right,Right to rest,No\n"
        )
    found = mixture(prism.read(tmp_path, "relevance"), bag)
    asked = found.filter(task="relevance").select("split", "text", "grade", "answer").rows()
    assert sorted(asked) == [
        ("test", "Kindness", None, "Yes"),
        ("test", "Right to rest", "given", "No"),
        ("train", "Kindness", None, "Yes"),
        ("train", "Right to rest", "given", "No"),
    ]


def test_what_is_written_reads_back_and_makes_tasks_of_the_suite(table, tmp_path):
    examples = mixture(prism.read(table), bag)
    settings = write(tmp_path / "out", examples)
    lines = read(tmp_path / "out")
    assert lines.height == examples.height
    one = lines.filter(task="valence").row(0, named=True)
    assert one["input"] == f"[Valence]:\tSituation: {one['situation']}\t{one['kind'].title()}: {one['text']}"
    assert one["output"] in ("Supports", "Opposes", "Either")
    assert [path.stem.partition("_")[2] for path in settings] == list(TASKS)
    for path in settings:
        task = _from_settings(path)
        processes = task.processes(DataRoot(None))
        assert processes and all(process.descriptions and process.examples for process in processes)
    held = set(examples.filter(split="val")["situation"])
    shown = {example.input.partition("\n")[0] for process in processes for example in process.examples}
    assert shown and not shown & held


def test_nothing_to_learn_from_and_no_mixture_are_named(tmp_path):
    empty = tmp_path / "prism.csv"
    empty.write_text("situation,vrd,text,valence,explanation\nHelping,Value,,Supports,\n")
    with pytest.raises(DataError, match="no considerations"):
        mixture(prism.read(empty), bag)
    with pytest.raises(DataError, match="there is no mixture"):
        read(tmp_path)
