"""Encoder-decoder models (T5 and its kin): labels read from the first generated token, and generated texts."""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from tokenizers import Encoding, Tokenizer
from transformers import (
    AutoModelForSeq2SeqLM,
    DynamicCache,
    EncoderDecoderCache,
    LogitsProcessor,
    LogitsProcessorList,
    PreTrainedModel,
)
from transformers.modeling_outputs import BaseModelOutput

from pluralign.episode import generator
from pluralign.errors import ModelError, UsageError
from pluralign.lm import _checkpoint
from pluralign.lm.protocol import Progress
from pluralign.template import control_tokens

log = logging.getLogger(__name__)

MAX_LENGTH = 128
"""Tokens that are read of an input unless another limit is asked for."""

_BATCH_TOKENS = {"cpu": 1024, "cuda": 65536}
"""Padded tokens of one batch that is labelled: a CPU is fastest where activations stay in its cache."""

_GROWING_TOKENS = 65536
_GROWING_BYTES = {"cpu": 2**30, "cuda": 2**33}
"""Bounds on what the texts that grow at once attend to, as padded tokens and as keys and values in memory."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """How texts are generated.

    Diverse beam search is not offered: transformers 5 has it only as code to be fetched from the hub and run.

    Attributes:
        n: texts per input, all of which are returned.
        method: ``beam`` for the ``n`` best of a beam search with ``n`` beams (with one beam: the most probable token
            at every step); ``sample`` for independent draws, which differ more from one another.
        max_new_tokens: longest text.
        top_p: draws are limited at each step to the likeliest tokens that together have this probability.
        seed: of the draws; those of an input depend on the seed and its text alone.
    """

    n: int = 100
    method: Literal["beam", "sample"] = "beam"
    max_new_tokens: int = 30
    top_p: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if self.n < 1 or self.max_new_tokens < 1:
            raise UsageError("at least one text of at least one token must be asked for")
        if self.method not in ("beam", "sample"):
            raise UsageError(f"there is no decoding {self.method!r}", fix="Use beam or sample.")
        if not 0 < self.top_p <= 1:
            raise UsageError(f"top_p is {self.top_p}", fix="Give a probability above 0, up to 1.")


@dataclass(frozen=True)
class Seq2SeqModel:
    """An encoder-decoder model with its tokenizer; stateless once loaded.

    What is computed for an input does not depend on what shares its batch: padding is masked, in the encoder and where
    the decoder attends to it.

    Attributes:
        name: how the user called it.
        facts: what a run records about it.
        model: in evaluation mode, on its device.
        tokenizer: without truncation or padding.
        control: matches what spells a control token, and is broken up in inputs: text is data.
        max_length: tokens that are read of an input, the end token included.
    """

    name: str
    facts: dict
    model: PreTrainedModel
    tokenizer: Tokenizer
    control: re.Pattern[str]
    max_length: int

    @classmethod
    def load(
        cls, name: str, *, device: str = "auto", dtype: str = "auto", max_length: int = MAX_LENGTH
    ) -> "Seq2SeqModel":
        """Load a model from safetensors; code in the checkpoint is not run.

        Args:
            name: a local folder or ``hf:OWNER/NAME``.
            device: ``cpu``, ``cuda``, ``cuda:1`` or ``auto``.
            dtype: ``float32``, ``bfloat16``, ``float16``, or ``auto`` (the checkpoint's own on a GPU, float32 on a
                CPU).
            max_length: tokens that are read of an input; what is beyond is cut and counted.

        Raises:
            UsageError: there is no such dtype.
            ModelError: the device is absent, or the model cannot be loaded whole.
        """
        source = _checkpoint.locate(name)
        model, tokenizer = _checkpoint.load(source, device=device, dtype=dtype, architecture=AutoModelForSeq2SeqLM)
        if model.config.decoder_start_token_id is None:
            raise ModelError("the configuration has no decoder_start_token_id", where=name)
        facts = {"spec": name, **_checkpoint.facts(source, model), "max_length": max_length}
        bare = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
        bare.no_truncation()
        bare.no_padding()
        control = re.compile("|".join(map(re.escape, control_tokens(tokenizer))))
        return cls(name, facts, model, bare, control, max_length)

    @property
    def config(self) -> Any:
        """The checkpoint's configuration."""
        return self.model.config

    def labels(self, inputs: Sequence[str], words: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """Probabilities of label words as the first thing that the model writes.

        A label is told by its first sub-token, at the first generated position: the decoder has read its start token
        and nothing else. An input that occurs several times is run once.

        Args:
            inputs: texts.
            words: the labels.

        Returns:
            float64 of shape (inputs, labels); rows sum to 1: what the model gives to other tokens is left aside.

        Raises:
            ModelError: two labels begin with the same sub-token.
        """
        tokens = self._first_tokens(words)
        distinct = {text: row for row, text in enumerate(dict.fromkeys(inputs))}
        rows = np.array([distinct[text] for text in inputs], int)
        counts = np.bincount(rows, minlength=len(distinct))
        found = np.empty((len(distinct), len(words)))
        budget = _BATCH_TOKENS.get(self.model.device.type, _BATCH_TOKENS["cuda"])
        for batch, ids, mask in self._batches(list(distinct), lambda length: budget // length):
            start = ids.new_full((len(ids), 1), self.config.decoder_start_token_id)
            with torch.inference_mode():
                logits = self.model(
                    input_ids=ids, attention_mask=mask, decoder_input_ids=start, use_cache=False
                ).logits[:, 0]
            found[batch] = logits[:, tokens].double().softmax(-1).numpy(force=True)
            _report(progress, int(counts[batch].sum()))
        return found[rows]

    def generate(
        self, inputs: Sequence[str], decoding: Decoding = Decoding(), progress: Progress | None = None
    ) -> list[list[str]]:
        """Generate texts; an input is encoded once for all of its texts.

        Args:
            inputs: texts.
            decoding: how.

        Returns:
            for each input ``decoding.n`` texts without control tokens, the best first, or in the order drawn.
        """
        results: list[list[str]] = [[] for _ in inputs]
        budget = self._growing_tokens()

        def size(length: int) -> int:
            return budget // (decoding.n * (length + decoding.max_new_tokens))

        for batch, ids, mask in self._batches(inputs, size):
            with torch.inference_mode():
                if decoding.method == "beam":
                    made = self._beams(ids, mask, decoding)
                else:
                    made = self._draws(ids, mask, decoding, [inputs[index] for index in batch])
            texts = self.tokenizer.decode_batch(made.tolist(), skip_special_tokens=True)
            for k, index in enumerate(batch):
                results[index] = [text.strip() for text in texts[k * decoding.n : (k + 1) * decoding.n]]
            _report(progress, len(batch))
        return results

    def excess(self, inputs: Sequence[str]) -> list[int]:
        """By how many tokens each input is longer than what is read; 0 where it is read whole."""
        return [max(0, len(one) - self.max_length) for one in self._encode(inputs)]

    def fit(self, text: str, write: Callable[[str], str]) -> str:
        """The longest beginning of ``text``, in whole tokens, with which ``write(text)`` is read to its end.

        Args:
            text: what may be shortened.
            write: makes an input of it.
        """
        short, ends = text, [0]
        while (over := self.excess([write(short)])[0]) and short:
            if short is text:
                ends += [end for _, end in self.tokenizer.encode(text, add_special_tokens=False).offsets]
            ends = ends[:-over] or [0]
            short = text[: ends[-1]].rstrip()
        return short

    def _growing_tokens(self) -> int:
        bytes_each = 2 * self.config.num_hidden_layers * self.config.hidden_size * self.model.dtype.itemsize
        limit = _GROWING_BYTES.get(self.model.device.type, _GROWING_BYTES["cuda"])
        return min(_GROWING_TOKENS, limit // bytes_each)

    def _first_tokens(self, words: Sequence[str]) -> list[int]:
        first: dict[int, str] = {}
        for word in words:
            ids = self.tokenizer.encode(word, add_special_tokens=False).ids
            if not ids:
                raise ModelError(f"the tokenizer has no token for the label {word!r}", where=self.name)
            if ids[0] in first:
                raise ModelError(
                    f"the labels {first[ids[0]]!r} and {word!r} begin with the same token",
                    where=self.name,
                    fix="Take a checkpoint whose tokenizer tells the first sub-tokens of the labels apart.",
                )
            first[ids[0]] = word
        return list(first)

    def _batches(
        self, inputs: Sequence[str], size: Callable[[int], int]
    ) -> Iterator[tuple[np.ndarray, torch.Tensor, torch.Tensor]]:
        """Inputs by length: their indices, and ids and mask of shape (batch, longest)."""
        encoded = [self._read(one) for one in self._encode(inputs)]
        if cut := sum(was_cut for _, was_cut in encoded):
            log.warning("%s: %d of %d inputs cut at %d tokens", self.name, cut, len(encoded), self.max_length)
        lengths = np.array([len(ids) for ids, _ in encoded], int)
        order = np.argsort(-lengths, kind="stable")
        start = 0
        while start < len(order):
            longest = lengths[order[start]]
            batch = order[start : start + max(1, size(int(longest)))]
            start += len(batch)
            ids = np.full((len(batch), longest), self.config.pad_token_id or 0, np.int64)
            for row, index in zip(ids, batch, strict=True):
                row[: lengths[index]] = encoded[index][0]
            mask = np.arange(longest) < lengths[batch][:, None]
            device = self.model.device
            yield batch, torch.from_numpy(ids).to(device), torch.from_numpy(mask.astype(np.int64)).to(device)

    def _encode(self, inputs: Sequence[str]) -> list[Encoding]:
        broken = [self.control.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text) for text in inputs]
        return self.tokenizer.encode_batch_fast(broken)

    def _read(self, encoding: Encoding) -> tuple[list[int], bool]:
        """Token ids up to the maximum length, closed as every input is, and whether some were cut."""
        ids = encoding.ids
        if len(ids) <= self.max_length:
            return ids, False
        closing = 0
        while closing < self.max_length and encoding.special_tokens_mask[-1 - closing]:
            closing += 1
        return ids[: self.max_length - closing] + ids[len(ids) - closing :], True

    def _beams(self, ids: torch.Tensor, mask: torch.Tensor, decoding: Decoding) -> torch.Tensor:
        states, cache = self._encoding(ids, mask, decoding.n)
        return self.model.generate(
            encoder_outputs=BaseModelOutput(last_hidden_state=states),
            attention_mask=mask,
            past_key_values=cache,
            num_beams=decoding.n,
            num_return_sequences=decoding.n,
            max_new_tokens=decoding.max_new_tokens,
            do_sample=False,
        )

    def _draws(self, ids: torch.Tensor, mask: torch.Tensor, decoding: Decoding, inputs: Sequence[str]) -> torch.Tensor:
        states, cache = self._encoding(ids, mask, decoding.n)
        shape = (decoding.n, decoding.max_new_tokens)
        uniforms = np.concatenate([generator(decoding.seed, text).random(shape) for text in inputs])
        drawn = _Drawn(torch.from_numpy(uniforms).to(states.device), decoding.top_p)
        return self.model.generate(
            encoder_outputs=BaseModelOutput(last_hidden_state=states.repeat_interleave(decoding.n, 0)),
            attention_mask=mask.repeat_interleave(decoding.n, 0),
            past_key_values=cache,
            max_new_tokens=decoding.max_new_tokens,
            do_sample=False,
            num_beams=1,
            logits_processor=LogitsProcessorList([drawn]),
        )

    def _encoding(self, ids: torch.Tensor, mask: torch.Tensor, n: int) -> tuple[torch.Tensor, "_Shared"]:
        """The encoder's states, and what ``n`` texts per input attend to of them, computed once per input."""
        start = ids.new_full((len(ids), 1), self.config.decoder_start_token_id)
        read = self.model(input_ids=ids, attention_mask=mask, decoder_input_ids=start, use_cache=True)
        attended = read.past_key_values.cross_attention_cache
        attended.batch_repeat_interleave(n)
        return read.encoder_last_hidden_state, _Shared(DynamicCache(), attended)


class _Shared(EncoderDecoderCache):
    """Texts of one input attend to the same encoding, which stays in its place when they change theirs."""

    def reorder_cache(self, beam_idx: torch.LongTensor) -> None:
        self.self_attention_cache.reorder_cache(beam_idx)


class _Drawn(LogitsProcessor):
    """Leaves one token per row to a greedy search: a draw by the inverse of the cumulative distribution.

    Args:
        uniforms: random numbers of shape (rows, steps): a row's draws depend on nothing that shares its batch.
        top_p: what the likeliest tokens, to which the draw is limited, have together (nucleus sampling, Holtzman and
            others 2020).
    """

    def __init__(self, uniforms: torch.Tensor, top_p: float):
        self.uniforms, self.top_p, self.step = uniforms, top_p, 0

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        share, token = scores.double().softmax(-1).sort(-1, descending=True)
        total = share.cumsum(-1)
        mass = total.gather(-1, (total - share < self.top_p).sum(-1, keepdim=True) - 1)
        place = torch.searchsorted(total, self.uniforms[:, self.step, None] * mass, right=True)
        self.step += 1
        chosen = token.gather(-1, place.clamp(max=total.shape[-1] - 1))
        return torch.full_like(scores, -torch.inf).scatter(-1, chosen, 0.0)


def _report(progress: Progress | None, finished: int) -> None:
    if progress and finished:
        progress(finished)
