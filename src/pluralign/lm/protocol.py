"""What every language model back end offers: score, choices, sample."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pluralign.episode import Episode, Prompt
from pluralign.errors import UsageError

Progress = Callable[[int], None]
"""Called with the number of requests finished since the last call."""


@dataclass(frozen=True, slots=True)
class Score:
    """How a model predicted one output of an episode.

    Attributes:
        logprob: summed log-probability of the output and its end mark, in nats.
        tokens: number of tokens scored, the end mark included.
        greedy: True when every one of them was the most probable token.
    """

    logprob: float
    tokens: int
    greedy: bool


@dataclass(frozen=True, slots=True)
class ChoiceScores:
    """Log-probabilities (nats) of each choice with its end mark, and the mass outside all of them.

    Attributes:
        logprobs: one per choice, not renormalised.
        outside: 1 - sum of the choices' probabilities, at least 0.
    """

    logprobs: tuple[float, ...]
    outside: float


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a back end can do; a measure that needs more must use a declared read-out or refuse.

    Attributes:
        logprobs: whole outputs and choices, end mark included, are scored.
        sampling: answers are drawn at any temperature.
        first_token: choices are told apart by the first token of the answer alone, since the user asked for it where
            there are no ``logprobs``.
    """

    logprobs: bool = True
    sampling: bool = True
    first_token: bool = False


def check_choices(prompts: Sequence[Prompt], choices: Sequence[Sequence[str]]) -> None:
    """What every back end refuses in :meth:`LanguageModel.choices`.

    Raises:
        UsageError: a choice is given twice, or there is not one list of choices per prompt.
    """
    if len(prompts) != len(choices):
        raise UsageError(f"{len(prompts)} prompts came with {len(choices)} lists of choices")
    for prompt, options in zip(prompts, choices, strict=True):
        if len(set(options)) < len(options):
            raise UsageError("a choice is given twice", where=prompt.id, fix="List each text once.")


class LanguageModel(Protocol):
    """A language model. All verbs are batched and stateless; results do not depend on batch size or order."""

    @property
    def name(self) -> str:
        """How the user called it."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    @property
    def facts(self) -> dict:
        """What a run records: path, digest, parameters, dtype, device, template, maximum length."""
        ...

    def score(self, episodes: Sequence[Episode], progress: Progress | None = None) -> list[list[Score | None]]:
        """Score every output of every episode, in one pass per episode.

        Returns:
            one list per episode with one entry per example; None where the example does not fit the model's maximum
            length, and for the first output of an episode without a description (nothing to infer it from).
        """
        ...

    def choices(
        self, prompts: Sequence[Prompt], choices: Sequence[Sequence[str]], progress: Progress | None = None
    ) -> list[ChoiceScores | None]:
        """Score each of ``choices[i]`` as the answer to ``prompts[i]``; the prompt is run once.

        Returns:
            one entry per prompt; None where the prompt and its choices do not fit the model's maximum length.
        """
        ...

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
        """Draw ``n`` answers to each prompt, up to the end mark; the random numbers depend on seed and prompt id only.

        Raises:
            ContextError: a prompt does not fit the model's maximum length.
        """
        ...
