"""What an audit takes, said before it is done; and what models cannot do, said before any work."""

import json

import pytest

from pluralign.cli import main
from pluralign.errors import ModelError
from pluralign.lm import load
from pluralign.lm.counting import CountingModel
from pluralign.lm.protocol import Capabilities
from pluralign.lm.scripted import ScriptedModel
from pluralign.measure import Request, audit
from pluralign.measure.parts import part
from pluralign.measure.plan import cost, plan
from pluralign.suite import DataRoot
from tests.servers.scripted import scripted

REQUEST = Request(("m",), ("coinflip", "urn", "weekdays_full", "readouts:urn", "robustness:urn"), limit=8, samples=20)
CHAT = Capabilities(logprobs=False)
SCRIPT = [("", {"Monday": 0.5, "Red": 0.3, "Heads": 0.2})]


def test_the_plan_is_what_a_server_is_asked(tmp_path):
    request = Request(("m",), ("anes96_individual", "urn", "weekdays_full"), limit=1, samples=20)
    works = plan(request)
    started = []
    with scripted(SCRIPT) as server:
        model = load(f"openai:m@{server.url}")
        before = server.control()["requests"]
        audit(request, tmp_path / "run", lambda name: model, started=started.append)
        asked = server.control()["requests"] - before
    assert [work.units for work in works][2] == 3  # three styles of prompts
    assert sum(work.units for work in works) == started[0]
    # The same text may be asked for twice: the second time it comes from the cache.
    assert asked + model.usage.cached == sum(work.asked.requests for work in works)
    assert works[2].asked.samples == 60 and works[2].asked.requests == 6 and works[2].asked.requests_most == 60


def test_asking_alone_asks_the_same_as_computing():
    one, computing, asking = part("coinflip"), CountingModel(), CountingModel()
    for _, rows in one.pieces(DataRoot(None), REQUEST):
        rows(computing)
    assert one.ask is not None
    one.ask(asking, DataRoot(None), REQUEST)
    assert computing.asked == asking.asked
    assert asking.asked.scored > 0 and asking.asked.options == 2 * asking.asked.scored


def test_cost_by_hand():
    (work,) = plan(Request(("m",), ("weekdays_full",), samples=20))
    least, most = cost([work], 2.0, 10.0)
    assert least == pytest.approx(work.tokens_about * 2 / 1e6)
    assert most == pytest.approx((work.tokens_most_about * 2 + work.asked.answer_tokens_most * 10) / 1e6)
    assert work.tokens_most_about == pytest.approx(10 * work.tokens_about, abs=10)


def test_a_dry_run_loads_nothing_and_prints_one_document(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLURALIGN_DATA", str(tmp_path))
    models = ("no such folder", "openai:m@http://127.0.0.1:1/v1")
    prices = ("--price-prompt", "1", "--price-answer", "2")
    with pytest.raises(SystemExit) as stop:
        main(["measure", *models, "--tasks", "urn,weekdays_full", "--dry-run", "--json", *prices])
    assert not stop.value.code
    found = json.loads(capsys.readouterr().out)
    local, remote = found["models"]
    assert local == {"model": models[0], "units": found["total_for_each_model"]["units"], "server": False}
    assert remote["requests"] == sum(task["requests"] for task in found["tasks"]) > 0
    assert 0 < remote["cost_least_about"] < remote["cost_most_about"]
    assert not (tmp_path / "runs").exists()


def never(name):
    raise AssertionError("a model was loaded")


def test_what_a_model_cannot_do_is_refused_before_it_is_loaded(tmp_path):
    for tasks, lacking in (
        ("urn", "given answers"),
        ("coinflip", "whole answers"),
        ("robustness:urn", "given answers"),
    ):
        with pytest.raises(ModelError, match=f"{tasks} needs log-probabilities of {lacking}") as error:
            audit(Request(("m",), ("weekdays_full", tasks)), tmp_path / tasks[:3], never, able=lambda name: CHAT)
        assert error.value.where == "m"
    mute = Capabilities(sampling=False)
    with pytest.raises(ModelError, match="readouts:urn needs answers drawn"):
        audit(Request(("m",), ("readouts:urn",)), tmp_path / "mute", never, able=lambda name: mute)


def test_under_all_it_is_left_out_by_name(tmp_path):
    told = []
    chat = ScriptedModel(lambda prompt: {"Monday": 0.5, "red": 0.5}, capabilities=CHAT)
    found = audit(
        REQUEST,
        tmp_path / "run",
        lambda name: chat,
        able=lambda name: chat.capabilities,
        lenient=True,
        told=told.append,
    )
    assert [line.partition(",")[0] for line in told if line.startswith("left out")] == [
        "left out: coinflip",
        "left out: urn",
        "left out: robustness:urn",
    ]
    assert any(line.startswith("readouts:urn does without") for line in told)
    assert {m["kind"] for m in found} == {"cover", "readouts"}
    readouts = {m["metric"].partition(":")[2] for m in found if m["kind"] == "readouts"}
    assert readouts == {"verbalised", "sampled", "sequence"}
    with pytest.raises(ModelError, match="none of what is asked"):
        audit(Request(("m",), ("urn",)), tmp_path / "none", never, able=lambda name: CHAT, lenient=True)
