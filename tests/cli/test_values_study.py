"""``pluralign values study`` as a new user meets it: a file with a gap, the run it leaves, and wrong input."""

import json

import polars as pl
import pytest
from cyclopts import App

from pluralign.cli.values_study import study
from pluralign.errors import DataError
from tests.values.simulated_answers import simulate

app = App()
app.command(study)


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """People of the east agree less and miss their view more; one of them says so in words."""
    path = tmp_path_factory.mktemp("own") / "Umfrage 2026.csv"
    made = simulate(1, gaps={"east": (-0.5, 0.6)}, situations=4, shown=4, considerations=3)
    first = (pl.col("missing") == "yes") & (pl.col("text") == "Consideration 0")
    said = pl.when(first).then(pl.lit("[bold]Straßenbahn[/bold]"))
    made.with_columns(missing_text=said).write_csv(path)
    return path


def run(*arguments):
    app(["study", *map(str, arguments)], result_action="return_value", exit_on_error=False)


def test_a_gap_is_told_and_kept(answers, tmp_path, capsys):
    run(answers, "--out", tmp_path / "run", "--json")
    out, err = capsys.readouterr()
    found = json.loads(out)["study"]
    region = next(one for one in found["attributes"] if one["name"] == "region")
    assert all(one["differs"] and one["gaps"][0]["group"] == "east" for one in region["comparisons"])
    assert found["views"] == 1 and "texts" not in found and "Straßenbahn" not in out + err
    assert "report.html" in err
    entries = (tmp_path / "run" / "missing.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(entries[0])["source"].startswith("study:Umfrage 2026.csv#")
    assert "Straßenbahn" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")


def test_a_table_and_sentences_for_people(answers, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    run(answers, "--attributes", "region")
    out, _ = capsys.readouterr()
    assert "Groups by region differ in agreement" in out and "2 comparisons" in out
    assert "Straßenbahn" not in out
    run(answers, "--attributes", "region", "--show-text")
    assert "[bold]Straßenbahn[/bold]" in capsys.readouterr().out
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_wrong_input_leaves_nothing_behind(answers, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    broken = tmp_path / "broken.csv"
    pl.read_csv(answers).drop("agree").write_csv(broken)
    with pytest.raises(DataError, match="no column 'agree'"):
        run(broken)
    with pytest.raises(DataError, match="no column 'town'"):
        run(answers, "--attributes", "town")
    assert not (tmp_path / "runs").exists()
