"""A prism is built by the command, as a process, from a server that is another; both are real."""

import csv
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from pluralign.values.quality import QUESTIONS
from tests.cli.values_command import here
from tests.servers.scripted import scripted

SITUATIONS = [f"Sharing case {i:03d} with a friend" for i in range(48)]
GOOD = """Value | Case {i} | Supports | It bears on it.
Value | Openness | Opposes | It bears on it.
Right | Right to share | Supports | It bears on it.
Duty | Duty to ask first | Either | It bears on it."""
SPOILED = "Sure, here they are:\n- Value | Care | Supports | It bears on it."
BATCH = 32
"""Situations that are given to a model at once."""

CONCURRENT = 8
"""Requests under way at once, which a kill loses."""


def script():
    """Every fifth situation is answered badly as often as not."""
    for i in range(len(SITUATIONS)):
        good = GOOD.replace("{i}", f"{i:03d}")
        yield f"case {i:03d}", {good: 1.0} if i % 5 else {good: 0.5, SPOILED: 0.5}


@pytest.fixture(scope="module")
def process():
    with scripted(list(script())) as running:
        yield running


@pytest.fixture
def server(process):
    process.control(delay=0.0, requests=0)
    return process


def listing(folder):
    path = folder / "situations.txt"
    path.write_text("\n".join([*SITUATIONS, "", SITUATIONS[0].upper()]) + "\n")
    return path


@pytest.fixture
def listed(tmp_path):
    return listing(tmp_path)


def asked(listed, out, server):
    return ["build", str(listed), "--model", f"openai:any@{server.url}", "--out", str(out)]


@dataclass(frozen=True)
class Whole:
    """A build that nothing stopped."""

    out: Path
    requests: int

    @property
    def metrics(self):
        return {one["metric"]: one["value"] for one in json.loads((self.out / "metrics.json").read_text())}

    @property
    def asked(self):
        """A row per request about a situation."""
        return pl.read_parquet(self.out / "rows.parquet").filter(pl.col("status") == "asked")

    @property
    def probing(self):
        """Requests that find out what the server honours."""
        return self.requests - self.metrics["requests"]


@pytest.fixture(scope="module")
def whole(process, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    process.control(delay=0.0, requests=0)
    assert here(*asked(listing(folder), folder / "out", process)) == 0
    return Whole(folder / "out", process.control()["requests"])


def written(out):
    return len(list((out / "parts").glob("*.parquet")))


def built(out):
    return pl.read_csv(out / "prism.csv").drop("made").rows()


def aside(out):
    return [json.loads(line) for line in (out / "malformed.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("cached", [True, False])
def test_a_killed_build_goes_on_and_loses_and_repeats_nothing(
    whole, server, listed, tmp_path, monkeypatch, capsys, cached
):
    if not cached:
        monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "pluralign", "values", *asked(listed, out, server)]
    killed = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120

    def until(condition):
        while not condition():
            assert killed.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)

    # Killed within the second batch of situations, some of them answered.
    until(lambda: written(out) > 0)
    server.control(delay=1.0)
    first = whole.probing + whole.asked.filter(pl.col("number") < BATCH).height
    until(lambda: written(out) >= BATCH and server.control()["requests"] > first + CONCURRENT)
    killed.kill()
    killed.wait()
    assert not (out / "metrics.json").exists()
    kept = written(out)
    assert BATCH <= kept < len(SITUATIONS)
    while server.control(delay=0.0)["under_way"]:
        time.sleep(0.01)
    before = server.control()["requests"]

    assert here(*asked(listed, out, server), "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert built(out) == built(whole.out)
    assert aside(out) == aside(whole.out)
    total = server.control()["requests"]
    if cached:
        assert whole.requests <= total <= whole.requests + CONCURRENT
    else:
        # Nothing is known of answers, so what is not on disk is asked again, and only that.
        assert total - before == whole.probing + whole.asked.filter(pl.col("number") >= kept).height
    assert {one["metric"]: one["value"] for one in document["metrics"]}["prompt_tokens"] > 0
    assert (document["repeated"], document["blank"], document["run"]) == (1, 1, str(out))
    assert set(document["files"]) == {"prism", "malformed", "quality"}


def test_malformed_lines_are_counted_and_kept_aside(whole):
    assert 0 < whole.probing < 30
    reasons = [one["reason"] for one in aside(whole.out)]
    spoiled = reasons.count("unknown kind")
    assert reasons.count("not four fields") == spoiled > 0
    good = {row[0] for row in built(whole.out)}
    again = int(whole.metrics["requests"]) - len(SITUATIONS)
    assert spoiled == again + len(SITUATIONS) - len(good)
    assert whole.metrics["considerations"] == 4 * len(good) == len(built(whole.out))
    lines = len(reasons) + len(built(whole.out))
    assert whole.metrics["lines_malformed"] == pytest.approx(2 * spoiled / lines)


def test_a_dry_run_asks_nothing(server, listed, tmp_path, capsys):
    out = tmp_path / "out"
    assert here(*asked(listed, out, server), "--dry-run") == 0
    assert "48 to 144 requests" in " ".join(capsys.readouterr().err.split())
    assert here(*asked(listed, out, server), "--dry-run", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["requests"], document["requests_most"]) == (48, 144)
    assert document["tokens_about"] == document["characters"] // 4
    assert server.control()["requests"] == 0 and not out.exists()


def test_what_people_return_is_summed_up(whole, tmp_path, capsys):
    out, returned = whole.out, []
    for person in ("a", "b", "c"):
        with (out / "quality.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            row |= dict.fromkeys(QUESTIONS, "yes") | {"annotator": person}
            if person == "c" and row["vrd"] == "Duty":
                row |= {"relevant": "no", "missing": "the friend's view"}
        returned.append(tmp_path / f"{person}.csv")
        with returned[-1].open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    assert len(rows) >= 100

    request = ("quality", *returned, "--out", tmp_path / "quality")
    assert here(*request, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    found = {(one["model"], one["metric"]): one for one in document["metrics"]}
    assert document["annotators"] == 3 and document["rows"] == 3 * len(rows)
    assert found["candidate", "by_all"]["value"] == 0.75
    assert found["candidate", "by_majority"]["value"] == found["explanation_sound", "yes"]["value"] == 1
    assert found["candidate", "agreement"]["value"] == pytest.approx(1 - 0.25 * 2 / 3)
    assert found["candidate", "kappa"]["value"] < 0 < 0.7 < found["candidate", "ac1"]["value"]
    assert found["explanation_sound", "kappa"]["value"] is None
    assert found["missing", "situations"]["value"] == 1
    assert here(*request) == 0
    assert "candidate" in capsys.readouterr().out

    drawn = tmp_path / "drawn.csv"
    assert here("quality", out / "prism.csv", "--sample", 12, "--out", drawn) == 0
    assert 12 <= len(drawn.read_text().splitlines()) - 1 < 24


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (("build", "{none}.txt", "--model", "m"), "there is no such file"),
        (("build", "{listed}", "--model", "openai:any@http://127.0.0.1:9/v1", "--tries", "0"), "at least 1"),
        (("build", "{listed}", "--model", "openai:any", "--out", "{none}"), "openai:MODEL@URL"),
        (("build", "{listed}", "--model", "m", "--sample", "0"), "--sample must be at least 1"),
        (("quality",), "no file given"),
        (("quality", "{listed}", "--sample", "5"), "--sample takes one table"),
        (("quality", "{none}.csv"), "there is no such file"),
        (("quality", "{listed}"), "column 'id' is absent"),
    ],
)
def test_wrong_requests_are_one_line(listed, tmp_path, capsys, request_, says):
    names = {"{listed}": str(listed), "{none}": str(tmp_path / "none")}
    assert here(*(names.get(part[: part.find("}") + 1], "") + part[part.find("}") + 1 :] for part in request_)) == 2
    assert says in capsys.readouterr().err.splitlines()[-1]
