"""``pluralign raters`` as a new user meets it: a table with quirks, wrong input, and a run that is killed."""

import csv
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from pluralign.cli import main
from tests.servers.scripted import scripted

WORDS = ("strongly disagree", "disagree", "neutral", "agree", "strongly agree")
THINGS = ("Straßenbahn", "café terrace", "bike lane", "車站", "park", "library", "parking fee", "night bus", "market")


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Path:
    """Twelve people in two camps, with missing labels, repeated rows, and somebody with one rating."""
    path = tmp_path_factory.mktemp("own") / "Umfrage 2025.csv"
    draw = random.Random(3)
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, delimiter=";")
        rows.writerow(["Annotator", "statement", "Rating", "Age", "città"])
        for rater in range(12):
            for number, thing in enumerate(THINGS):
                place = round(min(4, max(0, draw.gauss(3 if number % 2 == rater % 2 else 1, 0.7))))
                row = [f"p{rater}@mail.test", f"The town needs a {thing}.", WORDS[place].title(), 20 + rater]
                row.append(("Köln", "Łódź")[rater % 2])
                rows.writerow(row if draw.random() > 0.05 else [*row[:2], "", *row[3:]])
                if draw.random() < 0.1:
                    rows.writerow(row if draw.random() > 0.5 else [*row[:2], "n/a", *row[3:]])
        rows.writerow(["lone@mail.test", "The town needs a park.", "agree".title(), 40, "Köln"])
    return path


def here(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    code = caught.value.code
    return code if isinstance(code, int) else 0


def test_a_report_on_ones_own_table(table, tmp_path):
    command = [sys.executable, "-m", "pluralign", "raters", "describe", str(table), "--steps", "10", "--json"]
    done = subprocess.run([*command, "--out", "run"], cwd=tmp_path, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["findings"]
    assert (found["raters"], found["items"], found["kind"]) == (13, len(THINGS), "ordinal")
    assert [label.casefold() for label in found["labels"]] == list(WORDS)
    assert any("without a label" in note for note in found["notes"])
    assert any("repetitions" in note for note in found["notes"])
    assert any("single rating" in note for note in found["notes"])
    assert {field["name"] for field in found["fields"]} == {"Age", "città"}
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "Straßenbahn" in page and "車站" in page and "mail.test" not in page + done.stdout


def test_profiles_of_everybody_and_of_one(table, tmp_path, capsys):
    assert here("raters", "profile", table, "--json") == 0
    profiles = json.loads(capsys.readouterr().out)["profiles"]
    assert len(profiles) == 13 and profiles[0]["rater"] == "rater 1"
    assert all(said["evidence"] for one in profiles for said in one["statements"])
    out = tmp_path / "profiles.jsonl"
    assert here("raters", "profile", table, "--person", "p3@mail.test", "--show-ids", "--out", out) == 0
    (line,) = out.read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == profiles[3] | {"rater": "p3@mail.test"}


def test_camps_of_everybody(table, tmp_path, capsys):
    out = tmp_path / "camps.csv"
    assert here("raters", "cluster", table, "--clusters", 1, "--steps", 5, "--out", out, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [camp["raters"] for camp in found["camps"]] == [13]
    assert pl.read_csv(out).to_dicts() == found["assignment"]
    assert found["assignment"][12] == {"rater": "rater 13", "camp": "A"}


def test_camps_are_those_of_the_report(table, tmp_path, capsys):
    assert here("raters", "describe", table, "--steps", 5, "--out", tmp_path / "run", "--json") == 0
    report = json.loads(capsys.readouterr().out)["findings"]
    assert here("raters", "cluster", table, "--steps", 5, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["camps"], found["note"]) == (report["camps"], report["camps_note"])


def test_what_people_would_say_about_new_items_and_unrated_ones(table, tmp_path, capsys):
    new = tmp_path / "new.csv"
    new.write_text("statement\nThe town needs a tram.\nThe town needs a market hall.\n", encoding="utf-8")
    assert here("raters", "predict", table, "--items", new, "--steps", 5, "--json") == 0
    found = json.loads(capsys.readouterr().out)["predictions"]
    assert len(found) == 26
    assert all(sum(one["probabilities"].values()) == pytest.approx(1) for one in found)
    assert {one["text"] for one in found} == {"The town needs a tram.", "The town needs a market hall."}
    assert len(found[0]["nearest"]) == 3 and len(found[-1]["nearest"]) == 1
    one = ("raters", "predict", table, "--person", "rater 13", "--steps", 5, "--limit", 3)
    assert here(*one) == 0
    shown = capsys.readouterr().out
    assert "rater 13" in shown and "mail.test" not in shown


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("describe", "absent.csv"), "there is no such file"),
        (("describe", "TABLE", "--label", "Score"), "There are 'Annotator', 'statement'"),
        (("describe", "TABLE", "--labels", "agree,disagree"), "row"),
        (("describe", "TABLE", "--splits", "0"), "at least 1"),
        (("describe", "TABLE", "--scale", "words"), "scale"),
        (("describe", "task:no_such_task"), "no_such_task"),
        (("describe", "task:nytimes", "--rater", "who"), "--rater is for files"),
        (("profile", "TABLE", "--encoder", "llm"), "--model go together"),
        (("profile", "TABLE", "--person", "nobody"), "there is no rater 'nobody'"),
        (("profile", "TABLE", "--dry-run"), "--encoder llm"),
        (("profile", "TABLE", "--encoder", "llm", "--model", "openai:m", "--steps", "5"), "openai:"),
        (("cluster", "TABLE", "--clusters", "0"), "at least 1"),
        (("cluster", "TABLE", "--steps", "0"), "--steps must be at least 1"),
        (("predict", "TABLE"), "Give --person, --items or both"),
        (("predict", "TABLE", "--items", "absent.csv"), "there is no such file"),
        (("predict", "TABLE", "--items", "TABLE", "--decoder", "lm"), "--model go together"),
        (("predict", "TABLE", "--person", "p1@mail.test", "--limit", "0"), "at least 1"),
        (("compare",), "say which ratings"),
        (("compare", "TABLE", "--views", "profile,demographics:Town"), "no attribute 'Town'"),
        (("compare", "TABLE", "TABLE"), "same name"),
        (("compare", "TABLE", "--decoder", "lm"), "--model go together"),
        (("compare", "TABLE", "--most-raters", "0"), "at least 1"),
        (("compare", "TABLE", "--dry-run"), "--decoder lm"),
        (("lewidi", "absent"), "there is no such folder"),
        (("lewidi", "FOLDER"), "no LeWiDi data set"),
        (("lewidi", "FOLDER", "--systems", "compact, no text,magic"), "there is no system 'magic'"),
    ],
)
def test_wrong_input_is_one_clear_line(table, tmp_path, monkeypatch, capsys, arguments, says):
    monkeypatch.chdir(tmp_path)
    given = [{"TABLE": str(table), "FOLDER": str(tmp_path)}.get(word, word) for word in arguments]
    assert here("raters", *given) == 2
    out, error = capsys.readouterr()
    assert not out and error.startswith("error: ") and error.count("\n") == 1
    assert says in error and "Traceback" not in error


def test_asking_a_model_can_be_counted_first(table, capsys):
    given = ("raters", "profile", table, "--encoder", "llm", "--model", "openai:m@http://127.0.0.1:9/v1")
    assert here(*given, "--candidates", 3, "--dry-run", "--json") == 0
    assert json.loads(capsys.readouterr().out)["requests"] == 39


def test_a_server_writes_profiles(table, capsys):
    line = "wants more trams; minds fees for parking"
    with scripted([("what one person answered", {line: 1.0})]) as server:
        given = ("--encoder", "llm", "--model", f"openai:any@{server.url}")
        assert here("raters", "profile", table, "--person", "rater 2", *given, "--json") == 0
        (one,) = json.loads(capsys.readouterr().out)["profiles"]
        assert (one["rater"], one["profile"]) == ("rater 2", line)
        assert server.control()["requests"] > 0


def test_a_server_predicts(table, tmp_path, capsys):
    new = tmp_path / "new.csv"
    new.write_text("statement\nThe town needs a tram.\n", encoding="utf-8")
    with scripted([("The town needs a tram", {"Agree": 0.75, "Disagree": 0.25})]) as server:
        given = ("--person", "rater 2", "--decoder", "lm", "--model", f"openai:any@{server.url}")
        assert here("raters", "predict", table, "--items", new, *given, "--json") == 0
    (one,) = json.loads(capsys.readouterr().out)["predictions"]
    assert one["probabilities"]["Agree"] == pytest.approx(0.75, abs=1e-3)
    assert one["probabilities"]["Strongly Agree"] < 0.01 and len(one["nearest"]) == 3


def test_a_part_of_the_raters_is_enough(table, tmp_path, capsys):
    assert here("raters", "describe", table, "--most-raters", 6, "--out", tmp_path / "run", "--json") == 0
    found = json.loads(capsys.readouterr().out)["findings"]
    assert found["raters"] == 6 and "raters left out at random: 7" in found["notes"]


def dices(path: Path) -> Path:
    """A small file with the columns of the published one, in its order; answers go with nothing but the rater."""
    draw = random.Random(5)
    harm = ("harm_to_people_or_animals", "violent_or_gory", "other")
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        columns = ["id", "rater_id", "rater_gender", "rater_locale", "rater_race", "rater_race_raw", "rater_age"]
        columns += ["rater_education", "phase", "item_id", "context", "response", "degree_of_harm", "harm_type"]
        columns += ["Q1_whole_conversation_evaluation", *(f"Q2_harmful_content_{name}" for name in harm)]
        columns += ["Q2_harmful_content_overall", "Q3_bias_overall", "Q4_misinformation_overall", "Q_overall"]
        rows.writerow(columns)
        for rater in range(16):
            known = [("Man", "Woman")[rater % 2], ("US", "India")[rater // 2 % 2], ("White", "Asian")[rater // 4 % 2]]
            known += [
                ("White", "East or South-East Asian")[rater // 4 % 2],
                ("gen z", "millenial", "gen x+")[rater % 3],
            ]
            for item in draw.sample(range(14), 12):
                says = ("Yes", "No", "Unsure")[
                    0 if draw.random() < (0.8, 0.2)[rater // 8] else 1 + (draw.random() < 0.2)
                ]
                talk = [f"LAMDA: hi\nUSER: topic {item}, say it!", f"LAMDA: no, I won't talk about {item}"]
                given = [rater * 14 + item, 296708000 + rater, *known, "College degree or higher", "Phase1", item]
                given += [*talk, "Debatable", "Legal", "Answer A", *("No" for _ in harm), says, "No", "No", says]
                rows.writerow(given)
    return path


def test_one_command_gives_the_published_column_for_dices(tmp_path, capsys):
    path = dices(tmp_path / "diverse_safety_adversarial_dialog_990.csv")
    given = ["--label", "Q_overall", "--text", "context,response", "--scale", "nominal"]
    given += ["--attributes", "rater_gender,rater_locale,rater_race_raw,rater_age,rater_education"]
    assert (
        here("raters", "compare", path, *given, "--seeds", 1, "--steps", 3, "--out", tmp_path / "run", "--json") == 0
    )
    metrics = json.loads(capsys.readouterr().out)["metrics"]
    cells = {(m["model"], m["metric"]): m for m in metrics}
    told = {model for model, metric in cells if metric == "information_nats" and " over " not in model}
    attributes = {f"demographics:rater_{name}" for name in ("gender", "locale", "race_raw", "age", "education")}
    demonstrations = {f"demonstrations-{shots}" for shots in (1, 2, 4, 8, 16)}
    assert told >= attributes | demonstrations | {"none", "demographics", "profile", "demographics+profile"}
    assert told >= {"cluster-2", "cluster-4", "cluster-8"}
    assert {metric for _, metric in cells} >= {"accuracy", "nll_nats", "share_of_demonstrations-16"}
    assert len({m["n"] for m in metrics if m["metric"] == "nll_nats"}) == 1


def test_a_killed_comparison_ends_with_the_same_rows(table, tmp_path, capsys):
    given = ["raters", "compare", str(table), "--views", "demonstrations-all,profile", "--seeds", "2", "--steps", "5"]
    assert here(*given, "--out", tmp_path / "whole", "--json") == 0
    whole = json.loads(capsys.readouterr().out)["metrics"]
    command = [sys.executable, "-m", "pluralign", *given, "--out", str(tmp_path / "parts")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + 900
            while not list((tmp_path / "parts").glob("parts/*.parquet")):
                assert process.poll() is None and time.monotonic() < until
                time.sleep(0.005)
        finally:
            process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "parts" / "metrics.json").exists()
    assert here(*given, "--out", tmp_path / "parts", "--json") == 0
    assert json.loads(capsys.readouterr().out)["metrics"] == whole
    one, other = (pl.read_parquet(tmp_path / name / "rows.parquet") for name in ("whole", "parts"))
    assert one.equals(other) and one["seed"].n_unique() == 2
