"""The packaged text encoder in two halves: the lower layers read a text alone, the upper ones several texts together.

The lower layers are run once per text; the upper ones can be tuned and read all texts of an item at once (the plan of
MacAvaney et al. 2020, "Efficient document re-ranking for transformers by precomputing term representations",
arXiv 2004.14255).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import nn

from pluralign.lm.embed import packaged
from pluralign.lm.protocol import Progress

FROZEN = 3
"""Layers that read alone, of the six."""
BATCH = 32


@dataclass(frozen=True)
class Texts:
    """Texts after the lower layers.

    Attributes:
        states: of each distinct text, float16, shape (tokens, width).
        place: place of each item's fields among the distinct texts, shape (items, fields).
        pooled: mean state of each distinct text after every second layer, float32, shape (distinct, levels, width);
            the last one is the embedding that the encoder was trained for, but for its length.
    """

    states: list[torch.Tensor]
    place: np.ndarray
    pooled: np.ndarray

    def lengths(self, items: np.ndarray) -> np.ndarray:
        """States of each item, all fields together, shape (items,)."""
        return np.array([len(state) for state in self.states])[self.place[items]].sum(axis=1)


def prepare(items: Sequence[tuple[str, ...]], tokens: int, progress: Progress | None = None) -> Texts:
    """Run each distinct text through the encoder once.

    Args:
        items: the fields of each item; the same number for all.
        tokens: most tokens per field. The last field loses its end, the others their beginning, so that what stands
            next to the last field is kept.
        progress: called with the number of distinct texts finished since the last call.

    Raises:
        ModelError: the packaged encoder is absent, or holds other weights.
    """
    tokenizer, encoder = _reading()
    last = len(items[0]) - 1
    # A text that is the last field of one item and an earlier field of another may be cut in two ways.
    keys = [(text, number == last) for item in items for number, text in enumerate(item)]
    number = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    ids = tokenizer([text for text, _ in number], add_special_tokens=False, verbose=False)["input_ids"]
    ends = [is_last for _, is_last in number]
    cut = [row[:tokens] if is_last else row[-tokens:] for row, is_last in zip(ids, ends, strict=True)]
    rows = [torch.tensor([tokenizer.cls_token_id, *row, tokenizer.sep_token_id]) for row in cut]
    states: list[torch.Tensor] = [torch.empty(0)] * len(rows)
    pooled: list[np.ndarray] = [np.empty(0)] * len(rows)
    order = sorted(range(len(rows)), key=lambda place: len(rows[place]))
    with torch.inference_mode():
        for start in range(0, len(order), BATCH):
            some = order[start : start + BATCH]
            padded = nn.utils.rnn.pad_sequence([rows[place] for place in some], True, tokenizer.pad_token_id)
            field = nn.utils.rnn.pad_sequence([torch.zeros(len(rows[place])) for place in some], True, -1)
            hidden, mask, levels = encoder.embeddings(input_ids=padded), _mask(field), []
            for depth, layer in enumerate(encoder.encoder.layer, 1):
                hidden = layer(hidden, mask)
                if depth == FROZEN:
                    for row, place in enumerate(some):
                        states[place] = hidden[row, : len(rows[place])].half()
                if depth % 2 == 0:
                    levels.append(_means(hidden, field, 1)[:, 0])
            for row, place in enumerate(some):
                pooled[place] = torch.stack([level[row] for level in levels]).numpy()
            if progress is not None:
                progress(len(some))
    places = np.array([number[key] for key in keys]).reshape(len(items), -1)
    return Texts(states, places, np.stack(pooled))


class Upper(nn.Module):
    """The upper layers, which read all fields of an item together.

    Args:
        fields: number of texts per item.

    Attributes:
        size: length of what is read off an item.

    Raises:
        ModelError: the packaged encoder is absent, or holds other weights.
    """

    def __init__(self, fields: int):
        super().__init__()
        encoder = _encoder()
        self.layers = encoder.encoder.layer[FROZEN:]
        self.fields = nn.Parameter(torch.zeros(fields, encoder.config.hidden_size))
        self.size = encoder.config.hidden_size * fields * fields

    def forward(self, items: Sequence[Sequence[torch.Tensor]]) -> torch.Tensor:
        """Mean states of the fields, their absolute differences and their products, shape (items, size)."""
        joined = [torch.cat([state + own for state, own in zip(i, self.fields, strict=True)]) for i in items]
        places = [torch.cat([torch.full((len(state),), n) for n, state in enumerate(item)]) for item in items]
        hidden = nn.utils.rnn.pad_sequence(joined, True)
        field = nn.utils.rnn.pad_sequence(places, True, -1)
        mask = _mask(field)
        for layer in self.layers:
            hidden = layer(hidden, mask)
        means = _means(hidden, field, len(self.fields)).unbind(1)
        pairs = [(a, b) for place, a in enumerate(means) for b in means[:place]]
        return torch.cat([*means, *((a - b).abs() for a, b in pairs), *(a * b for a, b in pairs)], dim=1)


@cache
def _reading() -> tuple[Any, Any]:
    """Tokenizer and encoder, kept for those who come with a few texts at a time; nothing changes them."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(packaged(), local_files_only=True), _encoder()


def _encoder() -> Any:
    from transformers import AutoModel
    from transformers.utils import logging

    bars, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    # The packaged weights have a pooling layer that nothing here uses, of which a long table would be printed.
    logging.set_verbosity_error()
    try:
        return _load(AutoModel)
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _load(kind: Any) -> Any:
    return kind.from_pretrained(packaged(), local_files_only=True, add_pooling_layer=False).eval()


def _mask(field: torch.Tensor) -> torch.Tensor:
    """What is added to attention scores: nothing, or for padding the lowest number."""
    low = torch.finfo(torch.float32).min
    return torch.where(field >= 0, 0.0, low)[:, None, None, :]


def _means(hidden: torch.Tensor, field: torch.Tensor, fields: int) -> torch.Tensor:
    """Mean state of each field, shape (texts, fields, width)."""
    here = (field[:, None, :] == torch.arange(fields)[:, None]).float()
    return (here @ hidden) / here.sum(2, keepdim=True).clamp(min=1)


def pick(texts: Texts, items: np.ndarray) -> list[list[torch.Tensor]]:
    """The states of items, field by field."""
    return [[texts.states[place] for place in row] for row in texts.place[items]]


def batches(lengths: np.ndarray, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Random batches of texts of like length: sorted within random pools of fifty batches."""
    order = rng.permutation(len(lengths))
    found: list[np.ndarray] = []
    for start in range(0, len(order), 50 * size):
        pool = order[start : start + 50 * size]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        found += [pool[first : first + size] for first in range(0, len(pool), size)]
    for number in rng.permutation(len(found)):
        yield found[number]
