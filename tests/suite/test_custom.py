import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from pluralign.errors import DataError, PluralignError, UsageError
from pluralign.suite import DataRoot, all_tasks, get, registry
from pluralign.suite.check import self_check
from pluralign.suite.custom import add, discover, folder
from pluralign.suite.status import status

ROOT = DataRoot(None)
DOCS = Path(__file__).resolve().parents[2] / "docs" / "bring-your-own.md"
SETTINGS = {"name": "own", "file": "own.csv", "process": "rater", "input": "item", "output": "rating"}
TABLE = "rater,age,item,rating\nr1,31,tea,4\nr1,31,coffee,2\nr2,,tea,5\n"


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the registry as it was."""
    all_tasks()
    monkeypatch.setattr(registry, "_TASKS", dict(registry._TASKS))


def write(place: Path, table: str | None = TABLE, **settings) -> Path:
    """A settings file and, in the same folder, its table; a setting that is None is left out."""
    if table is not None:
        (place / "own.csv").write_text(table, encoding="utf-8")
    content = {key: value for key, value in (SETTINGS | settings).items() if value is not None}
    path = place / "own.toml"
    path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in content.items()), encoding="utf-8")
    return path


def processes(place: Path, table: str | None = TABLE, **settings) -> list:
    [task] = add(write(place, table, **settings))
    return get(task.card.name).processes(ROOT)


def test_the_example_of_the_docs_is_a_sound_task(tmp_path: Path):
    blocks = dict(re.findall(r"```(csv|toml)\n(.*?)```", DOCS.read_text().split("## The settings")[0], re.DOTALL))
    (tmp_path / "ratings.csv").write_text(blocks["csv"])
    (tmp_path / "my_ratings.toml").write_text(blocks["toml"])
    [task] = add(tmp_path / "my_ratings.toml")
    one, two, three = task.processes(ROOT)
    assert [(e.input, e.output) for e in one.examples] == [("green tea", "4"), ("black coffee", "2")]
    assert one.choices == ("1", "2", "3", "4", "5")
    assert "31 years" in one.descriptions[1] and len(two.descriptions) == 1
    assert (one.metadata, two.metadata) == ({"age": 31}, {})
    assert [e.input for e in three.examples] == ["milk, warm"]
    assert task.card.licence == "CC0-1.0" and task.card.split == "heldout"
    assert status(task, ROOT).state == "present"


def test_the_survey_of_the_docs_is_a_sound_task(tmp_path: Path):
    text = DOCS.read_text().split("## Answers of a population")[1]
    blocks = dict(re.findall(r"```(csv|toml)\n(.*?)```", text, re.DOTALL))
    (tmp_path / "survey.csv").write_text(blocks["csv"])
    (tmp_path / "my_survey.toml").write_text(blocks["toml"])
    [task] = add(tmp_path / "my_survey.toml")
    one, two = task.processes(ROOT)
    assert one.question == "Is tea better than coffee?" and one.choices == ("yes", "no", "unsure")
    assert one.target.probabilities == (0.3, 0.6, 0.1) and one.target.respondents == 100
    assert two.target.probabilities == (0.25, 0.75, 0.0) and two.target.respondents == 20


def test_every_key_of_the_settings_is_documented():
    documented = {key for line in DOCS.read_text().splitlines() if line.startswith("| `") for key in
                  re.findall(r"`(\w+)`", line.split("|")[1])}  # fmt: skip
    from pluralign.suite.table_settings import Settings

    assert set(Settings.__dataclass_fields__) - {"path", "kind"} == documented


def test_an_added_task_is_there_in_later_runs(tmp_path: Path):
    add(write(tmp_path))
    command = [sys.executable, "-m", "pluralign", "suite", "list", "--json"]
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"PLURALIGN_DATA": ""}, timeout=120
    )
    assert done.returncode == 0, done.stderr
    [card] = [card for card in json.loads(done.stdout) if card["name"] == "own"]
    assert card["present"] and card["extra"]
    (tmp_path / "own.csv").unlink()
    assert status(get("own"), ROOT).state == "absent"


def test_several_variables_become_json(tmp_path: Path):
    rows = [{"p": 1, "a": "ü", "b": 4.0, "c": ["x", 2], "out": True}, {"p": 1, "a": None, "b": 0.5, "c": [], "out": 3}]
    (tmp_path / "own.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    [process] = processes(tmp_path, None, file="own.jsonl", process="p", input=["a", "b", "c"], output="out")
    assert process.id == "1"
    assert [(e.input, e.output) for e in process.examples] == [
        ('{"a": "ü", "b": 4, "c": ["x", 2]}', "true"),
        ('{"a": null, "b": 0.5, "c": []}', "3"),
    ]


def test_choices_from_data_are_in_their_natural_order(tmp_path: Path):
    table = "rater,item,rating\n" + "".join(f"r,{i},{label}\n" for i, label in enumerate(["10", "2", "no", "2", "-1"]))
    assert processes(tmp_path, table, choices="from data")[0].choices == ("-1", "2", "10", "no")


def test_a_column_can_hold_whole_descriptions(tmp_path: Path):
    table = "rater,about,item,rating\nr1,Likes tea.,a,1\nr1,,b,1\nr2,,a,1\n"
    one, two = processes(tmp_path, table, description=["about", "Braces {{}} and {about}"])
    assert one.descriptions == ("Likes tea.", "Braces {} and Likes tea.")
    assert two.descriptions == ()


def test_repeated_outputs_without_an_input_are_examples(tmp_path: Path):
    table = "rater,item,rating\nr,a,1\nr,a,1\nr,a,2\n"
    assert len(processes(tmp_path, table, input=None)[0].examples) == 3
    assert len(processes(tmp_path, table, duplicates="keep")[0].examples) == 3


def test_a_folder_of_a_hub_data_set_is_read_once_it_is_pulled(tmp_path: Path):
    [task] = add(write(tmp_path, None, hub="owner/name", file="data/train-*.parquet", revision="v1"))
    assert status(task, DataRoot(tmp_path)).state == "absent"
    assert task.card.fetch.address == "owner/name" and task.card.fetch.files == ("data/train-*.parquet",)
    place = tmp_path / "hub/owner/name/data"
    place.mkdir(parents=True)
    for number, rater in enumerate(("r1", "r2")):
        frame = pl.DataFrame({"rater": [rater], "item": ["tea"], "rating": [number]})
        frame.write_parquet(place / f"train-{number}.parquet")
    found = task.processes(DataRoot(tmp_path))
    assert [(p.id, p.examples[0].output) for p in found] == [("r1", "0"), ("r2", "1")]


def test_shares_are_rescaled_and_keep_their_respondents(tmp_path: Path):
    settings = {"kind": "align", "process": "q", "input": None, "output": None, "shares": ["a", "b"], "ordered": True}
    table = "q,a,b,n\nTea?,33,66,50\nMilk?,0.5,0.5,\n"
    one, two = processes(tmp_path, table, choices=["no", "yes"], **settings)
    assert one.question == "Tea?" and one.choices == ("no", "yes") and one.target.ordered
    assert one.target.probabilities == pytest.approx((1 / 3, 2 / 3)) and one.target.respondents is None
    with pytest.raises(DataError, match=r"an empty cell is not a count or share \(.*row 3, column n\)"):
        processes(tmp_path, table, respondents="n", **settings)
    one, two = processes(tmp_path, table.replace("0.5,\n", "0.5,20\n"), respondents="n", **settings)
    assert (one.target.respondents, two.target.respondents) == (50, 20)


@pytest.mark.parametrize(
    ("table", "settings", "message"),
    [
        (TABLE, {"output": "ratings"}, r"no column 'ratings' \(.*own.csv, row 1\)\. Did you mean 'rating'\?"),
        (TABLE + "r2,,tea,5\n", {}, r"row repeats row 4: the same rater 'r2', .* \(.*row 5\)\. Delete it"),
        (TABLE + "r2,,tea,5\nr1,31,tea,4\n", {}, r"row repeats row 4: .*; 1 more rows are repeated \(.*row 5\)"),
        (TABLE + "r3,9,milk, \n", {}, r"empty label \(.*row 5, column rating\)\. Fill it in"),
        (TABLE + "r3,9,,1\n", {}, r"empty input \(.*row 5, column item\)"),
        (TABLE + ",9,milk,1\n", {}, r"empty cell \(.*row 5, column rater\)"),
        (TABLE, {"choices": [2, 4]}, r"'5' is not among the choices \(.*row 4, column rating\)\. .* choices 2, 4"),
        (
            TABLE + "r1,32,milk,1\n",
            {"metadata": "age"},
            r"rater 'r1' has another age, '32'.*row 5, column age\).*row 2",
        ),
        (TABLE, {"description": "Of {agee} years"}, r"no column 'agee' .*Did you mean 'age'"),
        (TABLE, {"description": "profile"}, r"neither a column nor a text"),
        (TABLE, {"description": "Of {age!r} years"}, r"not a description: a field is the name of a column"),
        (TABLE, {"description": "Of {age"}, r"not a description: .* Write \{column\}"),
        (TABLE, {"file": "other.csv"}, r"the data file is absent \(.*other.csv\)\. Give its path"),
        ("rater,item,rating\nr,a,1\n", {"choices": "from data"}, r"own: r: fewer than two choices"),
        ("rater,item,rating\n", {}, r"the table has no rows \(.*own.csv\)\. Put at least one below"),
    ],
)
def test_what_does_not_fit_is_named_with_row_and_column(tmp_path: Path, table: str, settings: dict, message: str):
    with pytest.raises(PluralignError, match=message):
        add(write(tmp_path, table, **settings))
    assert "own" not in all_tasks() and not folder().exists()


def test_a_wrong_encoding_is_named_and_mended(tmp_path: Path):
    path = write(tmp_path)
    (tmp_path / "own.csv").write_text(TABLE.replace("coffee", "café"), encoding="latin-1")
    with pytest.raises(
        DataError, match=r"byte 0xE9 is not utf-8 \(.*own.csv, line 3, byte 10 .*encoding = \"latin-1\""
    ):
        add(path)
    [task] = add(write(tmp_path, None, encoding="latin-1"))
    assert task.processes(ROOT)[0].examples[1].input == "café"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": None}, "the key 'name' is missing"),
        ({"proces": "rater"}, "unknown key 'proces' .*Did you mean 'process'"),
        ({"name": "a b"}, "'a b' cannot be a name"),
        ({"output": None}, "kind steer needs output"),
        ({"output": 3}, r"not a text or list of texts \(.*key output\)"),
        ({"process": ["rater"]}, r"not a text \(.*key process\)"),
        ({"choices": "1, 2"}, "not a list of choices"),
        ({"split": "test"}, "'test' is not possible .*Write train or heldout"),
        ({"counts": ["a"]}, "'counts' is not for kind steer"),
        ({"kind": "align", "output": None}, "kind align needs counts or shares"),
        ({"kind": "align", "counts": ["a", "b"]}, "'output' is not for kind align"),
        ({"kind": "align", "output": None, "counts": ["a", "b"], "choices": ["x"]}, "differ in number"),
        ({"ordered": "yes"}, "not a yes or no"),
        ({"separator": "tab"}, "the separator is one character"),
        ({"name": "coinflip"}, "the suite has a task 'coinflip' already"),
    ],
)
def test_settings_that_cannot_be_used_are_named(tmp_path: Path, settings: dict, message: str):
    with pytest.raises(UsageError, match=message):
        add(write(tmp_path, **settings))


def test_files_that_are_no_description_are_named(tmp_path: Path):
    with pytest.raises(UsageError, match=r"cannot be read: No such file .*Give the path of a TOML file"):
        add(tmp_path / "nothing.toml")
    (tmp_path / "own.toml").write_text("name = \n")
    with pytest.raises(UsageError, match=r"not readable as TOML: .*line 1"):
        add(tmp_path / "own.toml")
    with pytest.raises(UsageError, match=r"Give a \.toml file .* or a \.py file"):
        add(tmp_path / "own.csv")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("q1,1,2\nq1,1,2\n", r"'q1' is given twice \(.*row 3, column q\)\. It is in .*row 2"),
        ("q1,0,0\n", r"the counts sum to 0 \(.*row 2"),
        ("q1,1,x\n", r"'x' is not a count or share \(.*row 2, column b\)"),
        ("q1,1,-1\n", r"'-1' is not a count or share"),
    ],
)
def test_counts_that_make_no_distribution_are_named(tmp_path: Path, rows: str, message: str):
    settings = {"kind": "align", "process": "q", "input": None, "output": None}
    with pytest.raises(DataError, match=message):
        add(write(tmp_path, f"q,a,b\n{rows}", counts=["a", "b"], **settings))


def test_shares_must_sum_to_one(tmp_path: Path):
    settings = {"kind": "align", "process": "q", "input": None, "output": None}
    with pytest.raises(DataError, match=r"the shares sum to 0.7 \(.*row 2, columns a, b\)"):
        add(write(tmp_path, "q,a,b\nq1,0.2,0.5\n", shares=["a", "b"], **settings))


FUNCTION = """
from pluralign.episode import Example, Process
from pluralign.suite import Card, task

CARD = Card("from_python", "steer", "s", "s", "synthetic", "CC0-1.0", "none", "heldout", "u", generated=("letter",))

@task(CARD)
def load(root):
    yield Process("a", (Example("x"), Example("y")), ("Letters.",))
"""


def test_a_python_file_can_be_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "mine.py").write_text(FUNCTION)
    assert [task.card.name for task in add(tmp_path / "mine.py")] == ["from_python"]
    assert self_check(get("from_python"), ROOT) == []
    add(tmp_path / "mine.py")
    monkeypatch.delitem(registry._TASKS, "from_python")
    discover()
    assert get("from_python").processes(ROOT)[0].examples[0].output == "x"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("x = 1\n", "defines no task"),
        ("\nx = {}['a']\n", r"cannot be imported: KeyError: 'a' \(.*mine.py, line 2\)"),
        ("def f(:\n", r"cannot be imported: SyntaxError: .*line 1"),
        (FUNCTION.replace('"from_python"', '"coinflip"'), "the suite has a task 'coinflip' already"),
        (FUNCTION.replace('("Letters.",))', '(), ("x", "z"))'), r"a: outputs outside the choices: \['y'\]"),
    ],
)
def test_a_python_file_that_cannot_be_used_is_named(tmp_path: Path, code: str, message: str):
    (tmp_path / "mine.py").write_text(code)
    with pytest.raises(PluralignError, match=message):
        add(tmp_path / "mine.py")
    assert not folder().exists()


def test_a_name_is_not_taken_over_by_another_file(tmp_path: Path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    add(write(tmp_path / "one"))
    with pytest.raises(UsageError, match=r"a task 'own' was added from .*one/own.toml"):
        add(write(tmp_path / "two"))
    add(write(tmp_path / "one"))


def test_an_added_task_that_is_gone_is_named_and_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    path = write(tmp_path)
    add(path)
    del registry._TASKS["own"]
    path.unlink()
    with caplog.at_level(logging.WARNING):
        discover()
    assert "own" not in all_tasks()
    [record] = caplog.records
    assert f"left out the added task own: cannot be read: No such file or directory ({path})" in record.getMessage()
    assert f"delete {folder()}/own.toml" in record.getMessage()
