"""How an episode is written for one model: as segments of text and control tokens.

The format is read off the tokenizer (its chat template and its added tokens), never guessed from a model's name.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pluralign.episode import Episode, Example, Prompt
from pluralign.errors import ModelError, UsageError


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a written episode.

    Attributes:
        text: what is written; for a control segment, the literal of exactly one control token.
        control: True for a control token of the template; False for text, in which nothing is a control token.
        scored: True where the model is scored (and trained): outputs and their end mark.
        example: index of the example that the segment belongs to, or None.
    """

    text: str
    control: bool = False
    scored: bool = False
    example: int | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """When a sampled answer is over.

    Attributes:
        control: literals of the control tokens that end an answer; the template's own end mark, if any, is first.
        text: a text that ends an answer, or None.
    """

    control: tuple[str, ...]
    text: str | None = None


Segments = tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """The written form of descriptions, inputs and outputs for one tokenizer.

    An episode is ``opening``, the description if it has one, ``first``, and its examples with ``between`` between
    them. An example is its input, if any, and its output. Each of the three contents stands inside its own frame:
    the segments before it and after it.

    Attributes:
        name: ``spectrum``, ``colon`` or ``chat``.
        stop: when a sampled answer is over.
        output: the frame of an output; the first segment after the content is the end mark.
        no_input: what is written as the input of an example without one; None leaves the input's frame out.
        lead: text that belongs to every output and comes before its content.
        after: what stands behind the last output: the beginning of a next one, where tokens depend on what follows.
    """

    name: str
    stop: Stop
    opening: Segments
    description: tuple[Segments, Segments]
    input: tuple[Segments, Segments]
    output: tuple[Segments, Segments]
    first: Segments = ()
    between: Segments = ()
    no_input: str | None = None
    lead: str = ""
    after: Segments = ()

    def episode(self, episode: Episode) -> list[Segment]:
        """Write an episode.

        Outputs and their end marks are scored, except the first output of an episode without a description:
        there is nothing to infer it from, and so every template scores the same outputs.
        """
        written = self.head(episode.description)
        for j, example in enumerate(episode.examples):
            written += self.example(j, example, j > 0 or episode.description is not None)
        return written + list(self.after)

    def prompt(self, prompt: Prompt) -> list[Segment]:
        """Write a prompt up to where the answer begins; nothing in it is scored."""
        written = self.head(prompt.description)
        for j, example in enumerate(prompt.examples):
            written += self.example(j, example, False)
        return written + self._question(len(prompt.examples), prompt.input)

    def answer(self, text: str) -> list[Segment]:
        """Write an answer, to be put right after a prompt: the text and one end mark, which are scored.

        What every answer has behind its end mark follows, not scored. Without it a tokenizer that merges the two (two
        newlines) would give the end mark another token here than in an episode.
        """
        return self._answer(text, scored=True, example=None) + list(self.after)

    def head(self, description: str | None) -> list[Segment]:
        """Write what comes before the first example."""
        written = list(self.opening)
        if description is not None:
            before, after = self.description
            written += [*before, Segment(description), *after]
        return written

    def example(self, j: int, example: Example, scored: bool) -> list[Segment]:
        """Write example number ``j`` of an episode or prompt, as it follows what is before it."""
        return self._question(j, example.input) + self._answer(example.output, scored=scored, example=j)

    def _question(self, j: int, text: str | None) -> list[Segment]:
        written = _of(self.between if j else self.first, j)
        text = self.no_input if text is None else text
        if text is not None:
            before, after = self.input
            written += [*_of(before, j), Segment(text, example=j), *_of(after, j)]
        return written + _of(self.output[0], j)

    def _answer(self, text: str, *, scored: bool, example: int | None) -> list[Segment]:
        end, *rest = self.output[1]
        return [
            Segment(self.lead + text, scored=scored, example=example),
            Segment(end.text, end.control, scored, example),
            *_of(rest, example),
        ]


def _of(segments: Iterable[Segment], example: int | None) -> list[Segment]:
    return [Segment(s.text, s.control, False, example) for s in segments]


def control_tokens(tokenizer: Any) -> dict[str, int]:
    """The tokens, with their ids, that only a template may emit: all added tokens with something to see.

    Some vocabularies list runs of spaces or newlines as added tokens; those are ordinary text.
    """
    return {token: i for token, i in tokenizer.get_added_vocab().items() if token.replace("▁", " ").strip()}


def resolve(tokenizer: Any, name: str = "auto") -> Template:
    """The template of a tokenizer.

    Args:
        tokenizer: a fast Hugging Face tokenizer.
        name: ``spectrum``, ``colon``, ``chat``, or ``auto``: ``colon`` without a chat template, ``spectrum`` where the
            chat template has the roles description, input and output, otherwise ``chat``.

    Raises:
        UsageError: there is no template of that name.
        ModelError: the tokenizer has nothing from which the template could be derived.
    """
    if name == "auto":
        if not tokenizer.chat_template:
            return _colon(tokenizer)
        return _spectrum(tokenizer) if _spectrum_pieces(tokenizer) else _chat(tokenizer)
    templates = {"spectrum": _spectrum, "colon": _colon, "chat": _chat}
    if name not in templates:
        raise UsageError(f"there is no template {name!r}", fix=f"Use auto, {', '.join(templates)}.")
    return templates[name](tokenizer)


def _colon(tokenizer: Any) -> Template:
    return colon(_bos(tokenizer), _eos(tokenizer))


def colon(opening: Segments = (), ends: tuple[str, ...] = ()) -> Template:
    """The template ``colon``; as it stands for a server, whose tokenizer nobody knows and which puts in its own.

    Args:
        opening: what stands before everything.
        ends: literals of the control tokens that end an answer.
    """
    return Template(
        name="colon",
        stop=Stop(ends, "\n"),
        opening=opening,
        description=((Segment("Description: "),), (Segment("\n\n"),)),
        input=((Segment("Input: "),), (Segment("\n\n"),)),
        output=((Segment("Output:"),), (Segment("\n"), Segment("\n"))),
        # The space is part of the answer: in most vocabularies a word is one token together with the space before it.
        lead=" ",
        # Two newlines are one token at the end of a text and two before a word in the vocabularies of GPT-2's kind.
        after=(Segment("Output:"),),
    )


# How families of models write one turn end and the next turn's header, for tokenizers that have the markers but no
# chat template, as base models often do. The last, with a token for each role, is that of the embedded models.
_KNOWN_TURNS = (
    "<end_of_turn>\n<start_of_turn>{}\n",
    "<|im_end|>\n<|im_start|>{}\n",
    "<|eot_id|><|start_header_id|>{}<|end_header_id|>\n\n",
    "<|end|><|{}|>",
)


def _spectrum(tokenizer: Any) -> Template:
    if tokenizer.chat_template:
        pieces = _spectrum_pieces(tokenizer) or _chat_pieces(tokenizer)
        turns = [(pieces[-3], pieces[-2])] if pieces else []
        begins = tokenizer.bos_token and pieces and pieces[0].startswith(tokenizer.bos_token)
        opening = (Segment(tokenizer.bos_token, control=True),) if begins else ()
    else:
        turns = [(turn.format("input"), turn.format("output")) for turn in _KNOWN_TURNS]
        opening = _bos(tokenizer)
    for one, other in turns:
        turn = _turn(_split(one, tokenizer), _split(other, tokenizer))
        if turn:
            end, role = turn
            return Template(
                name="spectrum",
                stop=_stop(tokenizer, end[0]),
                opening=opening,
                description=(role("description"), end),
                input=(role("input"), end),
                output=(role("output"), end),
            )
    raise ModelError(
        "this tokenizer has no turn markers with a role word, which the template spectrum needs",
        where=getattr(tokenizer, "name_or_path", None) or None,
        fix="Use the template colon.",
    )


def _turn(one: Segments, other: Segments):
    """Split what stands between two contents into the end of a turn and a function from role to the next header.

    Args:
        one, other: the segments before two contents with different roles.

    Returns:
        None unless both are an end-of-turn token, perhaps text, a start token, and a header that differs in one word;
        the word may be part of a token, which may be the start token.
    """
    differing = [k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b]
    start = next((k for k, s in enumerate(one) if k and s.control), None)
    if len(one) != len(other) or len(differing) != 1 or not one[0].control or start is None:
        return None
    (k,) = differing
    word, another = (re.fullmatch(r"(\W*)\w+(\W*)", s.text) for s in (one[k], other[k]))
    if k < start or one[k].control != other[k].control:
        return None
    if not word or not another or word.groups() != another.groups():
        return None
    left, right = word.groups()

    def header(role: str) -> Segments:
        return (*one[start:k], Segment(left + role + right, control=one[k].control), *one[k + 1 :])

    return one[:start], header


_SETTING = """\
You imitate a process that generates outputs at random. You may be given a description of the process, and you see \
inputs with outputs that it gave. Given their inputs, the outputs are independent draws from one distribution, so the \
order of the examples carries no information. For each input, give one output that the process could have generated, \
with the probability that the process would have given to it. Answer with the output alone: no explanation, no \
greeting, no quotation marks. If an output has several variables, write it as one JSON object."""
_GENERATE = "Generate the next output."


def _chat(tokenizer: Any) -> Template:
    pieces = _chat_pieces(tokenizer)
    if not pieces:
        raise ModelError(
            "this tokenizer has no chat template for turns of a user and an assistant",
            where=getattr(tokenizer, "name_or_path", None) or None,
            fix="Use the template colon.",
        )
    before_system, before_user, *_, between, generation = pieces
    # A blank before the end-of-turn token, which some templates write, would part the answer from its end mark.
    end, *header = _split(between.lstrip(), tokenizer) or (Segment(""),)
    if not end.control:
        raise ModelError(
            "this tokenizer's chat template ends no answer with a control token",
            where=getattr(tokenizer, "name_or_path", None) or None,
            fix="Use the template colon.",
        )
    return Template(
        name="chat",
        stop=_stop(tokenizer, end),
        opening=(*_split(before_system, tokenizer), Segment(_SETTING)),
        description=((Segment("\n\nDescription: "),), ()),
        first=_split(before_user, tokenizer),
        between=tuple(header),
        input=((), ()),
        # The generation prefix of every answer, not the past form of the turn: scoring must equal sampling.
        output=(_split(generation, tokenizer), (end,)),
        no_input=_GENERATE,
    )


def messages(prompt: Prompt) -> list[dict[str, str]]:
    """A prompt as the messages of a chat, for a server that applies the chat template itself; see ``chat``.

    Returns:
        messages with ``role`` and ``content``, the last of them by the user.
    """
    description = "" if prompt.description is None else f"\n\nDescription: {prompt.description}"
    written = [{"role": "system", "content": _SETTING + description}]
    for example in prompt.examples:
        written.append({"role": "user", "content": _GENERATE if example.input is None else example.input})
        written.append({"role": "assistant", "content": example.output})
    return [*written, {"role": "user", "content": _GENERATE if prompt.input is None else prompt.input}]


def _chat_pieces(tokenizer: Any) -> list[str] | None:
    """What is written around system, user, assistant, user, assistant, user; the last piece begins an answer."""
    turns = ["user", "assistant", "user", "assistant", "user"]
    pieces = _pieces(tokenizer, ["system", *turns])
    if pieces is None:
        # The template knows no system message, or puts it elsewhere: it then opens the first message of the user.
        pieces = _pieces(tokenizer, turns)
        pieces = pieces and [pieces[0], "\n\n", *pieces[1:]]
    return pieces


def _spectrum_pieces(tokenizer: Any) -> list[str] | None:
    """The same around description, input, output, ...; None unless these are the chat template's own roles.

    A template that prints any role that it is given still begins an answer with another word than ``output``.
    """
    roles = ["description", "input", "output", "input", "output", "input"]
    pieces = _pieces(tokenizer, roles)
    shown = pieces and all(role in piece for role, piece in zip([*roles, "output"], pieces, strict=True))
    return pieces if shown else None


def _pieces(tokenizer: Any, roles: Sequence[str]) -> list[str] | None:
    """What the chat template writes before, between and after messages of these roles, or None if it refuses them."""
    if not tokenizer.chat_template:
        return None
    marks = [f"mark{i}mark" for i in range(len(roles))]
    messages = [{"role": role, "content": mark} for role, mark in zip(roles, marks, strict=True)]
    try:
        rendered = tokenizer.apply_chat_template(
            messages,
            tokenize=False,
            add_generation_prompt=True,
            enable_thinking=False,
            # Some templates write the date of today unless they are given one: results must not depend on the day.
            date_string="26 Jul 2024",
        )
    except Exception:  # a chat template is a program of its author's and may raise anything
        return None
    parts = re.split(f"({'|'.join(marks)})", rendered)
    return parts[::2] if parts[1::2] == marks else None


def _split(text: str, tokenizer: Any) -> Segments:
    """Cut a piece of a rendered chat template into control tokens (longest match) and text."""
    control = control_tokens(tokenizer)
    if not control:
        return (Segment(text),) if text else ()
    pattern = "|".join(re.escape(token) for token in sorted(control, key=len, reverse=True))
    return tuple(Segment(part, control=part in control) for part in re.split(f"({pattern})", text) if part)


def _bos(tokenizer: Any) -> Segments:
    """The beginning-of-sequence token, where the tokenizer puts one before a text."""
    bos = tokenizer.bos_token
    added = bos is not None and tokenizer("a").input_ids[:1] == [tokenizer.bos_token_id]
    return (Segment(bos, control=True),) if added else ()


def _eos(tokenizer: Any) -> tuple[str, ...]:
    return (tokenizer.eos_token,) if tokenizer.eos_token else ()


def _stop(tokenizer: Any, end: Segment) -> Stop:
    return Stop(tuple(dict.fromkeys((end.text, *_eos(tokenizer)))))
