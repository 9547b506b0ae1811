"""Maps and scores by the command, with the embedded kaleidoscope that ships."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.cli.values_command import here

SITUATIONS = [f"Lending a neighbour {thing}" for thing in ("a ladder", "money", "a car", "a book", "a coat")]


def mapped(capsys, *arguments):
    assert here("map", *arguments, "--json") == 0
    return json.loads(capsys.readouterr().out)["maps"]


def test_a_map_lists_entries_of_the_bank_with_sides_that_add_up(capsys):
    [found] = mapped(capsys, "Returning a lost wallet\twith\x07 all the money in it")
    assert found["situation"] == "Returning a lost wallet with all the money in it"
    items = found["considerations"]
    assert items and [one["relevance"] for one in items] == sorted((one["relevance"] for one in items), reverse=True)
    for one in items:
        assert one["supports"] + one["opposes"] + one["either"] == pytest.approx(1)
        assert one["kind"] in ("value", "right", "duty") and one["explanation"]
    assert found["supports"] + found["opposes"] + found["either"] == pytest.approx(1)
    assert found["supports"] > found["opposes"]


def test_a_threshold_and_a_most_cut_the_list(capsys):
    [every] = mapped(capsys, SITUATIONS[1], "--threshold", "0")
    [none] = mapped(capsys, SITUATIONS[1], "--threshold", "1")
    [two] = mapped(capsys, SITUATIONS[1], "--threshold", "0", "--most", "2")
    assert none["considerations"] == [] and none["entropy_nats"] is None
    assert two["considerations"] == every["considerations"][:2]


def test_people_read_a_table(capsys):
    assert here("map", SITUATIONS[0]) == 0
    shown = capsys.readouterr().out
    assert SITUATIONS[0] in shown and "supports" in shown


def test_an_own_entry_comes_into_the_map_with_its_gloss(tmp_path, capsys):
    own = tmp_path / "own.jsonl"
    entry = {
        "kind": "value",
        "text": "Quiet",
        "source": "own",
        "gloss": "Asks for hours without noise.",
        "supports": ["Muting the phone in a library"],
        "opposes": ["Mowing the lawn at midnight"],
    }
    own.write_text(json.dumps(entry))
    [found] = mapped(capsys, "Mowing the lawn at midnight", "--bank", own, "--threshold", "0")
    [quiet] = [one for one in found["considerations"] if one["text"] == "Quiet"]
    assert quiet["explanation"].startswith("Asks for hours without noise.")


def test_a_killed_run_over_a_file_goes_on_and_ends_the_same(tmp_path, capsys):
    # Without its own vectors of situations a run would be over before it can be killed.
    listed, out = tmp_path / "situations.txt", tmp_path / "out"
    many = [f"{text} for {days} days" for days in range(2, 14) for text in SITUATIONS]
    listed.write_text("\n".join([*many, "", many[0]]) + "\n")
    command = [sys.executable, "-m", "pluralign", "values", "map", "--file", str(listed), "--out", str(out), "--json"]
    killed = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(list((out / "parts").glob("*.parquet"))) < 3:
        assert killed.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert not (out / "metrics.json").exists()
    assert here("map", "--file", listed, "--out", out, "--json") == 0
    again = capsys.readouterr()
    assert "1 blank and 1 repeated" in again.err
    found = json.loads(again.out)["maps"]
    assert [one["situation"] for one in found] == many
    [alone] = mapped(capsys, many[7])
    one = found[7]
    assert [item["text"] for item in one["considerations"]] == [item["text"] for item in alone["considerations"]]
    assert one["supports"] == pytest.approx(alone["supports"], abs=1e-4)
    metrics = {row["metric"]: row for row in json.loads((out / "metrics.json").read_text())}
    assert metrics["considerations"]["n"] == len(many)


def test_scores_come_back_in_the_rows_they_were_asked_in(tmp_path, capsys):
    rows = [
        {"situation": "Cheating in an exam", "kind": "value", "text": "Honesty", "id": 7},
        {"situation": "Cheating in an exam", "kind": "duty", "text": "You should be honest in exams."},
        {"situation": "Cheating in an exam", "kind": "Right", "text": "Right to marry", "note": "ünlikely"},
    ]
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    assert here("score", path, "--json") == 0
    found = json.loads(capsys.readouterr().out)["rows"]
    assert [{k: v for k, v in one.items() if k in row} for one, row in zip(found, rows, strict=True)] == rows
    assert all(0 <= one["relevance"] <= 1 for one in found)
    assert all(one["supports"] + one["opposes"] + one["either"] == pytest.approx(1) for one in found)
    assert found[0]["opposes"] > found[0]["supports"]
    assert found[0]["relevance"] > found[2]["relevance"]
    assert here("score", path) == 0
    assert "Honesty" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say which situation"),
        ([" \x00 "], "the situation is empty"),
        (["word " * 10_000], "10,000 words, more than 1,000"),
        (["Walking", "--threshold", "1.5"], "between 0 and 1"),
        (["Walking", "--most", "0"], "at least 1"),
        (["Walking", "--file", "absent.txt"], "there is no"),
        (["Walking", "--model", "no-such-model"], "no-such-model"),
        (["Walking", "--model", "kaleido:absent"], "absent"),
        (["Walking", "--bank", "absent.jsonl"], "there is no such bank"),
        (["Walking", "--bank", "own.jsonl", "--model", "nano-spectrum"], "a bank is for the embedded model"),
    ],
)
def test_what_cannot_be_mapped_is_one_clear_line(tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.jsonl").write_text('{"kind": "value", "text": "Quiet", "source": "own"}')
    assert here("map", *arguments) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert told.startswith("error:") and said in told and "Traceback" not in told


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{}", "no 'situation'"),
        ('{"situation": "x", "kind": "virtue", "text": "Honesty"}', "no kind of consideration 'virtue'"),
        ('{"situation": "x", "kind": "value", "text": ""}', "no 'text'"),
        ("{", "line 1"),
        ("", "there are no rows"),
    ],
)
def test_pairs_that_cannot_be_scored_are_named(tmp_path, capsys, line, said):
    path = tmp_path / "pairs.jsonl"
    path.write_text(line)
    assert here("score", path) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "pairs.jsonl" in told and said in told
