"""Segments to token ids, with the scored positions and the example of each token; packing into rows.

Text is data: it is tokenised by a copy of the tokenizer in which no control token exists, so that a text that spells
one stays text. Only control segments become control tokens.
"""

import hashlib
import json
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from pluralign.episode import Episode
from pluralign.errors import ModelError
from pluralign.template import Segment, Template, control_tokens


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """One tokenised sequence of T tokens.

    Attributes:
        ids: (T,) int32, token ids.
        scored: (T,) bool, True for the tokens of scored outputs and their end marks.
        example: (T,) int32, index of the example that a token belongs to, -1 where there is none.
    """

    ids: np.ndarray
    scored: np.ndarray
    example: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class _Tokens:
    """The tokens of several sequences one after the other, as in :class:`Encoded`, and how many each sequence has."""

    ids: np.ndarray
    scored: np.ndarray
    example: np.ndarray
    counts: np.ndarray

    def sequences(self) -> list[Encoded]:
        cuts = np.cumsum(self.counts)[:-1]
        columns = (np.split(column, cuts) for column in (self.ids, self.scored, self.example))
        return [Encoded(*parts) for parts in zip(*columns, strict=True)] if len(self.counts) else []


class Encoder:
    """Turns written sequences into token ids.

    Attributes:
        vocab_size: the largest token id plus one.
        fingerprint: hexadecimal SHA-256 of the tokenizer and its chat template.
    """

    def __init__(self, tokenizer: Any):
        """Prepare the encoder of a fast Hugging Face tokenizer."""
        spec = json.loads(tokenizer.backend_tokenizer.to_str())
        # Earlier calls of the tokenizer leave their truncation and padding behind in it.
        spec["truncation"] = spec["padding"] = None
        facts = json.dumps([spec, tokenizer.chat_template], sort_keys=True)
        self.fingerprint = hashlib.sha256(facts.encode()).hexdigest()
        self.vocab_size = max(tokenizer.get_vocab().values()) + 1
        self._control = control_tokens(tokenizer)
        self._content = _content_tokenizer(spec, self._control)

    def encode(self, written: Sequence[Sequence[Segment]]) -> list[Encoded]:
        """Tokenise sequences of segments; the result of each does not depend on the others.

        The text between two control tokens is tokenised as a whole, and tokens are assigned to segments by their
        character offsets. A token is scored when it covers any character of a scored segment, so one that joins the
        end of an answer with what follows counts once.

        Raises:
            ModelError: a control segment is not a control token of this tokenizer.
        """
        return self._tokens(written).sequences()

    def answers(
        self, prompts: Sequence[Sequence[Segment]], answers: Sequence[Sequence[Sequence[Segment]]]
    ) -> list[list[Encoded]]:
        """What :meth:`encode` gives for each prompt followed by each of its answers, and faster.

        No token reaches over a control token, so what a prompt holds up to its last one is tokenised once.

        Raises:
            ModelError: a control segment is not a control token of this tokenizer.
        """
        cuts = [max((i + 1 for i, one in enumerate(prompt) if one.control), default=0) for prompt in prompts]
        heads = self.encode([prompt[:cut] for prompt, cut in zip(prompts, cuts, strict=True)])
        tails = iter(
            self.encode(
                [
                    [*prompt[cut:], *answer]
                    for prompt, cut, some in zip(prompts, cuts, answers, strict=True)
                    for answer in some
                ]
            )
        )
        return [[_joined(head, next(tails)) for _ in some] for head, some in zip(heads, answers, strict=True)]

    def episodes(self, template: Template, episodes: Sequence[Episode]) -> list[Encoded]:
        """Write and tokenise episodes: what :meth:`encode` gives for them, and faster, since examples are repeated.

        Where every example begins with a control token, no token reaches from one into the next. Each distinct
        example is then written and tokenised once, and the episodes are put together from the tokens.

        Raises:
            ModelError: a control segment is not a control token of this tokenizer.
        """
        distinct: dict[tuple, int] = {}  # arguments of template.head and template.example -> number
        heads = [distinct.setdefault((e.description,), len(distinct)) for e in episodes]
        firsts = [distinct.setdefault((0, e.examples[0], e.description is not None), len(distinct)) for e in episodes]
        # Processes share the objects of repeated examples, and a look at addresses is cheaper than one at contents.
        others = [example for e in episodes for example in e.examples[1:]]
        _, index, inverse = np.unique(
            np.fromiter(map(id, others), np.int64, len(others)), return_index=True, return_inverse=True
        )
        numbers = [distinct.setdefault((1, others[i], True), len(distinct)) for i in index.tolist()]
        written = [template.head(*key) if len(key) == 1 else template.example(*key) for key in distinct]
        apart = all(segments[0].control for key, segments in zip(distinct, written, strict=True) if len(key) > 1)
        if not apart or template.after:
            return self.encode([template.episode(e) for e in episodes])

        sizes = np.array([1 + len(e.examples) for e in episodes], dtype=np.int64)
        starts = np.cumsum(sizes) - sizes
        blocks = np.full(sizes.sum(), -1)
        blocks[starts], blocks[starts + 1] = heads, firsts
        blocks[blocks < 0] = np.array(numbers, dtype=np.int64)[inverse]
        known = self._tokens(written)
        lengths = known.counts[blocks]
        source = _ranges((np.cumsum(known.counts) - known.counts)[blocks], lengths)
        # The head is number -1 of its episode, as it belongs to no example.
        example = np.repeat(_ranges(np.full(len(sizes), -1), sizes).astype(np.int32), lengths)
        counts = np.diff(_ends(lengths)[_ends(sizes)])
        return _Tokens(known.ids[source], known.scored[source], example, counts).sequences()

    def _tokens(self, written: Sequence[Sequence[Segment]]) -> _Tokens:
        texts: tuple[dict[str, int], ...] = ({}, {}, {})
        kinds, numbers, sizes = [], [], []
        for segments in written:
            before = len(kinds)
            for kind, text in _runs(segments):
                kinds.append(kind)
                numbers.append(texts[kind].setdefault(text, len(texts[kind])))
            sizes.append(len(kinds) - before)
        runs = np.cumsum([0, len(texts[0]), len(texts[1])])[kinds] + np.array(numbers, dtype=np.int64)
        ids, spans, counts = self._tokenise(*map(list, texts))
        source = _ranges((np.cumsum(counts) - counts)[runs], counts[runs])
        characters = np.fromiter(map(len, chain(*texts)), np.int64)[runs]
        shifts = np.repeat(np.cumsum(characters) - characters, counts[runs])
        scored, example = owners(list(chain(*written)), spans[source] + shifts[:, None])
        return _Tokens(ids[source], scored, example, np.diff(_ends(counts[runs])[_ends(sizes)]))

    def _tokenise(
        self, control: list[str], plain: list[str], mixed: list[str]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The tokens of texts of the three kinds, one after the other: ids, characters (begin, end), and counts."""
        for literal in control:
            if literal not in self._control:
                raise ModelError(
                    f"{literal!r} is not a control token of this tokenizer",
                    fix="Resolve the template with the same tokenizer.",
                )
        ids = [np.array([self._control[literal] for literal in control], dtype=np.int32)]
        counts = [np.ones(len(control), dtype=np.int64)]
        spans = []
        content = self._content
        for texts, encode in ((plain, content.encode_batch_fast), (mixed, content.encode_batch)):
            # A bounded number at a time: the tokenizer's own records of a token take far more memory than ours.
            for start in range(0, len(texts), 256):
                found = encode(texts[start : start + 256], add_special_tokens=False)
                counts.append(np.fromiter(map(len, found), np.int64, len(found)))
                ids.append(np.fromiter(chain.from_iterable(tokens.ids for tokens in found), np.int32))
                if texts is mixed:
                    flat = chain.from_iterable(chain.from_iterable(tokens.offsets for tokens in found))
                    spans.append(np.fromiter(flat, np.int64).reshape(-1, 2))
        # What is all of one segment's kind may count as its first character.
        whole = sum(map(len, ids)) - sum(map(len, spans))
        spans.insert(0, np.tile(np.array([[0, 1]]), (whole, 1)))
        return np.concatenate(ids), np.concatenate(spans), np.concatenate(counts)


def _joined(one: Encoded, other: Encoded) -> Encoded:
    columns = ((getattr(one, name), getattr(other, name)) for name in ("ids", "scored", "example"))
    return Encoded(*map(np.concatenate, columns))


_CONTROL, _PLAIN, _MIXED = range(3)


def _runs(segments: Sequence[Segment]) -> Iterator[tuple[int, str]]:
    """Control tokens and the texts between them: plain where all tokens of a text are treated alike, else mixed."""
    between: list[Segment] = []
    for segment in segments:
        if not segment.control:
            between.append(segment)
            continue
        if between:
            yield _text(between)
            between = []
        yield _CONTROL, segment.text
    if between:
        yield _text(between)


def _text(segments: Sequence[Segment]) -> tuple[int, str]:
    treated = {(segment.scored, segment.example) for segment in segments if segment.text}
    return _MIXED if len(treated) > 1 else _PLAIN, "".join([segment.text for segment in segments])


def _ends(lengths: Sequence[int] | np.ndarray) -> np.ndarray:
    """Where parts of these lengths end that lie one after the other, after a 0."""
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])


def _ranges(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The whole numbers from each start on, as many as its length says, one range after the other."""
    return np.arange(lengths.sum()) + np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)


def owners(segments: Sequence[Segment], spans: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether each token is scored, and its example.

    Args:
        segments: what was written, all sequences one after the other.
        spans: (T, 2), the characters of each token, counted from the first of the first segment.
    """
    starts, ends = spans.T
    sizes = np.fromiter((len(segment.text) for segment in segments), np.int64)
    begins = np.cumsum(sizes) - sizes
    # Of several segments that begin at one character, the last is the one with characters.
    first = np.searchsorted(begins, starts, side="right") - 1
    last = np.searchsorted(begins, np.maximum(ends - 1, starts), side="right") - 1
    written_scored = np.fromiter((segment.scored for segment in segments), bool) & (sizes > 0)
    before = np.concatenate([[0], np.cumsum(written_scored)])
    scored = before[last + 1] > before[first]

    # A scored token belongs to the example that it is scored for, also where it begins in the segment before it.
    examples = np.fromiter((-1 if segment.example is None else segment.example for segment in segments), np.int32)
    (answers,) = np.nonzero(written_scored)
    owner = first.copy()
    owner[scored] = answers[before[first[scored]]]
    return scored, examples[owner]


def _content_tokenizer(spec: dict, control: dict[str, int]) -> Tokenizer:
    """The tokenizer for text: no control tokens, nothing put around or before the text.

    Args:
        spec: the tokenizer's JSON form; it is changed.
        control: literals and ids of the control tokens.
    """
    ids = set(control.values())
    model = spec["model"]
    spec["post_processor"] = None
    spec["added_tokens"] = [token for token in spec["added_tokens"] if token["id"] not in ids]
    # Many vocabularies list the control tokens themselves, and some models would find them there without any help of
    # the added tokens. Renamed, they keep their ids (those of the others depend on them) but are out of reach: these
    # models see no spaces, which are rewritten or cut away before.
    if isinstance(model["vocab"], dict):
        hidden = {token for token, i in model["vocab"].items() if i in ids and token != model.get("unk_token")}
        model["vocab"] = {f" {i}" if token in hidden else token: i for token, i in model["vocab"].items()}
        if "merges" in model:
            model["merges"] = [(a, b) for a, b in model["merges"] if hidden.isdisjoint((a, b, a + b))]
        # The runs of white space that remain as added tokens would be numbered anew if the model did not know them.
        for token in spec["added_tokens"]:
            model["vocab"].setdefault(token["content"], token["id"])
    else:
        model["vocab"] = [
            [f" {i}" if i in ids and i != model["unk_id"] else piece, score]
            for i, (piece, score) in enumerate(model["vocab"])
        ]
    # What is put before the beginning of a text alone does not belong in the middle of a sequence.
    steps = spec["pre_tokenizer"] or {}
    for step in steps.get("pretokenizers", [steps]):
        if step.get("prepend_scheme") == "first":
            step["prepend_scheme"] = "never"
    return Tokenizer.from_str(json.dumps(spec))


def fit(encoded: Encoded, max_length: int) -> Encoded:
    """Cut a sequence to at most ``max_length`` tokens, after the last example that fits whole.

    Nothing is left where not even the first example fits.
    """
    if len(encoded.ids) <= max_length:
        return encoded
    ends = np.flatnonzero((encoded.example[:-1] >= 0) & (np.diff(encoded.example) != 0)) + 1
    cut = ends[ends <= max_length].max(initial=0)
    return Encoded(encoded.ids[:cut], encoded.scored[:cut], encoded.example[:cut])


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """Several sequences in each row of one length, for training without padding.

    Attributes:
        ids: (rows, length) int64; padding is 0.
        labels: (rows, length) int64, the id where it is scored, otherwise -100; a model shifts them by itself.
        position_ids: (rows, length) int64, from 0 in every sequence and in the padding: attention is cut there.
        left_out: sequences that are in no row, because they are longer than a row or have no scored token.
    """

    ids: np.ndarray
    labels: np.ndarray
    position_ids: np.ndarray
    left_out: int


def pack(encoded: Sequence[Encoded], length: int) -> Packed:
    """Pack sequences into rows of ``length`` tokens by best-fit decreasing: no sequence is split over rows.

    The longest sequences come first, so rows should be shuffled before training.
    """
    kept = [one for one in encoded if len(one.ids) <= length and one.scored.any()]
    rows: list[list[Encoded]] = []
    open_rows: dict[int, list[int]] = {}  # free tokens -> rows
    free: list[int] = []  # the keys of open_rows, sorted
    for one in sorted(kept, key=lambda one: -len(one.ids)):
        at = bisect_left(free, len(one.ids))
        if at < len(free):
            space = free[at]
            row = open_rows[space].pop()
            if not open_rows[space]:
                del open_rows[space], free[at]
        else:
            space, row = length, len(rows)
            rows.append([])
        rows[row].append(one)
        space -= len(one.ids)
        if space not in open_rows:
            open_rows[space] = []
            insort(free, space)
        open_rows[space].append(row)

    ids = np.zeros((len(rows), length), dtype=np.int64)
    labels = np.full_like(ids, -100)
    position_ids = np.zeros_like(ids)
    for row, sequences in enumerate(rows):
        start = 0
        for one in sequences:
            place = (row, slice(start, start + len(one.ids)))
            ids[place] = one.ids
            labels[place] = np.where(one.scored, one.ids, -100)
            position_ids[place] = np.arange(len(one.ids))
            start += len(one.ids)
        position_ids[row, start:] = np.arange(length - start)
    return Packed(ids, labels, position_ids, len(encoded) - len(kept))
