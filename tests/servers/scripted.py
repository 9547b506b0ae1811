"""A server whose answers are written down, as a process of its own that can be killed.

A script is a list of pairs: an expression to be found in what was sent, and the probabilities of the answers where it
is; the first that is found counts, and without one there is small talk. Answers stand behind ``Output:`` in a text,
and are the assistant's in a chat.

    with scripted([("coin", {"Heads": 0.5, "Tails": 0.5})]) as server:
        load(f"openai:any@{server.url}")
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.servers.openai_server import serving

Script = Sequence[tuple[str, Mapping[str, float]]]

_FILLER = {f" {word}": 1 / 8 for word in ("a", "the", "of", "in", "is", "and", "to", "it")}
_ELSEWHERE = 1e-9
"""Probability of any token that the script does not foresee."""


@dataclass(frozen=True)
class Foreseen:
    """What the script says about the next token."""

    probabilities: Mapping[str, float]

    def probability(self, token: str) -> float:
        return self.probabilities.get(token, _ELSEWHERE)

    def likeliest(self, count: int) -> list[tuple[str, float]]:
        return sorted(self.probabilities.items(), key=lambda pair: (-pair[1], pair[0]))[:count]


@dataclass(frozen=True)
class Scripted:
    """A language model whose tokens are words with the space before them, single digits, and marks."""

    script: Script
    ends = frozenset({"<end>"})
    vocabulary = 1000

    def tokens(self, prompt: Any) -> list[str]:
        if isinstance(prompt, str):
            return _words(prompt)
        if any(isinstance(part, int) for part in prompt):
            raise ValueError("this server takes no token ids")
        turns = [[f"<{message['role']}>", *_words(message["content"]), "<end>"] for message in prompt]
        return [token for turn in turns for token in turn] + ["<assistant>"]

    def after(self, tokens: Sequence[str]) -> list[Foreseen]:
        return [self.following(tokens[: count + 1]) for count in range(len(tokens))]

    def name(self, token: str) -> str:
        return token

    def text(self, tokens: Sequence[str]) -> str:
        return "".join(tokens)

    def following(self, tokens: Sequence[str]) -> Foreseen:
        chat = "<assistant>" in tokens
        marks = [i for i, t in enumerate(tokens) if (t == "<assistant>" if chat else tokens[i - 1 : i + 1] == _OUTPUT)]
        if not marks:
            return Foreseen(_FILLER)
        begun, end = list(tokens[marks[-1] + 1 :]), "<end>" if chat else "\n"
        context = "".join(tokens[: marks[-1] + 1])
        answers = next((answers for expression, answers in self.script if re.search(expression, context)), {})
        found: dict[str, float] = {}
        for answer, probability in answers.items():
            written = [*_words(answer if chat else f" {answer}"), end]
            if written[: len(begun)] == begun and len(written) > len(begun):
                found[written[len(begun)]] = found.get(written[len(begun)], 0.0) + probability
        total = sum(found.values())
        return Foreseen({token: p / total for token, p in found.items()} if total else _FILLER)


_OUTPUT = ["Output", ":"]


def _words(text: str) -> list[str]:
    return re.findall(r" ?[^\W\d_]+| ?\d| ?[^\w\s]|_|\s", text)


@dataclass(frozen=True)
class Running:
    """A server that runs as a process of its own."""

    url: str
    process: subprocess.Popen

    def control(self, **settings: Any) -> dict[str, Any]:
        """Change the behaviour and see it; the names are those of ``Behaviour``."""
        body = json.dumps(settings).encode()
        with urlopen(Request(self.url.replace("/v1", "/control"), body, method="POST")) as answer:
            return json.load(answer)

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()


@contextmanager
def scripted(script: Script, port: int = 0) -> Iterator[Running]:
    """A running server that answers by a script."""
    command = [sys.executable, "-m", "tests.servers.scripted", str(port)]
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([[expression, dict(answers)] for expression, answers in script]) + "\n")
        process.stdin.flush()
        yield Running(process.stdout.readline().strip(), process)
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    with serving(Scripted(json.loads(sys.stdin.readline())), int(sys.argv[1])) as (address, _):
        print(address, flush=True)
        sys.stdin.read()
