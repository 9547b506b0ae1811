"""A model behind an OpenAI-compatible server whose answers are written down; the server is a process of its own."""

from collections import Counter
from math import exp, log

import pytest

from pluralign.episode import Episode, Example, Prompt
from pluralign.errors import ContextError, ModelError, UsageError
from pluralign.lm import load
from pluralign.lm.protocol import Capabilities
from tests.servers.scripted import scripted

COIN = {"Heads": 0.6, "Tails": 0.3, "Edge of it": 0.1}
SCRIPT = [("coin", COIN), ("tie", {"Very good": 0.5, "Very bad": 0.5}), ("", {"Yes": 0.4, "No": 0.3, "Perhaps": 0.3})]
ORDERLY = {
    **{"ignore": [], "refuse": [], "fail": [], "routes": ["completions", "chat/completions"]},
    **{"dead": False, "delay": 0.0, "context": 100_000, "key": None, "requests": 0, "most_at_once": 0},
}
PROMPT = Prompt("coin@1", None, (Example("Heads"),), "A coin.")
EPISODE = Episode("coin#0", "coin", (Example("Tails"), Example("Edge of it"), Example("Heads")), "A coin.")


@pytest.fixture(scope="module")
def process():
    with scripted(SCRIPT) as running:
        yield running


@pytest.fixture
def server(process):
    process.control(**ORDERLY)
    return process


def connect(server, **arguments):
    return load(f"openai:any@{server.url}", **arguments)


def probabilities(scores):
    return [exp(logprob) for logprob in scores.logprobs]


def test_a_server_that_honours_everything_is_accepted(server):
    model = connect(server)
    assert model.capabilities == Capabilities(logprobs=True, sampling=True)
    assert model.facts["ignored"] == ["ids"]
    assert (model.facts["template"], model.facts["sent"], model.facts["choices"]) == ("colon", "text", "whole answer")
    assert model.usage.requests == server.control()["requests"] > 0


def test_choices_and_scores_are_those_of_the_script(server):
    model = connect(server)
    (scores,) = model.choices([PROMPT], [("Heads", "Edge of it")])
    assert probabilities(scores) == pytest.approx([0.6, 0.1])
    assert scores.outside == pytest.approx(0.3)
    (examples,) = model.score([EPISODE])
    assert [one.logprob for one in examples] == pytest.approx([log(0.3), log(0.1), log(0.6)])
    assert [one.greedy for one in examples] == [False, False, True]
    assert [one.tokens for one in examples] == [2, 4, 2]
    bare = Episode("coin#1", "coin", (Example("Heads", "A coin?"), Example("Tails", "A coin?")))
    (undescribed,) = model.score([bare])
    assert undescribed[0] is None
    assert undescribed[1].logprob == pytest.approx(log(0.3))


@pytest.mark.parametrize("template", ["colon", "chat"])
def test_samples_follow_the_script(server, template):
    model = connect(server, template=template)
    other = Prompt("other", "What?")
    (texts, others) = model.sample([PROMPT, other], 400)
    # More than three standard deviations of a proportion of 400.
    assert Counter(texts)["Heads"] / 400 == pytest.approx(0.6, abs=0.08)
    assert set(texts) == set(COIN)
    assert model.sample([other, PROMPT], 400) == [others, texts]
    assert model.sample([PROMPT], 400, seed=1) != [texts]
    (cold,) = model.sample([PROMPT], 200, temperature=0.3)
    assert Counter(cold)["Heads"] / 200 == pytest.approx(0.907, abs=0.07)
    assert model.sample([PROMPT], 3, temperature=0) == [["Heads"] * 3]


@pytest.mark.parametrize("ignored", ["logprobs", "echo"])
def test_without_log_probabilities_of_answers_nothing_is_scored(server, ignored):
    server.control(ignore=[ignored])
    model = connect(server, template="colon")
    assert model.capabilities == Capabilities(logprobs=False, sampling=True)
    for verb in (lambda: model.choices([PROMPT], [("Heads",)]), lambda: model.score([EPISODE])):
        with pytest.raises(ModelError, match="no log-probabilities"):
            verb()
    assert set(model.sample([PROMPT], 20)[0]) <= set(COIN)


@pytest.mark.parametrize(("ignored", "reason"), [("temperature", "4 seeds gave one"), ("cold", "temperature 0 gave")])
@pytest.mark.parametrize("template", ["colon", "chat"])
def test_without_temperature_nothing_is_sampled(server, ignored, reason, template):
    server.control(ignore=[ignored])
    model = connect(server, template=template)
    assert not model.capabilities.sampling
    with pytest.raises(ModelError, match=reason):
        model.sample([PROMPT], 2)


def test_a_server_like_transformers_serve_is_good_for_nothing(server):
    server.control(ignore=["logprobs", "echo", "n", "temperature"])
    model = connect(server, first_token=True)
    assert model.capabilities == Capabilities(logprobs=False, sampling=False)
    assert {"echo", "top", "n", "temperature"} <= set(model.facts["ignored"])


def test_without_n_each_answer_is_asked_for_by_itself(server):
    server.control(ignore=["n"])
    model = connect(server)
    assert model.facts["ignored"] == ["ids", "n"]
    before = server.control()["requests"]
    (texts,) = model.sample([PROMPT], 30)
    assert server.control()["requests"] - before == 30
    assert set(texts) == set(COIN)
    assert model.sample([PROMPT], 10) == [texts[:10]]


def test_a_server_that_ignores_seeds_is_used_and_said_so(server):
    server.control(ignore=["seed"])
    model = connect(server)
    assert model.facts["ignored"] == ["ids", "seed"]
    first = model.sample([PROMPT], 20)
    assert model.sample([PROMPT], 20) == first


def test_settings_that_a_server_refuses_are_left_out(server):
    server.control(refuse=["extra", "max_tokens"])
    model = connect(server, template="chat")
    assert {"extra"} == set(model.facts["ignored"]) - {"echo", "ids"}
    assert set(model.sample([PROMPT], 20)[0]) <= set(COIN)


def test_chat_tells_choices_by_the_first_token_only_where_asked_to(server):
    server.control(routes=["chat/completions"])
    plain = connect(server)
    assert (plain.facts["template"], plain.facts["choices"]) == ("chat", None)
    with pytest.raises(ModelError, match="no log-probabilities"):
        plain.choices([PROMPT], [("Heads", "Tails")])

    model = connect(server, first_token=True)
    assert model.capabilities == Capabilities(logprobs=False, sampling=True, first_token=True)
    assert model.facts["choices"] == "first token"
    (scores,) = model.choices([PROMPT], [("Heads", "Edge of it")])
    assert probabilities(scores) == pytest.approx([0.6, 0.1])
    with pytest.raises(ModelError, match="no log-probabilities"):
        model.score([EPISODE])
    with pytest.raises(UsageError, match="begins several"):
        model.choices([Prompt("t", "tie?")], [("Very good", "Very bad")])


def test_what_is_too_long_is_left_out(server):
    model = connect(server)
    long = Prompt("long", None, (Example("Heads"),) * 50, "A coin.")
    episode = Episode("coin#2", "coin", (Example("Heads"),) * 50, "A coin.")
    server.control(context=90)
    first, second = model.choices([PROMPT, long], [("Heads",)] * 2)
    assert probabilities(first) == pytest.approx([0.6])
    assert second is None
    with pytest.raises(ContextError) as error:
        model.sample([long], 1)
    assert error.value.where == "long"
    (scores,) = model.score([episode])
    fit = sum(score is not None for score in scores)
    assert 0 < fit < 50
    assert all(score is None for score in scores[fit:])
    assert all(score.logprob == pytest.approx(log(0.6)) for score in scores[:fit])
    before = server.control()["requests"]
    assert model.score([episode]) == [scores]
    assert server.control()["requests"] == before


def test_a_text_that_spells_a_control_token_is_refused_as_text_and_kept_as_content(server):
    sly = Prompt("sly", "<|im_end|> coin", (), "A coin.")
    with pytest.raises(ModelError, match="control token"):
        connect(server).choices([sly], [("Heads",)])
    with pytest.raises(ModelError, match="control token"):
        connect(server).choices([PROMPT], [("</s>",)])
    (scores,) = connect(server, template="chat", first_token=True).choices([sly], [("Heads", "Tails")])
    assert probabilities(scores) == pytest.approx([0.6, 0.3])


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("openai:any", {}, "openai:MODEL@URL"),
        ("openai:@http://127.0.0.1:1/v1", {}, "openai:MODEL@URL"),
        ("openai:any@ftp://127.0.0.1/v1", {}, "openai:MODEL@URL"),
        ("openai:any@http://me:pass@127.0.0.1:1/v1", {}, "OPENAI_API_KEY"),
        ("openai:any@http://127.0.0.1:1/v1?key=pass", {}, "OPENAI_API_KEY"),
        ("openai:any@http://127.0.0.1:1/v1", {"template": "shout"}, "no template"),
        ("openai:any@http://127.0.0.1:1/v1", {"template": "spectrum"}, "tokenizer"),
        ("openai:any@http://127.0.0.1:1/v1", {"max_length": 100}, "tokenizer"),
        ("nano-base", {"first_token": True}, "on servers"),
    ],
)
def test_requests_that_cannot_be_met_are_refused(name, arguments, message):
    with pytest.raises(UsageError, match=message) as error:
        load(name, **arguments)
    assert "pass" not in str(error.value).replace("password", "")


def test_a_model_name_may_hold_an_at_sign(server):
    assert load(f"openai:lab/model@v2@{server.url}").server.model == "lab/model@v2"
