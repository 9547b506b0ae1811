"""Requests to an OpenAI-compatible server: bounded concurrency, retries, a cache on disk, and what they cost."""

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from random import uniform
from threading import Lock
from typing import Any, TypeVar

import openai

from pluralign.errors import ContextError, ModelError
from pluralign.lm._request_cache import RequestCache

COMPLETIONS, CHAT = "completions", "chat/completions"

_TOO_LONG = re.compile(
    r"context[_ ](length|window|size)|max\w*[ _](context|sequence|model)|n_ctx|too (long|many tokens)", re.IGNORECASE
)
_LONG = "too long"
"""Stands for an answer in the cache where the request was longer than the model's context."""

_Item = TypeVar("_Item")
_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Limits:
    """How a server is treated.

    Attributes:
        concurrency: requests under way at once.
        retries: attempts after a first one that failed in a way that may pass: no connection, time-out, overload, an
            answer that is not JSON. They wait as long as the server asks (up to 2 minutes), else 0.5 s, 1 s, 2 s, …
            up to 8 s with jitter.
        timeout: seconds that one attempt may take.
        per_minute: requests begun per minute, or None for as many as the server answers.
    """

    concurrency: int = 8
    retries: int = 5
    timeout: float = 120.0
    per_minute: float | None = None


@dataclass(frozen=True)
class Usage:
    """What has been asked so far.

    Attributes:
        requests: answered by the server.
        cached: answered by the cache on disk, at no cost.
        retries: attempts that failed and were repeated.
        prompt_tokens, completion_tokens: as the server counted them; 0 where it does not say.
    """

    requests: int = 0
    cached: int = 0
    retries: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def cost(self, prompt: float, completion: float) -> float:
        """What it cost at prices per million tokens, in their currency."""
        return (self.prompt_tokens * prompt + self.completion_tokens * completion) / 1e6


class Refused(ModelError):
    """The server answers, but does not do what it is asked."""


class Server:
    """One model on one server.

    Args:
        url: address up to and with the version, such as ``http://127.0.0.1:8000/v1``.
        model: name of the model there.
        limits: how the server is treated.

    The key is read from ``OPENAI_API_KEY`` and kept nowhere.
    """

    def __init__(self, url: str, model: str, limits: Limits):
        self.url = url
        self.model = model
        self.limits = limits
        self.cache = RequestCache(url, model)
        self._key = os.environ.get("OPENAI_API_KEY", "")
        self._client = openai.OpenAI(
            base_url=url,
            api_key=self._key or "none",
            timeout=limits.timeout,
            max_retries=limits.retries,
        )
        self._lock = Lock()
        self._usage = Usage()
        self._next = 0.0

    @property
    def usage(self) -> Usage:
        """What has been asked since this object was made."""
        return self._usage

    def ask(self, route: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request, from the cache or the server.

        Args:
            route: ``COMPLETIONS`` or ``CHAT``.
            body: the request without the name of the model.

        Raises:
            ContextError: the request is longer than the model's context.
            Refused: the server does not accept the request.
            ModelError: the server cannot be reached, refuses the key, or does not answer properly.
            RunError: the cache cannot be used.
        """
        if (kept := self.cache.get(route, body)) is not None:
            self._count(cached=1)
            if _LONG in kept:
                raise ContextError(kept[_LONG])
            return kept
        try:
            answer = self.send(route, body)
        except ContextError as error:
            self.cache.put({_LONG: error.what}, route, body)
            raise
        self.cache.put(answer, route, body)
        return answer

    def send(self, route: str, body: dict[str, Any], retries: int | None = None) -> dict[str, Any]:
        """Like :meth:`ask`, past the cache.

        Args:
            retries: attempts after the first; None takes those of the limits.
        """
        retries = self.limits.retries if retries is None else retries
        client = self._client.with_options(max_retries=retries)
        create = (client.completions if route == COMPLETIONS else client.chat.completions).with_raw_response.create
        required = {name: body[name] for name in ("prompt", "messages") if name in body}
        for attempt in range(retries + 1):
            self._wait()
            try:
                response = create(model=self.model, extra_body=body, **required)
            except openai.APIError as error:
                raise self._explained(error, retries) from error
            self._count(requests=1, retries=response.retries_taken)
            answer = _parsed(response.text)
            if answer is not None:
                spent = answer.get("usage") or {}
                tokens = {name: int(spent.get(name) or 0) for name in ("prompt_tokens", "completion_tokens")}
                self._count(retries=attempt, **tokens)
                return answer
            if attempt < retries:
                time.sleep(min(8.0, 0.5 * 2**attempt) * uniform(0.75, 1))
        raise ModelError(
            "the server's answers are not those of an OpenAI-compatible server",
            where=self.url,
            fix="Check the address; it usually ends in /v1.",
        )

    def each(self, work: Callable[[_Item], _Found], items: Sequence[_Item]) -> Iterator[tuple[int, _Found]]:
        """Run ``work`` on items, several at once, and yield index and result as they come.

        What has begun when one fails is finished, and so kept in the cache; the rest is not begun.
        """
        failed: list[Exception] = []

        def run(item: _Item) -> _Found:
            if failed:
                raise failed[0]
            try:
                return work(item)
            except Exception as error:
                failed.append(error)
                raise

        with ThreadPoolExecutor(self.limits.concurrency) as pool:
            waiting = {pool.submit(run, item): index for index, item in enumerate(items)}
            try:
                for done in as_completed(waiting):
                    yield waiting[done], done.result()
            finally:
                pool.shutdown(cancel_futures=True)

    def _wait(self) -> None:
        """Hold a request back until its turn, where there is a limit per minute."""
        if self.limits.per_minute is None:
            return
        with self._lock:
            now = time.monotonic()
            start = max(now, self._next)
            self._next = start + 60 / self.limits.per_minute
        time.sleep(start - now)

    def _count(self, **more: int) -> None:
        with self._lock:
            self._usage = replace(
                self._usage, **{name: getattr(self._usage, name) + number for name, number in more.items()}
            )

    def _explained(self, error: openai.APIError, retries: int) -> ModelError:
        said = _message(error)
        if self._key:
            said = said.replace(self._key, "…")
        if isinstance(error, openai.APIConnectionError):
            what = "took too long" if isinstance(error, openai.APITimeoutError) else "cannot be reached"
            return ModelError(
                f"the server {what}, after {retries + 1} attempts",
                where=self.url,
                fix="Start it, or check the address. Answers so far are kept: the same command goes on from them."
                if self.cache.path
                else "Start it, or check the address.",
            )
        if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
            return ModelError(f"the server refuses the key: {said}", where=self.url, fix="Set OPENAI_API_KEY.")
        if isinstance(error, openai.RateLimitError):
            return ModelError(
                f"the server takes no more requests: {said}", where=self.url, fix="Wait, or ask for less at once."
            )
        if isinstance(error, openai.APIStatusError) and error.status_code < 500 and _TOO_LONG.search(said):
            return ContextError(f"a prompt is too long for the model: {said}", fix="Show less in it.")
        status = f" ({error.status_code})" if isinstance(error, openai.APIStatusError) else ""
        return Refused(f"the server refuses a request{status}: {said}", where=f"{self.url}, model {self.model}")


def _parsed(text: str) -> dict[str, Any] | None:
    """The answer, or None where it is not JSON with at least one choice."""
    try:
        answer = json.loads(text)
    except ValueError:
        return None
    choices = answer.get("choices") if isinstance(answer, dict) else None
    return answer if isinstance(choices, list) and choices else None


def _message(error: openai.APIError) -> str:
    """What the server said, on one line and not at length."""
    body = error.body
    said = body.get("message") if isinstance(body, dict) else None
    return " ".join(str(said or error.message).split())[:300].rstrip(".")
