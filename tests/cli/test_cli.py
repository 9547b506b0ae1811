"""The command line in real processes: one JSON document, resumable runs, one clear line for wrong input."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaConfig

from pluralign.cli import main
from tests.tiny import qwen_like

TASKS = "coinflip,flight,urn,weekdays_full"


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> str:
    """A random model of two layers in an ordinary folder."""
    folder = tmp_path_factory.mktemp("model")
    tokenizer = qwen_like()
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
    )
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pluralign", *arguments]


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    # An empty data root keeps these tests the same on machines with and without source data.
    (cwd / "nothing").mkdir(exist_ok=True)
    settings = os.environ | {"PLURALIGN_DATA": str(cwd / "nothing")} | environment
    return subprocess.run(command(*arguments), cwd=cwd, env=settings, capture_output=True, text=True, timeout=300)


@pytest.fixture
def here(tmp_path, monkeypatch, capsys):
    """Runs a command in this process: its exit code, and what it wrote to standard output and error."""
    (tmp_path / "nothing").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLURALIGN_DATA", str(tmp_path / "nothing"))

    def run_here(*arguments: str) -> tuple[int, str, str]:
        try:
            main(list(arguments))
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        written = capsys.readouterr()
        return code, written.out, written.err

    return run_here


def measure(model: str, *extra: str, limit: int = 6) -> tuple[str, ...]:
    return ("measure", model, "--tasks", TASKS, "--limit", str(limit), "--samples", "20", "--json", *extra)


@pytest.fixture(scope="module")
def reference(model, tmp_path_factory) -> dict:
    """One whole run, and what it printed."""
    folder = tmp_path_factory.mktemp("reference")
    done = run(*measure(model, "--out", "run"), cwd=folder)
    assert done.returncode == 0, done.stderr
    return {"folder": folder, "printed": json.loads(done.stdout), "stdout": done.stdout}


def test_measure_prints_one_document_and_leaves_a_run(reference):
    assert reference["stdout"].count("\n") == 1
    run_folder = reference["folder"] / "run"
    for name in ("config.json", "rows.parquet", "metrics.json", "report.html"):
        assert (run_folder / name).stat().st_size > 0
    stored = json.loads((run_folder / "metrics.json").read_text())
    assert stored == reference["printed"]["metrics"]
    assert {m["kind"] for m in stored} == {"steer", "cover", "align"}
    assert all(set(m) == {"model", "task", "kind", "metric", "value", "low", "high", "n", "unit"} for m in stored)


def test_the_same_command_gives_identical_numbers(model, reference, tmp_path):
    again = run(*measure(model, "--out", "run"), cwd=tmp_path)
    assert json.loads(again.stdout)["metrics"] == reference["printed"]["metrics"]


def test_small_batches_give_the_same_numbers(model, reference, here):
    _, printed, _ = here(*measure(model, "--out", "run", "--batch-tokens", "700"))
    found = json.loads(printed)["metrics"]
    assert len(found) == len(reference["printed"]["metrics"])
    for one, other in zip(found, reference["printed"]["metrics"], strict=True):
        assert one["value"] == pytest.approx(other["value"], abs=1e-4), one


def test_killed_at_random_moments_it_goes_on_and_ends_the_same(model, tmp_path, here):
    """SIGKILL a real process again and again; every finished part survives untouched, and the numbers agree."""
    settings = os.environ | {"PLURALIGN_DATA": str(tmp_path / "nothing")}
    arguments = command(*measure(model, "--out", "run", limit=24))
    parts, chance, kills = tmp_path / "run" / "parts", random.Random(0), 0
    kept: dict[Path, float] = {}
    for _ in range(3):
        process = subprocess.Popen(arguments, cwd=tmp_path, env=settings, stdout=subprocess.DEVNULL)
        before = len(list(parts.glob("*.parquet")))
        while process.poll() is None and len(list(parts.glob("*.parquet"))) == before:
            time.sleep(0.01)
        time.sleep(chance.random() * 0.3)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait()
        for path, written in kept.items():
            if parts.exists():
                assert path.stat().st_mtime_ns == written
        kept |= {path: path.stat().st_mtime_ns for path in parts.glob("*.parquet")}
    assert kills >= 2
    resumed, whole = (here(*measure(model, "--out", name, limit=24)) for name in ("run", "whole"))
    assert json.loads(resumed[1])["metrics"] == json.loads(whole[1])["metrics"]
    rows = [pl.read_parquet(tmp_path / name / "rows.parquet") for name in ("run", "whole")]
    assert rows[0].equals(rows[1])


def test_report_is_written_again_from_the_folder(reference):
    page = reference["folder"] / "run" / "report.html"
    page.unlink()
    done = run("report", "run", cwd=reference["folder"])
    assert done.returncode == 0
    assert "<html" in page.read_text()


def broken_parquet(folder: Path) -> None:
    conversation = folder / "data" / "polis_open_data" / "c1"
    conversation.mkdir(parents=True)
    (conversation / "participants_votes.parquet").write_bytes(b"PAR1 this is no table PAR1")
    (conversation / "comments.parquet").write_bytes(b"PAR1 nor is this PAR1")
    (conversation / "summary.csv").write_text("topic,Something\n")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("measure", "MODEL", "--tasks", "polis_votes"), "unknown task 'polis_votes'. Did you mean polis_vote"),
        (("measure", "MODEL", "--tasks", "polis_vote"), "no data for task polis_vote"),
        (("measure", "MODEL", "--tasks", "urn", "--data-root", "missing"), "data root is not a folder"),
        (("measure", "MODEL", "--tasks", "polis_vote", "--data-root", "data"), "not a readable Parquet file"),
        (("measure", "nothing", "--tasks", "urn"), "this folder holds no model"),
        (("measure", "nano-giant", "--tasks", "urn"), "nano-giant"),
        (("measure", "MODEL", "--tasks", "urn", "--out", "file/run"), "file/run"),
        (("measure", "MODEL"), "say which tasks"),
        (("measure", "MODEL", "--tasks", "urn", "--limit", "many"), "many"),
        (("suite", "show", "coinflop"), "Did you mean coinflip"),
        (("report", "nothing"), "no run here"),
    ],
)
def test_wrong_input_gives_one_line_and_exit_code_2(arguments, expected, model, tmp_path, here):
    broken_parquet(tmp_path)
    (tmp_path / "file").write_text("in the way")
    code, out, told = here(*(model if a == "MODEL" else a for a in arguments))
    assert code == 2, told
    (line,) = [text for text in told.splitlines() if text.startswith("error: ")]
    assert expected in line
    assert "Traceback" not in told
    assert out == ""


def test_a_process_ends_with_code_2_and_the_line_on_standard_error(tmp_path):
    done = run("report", "nothing", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ") and "Traceback" not in done.stderr


def test_debug_shows_the_traceback(tmp_path):
    done = run("suite", "show", "coinflop", "--debug", cwd=tmp_path)
    assert done.returncode != 0
    assert "Traceback" in done.stderr


def test_suite_list_names_every_task_once(tmp_path):
    listed = json.loads(run("suite", "list", "--json", cwd=tmp_path).stdout)
    names = [task["name"] for task in listed]
    assert names == sorted(set(names))
    assert {"polis_vote", "globaloqa", "urn", "anes96"} <= set(names)
    present = {task["name"] for task in listed if task["present"]}
    assert {"urn", "anes96", "coinflip"} <= present
    assert "polis_vote" not in present


@pytest.mark.parametrize("task", ["coinflip", "urn", "weekdays_full", "anes96_individual"])
def test_suite_show_prints_card_and_episode(task, model, here):
    code, out, told = here("suite", "show", task, "--model", model)
    assert code == 0, told
    assert out.startswith(f"{task} (")
    assert "licence: " in out
    assert "citation: " in out
    assert "<|im_start|>output" in out


def test_suite_show_marks_exactly_the_scored_outputs(model, tmp_path):
    shown = json.loads(run("suite", "show", "coinflip", "--model", model, "--json", cwd=tmp_path).stdout)
    scored = [segment["text"] for segment in shown["segments"] if segment["scored"]]
    assert set(scored) <= {"Heads", "Tails", "<|im_end|>"}
    assert scored.count("<|im_end|>") == len(scored) / 2


def test_suite_check_counts_what_is_there_and_names_what_is_not(tmp_path):
    done = run("suite", "check", "coinflip", "urn", "weekdays_full", "polis_vote", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    coin, urn, days, polis = done.stdout.splitlines()
    assert coin.startswith("coinflip: present - 1,000 processes, 1,000 episodes, ")
    assert urn == "urn: present - 1,000 processes"
    assert days == "weekdays_full: present - 1 processes"
    assert polis.startswith("polis_vote: absent (")
    assert "3 present, 1 absent, 0 stale, 0 broken" in done.stderr


def test_a_task_of_ones_own_is_added_and_shown(model, tmp_path):
    (tmp_path / "ratings.csv").write_text("who,text,stars\nr1,Good tea,5\nr1,Thé froid,2\nr2,Good tea,4\n")
    (tmp_path / "tea.toml").write_text(
        'name = "tea_stars"\nfile = "ratings.csv"\nprocess = "who"\ninput = "text"\noutput = "stars"\n'
        'choices = ["1", "2", "3", "4", "5"]\nlicence = "CC0-1.0"\nsplit = "heldout"\n'
        'description = "Stars that one person gives."\n'
    )
    added = run("suite", "add", "tea.toml", cwd=tmp_path)
    assert added.returncode == 0, added.stderr
    assert added.stdout.startswith("added tea_stars (steer, heldout)")
    shown = run("suite", "show", "tea_stars", "--model", model, cwd=tmp_path)
    assert "Thé froid" in shown.stdout or "Good tea" in shown.stdout
    (tmp_path / "tea.toml").write_text((tmp_path / "tea.toml").read_text().replace('"stars"', '"star"'))
    wrong = run("suite", "add", "tea.toml", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "star" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_pulling_a_task_that_needs_nothing_or_a_person_says_so(tmp_path):
    done = run("suite", "pull", "urn", cwd=tmp_path)
    assert done.returncode == 2
    assert "needs no source data" in done.stderr
    by_hand = run("suite", "pull", "netflix_individual_ratings", cwd=tmp_path)
    assert by_hand.returncode == 2
    assert "1. " in by_hand.stderr
