"""The back end for vLLM, by its interface: a stand-in that computes with transformers must give our local numbers."""

import sys
from collections.abc import Callable, Generator
from functools import cache
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


@pytest.fixture(scope="module")
def vllm() -> Generator[Callable]:
    """Loads the embedded model with the stand-in in the place of the library."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parent / "vllm_stand_in"))
        patch.delitem(sys.modules, "vllm", raising=False)
        yield cache(lambda **settings: load("vllm:nano-base", dtype="float32", **settings))


@pytest.fixture(scope="module")
def local() -> Callable:
    """Loads the same model with our own back end."""
    return cache(lambda template: load("nano-base", template=template, device="cpu"))


@pytest.mark.parametrize("template", ["spectrum", "colon"])
def test_numbers_are_those_of_the_local_back_end(vllm, local, template):
    model, known = vllm(template=template), local(template)
    for one, other in zip(model.score([EPISODE])[0], known.score([EPISODE])[0], strict=True):
        assert one.logprob == pytest.approx(other.logprob, abs=1e-4)
        assert (one.tokens, one.greedy) == (other.tokens, other.greedy)
    for one, other in zip(model.choices(PROMPTS, [CHOICES] * 4), known.choices(PROMPTS, [CHOICES] * 4), strict=True):
        assert one.logprobs == pytest.approx(other.logprobs, abs=1e-4)
        assert one.outside == pytest.approx(other.outside, abs=1e-4)
    answers = model.sample(PROMPTS, 2, temperature=0, max_tokens=6)
    assert answers == known.sample(PROMPTS, 2, temperature=0, max_tokens=6)
    for fact in ("sha256", "template", "tokenizer"):
        assert model.facts[fact] == known.facts[fact]


def test_draws_depend_on_the_seed_and_the_prompt_alone(vllm):
    model = vllm(template="colon")
    prompts = PROMPTS[:3]
    drawn = model.sample(prompts, 2, max_tokens=3, seed=1)
    assert model.sample(prompts[1::-1], 2, max_tokens=3, seed=1) == drawn[1::-1]
    assert model.sample(prompts, 2, max_tokens=3, seed=2) != drawn
    assert len({tuple(answers) for answers in drawn}) > 1
    assert model.sample(PROMPTS, 0) == [[]] * 4


def test_what_does_not_fit_is_left_out_or_refused(vllm, local):
    whole = vllm(template="colon")
    (encoded,) = whole.encoder.encode([whole.template.prompt(PROMPTS[1]) + whole.template.answer("Pass")])
    limit = len(encoded.ids)
    model = vllm(template="colon", max_length=limit)
    (scores,) = model.score([EPISODE])
    assert [score is None for score in scores] == [False, False, True, True]
    assert [found is None for found in model.choices(PROMPTS, [("Pass",)] * 4)] == [False, False, True, True]
    with pytest.raises(ContextError, match="exceed the maximum length of vllm:nano-base"):
        model.sample(PROMPTS, 1, max_tokens=limit)
    # The longest sequence that the model could read leaves no room for the token that vLLM draws.
    assert whole.max_length == local("colon").max_length - 1
    long = Prompt("long", "a " * whole.max_length, (), "Words.")
    assert whole.choices([long], [("yes", "no")]) == [None]


def test_a_choice_given_twice_is_refused(vllm):
    with pytest.raises(UsageError, match="given twice"):
        vllm(template="colon").choices(PROMPTS[:1], [("yes", "yes")])


def test_progress_counts_every_request(vllm):
    model, seen = vllm(template="colon"), []
    model.score([EPISODE, EPISODE], seen.append)
    model.choices(PROMPTS, [CHOICES] * 4, seen.append)
    model.sample(PROMPTS, 1, max_tokens=1, progress=seen.append)
    assert sum(seen) == 2 + 4 + 4


def test_what_vllm_refuses_is_said_with_its_reason(vllm):
    with pytest.raises(ModelError, match=r"vLLM cannot run the model: .*dtype=torch.int3"):
        load("vllm:nano-base", dtype="int3")


def test_without_vllm_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "vllm", None)  # as where it is not installed
    with pytest.raises(ModelError, match=r"pip install 'pluralign\[vllm\]'"):
        load("vllm:nano-base")
