"""Exported tasks run in the tools that they are written for, with an embedded model, and give the numbers of ours."""

import json
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from pluralign.bridges import EXPORTS, Question, questions
from pluralign.lm import load
from pluralign.lm.nano import folder
from pluralign.measure import align, distances
from pluralign.suite import DataRoot, get

NOWHERE = DataRoot(None)
HERE = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ran:
    """What was exported and run.

    Attributes:
        folder: holds what each tool wrote.
        asked: the questions of each export, by tool and task.
    """

    folder: Path
    asked: dict[tuple[str, str], list[Question]]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The commands that the exports name, run in one process."""
    place, asked, commands = tmp_path_factory.mktemp("exported"), {}, {}
    for tool in ("lm-eval", "inspect"):
        for name, limit in (("urn", 4), ("coinflip", 1)):
            asked[tool, name] = questions(get(name), NOWHERE, limit=limit)[:16]
            command = EXPORTS[tool](get(name), asked[tool, name], place / tool)
            commands[tool, name] = [word.replace("PROVIDER/MODEL", "hf/local") for word in shlex.split(command)]
    model = f"model_path={folder('nano-instruct')}"
    both = {
        "pluralign_urn": "pluralign_urn,pluralign_coinflip",
        "pretrained=MODEL": f"pretrained={folder('nano-base')},dtype=float32",
    }
    harness = [both.get(word, word) for word in commands["lm-eval", "urn"]]
    inspect = ["-M", model, "-M", "device=cpu", "-M", "dtype=float32", "--log-format", "json", "--display", "none"]
    todo = [
        [*harness, "--device", "cpu", "--output_path", str(place / "harness"), "--log_samples"],
        [*commands["inspect", "urn"], *inspect, "--log-dir", str(place / "urn"), "-T", "draws=4"],
        [*commands["inspect", "coinflip"], *inspect, "--log-dir", str(place / "coinflip"), "-M", "do_sample=false"],
    ]
    (place / "commands.json").write_text(json.dumps(todo), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tests.bridges.commands", str(place / "commands.json")],
        cwd=HERE,
        env=os.environ | {"HF_HOME": str(place / "hub"), "XDG_CACHE_HOME": str(place / "cache")},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return Ran(place, asked)


def test_the_harness_gives_our_distances(ran: Ran) -> None:
    (results,) = (ran.folder / "harness").rglob("results_*.json")
    there = json.loads(results.read_text(encoding="utf-8"))["results"]["pluralign_urn"]
    model = load("nano-base", template="colon", device="cpu")
    rows = align.rows(model, "urn", get("urn").processes(NOWHERE, 4))
    for metric in ("js_distance_base2", "js_divergence_nats", "total_variation", "kl_divergence_nats", "mass_outside"):
        assert there[f"{metric},none"] == pytest.approx(rows[metric].mean(), abs=1e-4)


def test_the_harness_gives_our_losses(ran: Ran) -> None:
    asked = ran.asked["lm-eval", "coinflip"]
    (samples,) = (ran.folder / "harness").rglob("samples_pluralign_coinflip_*.jsonl")
    scored = {one["doc"]["id"]: one for one in map(json.loads, samples.read_text(encoding="utf-8").splitlines())}
    assert len(scored) == len(asked) == 16
    model = load("nano-base", template="colon", device="cpu")
    found = model.choices([one.prompt for one in asked], [one.choices for one in asked])
    for one, scores in zip(asked, found, strict=True):
        assert scores is not None
        logs = np.array(scores.logprobs)
        assert scored[one.prompt.id]["acc"] == float(logs[one.answer] == logs.max())
        expected = np.logaddexp.reduce(logs) - logs[one.answer]
        assert scored[one.prompt.id]["choice_loss"] == pytest.approx(expected, abs=1e-4)


def test_inspect_gives_the_distances_of_what_was_answered(ran: Ran) -> None:
    asked, log = ran.asked["inspect", "urn"], inspected(ran, "urn")
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


def test_inspect_gives_the_likeliest_answers_of_ours(ran: Ran) -> None:
    asked, log = ran.asked["inspect", "coinflip"], inspected(ran, "coinflip")
    there = {s["id"]: s["output"]["choices"][0]["message"]["content"].strip() for s in log["samples"]}
    ours = load("nano-instruct", template="chat", device="cpu").sample(
        [one.prompt for one in asked], 1, temperature=0, max_tokens=log["plan"]["config"]["max_tokens"]
    )
    assert [there[one.prompt.id] for one in asked] == [text for (text,) in ours]
    right = np.mean([there[one.prompt.id] == one.choices[one.answer] for one in asked])
    assert log["results"]["scores"][0]["metrics"]["accuracy"]["value"] == right


def inspected(ran: Ran, name: str) -> dict:
    (log,) = (ran.folder / name).glob("*.json")
    return json.loads(log.read_text(encoding="utf-8"))
