import json
import os
import signal
import subprocess
import sys
import time

import polars as pl
import pytest
from safetensors.torch import load_file

from pluralign.cli import main
from pluralign.errors import DataError
from pluralign.tune.encoder_decoder import train
from pluralign.values.consideration import Pair
from pluralign.values.kaleido import KaleidoModel
from tests.values.tiny_t5 import build

ACTS = [f"Mending {thing}" for thing in ("chairs", "roofs", "boats", "clocks", "shoes", "bikes", "fences", "lamps")]


def example(task, act, text, answer, split):
    """A row of a mixture; care is supported and always bears, noise never does."""
    tag = f"[{task.title()}]:\tSituation: {act}"
    asked = tag if task == "generate" else f"{tag}\tValue: {text}"
    return dict(task=task, split=split, situation=act, kind="value", text=text, input=asked, output=answer)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A mixture and a random checkpoint whose tokenizer knows its words."""
    folder = tmp_path_factory.mktemp("seq2seq")
    rows = [
        row
        for number, act in enumerate(ACTS)
        for row in (
            example("relevance", act, "care", "Yes", "val" if number > 5 else "train"),
            example("relevance", act, "noise", "No", "val" if number > 5 else "train"),
            example("valence", act, "care", "Supports", "val" if number > 5 else "train"),
            example("generate", act, "care", "Value: care", "val" if number > 5 else "train"),
        )
    ]
    (folder / "mixture").mkdir()
    pl.DataFrame(rows).write_csv(folder / "mixture" / "mixture.csv")
    build(folder / "base", [*ACTS, "Situation: care noise"], tasks=None, system=None)
    return folder


def command(folder, out, *more):
    asked = [
        "values",
        "train",
        "--model",
        str(folder / "base"),
        "--mixture",
        str(folder / "mixture"),
        "--out",
        str(out),
    ]
    return [*asked, "--batch", "8", "--learning-rate", "0.01", *more]


def test_a_trained_checkpoint_says_what_it_was_taught_and_knows_its_templates(folder, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main([*command(folder, tmp_path / "run", "--epochs", "40"), "--json"])
    assert stop.value.code in (0, None)
    found = json.loads(capsys.readouterr().out)
    assert found["last_loss"] < 0.3 * found["first_loss"]
    assert found["development"]["relevance_accuracy"][0] >= 0.75
    config = json.loads((tmp_path / "run" / "model" / "config.json").read_text())
    assert config["task_specific_params"]["valence"]["args"] == ["{situation}", "{kind}", "{text}"]
    model = KaleidoModel.load(str(tmp_path / "run" / "model"))
    relevance = model.relevance([Pair(ACTS[0], "value", "care"), Pair(ACTS[0], "value", "noise")])
    assert relevance[0] >= model.thresholds["value"] > relevance[1]
    assert model.valence([Pair(ACTS[0], "value", "care")])[0].argmax() == 0


def test_a_killed_training_ends_with_the_same_weights(folder, tmp_path):
    more = ("--epochs", "12", "--save-steps", "6")
    run = command(folder, tmp_path / "killed", *more)
    killed = subprocess.Popen(
        [sys.executable, "-m", "pluralign", *run], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120
    while not list((tmp_path / "killed" / "checkpoints").glob("*/whole")):
        assert killed.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert not (tmp_path / "killed" / "metrics.json").exists()
    for rest in (run, command(folder, tmp_path / "whole", *more)):
        with pytest.raises(SystemExit) as stop:
            main(rest)
        assert stop.value.code in (0, None)
    one, two = (load_file(tmp_path / name / "model" / "model.safetensors") for name in ("killed", "whole"))
    assert all((one[name] == two[name]).all() for name in two)
    assert not (tmp_path / "killed" / "checkpoints").exists()


def test_nothing_to_train_on_and_flags_that_do_not_go_together(folder, tmp_path, capsys):
    with pytest.raises(DataError, match="no lines"):
        train(str(folder / "base"), pl.DataFrame({"input": [], "output": []}), tmp_path / "run")
    for wrong in (["--model", str(folder / "base")], ["--batch", "8"]):
        with pytest.raises(SystemExit) as stop:
            main(["values", "train", "--out", str(tmp_path / "out"), *wrong])
        assert stop.value.code == 2
    assert "needs --mixture" in capsys.readouterr().err
