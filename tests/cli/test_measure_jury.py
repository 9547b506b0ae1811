"""``pluralign measure jury`` on files: the numbers, who is missing, and one clear line for wrong input."""

import json

import pytest

from pluralign.cli import main

RATINGS = """juror,item,candidate,rating,group,weight
a,q,good,5,x,1
a,q,safe,3,x,1
b,q,good,5,x,1
b,q,safe,3,x,1
c,q,good,1,y,8
c,q,safe,3,y,8
d,q,good,5,y,1
"""


@pytest.fixture
def here(tmp_path, monkeypatch, capsys):
    """Runs a command in an empty folder: its exit code, and what it wrote to standard output and error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            main(["measure", "jury", *arguments])
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, *capsys.readouterr()

    return run


def test_ratings_become_a_curve_with_weights_and_missing_jurors(here, tmp_path):
    (tmp_path / "r.csv").write_text(RATINGS)
    (tmp_path / "asked.csv").write_text("juror,weight,group\na,1,x\nb,1,x\nc,8,y\nd,1,y\ne,1,y\n")
    code, out, told = here("r.csv", "--asked", "asked.csv", "--bottom", "0.2", "--json", "--influence", "--out", "run")
    assert code == 0, told
    found = json.loads(out)
    assert found["missing"] == ["d", "e"]
    values = {(m["model"], m["metric"]): m["value"] for m in found["metrics"]}
    assert values["good", "welfare[p=1]"] == pytest.approx((1 + 1 + 8 * 0.2) / 10)
    assert values["safe - good", "welfare[p=-inf]"] == pytest.approx(0.4)
    assert values["jury", "ratings_left_out"] == 1
    turning = {(row["juror"], row["p"]) for row in found["influence"] if row["turns"]}
    assert ("c", "-inf") in turning and ("a", "-inf") not in turning
    assert next(one for one in found["jurors"] if one["juror"] == "e")["good"] is None
    assert "<html" in (tmp_path / "run" / "report.html").read_text()
    again = here("r.csv", "--asked", "asked.csv", "--bottom", "0.2", "--out", "run")
    assert again[0] == 0
    assert "missing jurors, who rated all candidates of no item: d, e" in " ".join(again[1].split())


def test_a_polis_export_is_a_jury_of_its_voters(here, tmp_path):
    folder = tmp_path / "town"
    folder.mkdir()
    (folder / "comments.csv").write_text("comment-id,moderated,comment-body\n0,1,More trams.\n1,1,More cars.\n")
    (folder / "participants-votes.csv").write_text("participant,0,1\np,1,-1\nq,1,1\nr,0,\n")
    code, out, told = here("town", "--json")
    assert code == 0, told
    found = json.loads(out)
    assert found["scale"] == {"low": 0, "high": 2, "bottom": 0.1}
    assert found["candidates"][0] == {"candidate": "0", "text": "More trams."}
    values = {(m["model"], m["metric"]): m["value"] for m in found["metrics"]}
    assert values["0", "welfare[p=1]"] == 1
    assert values["1", "welfare[p=1]"] == pytest.approx((0.1 + 1) / 2)
    assert found["missing"] == ["r"]


@pytest.mark.parametrize(
    ("content", "extra", "expected"),
    [
        (None, (), "there is no such file"),
        ("", (), "the file is empty"),
        ("juror,candidate,rating\n", (), "no rows"),
        ("who,candidate,rating\na,x,1\n", (), "no column juror"),
        ("juror,candidate,rating\na,x,1\nb,x,good\n", (), "not a rating: 'good'"),
        ("juror,candidate,rating\na,x,\nb,x,\n", (), "there is no rating"),
        ("juror,candidate,rating\na,x,1\na,y,2\n", (), "one juror is no jury"),
        ("juror,candidate,rating\na,x,1\nb,x,1\n", (), "all ratings are 1"),
        ("juror,candidate,rating\na,x,1\nb,y,2\n", (), "nobody rated all 2 candidates"),
        ("juror,candidate,rating,weight\na,x,1,0\nb,x,2,1\n", (), "a weight must be a positive number"),
        ("juror,candidate,rating,weight\na,weight,1,1\nb,weight,2,1\n", (), "cannot be called 'weight'"),
        (RATINGS, ("--high", "4"), "The scale goes from 1 to 4"),
        (RATINGS, ("--candidates", "nobody"), "no candidate 'nobody'"),
        (RATINGS, ("--decoder", "lm"), "--decoder lm and --model go together"),
        (RATINGS, ("--group", "side"), "no column side"),
        (RATINGS, ("--asked", "r.csv", "--weight", "power"), "no column power"),
    ],
)
def test_wrong_input_gives_one_line_and_exit_code_2(here, tmp_path, content, extra, expected):
    if content is not None:
        (tmp_path / "r.csv").write_text(content)
    code, out, told = here("r.csv", *extra)
    assert (code, out) == (2, "")
    (line,) = [text for text in told.splitlines() if text.startswith("error: ")]
    assert expected in line
    assert not (tmp_path / "runs").exists()
