"""A kaleidoscope that is any language model, asked through description, examples and input.

The examples are written for this purpose and the same for every question, so answers do not depend on what else is
asked. Relevance and valence are read off the log-probabilities of the listed answers, never off generated text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pluralign.episode import Example, Prompt
from pluralign.errors import DataError, ModelError
from pluralign.lm.protocol import LanguageModel, Progress
from pluralign.values.consideration import Kind, Pair, parse
from pluralign.values.dedup import Limits
from pluralign.values.kaleidoscope import Generated

DESCRIPTIONS = {
    "generate": (
        "Each input is something that a person does or considers. The output names one value, right or duty that bears"
        " on it, for or against, as Value:, Right: or Duty: and its name."
    ),
    "relevance": (
        "Each input is something that a person does or considers, and a value, right or duty. The output says whether"
        " it bears on what is done: Yes or No."
    ),
    "valence": (
        "Each input is something that a person does or considers, and a value, right or duty that bears on it. The"
        " output says whether it speaks for doing so, against it, or either by context: Supports, Opposes or Either."
    ),
    "explanation": (
        "Each input is something that a person does or considers, and a value, right or duty that bears on it. The"
        " output explains in one sentence how it bears on it."
    ),
}
"""Of the four tasks: what a model is told of inputs and outputs."""

_LISTED = (
    Example("Value: Honesty", "Telling a friend that her singing is off key"),
    Example("Right: Right to privacy", "Reading a teenager's diary"),
    Example("Duty: Duty to keep promises", "Skipping a friend's party to finish a report"),
)
_RELEVANT = (
    Example("Yes", "Reading a teenager's diary\nRight: Right to privacy"),
    Example("No", "Reading a teenager's diary\nValue: Thrift"),
    Example("No", "Biking to work\nDuty: Duty to keep promises"),
    Example("Yes", "Biking to work\nValue: Health"),
)
_SIDES = (
    Example("Opposes", "Reading a teenager's diary\nRight: Right to privacy"),
    Example("Supports", "Biking to work\nValue: Health"),
    Example("Either", "Moving abroad for a new job\nValue: Family"),
    Example("Supports", "Returning a lost wallet\nDuty: Duty to return what is found"),
)
_EXPLAINED = (
    Example(
        "A diary holds what its writer chose to keep from others.",
        "Reading a teenager's diary\nRight: Right to privacy",
    ),
    Example("Riding a bicycle is exercise on a way that has to be made anyway.", "Biking to work\nValue: Health"),
)
_SHOWN = 0.5
"""Relevance from which a consideration is shown: more likely than not."""


@dataclass(frozen=True)
class PromptedModel:
    """Asks a language model.

    Attributes:
        model: any language model that scores choices; generating takes one that samples.
        draws: considerations that are drawn for each situation.
        temperature: of the draws.
        seed: of the draws.
    """

    model: LanguageModel
    draws: int = 32
    temperature: float = 1.0
    seed: int = 0

    @property
    def name(self) -> str:
        """How the user called it."""
        return self.model.name

    @property
    def facts(self) -> dict:
        """What a run records."""
        return dict(self.model.facts) | {"draws": self.draws, "temperature": self.temperature, "seed": self.seed}

    @property
    def thresholds(self) -> dict[Kind, float]:
        """Relevance from which a consideration of each kind is shown."""
        return {"value": _SHOWN, "right": _SHOWN, "duty": _SHOWN}

    @property
    def limits(self) -> Limits:
        """From which likeness on two considerations say the same."""
        return Limits()

    def generate(self, situations: Sequence[str], progress: Progress | None = None) -> list[Generated]:
        """Draw considerations; see :class:`pluralign.values.kaleidoscope.Kaleidoscope`."""
        distinct = list(dict.fromkeys(situations))
        prompts = [Prompt(f"generate/{text}", text, _LISTED, DESCRIPTIONS["generate"]) for text in distinct]
        drawn = self.model.sample(
            prompts, self.draws, temperature=self.temperature, max_tokens=24, seed=self.seed, progress=progress
        )
        found = dict(zip(distinct, map(_sorted, drawn), strict=True))
        return [found[text] for text in situations]

    def relevance(self, pairs: Sequence[Pair], progress: Progress | None = None) -> np.ndarray:
        """Probability of Yes among Yes and No, shape (pairs,)."""
        return self._asked("relevance", pairs, _RELEVANT, ("Yes", "No"), progress)[:, 0]

    def valence(self, pairs: Sequence[Pair], progress: Progress | None = None) -> np.ndarray:
        """Probabilities of the three valences, shape (pairs, 3)."""
        return self._asked("valence", pairs, _SIDES, ("Supports", "Opposes", "Either"), progress)

    def explain(self, pairs: Sequence[Pair], progress: Progress | None = None) -> list[str]:
        """The likeliest sentence, cut at the end of a line."""
        prompts = [
            Prompt(f"explain/{k}/{pair}", _written(pair), _EXPLAINED, DESCRIPTIONS["explanation"])
            for k, pair in enumerate(pairs)
        ]
        drawn = self.model.sample(prompts, 1, temperature=0.0, max_tokens=64, seed=self.seed, progress=progress)
        return [(texts[0].strip().splitlines() or [""])[0] for texts in drawn]

    def _asked(
        self,
        what: str,
        pairs: Sequence[Pair],
        examples: tuple[Example, ...],
        answers: tuple[str, ...],
        progress: Progress | None,
    ) -> np.ndarray:
        distinct = list(dict.fromkeys(pairs))
        prompts = [Prompt(f"{what}/{pair}", _written(pair), examples, DESCRIPTIONS[what]) for pair in distinct]
        scores = self.model.choices(prompts, [answers] * len(prompts), progress)
        found = {}
        for pair, score in zip(distinct, scores, strict=True):
            if score is None:
                problem = "a situation does not fit the model's maximum length"
                raise ModelError(problem, where=pair.situation[:60], fix="Shorten it.")
            logprobs = np.array(score.logprobs)
            top = logprobs.max()
            # A model that gives none of the answers any probability prefers none of them.
            weights = np.exp(logprobs - top) if np.isfinite(top) else np.ones(len(answers))
            found[pair] = weights / weights.sum()
        return np.array([found[pair] for pair in pairs]).reshape(len(pairs), len(answers))


def _written(pair: Pair) -> str:
    return f"{pair.situation}\n{pair.kind.capitalize()}: {pair.text}"


def _sorted(texts: Iterable[str]) -> Generated:
    """Considerations and malformed lines of what was drawn."""
    good, bad = [], []
    for text in texts:
        line = (text.strip().splitlines() or [""])[0]
        try:
            good.append(parse(line))
        except DataError:
            bad.append(line)
    return Generated(tuple(good), tuple(bad))
