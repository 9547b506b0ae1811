"""Requests that fail, are repeated, are kept, and are bounded."""

import os
import time

import numpy as np
import pytest

from pluralign.episode import Example, Prompt
from pluralign.errors import ModelError, RunError
from pluralign.lm._requests import Limits, Usage
from pluralign.lm.openai import OpenAIModel
from pluralign.suite.data import cache_folder
from tests.servers.scripted import scripted

SCRIPT = [("", {"Heads": 0.6, "Tails": 0.4})]
PROMPTS = [Prompt(f"coin@{k}", None, (Example("Heads"),) * k, "A coin.") for k in range(8)]
CHOICES = [("Heads", "Tails")] * len(PROMPTS)
HASTY = Limits(concurrency=1, retries=0)


@pytest.fixture
def server():
    with scripted(SCRIPT) as running:
        yield running


def connect(server, **limits):
    return OpenAIModel.connect(f"openai:any@{server.url}", limits=Limits(**limits))


def probabilities(scores):
    return np.exp([one.logprobs for one in scores])


def test_failures_that_pass_are_repeated(server):
    model = connect(server, concurrency=1)
    asked, before = model.usage.requests, server.control()["requests"]
    server.control(fail=["429", "500", "drop", "malformed", "malformed"])
    started = time.monotonic()
    scores = model.choices(PROMPTS[:3], CHOICES[:3])
    assert probabilities(scores) == pytest.approx(np.array([[0.6, 0.4]] * 3))
    # Three repeated by the client, waiting 0.05, 0.75 and 0.375 s at least, and twice for JSON: 0.375 and 0.75 s.
    assert time.monotonic() - started > 1.5
    assert model.usage.retries == 5
    assert server.control()["requests"] - before == 6 + 5
    assert model.usage.requests - asked == 6 + 2


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("429", "no more requests"),
        ("500", r"refuses.*500"),
        ("drop", "cannot be reached"),
        ("malformed", "/v1"),
    ],
)
def test_failures_that_stay_are_one_error(server, fault, message):
    model = connect(server, concurrency=1, retries=0)
    server.control(fail=[fault] * 20)
    with pytest.raises(ModelError, match=message) as error:
        model.choices(PROMPTS, CHOICES)
    assert error.value.fix or fault == "500"
    assert len(server.control()["fail"]) == 19


def test_the_second_run_asks_nothing(server):
    first = connect(server)
    answers = first.choices(PROMPTS, CHOICES), first.sample(PROMPTS, 20, seed=3), first.score([])
    before = server.control()["requests"]
    second = connect(server)
    assert (second.choices(PROMPTS, CHOICES), second.sample(PROMPTS, 20, seed=3), second.score([])) == answers
    assert server.control()["requests"] == before
    assert second.usage == Usage(cached=len(PROMPTS) * (2 + 2))
    second.sample(PROMPTS, 20, seed=4)
    assert server.control()["requests"] == before + len(PROMPTS) * 2


def test_the_cache_can_be_switched_off(server, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    model = connect(server)
    first = model.choices(PROMPTS, CHOICES)
    before = server.control()["requests"]
    assert model.choices(PROMPTS, CHOICES) == first
    assert server.control()["requests"] == before + 2 * len(PROMPTS)


def test_a_broken_cache_is_one_error(server):
    path = connect(server).server.cache.path
    path.write_bytes(b"no database " * 100)
    with pytest.raises(RunError, match="delete this file"):
        connect(server)


def test_a_killed_server_is_one_error_and_the_run_goes_on_from_the_cache(server):
    model = OpenAIModel.connect(f"openai:any@{server.url}", limits=HASTY)
    finished = []

    def kill(count):
        finished.append(count)
        if len(finished) == 3:
            server.kill()

    with pytest.raises(ModelError, match=r"cannot be reached.*goes on") as error:
        model.choices(PROMPTS, CHOICES, kill)
    assert server.url in str(error.value)
    kept = model.usage.requests
    with scripted(SCRIPT, port=int(server.url.split(":")[-1].removesuffix("/v1"))) as again:
        model = OpenAIModel.connect(f"openai:any@{again.url}", limits=HASTY)
        scores = model.choices(PROMPTS, CHOICES)
        assert again.control()["requests"] == model.usage.requests == 2 * len(PROMPTS) - model.usage.cached
        assert model.usage.cached >= 6
        assert kept >= model.usage.cached
    assert probabilities(scores) == pytest.approx(np.array([[0.6, 0.4]] * len(PROMPTS)))


def test_no_server_is_one_error():
    with scripted(SCRIPT) as gone:
        pass
    with pytest.raises(ModelError, match="cannot be reached"):
        connect(gone)


def test_requests_at_once_are_bounded(server):
    model = connect(server, concurrency=3)
    server.control(delay=0.05, most_at_once=0)
    model.choices(PROMPTS, CHOICES)
    assert 1 < server.control()["most_at_once"] <= 3


def test_requests_per_minute_are_bounded(server):
    connect(server)
    model = connect(server, per_minute=1200)
    started = time.monotonic()
    model.choices(PROMPTS[:5], CHOICES[:5])
    assert time.monotonic() - started > 9 * 0.05


def test_tokens_are_counted_and_priced(server):
    model = connect(server)
    before = model.usage
    model.sample(PROMPTS[:1], 3)
    after = model.usage
    assert after.prompt_tokens - before.prompt_tokens > 5
    # An answer and the newline that ends it.
    assert after.completion_tokens - before.completion_tokens == 6
    assert Usage(prompt_tokens=2_000_000, completion_tokens=500_000).cost(1.5, 4) == pytest.approx(5.0)


def test_the_key_is_sent_and_written_nowhere(server, monkeypatch):
    server.control(key="only-this-key")
    monkeypatch.setenv("OPENAI_API_KEY", "another-key")
    with pytest.raises(ModelError, match="OPENAI_API_KEY") as error:
        connect(server)
    assert "another-key" not in str(error.value)
    monkeypatch.setenv("OPENAI_API_KEY", "only-this-key")
    model = connect(server)
    model.choices(PROMPTS, CHOICES)
    assert "only-this-key" not in repr(model)
    files = [path for path in cache_folder().rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"only-this-key" in path.read_bytes()]
