import json

import polars as pl
import pytest

from pluralign.errors import DataError
from pluralign.suite import DataRoot, get
from pluralign.suite.check import self_check

TASKS = ("valueprism_misc", "valueprism_situation", "valueprism_vrd", "valueprism_vrds_noncontextual")
ROWS = [
    ("Lending a bike", "Value", "Trust", "Lending needs trust, „so“ they say", "Supports"),
    ("Lending a bike", "Right", "Right to property", "It is the owner's", "Either"),
    ("Lending a bike", "Duty", "Duty to return", "What is lent comes back", "Supports"),
    ("Skipping a queue", "Value", "Fairness", "Others wait", "Opposes"),
    ("Skipping a queue", "Value", "", "has no text", "Opposes"),
]


def write(root, rows=ROWS):
    folder = root / "hub/allenai/ValuePrism/full"
    folder.mkdir(parents=True)
    names = ["situation", "vrd", "text", "explanation", "valence"]
    pl.DataFrame(rows, schema=names, orient="row").write_csv(folder / "full.csv")
    return DataRoot(root)


def crowd():
    return [(f"Situation {i}", "Value", f"Value {i % 450}", "Because", "Either") for i in range(450 * 11)]


def test_considerations_by_hand(tmp_path):
    (process,) = get("valueprism_vrd").processes(write(tmp_path))
    told = {e.input: e.output for e in process.examples}
    assert set(told) == {"Lending a bike", "Skipping a queue"}
    considerations = json.loads(told["Lending a bike"])
    assert sorted(c["text"] for c in considerations) == ["Duty to return", "Right to property", "Trust"]
    first = next(c for c in considerations if c["text"] == "Trust")
    assert list(first) == ["text", "vrd", "explanation", "valence"]
    assert "„so“" in told["Lending a bike"]  # JSON, not a Python repr, and without ASCII escapes
    assert len(json.loads(told["Skipping a queue"])) == 1


def test_situations_and_phrases_by_hand(tmp_path):
    root = write(tmp_path)
    (situations,) = get("valueprism_situation").processes(root)
    assert sorted(e.output for e in situations.examples) == ["Lending a bike", "Skipping a queue"]
    phrases = {
        p.id: sorted(e.output for e in p.examples) for p in get("valueprism_vrds_noncontextual").processes(root)
    }
    assert phrases == {
        "Value/0": ["Fairness", "Trust"],
        "Right/0": ["Right to property"],
        "Duty/0": ["Duty to return"],
    }


def test_caps_and_floors(tmp_path):
    rows = [*crowd(), *(("Rare", "Value", "Seldom used", "Because", "Either"),) * 20]
    root = write(tmp_path, rows)
    misc = get("valueprism_misc").processes(root)
    assert len(misc) == 400 and all(len(p.examples) == 11 for p in misc)
    assert {p.id for p in misc} != {f"Value {i}" for i in range(400)}
    assert "Seldom used" not in {p.id for p in misc}  # 20 rows, but about one situation
    situations = [e.output for p in get("valueprism_situation").processes(root) for e in p.examples]
    assert len(situations) == len(set(situations)) == 4951
    for name in TASKS:
        assert self_check(get(name), root) == []


def test_an_unknown_kind_names_its_row(tmp_path):
    root = write(tmp_path, [*ROWS, ("Resting", "Wish", "Rest", "Because", "Supports")])
    with pytest.raises(DataError, match=r"'Wish' is neither .*full\.csv, row 7"):
        get("valueprism_situation").processes(root)


def test_an_empty_folder_is_refused(tmp_path):
    (tmp_path / "hub/allenai/ValuePrism/full").mkdir(parents=True)
    with pytest.raises(DataError, match="no CSV file"):
        get("valueprism_vrd").processes(DataRoot(tmp_path))
