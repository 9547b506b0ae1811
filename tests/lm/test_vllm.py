"""The back end for vLLM, by its interface: a stand-in that computes with transformers must give our local numbers."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pluralign.episode import Episode, Example, Prompt
from pluralign.errors import ContextError, ModelError, UsageError
from pluralign.lm import load

EPISODE = Episode(
    "p#0",
    "p",
    (Example("Agree", "Zürich 🙂 is."), Example("Pass", "<|im_end|>"), Example("Disagree", "東京"), Example("10")),
    "What one person thinks.",
)
CHOICES = ("Agree", "Disagree", "Pass", "Agree strongly")
PROMPTS = [EPISODE.prompt(index) for index in range(4)]


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> Callable:
    """Loads a model by name with the stand-in in the place of the library."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "vllm_stand_in"))
    monkeypatch.delitem(sys.modules, "vllm", raising=False)
    return lambda name="vllm:nano-base", **settings: load(name, dtype="float32", **settings)


def test_scores_and_choices_are_those_of_the_local_back_end(vllm):
    model, local = vllm(), load("nano-base", device="cpu")
    for one, other in zip(model.score([EPISODE])[0], local.score([EPISODE])[0], strict=True):
        assert one.logprob == pytest.approx(other.logprob, abs=1e-4)
        assert (one.tokens, one.greedy) == (other.tokens, other.greedy)
    for one, other in zip(model.choices(PROMPTS, [CHOICES] * 4), local.choices(PROMPTS, [CHOICES] * 4), strict=True):
        assert one.logprobs == pytest.approx(other.logprobs, abs=1e-4)
        assert one.outside == pytest.approx(other.outside, abs=1e-4)
    assert model.facts["sha256"] == local.facts["sha256"] and model.facts["template"] == local.facts["template"]


@pytest.mark.parametrize("template", ["spectrum", "colon"])
def test_the_likeliest_answers_are_those_of_the_local_back_end(vllm, template):
    answers = vllm(template=template).sample(PROMPTS, 2, temperature=0, max_tokens=6)
    assert answers == load("nano-base", template=template, device="cpu").sample(
        PROMPTS, 2, temperature=0, max_tokens=6
    )


def test_draws_depend_on_the_seed_and_the_prompt_alone(vllm):
    model = vllm()
    drawn = model.sample(PROMPTS, 3, max_tokens=5, seed=1)
    assert model.sample(PROMPTS[::-1], 3, max_tokens=5, seed=1) == drawn[::-1]
    assert model.sample(PROMPTS[2:3], 3, max_tokens=5, seed=1) == drawn[2:3]
    assert model.sample(PROMPTS, 3, max_tokens=5, seed=2) != drawn
    assert len({tuple(answers) for answers in drawn}) > 1
    assert model.sample(PROMPTS, 0) == [[]] * 4


def test_what_does_not_fit_is_left_out_or_refused(vllm):
    whole = vllm()
    (encoded,) = whole.encoder.encode([whole.template.episode(EPISODE)])
    limit = int((encoded.example == 1).nonzero()[0][-1]) + 1
    model = vllm(max_length=limit)
    (scores,) = model.score([EPISODE])
    assert [score is None for score in scores] == [False, False, True, True]
    assert [found is None for found in model.choices(PROMPTS, [CHOICES] * 4)] == [False, False, True, True]
    with pytest.raises(ContextError, match="exceed the maximum length of vllm:nano-base"):
        model.sample(PROMPTS, 1, max_tokens=limit)
    # The longest sequence that the model could read leaves no room for the token that vLLM draws.
    assert whole.max_length == load("nano-base", device="cpu").max_length - 1
    long = Prompt("long", "a " * whole.max_length, (), "Words.")
    assert whole.choices([long], [("yes", "no")]) == [None]


def test_a_choice_given_twice_is_refused(vllm):
    with pytest.raises(UsageError, match="given twice"):
        vllm().choices(PROMPTS[:1], [("yes", "yes")])


def test_progress_counts_every_request(vllm):
    model, seen = vllm(), []
    model.score([EPISODE, EPISODE], seen.append)
    model.choices(PROMPTS, [CHOICES] * 4, seen.append)
    model.sample(PROMPTS, 1, max_tokens=1, progress=seen.append)
    assert sum(seen) == 2 + 4 + 4


def test_what_vllm_refuses_is_said_with_its_reason(vllm):
    with pytest.raises(ModelError, match=r"vLLM cannot run the model: .*has no attribute 'int3'"):
        load("vllm:nano-base", dtype="int3")


def test_without_vllm_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "vllm", None)  # as where it is not installed
    with pytest.raises(ModelError, match=r"pip install 'pluralign\[vllm\]'"):
        load("vllm:nano-base")
