"""A language model that answers nothing and counts what it is asked: to say what work would take before it is done."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from math import log
from operator import attrgetter

from pluralign.episode import Episode, Prompt
from pluralign.lm.protocol import Capabilities, ChoiceScores, Progress, Score

_AT_ONCE = 16
"""Answers that one request to a server asks for, where it honours that."""
_INPUT, _OUTPUT = attrgetter("input"), attrgetter("output")


@dataclass
class Asked:
    """What a model was asked for.

    Attributes:
        prompts: prompts and episodes.
        scored: outputs of episodes that are scored.
        options: options that are scored as the answer to a prompt.
        samples: answers that are drawn.
        requests: to a server: one per episode, per option, and per 16 answers to a prompt.
        requests_most: the same where the server gives one answer per request.
        characters: of all that ``requests`` send, without what a template adds.
        characters_most: of all that ``requests_most`` send.
        answer_tokens_most: of all answers, were each as long as it may be.
    """

    prompts: int = 0
    scored: int = 0
    options: int = 0
    samples: int = 0
    requests: int = 0
    requests_most: int = 0
    characters: int = 0
    characters_most: int = 0
    answer_tokens_most: int = 0


@dataclass(frozen=True)
class CountingModel:
    """A model whose answers are all alike and empty; ``asked`` counts what it was asked for.

    Attributes:
        name: as of a model.
        asked: the counts so far.
    """

    name: str = "counting"
    asked: Asked = field(default_factory=Asked)
    capabilities: Capabilities = field(default_factory=Capabilities)
    facts: dict = field(default_factory=dict)

    def score(self, episodes: Sequence[Episode], progress: Progress | None = None) -> list[list[Score | None]]:
        """One token of log-probability 0 for every output that a model would score."""
        results: list[list[Score | None]] = []
        for episode in episodes:
            known: list[Score | None] = [Score(0.0, 1, True)] * len(episode.examples)
            if known and episode.description is None:
                known[0] = None
            self._count(1, 1, _characters(episode.description, episode.examples))
            self.asked.scored += sum(one is not None for one in known)
            results.append(known)
        return results

    def choices(
        self, prompts: Sequence[Prompt], choices: Sequence[Sequence[str]], progress: Progress | None = None
    ) -> list[ChoiceScores | None]:
        """The same probability for every option."""
        results: list[ChoiceScores | None] = []
        for prompt, options in zip(prompts, choices, strict=True):
            count = len(options)
            sent = count * _prompt(prompt) + sum(map(len, options))
            self._count(count, count, sent)
            self.asked.options += count
            results.append(ChoiceScores((log(1 / max(count, 1)),) * count, 0.0))
        return results

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
        """Empty answers."""
        drawn = n if temperature else min(n, 1)
        for prompt in prompts:
            requests = -(-drawn // _AT_ONCE)
            self._count(requests, drawn, requests * _prompt(prompt), drawn * _prompt(prompt))
            self.asked.samples += drawn
            self.asked.answer_tokens_most += drawn * max_tokens
        return [[""] * n for _ in prompts]

    def _count(self, requests: int, most: int, characters: int, characters_most: int | None = None) -> None:
        self.asked.prompts += 1
        self.asked.requests += requests
        self.asked.requests_most += most
        self.asked.characters += characters
        self.asked.characters_most += characters if characters_most is None else characters_most


def _prompt(prompt: Prompt) -> int:
    return _characters(prompt.description, prompt.examples) + len(prompt.input or "")


def _characters(description: str | None, examples: Sequence) -> int:
    shown = chain(map(_OUTPUT, examples), filter(None, map(_INPUT, examples)))
    return len(description or "") + sum(map(len, shown))
