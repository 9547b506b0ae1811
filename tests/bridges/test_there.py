"""Exported tasks run in the tools that they are written for, with an embedded model, and give the numbers of ours."""

import json
import os
import subprocess
import sys
from pathlib import Path

import inspect_ai
import lm_eval
import numpy as np
import pytest

from pluralign.bridges import EXPORTS, Question, questions
from pluralign.lm import load
from pluralign.lm.nano import folder
from pluralign.measure import align, distances
from pluralign.suite import DataRoot, get

NOWHERE = DataRoot(None)
TOOLS = (inspect_ai, lm_eval)
"""Named here so that their absence is an error, not a test left out."""


def export(tool: str, name: str, limit: int, place: Path) -> list[Question]:
    asked = questions(get(name), NOWHERE, limit=limit)
    EXPORTS[tool](get(name), asked, place)
    return asked


def run(place: Path, *command: str) -> None:
    environment = os.environ | {"HF_HOME": str(place / "hub"), "XDG_CACHE_HOME": str(place / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=place, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_the_harness_gives_our_numbers(tmp_path: Path) -> None:
    asked = export("lm-eval", "coinflip", 1, tmp_path)
    export("lm-eval", "urn", 8, tmp_path)
    run(
        tmp_path,
        *("lm_eval", "--model", "hf", "--model_args", f"pretrained={folder('nano-base')},dtype=float32"),
        *("--device", "cpu", "--include_path", str(tmp_path), "--tasks", "pluralign_coinflip,pluralign_urn"),
        *("--output_path", str(tmp_path / "out"), "--log_samples"),
    )
    (results,) = (tmp_path / "out").rglob("results_*.json")
    there = json.loads(results.read_text(encoding="utf-8"))["results"]
    model = load("nano-base", template="colon", device="cpu")
    rows = align.rows(model, "urn", get("urn").processes(NOWHERE, 8))
    for metric in ("js_distance_base2", "js_divergence_nats", "total_variation", "mass_outside"):
        assert there["pluralign_urn"][f"{metric},none"] == pytest.approx(rows[metric].mean(), abs=1e-4)

    (samples,) = (tmp_path / "out").rglob("samples_pluralign_coinflip_*.jsonl")
    scored = {one["doc"]["id"]: one for one in map(json.loads, samples.read_text(encoding="utf-8").splitlines())}
    fits = 0
    found = model.choices([one.prompt for one in asked], [one.choices for one in asked])
    for one, scores in zip(asked, found, strict=True):
        if scores is not None:  # the harness cuts what does not fit
            logs, fits = np.array(scores.logprobs), fits + 1
            assert scored[one.prompt.id]["acc"] == float(logs[one.answer] == logs.max())
            expected = np.logaddexp.reduce(logs) - logs[one.answer]
            assert scored[one.prompt.id]["choice_loss"] == pytest.approx(expected, abs=1e-4)
    assert fits > 20


def test_inspect_gives_the_distances_of_what_was_answered(tmp_path: Path) -> None:
    asked = export("inspect", "urn", 6, tmp_path)
    log = inspected(tmp_path, "urn", "nano-instruct", "-T", "draws=4")
    drawn: dict[str, list[str]] = {}
    for sample in log["samples"]:
        drawn.setdefault(sample["id"], []).append(sample["output"]["choices"][0]["message"]["content"].strip())
    expected, outside = [], []
    for one in asked:
        answers = drawn[one.prompt.id]
        counts = np.array([answers.count(choice) for choice in one.choices])
        outside.append(1 - counts.sum() / len(answers))
        if counts.sum():
            assert one.target is not None
            expected.append(distances.total_variation(one.target.probabilities, counts / counts.sum()))
    assert {len(answers) for answers in drawn.values()} == {4}
    found = {name: one["value"] for name, one in log["results"]["scores"][0]["metrics"].items()}
    assert found["mass_outside"] == pytest.approx(np.mean(outside))
    assert found["left_out"] == len(asked) - len(expected)
    if expected:
        assert found["total_variation"] == pytest.approx(np.mean(expected))


def test_inspect_gives_the_likeliest_answers_of_ours(tmp_path: Path) -> None:
    asked = export("inspect", "coinflip", 1, tmp_path)[:6]
    log = inspected(tmp_path, "coinflip", "nano-instruct", "-M", "do_sample=false", "--limit", "6")
    there = {s["id"]: s["output"]["choices"][0]["message"]["content"].strip() for s in log["samples"]}
    ours = load("nano-instruct", template="chat", device="cpu").sample(
        [one.prompt for one in asked], 1, temperature=0, max_tokens=log["plan"]["config"]["max_tokens"]
    )
    assert [there[one.prompt.id] for one in asked] == [text for (text,) in ours]
    right = np.mean([there[one.prompt.id] == one.choices[one.answer] for one in asked])
    assert log["results"]["scores"][0]["metrics"]["accuracy"]["value"] == right


def inspected(place: Path, name: str, model: str, *more: str) -> dict:
    run(
        place,
        *("inspect_ai", "eval", f"pluralign_{name}.py", "--model", "hf/local", "-M", f"model_path={folder(model)}"),
        *("-M", "device=cpu", "-M", "dtype=float32", *more, "--display", "plain"),
        *("--log-dir", str(place / "logs"), "--log-format", "json"),
    )
    (log,) = (place / "logs").glob("*.json")
    return json.loads(log.read_text(encoding="utf-8"))
