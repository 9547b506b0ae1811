"""An OpenAI-compatible server for tests: any small language model behind the two routes, with faults to order.

It returns log-probabilities of what is sent and of what it draws, honours ``n``, ``seed``, ``temperature``, ``stop``
and limits on tokens, counts requests, and can be told to ignore settings or to fail.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import log
from random import Random
from threading import Lock, Thread
from typing import Any, ClassVar, Protocol

STANDARD = {
    *("model", "prompt", "messages", "max_tokens", "max_completion_tokens", "n", "temperature", "top_p", "seed"),
    *("stop", "echo", "logprobs", "top_logprobs"),
}


class Distribution(Protocol):
    """The next token."""

    def probability(self, token: Any) -> float: ...
    def likeliest(self, count: int) -> list[tuple[Any, float]]: ...


class Brain(Protocol):
    """A language model: tokens of any kind, what they spell, and what comes next."""

    ends: set
    vocabulary: int

    def tokens(self, prompt: Any) -> list[Any]:
        """The tokens of a text, of token ids, or of the messages of a chat; a ValueError refuses."""
        ...

    def after(self, tokens: Sequence[Any]) -> list[Distribution]:
        """What comes after each prefix of the tokens, from the first token on."""
        ...

    def following(self, tokens: Sequence[Any]) -> Distribution:
        """What comes after all of the tokens."""
        ...

    def name(self, token: Any) -> str: ...
    def text(self, tokens: Sequence[Any]) -> str: ...


@dataclass
class Behaviour:
    """What a test orders and sees.

    Attributes:
        ignore: settings that are accepted and ignored: logprobs, echo, n, seed, temperature (always the likeliest
            token), cold (never the likeliest only).
        refuse: settings that are refused with 400.
        routes: what the server answers to.
        fail: how the next requests fail: 429, 500, drop, malformed.
        dead: whether every request is refused with 500.
        shifted: whether the log-probabilities of what is sent stand one token too early.
        hidden: whether the first token of what is sent is counted and not named.
        delay: seconds before each answer.
        context: most tokens of a prompt and its answer.
        key: the only key that is let in, or None for any.
        requests: how many came, failed ones included.
        most_at_once: how many were under way at once.
    """

    ignore: list[str] = field(default_factory=list)
    refuse: list[str] = field(default_factory=list)
    routes: list[str] = field(default_factory=lambda: ["completions", "chat/completions"])
    fail: list[str] = field(default_factory=list)
    dead: bool = False
    shifted: bool = False
    hidden: bool = False
    delay: float = 0.0
    context: int = 100_000
    key: str | None = None
    requests: int = 0
    most_at_once: int = 0
    under_way: int = 0


class Handler(BaseHTTPRequestHandler):
    """Answers both routes; ``/control`` changes the behaviour and shows it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    brain: ClassVar[Brain]
    behaviour: ClassVar[Behaviour]
    lock: ClassVar[Lock]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/control":
            for name, value in body.items():
                setattr(self.behaviour, name, value)
            return self._send(200, vars(self.behaviour))
        with self.lock:
            self.behaviour.requests += 1
            self.behaviour.under_way += 1
            self.behaviour.most_at_once = max(self.behaviour.most_at_once, self.behaviour.under_way)
            fault = self.behaviour.fail.pop(0) if self.behaviour.fail else None
        try:
            time.sleep(self.behaviour.delay)
            self._answer(self.path.removeprefix("/v1/"), body, "500" if self.behaviour.dead else fault)
        finally:
            with self.lock:
                self.behaviour.under_way -= 1

    def _answer(self, route: str, body: dict[str, Any], fault: str | None) -> None:
        behaviour = self.behaviour
        if fault == "drop":
            self.close_connection = True
            return None
        if fault == "malformed":
            return self._send(200, b'{"choices": [')
        if fault:
            later = {"Retry-After": "0.05"} if fault == "429" else {}
            return self._send(int(fault), _error("out of order"), **later)
        shown = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if behaviour.key is not None and shown != behaviour.key:
            return self._send(401, _error(f"{shown} is no key"))
        if route not in behaviour.routes:
            return self._send(404, _error("no such route"))
        refused = {*behaviour.refuse, *(set(body) - STANDARD if "extra" in behaviour.refuse else ())}
        odd = [name for name in body if name in refused]
        if odd:
            return self._send(400, _error(f"unrecognised argument {odd[0]}"))
        try:
            prompt = self.brain.tokens(body["prompt"] if route == "completions" else body["messages"])
        except ValueError as error:
            return self._send(422, _error(str(error)))
        room = int(body.get("max_tokens") or body.get("max_completion_tokens") or 16)
        if len(prompt) + room > behaviour.context:
            return self._send(400, _error(f"the maximum context length is {behaviour.context} tokens"))
        body = {name: value for name, value in body.items() if name not in behaviour.ignore}
        cold = "temperature" in behaviour.ignore
        warm = "cold" in behaviour.ignore
        temperature = 0.0 if cold else 1.0 if warm else float(body.get("temperature", 1.0))
        choices = []
        drawn = 0
        for index in range(int(body.get("n", 1))):
            random = Random(f"{body.get('seed', time.monotonic_ns())}/{index}")
            answer, found = _draw(self.brain, prompt, random, temperature, room, body.get("stop", []))
            drawn += len(answer)
            write = _completion if route == "completions" else _message
            choices.append({"index": index, "finish_reason": "stop"} | write(self.brain, prompt, answer, found, body))
            if body.get("echo") and (listed := choices[-1]["logprobs"]):
                for name, values in listed.items():
                    if behaviour.shifted and name != "tokens":
                        values[1:-1] = values[2:]
                    if behaviour.hidden:
                        values[:2] = [None if name != "tokens" else values[1]]
        usage = {"prompt_tokens": len(prompt), "completion_tokens": drawn, "total_tokens": len(prompt) + drawn}
        return self._send(200, {"id": "answer", "model": body["model"], "choices": choices, "usage": usage})

    def _send(self, status: int, content: dict[str, Any] | bytes, **headers: str) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in ({"Content-Type": "application/json", "Content-Length": str(len(data))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "test", "code": None}}


def _draw(
    brain: Brain, prompt: list[Any], random: Random, temperature: float, room: int, stop: Sequence[str]
) -> tuple[list[Any], list[Distribution]]:
    """Draw an answer; the end token is drawn and not part of it."""
    answer: list[Any] = []
    found: list[Distribution] = []
    while len(answer) < room:
        distribution = brain.following([*prompt, *answer])
        tokens, weights = zip(*distribution.likeliest(brain.vocabulary), strict=True)
        if temperature == 0:
            token = tokens[0]
        else:
            (token,) = random.choices(tokens, [p ** (1 / temperature) for p in weights])
        if token in brain.ends:
            break
        answer.append(token)
        found.append(distribution)
        if any(end in brain.text(answer) for end in stop):
            break
    return answer, found


def _completion(
    brain: Brain, prompt: list[Any], answer: list[Any], found: list[Distribution], body: dict[str, Any]
) -> dict[str, Any]:
    echo = bool(body.get("echo"))
    shown = [*prompt, *answer] if echo else answer
    text = brain.text(shown)
    for end in body.get("stop", []):
        text = text.partition(end)[0]
    if body.get("logprobs") is None:
        return {"text": text, "logprobs": None}
    places = [None, *brain.after(prompt)[:-1], *found] if echo else list(found)
    pairs = [place and (token, place.probability(token)) for token, place in zip(shown, places, strict=True)]
    top = [place and [*place.likeliest(body["logprobs"]), pair] for place, pair in zip(places, pairs, strict=True)]
    return {
        "text": text,
        "logprobs": {
            "tokens": [brain.name(token) for token in shown],
            "token_logprobs": [pair and _log(pair[1]) for pair in pairs],
            "top_logprobs": [listed and {brain.name(token): _log(p) for token, p in listed} for listed in top],
        },
    }


def _message(
    brain: Brain, prompt: list[Any], answer: list[Any], found: list[Distribution], body: dict[str, Any]
) -> dict[str, Any]:
    message = {"role": "assistant", "content": brain.text(answer)}
    if not body.get("logprobs"):
        return {"message": message, "logprobs": None}
    content = [
        {
            "token": brain.name(token),
            "logprob": _log(place.probability(token)),
            "top_logprobs": [
                {"token": brain.name(t), "logprob": _log(p)} for t, p in place.likeliest(body.get("top_logprobs", 0))
            ],
        }
        for token, place in zip(answer, found, strict=True)
    ]
    return {"message": message, "logprobs": {"content": content}}


def _log(probability: float) -> float:
    return log(probability) if probability > 0 else -9999.0


@contextmanager
def serving(brain: Brain, port: int = 0) -> Iterator[tuple[str, Behaviour]]:
    """The address of a running server, and its behaviour."""
    behaviour = Behaviour()
    handler = type("Handler", (Handler,), {"brain": brain, "behaviour": behaviour, "lock": Lock()})
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1", behaviour
        finally:
            server.shutdown()
            thread.join()
