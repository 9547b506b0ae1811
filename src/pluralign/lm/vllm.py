"""Language models run by vLLM in this process.

Prompts go as token ids, so no text can pass for a control token. Given answers are scored as parts of prompts
(``prompt_logprobs``): vLLM takes no such prompt from its cache, so that a prompt is run once per choice. vLLM draws at
least one token, for which there must be room: the longest sequence is one token shorter than the model's limit.

This back end is tested by its interface alone, against a stand-in that computes with transformers; it has not been
run on a GPU. For several GPUs or machines start a vLLM server, which is named ``openai:MODEL@URL``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from transformers import AutoConfig

from pluralign.encode import Encoder, fit
from pluralign.episode import Episode, Prompt, generator
from pluralign.errors import ModelError
from pluralign.lm import _answers, _checkpoint
from pluralign.lm._tree import Query, query
from pluralign.lm.protocol import Capabilities, ChoiceScores, Progress, Score, check_choices
from pluralign.template import Template, resolve

_AT_ONCE = 1024
"""Prompts given to vLLM together, which forms the batches itself."""


@dataclass(frozen=True)
class VllmModel:
    """A causal language model in a vLLM engine; stateless once loaded.

    Attributes:
        name: how the user called it.
        facts: what a run records about it.
        tokenizer: a fast Hugging Face tokenizer.
        template: how episodes are written for it.
        encoder: turns what is written into token ids.
        engine: a ``vllm.LLM``.
        params: the class ``vllm.SamplingParams``.
        max_length: longest sequence in tokens.
    """

    name: str
    facts: dict
    tokenizer: Any
    template: Template
    encoder: Encoder
    engine: Any
    params: Any
    max_length: int
    capabilities: Capabilities = field(default_factory=Capabilities)

    @classmethod
    def load(
        cls, name: str, *, template: str = "auto", dtype: str = "auto", max_length: int | None = None
    ) -> "VllmModel":
        """Load a model; see :func:`pluralign.lm.load`.

        Args:
            name: ``vllm:OWNER/NAME``, or ``vllm:`` before a local folder or the name of an embedded model.
            dtype: as there; with ``auto`` vLLM takes half precision for a checkpoint in float32.

        Raises:
            ModelError: vLLM is not installed or cannot run the model, or the name leads to none.
        """
        try:
            vllm = import_module("vllm")
        except ImportError as error:
            raise ModelError(
                "models named vllm: need the library vllm",
                fix="Run `pip install 'pluralign[vllm]'`, or name a vLLM server: openai:MODEL@URL.",
            ) from error
        place = name.removeprefix("vllm:")
        local = place.startswith("nano-") or Path(place).is_dir()
        source = _checkpoint.locate(place if local else f"hf:{place}")
        tokenizer = _checkpoint.load_tokenizer(source)
        written, encoder = resolve(tokenizer, template), Encoder(tokenizer)
        with _checkpoint.explained(source):
            limit = _checkpoint.positions(AutoConfig.from_pretrained(source, trust_remote_code=False))
        length = max_length or _checkpoint.LONGEST
        length = length if limit is None else min(length, limit - 1)
        try:
            engine = vllm.LLM(model=source, dtype=dtype, max_model_len=length + 1, trust_remote_code=False)
        except Exception as error:
            reason = str(error).strip().splitlines() or [type(error).__name__]
            raise ModelError(
                f"vLLM cannot run the model: {reason[0].rstrip('.')}",
                where=source,
                fix="See what vLLM printed before; it needs a GPU with room for the model and its cache.",
            ) from error
        facts = {
            "spec": name,
            "path": source,
            "sha256": _checkpoint.digest(Path(source)),
            "dtype": dtype,
            "vllm": vllm.__version__,
            "template": written.name,
            "tokenizer": encoder.fingerprint,
            "max_length": length,
        }
        return cls(name, facts, tokenizer, written, encoder, engine, vllm.SamplingParams, length)

    def score(self, episodes: Sequence[Episode], progress: Progress | None = None) -> list[list[Score | None]]:
        """Score every output of every episode in one pass per episode; see ``LanguageModel.score``."""
        encoded = self.encoder.encode([self.template.episode(episode) for episode in episodes])
        encoded = [fit(one, self.max_length) for one in encoded]
        results: list[list[Score | None]] = [[None] * len(episode.examples) for episode in episodes]
        asked = [index for index, one in enumerate(encoded) if one.scored[1:].any()]
        _report(progress, len(episodes) - len(asked))
        queries = [query(encoded[index]) for index in asked]
        for index, one, (logprobs, greedy) in zip(asked, queries, self._given(queries), strict=True):
            example = encoded[index].example[one.targets]
            for number in np.unique(example).tolist():
                mine = example == number
                results[index][number] = Score(float(logprobs[mine].sum()), int(mine.sum()), bool(greedy[mine].all()))
            _report(progress, 1)
        return results

    def choices(
        self, prompts: Sequence[Prompt], choices: Sequence[Sequence[str]], progress: Progress | None = None
    ) -> list[ChoiceScores | None]:
        """Score each choice as the answer to its prompt; see ``LanguageModel.choices``.

        Raises:
            UsageError: a choice is given twice, or there is not one list of choices per prompt.
        """
        check_choices(prompts, choices)
        results: list[ChoiceScores | None] = []
        for start in range(0, len(prompts), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            results += self._choices(prompts[some], choices[some])
            _report(progress, len(prompts[some]))
        return results

    def _choices(self, prompts: Sequence[Prompt], choices: Sequence[Sequence[str]]) -> list[ChoiceScores | None]:
        places = [index for index, options in enumerate(choices) for _ in options]
        written = [self.template.prompt(prompt) for prompt in prompts]
        answers = [self.template.answer(choice) for options in choices for choice in options]
        encoded = self.encoder.encode([written[index] + answer for index, answer in zip(places, answers, strict=True)])
        too_long = {index for index, one in zip(places, encoded, strict=True) if len(one.ids) > self.max_length}
        asked = [number for number, index in enumerate(places) if index not in too_long]
        found: list[list[float]] = [[] for _ in prompts]
        for number, (logprobs, _) in zip(asked, self._given([query(encoded[n]) for n in asked]), strict=True):
            found[places[number]].append(float(logprobs.sum()))
        return [
            None if index in too_long else ChoiceScores(tuple(one), max(0.0, 1 - float(np.exp(one).sum())))
            for index, one in enumerate(found)
        ]

    def _given(self, queries: Sequence[Query]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Log-probabilities of the targets of each query, and whether each is the most probable token."""
        params = self.params(max_tokens=1, temperature=0.0, prompt_logprobs=1, detokenize=False)
        for start in range(0, len(queries), _AT_ONCE):
            some = queries[start : start + _AT_ONCE]
            sent = [{"prompt_token_ids": one.ids[: one.targets[-1] + 1].tolist()} for one in some]
            for one, output in zip(some, self.engine.generate(sent, params, use_tqdm=False), strict=True):
                places = [(one.ids[target].item(), output.prompt_logprobs[target]) for target in one.targets]
                logprobs = np.array([place[token].logprob for token, place in places], dtype=float)
                best = np.array([max(each.logprob for each in place.values()) for _, place in places], dtype=float)
                yield logprobs, logprobs >= best

    def sample(
        self,
        prompts: Sequence[Prompt],
        n: int,
        *,
        temperature: float = 1.0,
        max_tokens: int = 64,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> list[list[str]]:
        """Draw ``n`` answers to each prompt; see ``LanguageModel.sample``.

        vLLM draws by its own random numbers from a seed per prompt. At temperature 0 one answer is asked for.

        Raises:
            ContextError: a prompt and ``max_tokens`` together exceed the model's maximum length.
        """
        encoded = [one.ids for one in self.encoder.encode([self.template.prompt(prompt) for prompt in prompts])]
        _answers.check_room(self.name, prompts, encoded, max_tokens, self.max_length)
        stop = self.template.stop
        ends = self.tokenizer.convert_tokens_to_ids(list(stop.control))
        count = n if temperature else min(n, 1)
        results: list[list[str]] = []
        for start in range(0, len(prompts) if count else 0, _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            params = [
                self.params(
                    n=count,
                    temperature=temperature,
                    max_tokens=max_tokens,
                    seed=int(generator(seed, prompt.id).integers(2**31)),
                    stop=[stop.text] if stop.text else None,
                    stop_token_ids=ends,
                    ignore_eos=True,  # where an end mark of the model ends an answer, the template says so
                )
                for prompt in prompts[some]
            ]
            sent = [{"prompt_token_ids": ids.tolist()} for ids in encoded[some]]
            for output in self.engine.generate(sent, params, use_tqdm=False):
                drawn = [list(one.token_ids) for one in output.outputs]
                results.append(_answers.texts(self.tokenizer, self.template, drawn))
                _report(progress, 1)
        if not count:
            return [[] for _ in prompts]
        return results if temperature else [drawn * n for drawn in results]


def _report(progress: Progress | None, finished: int) -> None:
    if progress is not None and finished:
        progress(finished)
