"""How prompts and given answers are sent to a completion server: as token ids where it takes them, else as text."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pluralign.encode import Encoder, owners
from pluralign.episode import Prompt
from pluralign.errors import ContextError, ModelError
from pluralign.lm._spans import spans
from pluralign.lm._wire import Echo
from pluralign.template import Segment, Template

MARKERS = re.compile(
    r"<\|[^|<>\s]{1,40}\|>|<｜[^｜<>\s]{1,40}｜>|</?s>|<(?:bos|eos|pad|unk|start_of_turn|end_of_turn)>|\[/?INST\]"
)
"""What control tokens look like in the vocabularies of well-known families."""


@dataclass(frozen=True)
class Scored:
    """Log-probabilities of the scored tokens of what was sent, each array of shape (tokens,).

    Attributes:
        logprobs: in nats.
        greedy: whether a token was the most probable one.
        example: the example that it belongs to.
    """

    logprobs: np.ndarray
    greedy: np.ndarray
    example: np.ndarray


@dataclass(frozen=True)
class Writing:
    """The form in which one completion server is sent what a template writes.

    Attributes:
        template: how episodes are written.
        encoder: turns them into token ids; None sends text.
        literals: what control tokens look like in text.
        begins: literal of the mark of the beginning where the server puts it before a text, or None.
        max_length: most token ids that are sent, or None.
    """

    template: Template
    encoder: Encoder | None = None
    literals: re.Pattern[str] = MARKERS
    begins: str | None = None
    max_length: int | None = None

    def prompt(self, prompt: Prompt, room: int) -> str | list[int]:
        """What is sent for a prompt whose answer may have ``room`` tokens.

        Raises:
            ContextError: both together are longer than the maximum length.
            ModelError: a text spells a control token that the server would take for one.
        """
        written = self.template.prompt(prompt)
        if self.encoder is None:
            return self._text(self._spelled(written))
        ids = self.encoder.encode([written])[0].ids.tolist()
        self._fits(len(ids) + room)
        return ids

    def given(self, written: Sequence[Segment]) -> tuple[str | list[int], Callable[[Echo], Scored]]:
        """What is sent for text with scored answers in it, and how the server's log-probabilities of it are read.

        Raises:
            ContextError: it is longer than the maximum length.
            ModelError: a text spells a control token that the server would take for one.
        """
        if self.encoder is None:
            segments = self._spelled(written)
            text = self._text(segments)
            return text, lambda echo: _scored(echo, *owners(segments, spans(text, echo.tokens)))
        (encoded,) = self.encoder.encode([written])
        self._fits(len(encoded.ids))
        return encoded.ids.tolist(), lambda echo: _scored(echo, encoded.scored, encoded.example)

    def _fits(self, length: int) -> None:
        if self.max_length is not None and length > self.max_length:
            raise ContextError(
                f"a prompt and its answer of {length} tokens exceed the maximum length, {self.max_length} tokens",
                fix="Show fewer examples or allow shorter answers.",
            )

    def _spelled(self, written: Sequence[Segment]) -> list[Segment]:
        """Segments whose text spells no control token, without the mark of the beginning that the server puts."""
        for segment in written:
            if not segment.control and (found := self.literals.search(segment.text)):
                raise ModelError(
                    f"a text spells the control token {found[0]!r}, and the server would take it for one",
                    fix="Use a server that takes token ids and name the model's tokenizer, or the template chat.",
                )
        marked = bool(written) and written[0].control and written[0].text == self.begins
        return list(written[1:] if marked else written)

    @staticmethod
    def _text(segments: Sequence[Segment]) -> str:
        return "".join(segment.text for segment in segments)


def _scored(echo: Echo, scored: np.ndarray, example: np.ndarray) -> Scored:
    """What the server says about the scored tokens; nothing predicts the very first token of a sequence."""
    if len(scored) > len(echo.tokens):
        raise ModelError(
            f"{len(scored)} tokens were sent and {len(echo.tokens)} came back",
            fix="The server may cut long texts: let it take longer ones, or show fewer examples.",
        )
    asked = np.flatnonzero(scored[1:]) + 1
    logprobs = np.array([echo.logprobs[place] for place in asked], dtype=float)
    best = np.array([echo.best[place] for place in asked], dtype=float)
    return Scored(logprobs, logprobs >= best, example[asked])
