"""Language models run by the transformers library, on a CPU or a GPU."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from transformers import PreTrainedModel

from pluralign.encode import Encoder, fit
from pluralign.episode import Episode, Prompt, generator
from pluralign.lm import _answers, _checkpoint, _decode
from pluralign.lm._forward import Forward
from pluralign.lm._tree import query
from pluralign.lm.protocol import Capabilities, ChoiceScores, Progress, Score, check_choices
from pluralign.template import Template, resolve

_BATCH_TOKENS = {"cpu": 8192, "cuda": 32768}

_AT_ONCE = 1024
"""Prompts whose choices are written, tokenised and run together."""

_CHECK_TEXTS = ("The cat sat on the mat and slept.", "The cat sat on a red chair.", "Seven balls.")


@dataclass(frozen=True)
class TransformersModel:
    """A causal language model with its tokenizer; stateless once loaded.

    Attributes:
        name: how the user called it.
        facts: what a run records about it.
        tokenizer: a fast Hugging Face tokenizer.
        template: how episodes are written for it.
        encoder: turns what is written into token ids.
        forward: how the model is run.
        max_length: longest sequence in tokens.
        batch_tokens: upper bound on padded tokens per forward pass.
    """

    name: str
    facts: dict
    tokenizer: Any
    template: Template
    encoder: Encoder
    forward: Forward
    max_length: int
    batch_tokens: int
    capabilities: Capabilities = field(default_factory=Capabilities)

    @classmethod
    def load(
        cls,
        name: str,
        *,
        template: str = "auto",
        device: str = "auto",
        dtype: str = "auto",
        batch_tokens: int | None = None,
        max_length: int | None = None,
    ) -> "TransformersModel":
        """Load a model; see :func:`pluralign.lm.load`."""
        source = _checkpoint.locate(name)
        model, tokenizer = _checkpoint.load(source, device=device, dtype=dtype)
        return cls.of(
            name,
            _checkpoint.facts(source, model),
            model,
            tokenizer,
            template=template,
            batch_tokens=batch_tokens,
            max_length=max_length,
        )

    @classmethod
    def of(
        cls,
        name: str,
        facts: dict,
        model: PreTrainedModel,
        tokenizer: Any,
        *,
        template: str = "auto",
        batch_tokens: int | None = None,
        max_length: int | None = None,
    ) -> "TransformersModel":
        """A model that is in memory, in evaluation mode and on its device.

        Args:
            name: what it is to be called.
            facts: what is known about where it comes from.
            model: a causal language model.
            tokenizer: its fast tokenizer.
            template, batch_tokens, max_length: see :func:`pluralign.lm.load`.
        """
        written = resolve(tokenizer, template)
        encoder = Encoder(tokenizer)
        forward = Forward.checked(model, [tokenizer(t, add_special_tokens=False).input_ids for t in _CHECK_TEXTS])
        limit = _checkpoint.positions(model.config) or _checkpoint.LONGEST
        length = max_length or min(limit, _checkpoint.LONGEST)
        facts = {
            "spec": name,
            **facts,
            "template": written.name,
            "tokenizer": encoder.fingerprint,
            "max_length": length,
            "head": "selected" if forward.selected else "full",
            "choices": "tree" if forward.tree else "plain",
        }
        budget = batch_tokens or _BATCH_TOKENS.get(model.device.type, _BATCH_TOKENS["cuda"])
        return cls(name, facts, tokenizer, written, encoder, forward, length, budget)

    def score(self, episodes: Sequence[Episode], progress: Progress | None = None) -> list[list[Score | None]]:
        """Score every output of every episode in one pass per episode; see ``LanguageModel.score``."""
        encoded = self.encoder.encode([self.template.episode(episode) for episode in episodes])
        encoded = [fit(one, self.max_length) for one in encoded]
        results: list[list[Score | None]] = [[None] * len(episode.examples) for episode in episodes]
        asked = [index for index, one in enumerate(encoded) if one.scored[1:].any()]
        queries = [query(encoded[index]) for index in asked]
        _report(progress, len(episodes) - len(asked))
        for number, logprob, greedy in self.forward.run(queries, self.batch_tokens, share=False):
            index = asked[number]
            example = encoded[index].example[queries[number].targets]
            total = np.bincount(example, logprob)
            tokens = np.bincount(example)
            missed = np.bincount(example, ~greedy)
            for one in np.flatnonzero(tokens):
                results[index][one] = Score(float(total[one]), int(tokens[one]), not missed[one])
            _report(progress, 1)
        return results

    def choices(
        self, prompts: Sequence[Prompt], choices: Sequence[Sequence[str]], progress: Progress | None = None
    ) -> list[ChoiceScores | None]:
        """Score each choice as the answer to its prompt; see ``LanguageModel.choices``.

        What several prompts and choices have in common from the start is computed once (:mod:`pluralign.lm._tree`).

        Raises:
            UsageError: a choice is given twice, or there is not one list of choices per prompt.
        """
        check_choices(prompts, choices)
        results: list[ChoiceScores | None] = []
        for start in range(0, len(prompts), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            results += self._choices(prompts[some], choices[some], progress)
        return results

    def _choices(
        self, prompts: Sequence[Prompt], choices: Sequence[Sequence[str]], progress: Progress | None
    ) -> list[ChoiceScores | None]:
        places = [(index, choice) for index, options in enumerate(choices) for choice in range(len(options))]
        nested = self.encoder.answers(
            [self.template.prompt(prompt) for prompt in prompts],
            [[self.template.answer(choice) for choice in options] for options in choices],
        )
        encoded = [one for some in nested for one in some]
        too_long = {place[0] for place, one in zip(places, encoded, strict=True) if len(one.ids) > self.max_length}
        asked = [number for number, (index, _) in enumerate(places) if index not in too_long]
        queries = [query(encoded[number]) for number in asked]
        logprobs = [np.zeros(len(options)) for options in choices]
        waiting = Counter(places[number][0] for number in asked)
        _report(progress, len(prompts) - len(waiting))
        for number, logprob, _ in self.forward.run(queries, self.batch_tokens, share=True):
            index, choice = places[asked[number]]
            logprobs[index][choice] = logprob.sum()
            waiting[index] -= 1
            _report(progress, int(waiting[index] == 0))
        return [
            None
            if index in too_long
            else ChoiceScores(tuple(found.tolist()), max(0.0, 1 - float(np.exp(found).sum())))
            for index, found in enumerate(logprobs)
        ]

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

        Raises:
            ContextError: a prompt and ``max_tokens`` together exceed the model's maximum length.
        """
        encoded = [one.ids for one in self.encoder.encode([self.template.prompt(prompt) for prompt in prompts])]
        _answers.check_room(self.name, prompts, encoded, max_tokens, self.max_length)
        results: list[list[str]] = [[] for _ in prompts]
        for index, samples in _decode.sample(
            self.forward,
            encoded,
            lambda index, number: generator(seed, prompts[index].id, number).random(max_tokens),
            self._stops(),
            n=n,
            temperature=temperature,
            max_tokens=max_tokens,
            batch_tokens=self.batch_tokens,
        ):
            results[index] = _answers.texts(self.tokenizer, self.template, samples)
            _report(progress, 1)
        return results

    def _stops(self) -> Callable[[int], bool]:
        control = set(self.tokenizer.convert_tokens_to_ids(list(self.template.stop.control)))
        text = self.template.stop.text

        @cache
        def stops(token: int) -> bool:
            return token in control or (text is not None and text in self.tokenizer.decode([token]))

        return stops


def _report(progress: Progress | None, finished: int) -> None:
    if progress is not None and finished:
        progress(finished)
