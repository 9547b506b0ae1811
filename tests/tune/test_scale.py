"""More than one process: the same command under ``torchrun``, and the loss on a model that is sharded."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.tiny import llama_like
from tests.tune.tiny_models import tiny_model

ROOT = Path(__file__).resolve().parents[2]
RECIPE = """\
tasks = ["coinflip"]
max_length = 96
tokens = 6_000
batch_tokens = 384
learning_rate = 1e-2
schedule = "cosine"
precision = "float32"
save_steps = 1000
"""


def run(arguments: list[str], cache: Path, processes: int = 1) -> None:
    """Run Python with arguments, as one process or under ``torchrun``."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(processes)]
    command = [sys.executable, *(launcher if processes > 1 else []), *arguments]
    settings = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "PYTHONPATH": str(ROOT)}
    environment = os.environ | settings | {"XDG_CACHE_HOME": str(cache)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr[-4000:]


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    """The same job as one process and as two: its folders, and the records of the training."""
    folder = tmp_path_factory.mktemp("scale")
    tiny_model("llama").save_pretrained(folder / "base")
    llama_like().save_pretrained(folder / "base")
    (folder / "coins.toml").write_text(RECIPE)
    found = {}
    for processes in (1, 2):
        out = folder / f"job-{processes}"
        command = ["tune", str(folder / "base"), "--recipe", str(folder / "coins.toml"), "--out", str(out)]
        launched = ["--module", "pluralign"] if processes > 1 else ["-m", "pluralign"]
        run([*launched, *command], folder / f"cache-{processes}", processes)
        found[processes] = (out, json.loads((out / "model" / "training.json").read_text()))
    return found


def test_two_processes_train_side_by_side(jobs):
    assert {processes: record["devices"] for processes, (_, record) in jobs.items()} == {1: 1, 2: 2}


def test_two_processes_have_the_loss_curve_of_one(jobs):
    (_, one), (_, two) = jobs[1], jobs[2]
    assert one["steps"] == two["steps"] > 10
    assert two["losses"] == pytest.approx(one["losses"], abs=1e-3)
    assert one["losses"][-1] < one["losses"][0] - 0.5


def test_two_processes_end_with_the_weights_of_one(jobs):
    one, two = (load_file(out / "model" / "model.safetensors") for out, _ in jobs.values())
    base = load_file(jobs[1][0].parent / "base" / "model.safetensors")
    assert one.keys() == two.keys() == base.keys()
    moved = max((one[name] - base[name]).abs().max().item() for name in one)
    apart = max((one[name] - two[name]).abs().max().item() for name in one)
    assert apart < 0.01 * moved
    assert all(weight.dtype == torch.float32 for weight in two.values())


def test_a_sharded_model_has_the_loss_and_the_step_of_a_whole_one(tmp_path):
    run(["tests/tune/sharded.py", str(tmp_path / "found.json")], tmp_path, processes=2)
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["world"] == found["rows"] == 2
    assert found["sharded"] == found["parameters"]
    assert found["share"] == pytest.approx(0.5, abs=0.01)
    assert found["losses"][0] == pytest.approx(found["losses"][1], abs=1e-5)
    assert found["names"][0] == found["names"][1]
    assert found["difference"] < 1e-5 < 1e-2 < found["moved"]
