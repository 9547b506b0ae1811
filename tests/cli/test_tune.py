"""``pluralign tune`` in real processes: killed and resumed, a full disk, and one clear line for wrong input."""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors.torch import load_file

from pluralign.cli import main
from tests.tune.test_markers import without_markers
from tests.tune.tiny_models import base_tokenizer, tiny_model

SMALL = ("--tasks", "cards", "--heldout", "", "--max-length", "192", "--batch-tokens", "384", "--precision", "float32")


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> str:
    """A random base model of two layers in an ordinary folder."""
    folder = tmp_path_factory.mktemp("model")
    tiny_model("qwen").save_pretrained(folder)
    base_tokenizer("qwen").save_pretrained(folder)
    return str(folder)


def arguments(model: str, out: Path, *extra: str) -> list[str]:
    small = (*SMALL, "--tokens", "24000", "--save-steps", "6", "--learning-rate", "1e-3", "--report-to", "none")
    return ["tune", model, "--recipe", "nano", *small, "--out", str(out), *extra]


def started(*given) -> subprocess.Popen:
    command = [sys.executable, "-m", "pluralign", *arguments(*given)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def here(given: list[str]) -> None:
    """Run the command line in this process, which has the libraries loaded."""
    with pytest.raises(SystemExit) as caught:
        main(given)
    assert caught.value.code == 0


def wait_for_checkpoint(process: subprocess.Popen, out: Path) -> None:
    until = time.monotonic() + 240
    while not list(out.glob("checkpoints/checkpoint-*/whole")):
        assert process.poll() is None and time.monotonic() < until, process.communicate()
        time.sleep(0.005)


def test_a_killed_training_ends_with_the_same_weights(model, tmp_path, capsys):
    here(arguments(model, tmp_path / "whole", "--json"))
    whole = json.loads(capsys.readouterr().out)
    process = started(model, tmp_path / "parts")
    wait_for_checkpoint(process, tmp_path / "parts")
    time.sleep(random.uniform(0, 0.5))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "parts" / "model").exists()
    rest = started(model, tmp_path / "parts", "--json")
    printed, errors = rest.communicate(timeout=300)
    assert rest.returncode == 0, errors

    one, other = (load_file(tmp_path / name / "model" / "model.safetensors") for name in ("whole", "parts"))
    assert one.keys() == other.keys()
    assert all(one[name].equal(other[name]) for name in one)
    records = [json.loads((tmp_path / name / "model" / "training.json").read_text()) for name in ("whole", "parts")]
    assert records[0]["losses"] == records[1]["losses"]
    assert json.loads(printed)["steps"] == whole["steps"] == len(records[0]["losses"]) > 50
    assert whole["last_loss"] < whole["first_loss"]


def test_a_full_disk_leaves_the_last_checkpoint(model, tmp_path):
    """From one moment on no file may grow over a limit: the system refuses to write, as it does on a full disk."""
    out = tmp_path / "out"
    process = started(model, out)
    wait_for_checkpoint(process, out)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (20_000, 20_000))
    _, errors = process.communicate(timeout=240)
    assert process.returncode == 2, errors
    (line,) = errors.splitlines()
    assert line.startswith("error: cannot write") and str(out) in line and "free disk space" in line
    (left,) = out.glob("checkpoints/checkpoint-*")
    assert (left / "whole").exists()
    here(arguments(model, out))
    assert (out / "model" / "model.safetensors").exists()


@pytest.fixture
def fails(capsys, monkeypatch, tmp_path):
    """Runs the command line here, and gives the one line of an error."""
    (tmp_path / "nothing").mkdir()
    monkeypatch.setenv("PLURALIGN_DATA", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path)

    def fails(*arguments: str) -> str:
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main(["tune", *arguments])
        written = capsys.readouterr()
        assert caught.value.code == 2
        assert written.out == ""
        (line,) = [line for line in written.err.splitlines() if line]
        return line

    return fails


def test_wrong_input_gives_one_line(fails, model, tmp_path):
    tiny_model("qwen").save_pretrained(tmp_path / "bare")
    without_markers().save_pretrained(tmp_path / "bare")
    (tmp_path / "bad.toml").write_text("batch_tokens = 5\nspeed = 3\n")
    nano = ("--recipe", "nano")
    for arguments, expected in (
        ((model, "--recipe", "magic"), "there is no recipe 'magic'"),
        ((model, "--recipe", "bad.toml"), "unknown key 'speed'"),
        ((model, *nano), "no data for task"),
        ((model, *nano, "--tasks", ""), "the mixture is empty"),
        ((model, *nano, "--tasks", "bare_gsm8k", "--no-capability"), "the mixture is empty"),
        ((model, *nano, "--tasks", "coinflop"), "Did you mean coinflip"),
        ((model, *nano, "--tasks", "polis_vote"), "no data for task polis_vote"),
        ((model, *nano, "--tasks", "urn"), "of kind align"),
        ((model, *nano, "--tasks", "flight"), "both trained on and held out"),
        ((model, *nano, *SMALL, "--loss", "some"), "some"),
        ((model, *nano, *SMALL, "--warmup", "2"), "between 0 and 1"),
        ((str(tmp_path / "bare"), *nano, *SMALL), "no turn markers"),
        ((str(tmp_path / "bare"), *nano, *SMALL, "--dry-run"), "no turn markers"),
        (("nowhere", *nano, *SMALL), "no model is called 'nowhere'"),
    ):
        assert expected in fails(*arguments), arguments
    assert not list(tmp_path.glob("runs/*/checkpoints/*"))


def test_a_loss_that_is_no_number_gives_one_line(fails, model, tmp_path):
    line = fails(
        model,
        "--recipe",
        "nano",
        *SMALL,
        "--learning-rate",
        "1e39",
        "--report-to",
        "none",
        "--out",
        str(tmp_path / "out"),
    )
    assert "not a finite number" in line and "The last checkpoint is good" in line


def test_a_dry_run_trains_nothing(model, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    given = ["tune", model, "--recipe", "nano", *SMALL, "--tokens", "30000", "--dry-run"]
    here([*given, "--json"])
    facts = json.loads(capsys.readouterr().out)
    assert facts["recipe"]["max_length"] == 192
    assert [share["task"] for share in facts["tasks"]] == ["cards"]
    assert facts["tokens"] == pytest.approx(30000, abs=400)
    assert facts["steps"] == -(-facts["rows"] // facts["rows_per_step"])
    here(given)
    shown = capsys.readouterr().out
    assert f"{facts['steps']:,} steps" in shown and "learning_rate" in shown
    assert os.listdir(tmp_path) == []
