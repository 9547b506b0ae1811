import json

import pytest

from pluralign.cli import main
from tests.raters.lewidi import small


def here(*arguments):
    try:
        main(["raters", "lewidi", *map(str, arguments)])
    except SystemExit as stop:
        return stop.code
    return 0


@pytest.fixture
def data(tmp_path):
    small.irony(tmp_path / "data" / "a")
    small.sarcasm(tmp_path / "data" / "b", name="NEW", compact=False)
    return tmp_path / "data"


def test_every_set_in_the_format_is_scored_and_submitted(data, tmp_path, capsys):
    """NEW is a set that nothing in the code knows."""
    out = tmp_path / "out"
    asked = (data, "--out", out, "--systems", "rater mode,stacked, no text,rater median", "--submit", "rater median")
    assert here(*asked) == 0
    shown = capsys.readouterr().out
    assert "LeWiDi 2025, MP" in shown and "LeWiDi 2025, NEW" in shown
    assert "stacked, no text" in shown and "0.289 (test items)" in shown
    for name, items in (("MP", 4), ("NEW", 6)):
        for task in ("pe", "soft"):
            assert len((out / f"{name}_test_{task}.tsv").read_text().splitlines()) == items
    metrics = json.loads((out / "metrics.json").read_text())
    assert {one["model"] for one in metrics} == {"rater mode", "rater median", "stacked, no text"}
    assert all(one["low"] <= one["value"] <= one["high"] for one in metrics)

    # again: the same numbers, from what was kept
    assert here(*asked, "--json") == 0
    assert json.loads(capsys.readouterr().out)["metrics"] == metrics


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("--systems", "best"), "no system 'best'"),
        (("--submit", "best"), "no system 'best'"),
        (("--sets", "MP,CSC"), "no LeWiDi data set 'CSC'"),
    ],
)
def test_unknown_names_are_one_line(data, tmp_path, capsys, asked, says):
    assert here(data, "--out", tmp_path / "out", *asked) == 2
    error = capsys.readouterr().err
    assert says in error and error.count("\n") == 1
