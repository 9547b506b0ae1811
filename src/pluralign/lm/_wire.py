"""The bodies of requests to completion and chat servers, and what is read from their answers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pluralign.lm._requests import CHAT, COMPLETIONS, Refused

Content = str | list[int] | list[dict[str, str]]
"""What is sent: a text, token ids, or the messages of a chat."""

NEUTRAL = {"top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0, "repeat_penalty": 1.0}
"""Settings by which servers cut or bend the distribution unless told otherwise; not part of the original API."""


@dataclass(frozen=True)
class Form:
    """How requests to one server are written.

    Attributes:
        route: completions or chat.
        limit: the name of the bound on the answer's tokens.
        extra: settings that the server accepts beyond those of the original API.
        top: alternatives per token that it lists, at most.
    """

    route: str = COMPLETIONS
    limit: str = "max_tokens"
    extra: Mapping[str, float] = field(default_factory=lambda: NEUTRAL)
    top: int = 20

    def draw(
        self, content: Content, *, n: int, temperature: float, max_tokens: int, seed: int, stop: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Ask for ``n`` answers."""
        body = {self.limit: max_tokens, "n": n, "temperature": temperature, "top_p": 1, "seed": seed, **self.extra}
        return self._content(content) | body | ({"stop": list(stop)} if stop else {})

    def first(self, content: Content) -> dict[str, Any]:
        """Ask for the likeliest first tokens of the answer."""
        body = {self.limit: 1, "temperature": 1, "top_p": 1, "seed": 0, **self.extra}
        listed = {"logprobs": self.top} if self.route == COMPLETIONS else {"logprobs": True, "top_logprobs": self.top}
        return self._content(content) | body | listed

    def echo(self, content: Content) -> dict[str, Any]:
        """Ask for the log-probabilities of the tokens sent; some servers do not run without drawing one more."""
        body = {self.limit: 1, "temperature": 1, "top_p": 1, "seed": 0, "echo": True, "logprobs": 1, **self.extra}
        return self._content(content) | body

    def _content(self, content: Content) -> dict[str, Any]:
        return {"prompt" if self.route == COMPLETIONS else "messages": content}


@dataclass(frozen=True)
class Echo:
    """What a server says about the tokens sent to it.

    Attributes:
        tokens: as text.
        logprobs: of each token, in nats; None for the first.
        best: the highest log-probability among the alternatives listed for the place of each token.
    """

    tokens: list[str]
    logprobs: list[float | None]
    best: list[float | None]


def texts(answer: dict[str, Any], route: str) -> list[str]:
    """The answers drawn, in order; an answer without content, as where a filter held it back, is empty.

    Raises:
        Refused: there are none.
    """
    try:
        choices = answer["choices"]
        found = [choice["text"] if route == COMPLETIONS else choice["message"]["content"] for choice in choices]
        return [str(text or "") for text in found]
    except (KeyError, TypeError):
        raise Refused("the server's answer holds no text") from None


def first_tokens(answer: dict[str, Any], route: str) -> list[tuple[str, float]]:
    """The likeliest first tokens with their log-probabilities.

    Raises:
        Refused: there are none, or they are not those of a distribution.
    """
    try:
        listed = answer["choices"][0]["logprobs"]
        if route == CHAT:
            found = [(str(one["token"]), float(one["logprob"])) for one in listed["content"][0]["top_logprobs"]]
        else:
            found = [(str(token), float(logprob)) for token, logprob in listed["top_logprobs"][0].items()]
    except (KeyError, TypeError, IndexError, AttributeError, ValueError):
        raise Refused("the server gives no log-probabilities") from None
    if not found or not sum(math.exp(min(logprob, 1)) for _, logprob in found) <= 1.01:
        raise Refused("the server gives log-probabilities that belong to no distribution")
    return found


def echoed(answer: dict[str, Any]) -> Echo:
    """The log-probabilities of the tokens sent, and of what was drawn after them.

    Raises:
        Refused: there are none, or they are not those of a distribution.
    """
    try:
        listed = answer["choices"][0]["logprobs"]
        tokens = [str(token) for token in listed["tokens"]]
        logprobs = [None if value is None else float(value) for value in listed["token_logprobs"]]
        best = [max(map(float, one.values())) if one else None for one in listed["top_logprobs"]]
    except (KeyError, TypeError, IndexError, AttributeError, ValueError):
        raise Refused("the server gives no log-probabilities of what is sent") from None
    known = [value for value in logprobs[1:] if value is not None and value <= 1e-3]
    if not len(tokens) == len(logprobs) == len(best) == len(known) + 1 or len(tokens) < 2:
        raise Refused("the server gives log-probabilities that do not fit the tokens sent")
    return Echo(tokens, logprobs, best)
