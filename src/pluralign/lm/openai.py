"""Language models behind an OpenAI-compatible server: completion servers score and sample, chat servers sample.

What a server honours is found by asking it first (:mod:`pluralign.lm._probe`); a verb that needs more refuses with the
reason. Text is data: with the model's tokenizer, prompts are sent as token ids; without it, a text that spells a
control token is refused; to a chat server, text goes as the content of messages.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from pluralign.encode import Encoder
from pluralign.episode import Episode, Prompt, generator
from pluralign.errors import ContextError, ModelError, UsageError
from pluralign.lm import _first_token
from pluralign.lm._probe import Honoured, probe
from pluralign.lm._requests import COMPLETIONS, Limits, Refused, Server, Usage
from pluralign.lm._wire import Content, echoed, first_tokens, texts
from pluralign.lm._writing import MARKERS, Scored, Writing
from pluralign.lm.protocol import Capabilities, ChoiceScores, Progress, Score, check_choices
from pluralign.template import Segment, colon, control_tokens, messages, resolve

_AT_ONCE = 16
"""Answers asked for in one request."""


@dataclass(frozen=True)
class OpenAIModel:
    """A model on an OpenAI-compatible server.

    Attributes:
        name: how the user called it.
        server: where it is asked.
        honoured: what the server honours.
        encoder: of the model's tokenizer, or None where it is not known.
        writing: how episodes are sent; None for a chat server, which writes messages in its own way.
        first_token: whether choices may be told apart by the first token of the answer alone.
    """

    name: str
    server: Server
    honoured: Honoured
    encoder: Encoder | None = None
    writing: Writing | None = None
    first_token: bool = False

    @classmethod
    def connect(
        cls,
        name: str,
        *,
        template: str = "auto",
        tokenizer: Any = None,
        first_token: bool = False,
        max_length: int | None = None,
        limits: Limits | None = None,
    ) -> "OpenAIModel":
        """Find out what a server honours; see :func:`pluralign.lm.load` for the other arguments.

        Args:
            name: ``openai:MODEL@URL``.
            tokenizer: the model's own, a fast Hugging Face tokenizer, or None where it is not at hand.
            limits: how the server is treated.

        Raises:
            UsageError: the name or an argument is not of this form.
            ModelError: the server cannot be reached, refuses the key, or has no such model.
        """
        model, url = _parts(name)
        if template not in ("auto", "chat", "colon", "spectrum"):
            raise UsageError(f"there is no template {template!r}", fix="Use auto, spectrum, colon, chat.")
        if template == "spectrum" and tokenizer is None:
            raise UsageError("the template spectrum is read off a tokenizer", fix="Name the model's tokenizer.")
        if max_length is not None and tokenizer is None:
            raise UsageError("tokens cannot be counted without a tokenizer", fix="Name it, or leave out max_length.")
        server = Server(url, model, limits or Limits())
        encoder = None if tokenizer is None else Encoder(tokenizer)
        honoured = probe(server, template, encoder)
        writing = None
        if honoured.form.route == COMPLETIONS:
            writing = Writing(
                colon() if tokenizer is None else resolve(tokenizer, template),
                None if "ids" in honoured.missing else encoder,
                MARKERS if tokenizer is None else _spelling(control_tokens(tokenizer)),
                tokenizer.bos_token if honoured.begins and tokenizer is not None else None,
                max_length,
            )
        return cls(name, server, honoured, encoder, writing, first_token)

    @property
    def capabilities(self) -> Capabilities:
        """What the server honours of what the verbs need."""
        missing = self.honoured.missing
        whole = "echo" not in missing
        return Capabilities(
            logprobs=whole,
            sampling="temperature" not in missing,
            first_token=not whole and self.first_token and "top" not in missing,
        )

    @property
    def facts(self) -> dict:
        """What a run records: the server, how it is asked, and what it does not honour."""
        can, writing = self.capabilities, self.writing
        return {
            "spec": self.name,
            "url": self.server.url,
            "route": self.honoured.form.route,
            "template": writing.template.name if writing else "chat",
            "sent": "messages" if writing is None else "text" if writing.encoder is None else "token ids",
            "tokenizer": self.encoder and self.encoder.fingerprint,
            "choices": "first token" if can.first_token else "whole answer" if can.logprobs else None,
            "ignored": sorted(self.honoured.missing),
            "max_length": writing and writing.max_length,
        }

    @property
    def usage(self) -> Usage:
        """What has been asked so far."""
        return self.server.usage

    def score(self, episodes: Sequence[Episode], progress: Progress | None = None) -> list[list[Score | None]]:
        """Score every output of every episode, one request per episode; see ``LanguageModel.score``.

        Raises:
            ModelError: the server gives no log-probabilities of what is sent.
        """
        writing = self._scoring()
        results: list[list[Score | None]] = [[] for _ in episodes]
        for index, scores in self.server.each(lambda episode: self._score(writing, episode), episodes):
            results[index] = scores
            _report(progress)
        return results

    def _score(self, writing: Writing, episode: Episode) -> list[Score | None]:
        """Score as many examples as the server takes: the longest run of them is searched for by halving."""
        try:
            return self._scores(writing, episode)
        except ContextError:
            fits, too_many, found = 0, len(episode.examples), []
        while too_many - fits > 1:
            half = (fits + too_many) // 2
            try:
                found = self._scores(writing, replace(episode, examples=episode.examples[:half]))
                fits = half
            except ContextError:
                too_many = half
        return found + [None] * (len(episode.examples) - fits)

    def _scores(self, writing: Writing, episode: Episode) -> list[Score | None]:
        results: list[Score | None] = [None] * len(episode.examples)
        written = writing.template.episode(episode)
        if any(segment.scored for segment in written):
            scored = self._given(writing, written)
            for one in np.unique(scored.example).tolist():
                mine = scored.example == one
                total = float(scored.logprobs[mine].sum())
                results[one] = Score(total, int(mine.sum()), bool(scored.greedy[mine].all()))
        return results

    def choices(
        self, prompts: Sequence[Prompt], choices: Sequence[Sequence[str]], progress: Progress | None = None
    ) -> list[ChoiceScores | None]:
        """Score each choice as the answer to its prompt; see ``LanguageModel.choices``.

        One request per choice where the server scores what is sent. Where it does not and the user asked for it
        (``first_token``), one request per prompt, and choices are told apart by the first token
        (:mod:`pluralign.lm._first_token`): the end mark is then not part of them.

        Raises:
            UsageError: a choice is given twice, there is not one list of choices per prompt, or first tokens begin
                several choices.
            ModelError: the server gives no log-probabilities.
        """
        check_choices(prompts, choices)
        if self.capabilities.first_token:
            return self._first_choices(prompts, choices, progress)
        writing = self._scoring()
        places = [(index, choice) for index, options in enumerate(choices) for choice in range(len(options))]
        found = [[0.0] * len(options) for options in choices]
        waiting = [len(options) for options in choices]
        too_long = set()

        def work(place: tuple[int, int]) -> float | None:
            prompt, choice = prompts[place[0]], choices[place[0]][place[1]]
            try:
                written = writing.template.prompt(prompt) + writing.template.answer(choice)
                return float(self._given(writing, written).logprobs.sum())
            except ContextError:
                return None

        for number, logprob in self.server.each(work, places):
            index, choice = places[number]
            if logprob is None:
                too_long.add(index)
            else:
                found[index][choice] = logprob
            waiting[index] -= 1
            if not waiting[index]:
                _report(progress)
        return [
            None if index in too_long else ChoiceScores(tuple(one), max(0.0, 1 - float(np.exp(one).sum())))
            for index, one in enumerate(found)
        ]

    def _first_choices(
        self, prompts: Sequence[Prompt], choices: Sequence[Sequence[str]], progress: Progress | None
    ) -> list[ChoiceScores | None]:
        form = self.honoured.form

        def work(place: int) -> ChoiceScores | None:
            try:
                answer = self.server.ask(form.route, form.first(self._content(prompts[place], 1)))
            except ContextError:
                return None
            return _first_token.read(first_tokens(answer, form.route), choices[place], where=prompts[place].id)

        results: list[ChoiceScores | None] = [None] * len(prompts)
        for index, scores in self.server.each(work, range(len(prompts))):
            results[index] = scores
            _report(progress)
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
        """Draw ``n`` answers to each prompt; see ``LanguageModel.sample``.

        A server that honours ``n`` gives up to 16 answers per request; from another each is asked for by itself, with
        a seed of its own. At temperature 0 one answer is asked for.

        Raises:
            ContextError: a prompt does not fit the model's maximum length.
            ModelError: the server does not honour the temperature.
        """
        self._need("temperature", "the server does not sample as it is asked to")
        step = _AT_ONCE if "n" not in self.honoured.missing else 1
        count = n if temperature else min(n, 1)
        places = [
            (index, start, min(step, count - start))
            for index in range(len(prompts))
            for start in range(0, count, step)
        ]
        results = [[""] * count for _ in prompts]
        waiting = [count] * len(prompts)
        for number, drawn in self.server.each(
            lambda place: self._drawn(prompts[place[0]], place[1], place[2], temperature, max_tokens, seed), places
        ):
            index, start, size = places[number]
            results[index][start : start + size] = drawn
            waiting[index] -= size
            if not waiting[index]:
                _report(progress)
        return results if temperature else [drawn * n for drawn in results]

    def _drawn(self, prompt: Prompt, start: int, n: int, temperature: float, max_tokens: int, seed: int) -> list[str]:
        form, stop = self.honoured.form, self._stops()
        number = int(generator(seed, prompt.id, start).integers(2**31))
        try:
            content = self._content(prompt, max_tokens)
            body = form.draw(content, n=n, temperature=temperature, max_tokens=max_tokens, seed=number, stop=stop)
            drawn = texts(self.server.ask(form.route, body), form.route)
        except ContextError as error:
            raise ContextError(error.what, where=prompt.id, fix=error.fix) from error
        if len(drawn) != n:
            raise Refused(f"{n} answers were asked for and {len(drawn)} came", where=self.server.url)
        for end in stop:
            drawn = [text.partition(end)[0] for text in drawn]
        return [text.strip() for text in drawn]

    def _stops(self) -> list[str]:
        """Texts that end an answer; the original API takes no more than four."""
        if self.writing is None:
            return []
        stop = self.writing.template.stop
        return [*([stop.text] if stop.text else []), *stop.control][:4]

    def _content(self, prompt: Prompt, room: int) -> Content:
        return messages(prompt) if self.writing is None else self.writing.prompt(prompt, room)

    def _given(self, writing: Writing, written: Sequence[Segment]) -> Scored:
        """The log-probabilities of the answers in what is sent."""
        form = self.honoured.form
        content, read = writing.given(written)
        return read(echoed(self.server.ask(form.route, form.echo(content))))

    def _scoring(self) -> Writing:
        """The form in which given answers are sent, where the server scores them."""
        self._need("echo", "the server gives no log-probabilities of given answers")
        assert self.writing is not None  # a chat server scores none
        return self.writing

    def _need(self, what: str, refusal: str) -> None:
        if what in self.honoured.missing:
            kept = self.server.cache.path
            again = f" If this one has changed since it was first asked, delete {kept}." if kept else ""
            raise ModelError(
                f"{refusal}: {self.honoured.missing[what]}",
                where=self.server.url,
                fix="Use another server, or a measure that needs less." + again,
            )


def _spelling(literals: Iterable[str]) -> re.Pattern[str]:
    """Finds any of the literals; nothing where there are none."""
    return re.compile("|".join(map(re.escape, sorted(literals, key=len, reverse=True))) or r"(?!)")


def _parts(name: str) -> tuple[str, str]:
    """Model and address of ``openai:MODEL@URL``."""
    named = re.fullmatch(r"openai:(.+)@(https?://.+)", name)
    if not named or not urlsplit(named[2]).hostname:
        raise UsageError("the name of a model on a server is openai:MODEL@URL, with a URL that ends in /v1")
    model, url = named.groups()
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UsageError(
            "the address of a server is recorded, so it may hold no password or query", fix="Set OPENAI_API_KEY."
        )
    return model, url.rstrip("/")


def _report(progress: Progress | None) -> None:
    if progress is not None:
        progress(1)
