"""Fine-tuning the packaged text encoder on ratings: what in a text moves its raters, beyond what is known of them.

The lower layers read each field of an item alone, as the encoder was trained to, and stay as they are: they are run
once per text. The upper layers read all fields of an item together and are tuned (the plan of MacAvaney et al. 2020,
"Efficient document re-ranking for transformers by precomputing term representations", arXiv 2004.14255). The log-odds
that rater r gives item i a rating with bit b are

    offset_rb + w_b . h_i + sum_d z_rd (v_dc . h_i),

where h_i is the encoding, offset_rb what the caller knows of the rater, and z_r a vector learned per rater that bends
the direction in which items differ (c is the channel of bit b: one for all points of an ordinal scale, one per label
of a set). Trained with the log loss of the bits, all ratings of an item at once, so that an item is read once for all
of its raters.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from pluralign.lm.embed import packaged
from pluralign.lm.protocol import Progress

FROZEN = 3
"""Layers that stay as they are, of the six."""
_BATCH = 32


@dataclass(frozen=True)
class Settings:
    """How to fine-tune.

    Attributes:
        epochs: passes over the items.
        rate: peak learning rate of the upper layers; the new layers learn ten times as fast.
        batch: items per step.
        personal: length of the raters' vectors; 0 for none. With as many as raters or more, each has a direction of
            its own.
        seed: of initial weights, order and dropout.
    """

    epochs: int = 3
    rate: float = 1e-4
    batch: int = 32
    personal: int = 8
    seed: int = 0


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


@dataclass(frozen=True)
class Marks:
    """Ratings to learn from.

    Attributes:
        item: place of the item in the texts, shape (ratings,).
        rater: number of the rater, or -1 for nobody in particular, shape (ratings,).
        bits: 0 to 1 (a share where a row stands for several people), shape (ratings, bits).
        offsets: log-odds of each bit before the text is read, shape (ratings, bits).
        channels: channel of each bit, shape (bits,).
        raters: number of raters.
    """

    item: np.ndarray
    rater: np.ndarray
    bits: np.ndarray
    offsets: np.ndarray
    channels: np.ndarray
    raters: int


@dataclass(frozen=True)
class Read:
    """What a fine-tuned encoder says about texts.

    Attributes:
        scores: log-odds of each bit to be added to any rater's offset, shape (texts, bits).
        directions: to be multiplied with the raters' vectors, shape (texts, personal, channels).
        raters: the raters' vectors, shape (raters, personal).
    """

    scores: np.ndarray
    directions: np.ndarray
    raters: np.ndarray

    def personal(self, item: np.ndarray, rater: np.ndarray) -> np.ndarray:
        """Log-odds to be added for a rater's own direction, shape (queries, channels)."""
        return np.einsum("qdc,qd->qc", self.directions[item], self.raters[rater])


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
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(packaged(), local_files_only=True)
    encoder = _encoder()
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
        for start in range(0, len(order), _BATCH):
            some = order[start : start + _BATCH]
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


class Reader(nn.Module):
    """The upper layers of the packaged encoder, and on top new ones for the bits and the raters' directions.

    Args:
        fields: number of texts per item.
        bits: number of bits.
        channels: number of channels.
        raters: number of raters.
        settings: how to fine-tune.

    Raises:
        ModelError: the packaged encoder is absent, or holds other weights.
    """

    def __init__(self, fields: int, bits: int, channels: int, raters: int, settings: Settings):
        super().__init__()
        torch.manual_seed(settings.seed)
        encoder = _encoder()
        self.layers = encoder.encoder.layer[FROZEN:]
        size = encoder.config.hidden_size * fields * fields
        self.fields = nn.Parameter(torch.zeros(fields, encoder.config.hidden_size))
        self.norm, self.drop = nn.LayerNorm(size), nn.Dropout(0.1)
        self.heads = nn.Linear(size, bits)
        self.own = min(settings.personal, raters)
        self.bend = nn.Linear(size, self.own * channels, bias=False)
        for weight in (self.heads.weight, self.heads.bias, self.bend.weight):
            nn.init.zeros_(weight)
        few = raters <= settings.personal
        self.raters = nn.Parameter(torch.eye(raters) if few else 0.3 * torch.randn(raters, self.own))

    def forward(self, items: Sequence[Sequence[torch.Tensor]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Scores, shape (items, bits), and directions, shape (items, personal, channels), from the fields' states."""
        joined = [torch.cat([state + own for state, own in zip(i, self.fields, strict=True)]) for i in items]
        places = [torch.cat([torch.full((len(state),), n) for n, state in enumerate(item)]) for item in items]
        hidden = nn.utils.rnn.pad_sequence(joined, True)
        field = nn.utils.rnn.pad_sequence(places, True, -1)
        mask = _mask(field)
        for layer in self.layers:
            hidden = layer(hidden, mask)
        means = _means(hidden, field, len(self.fields)).unbind(1)
        pairs = [(a, b) for place, a in enumerate(means) for b in means[:place]]
        parts = [*means, *((a - b).abs() for a, b in pairs), *(a * b for a, b in pairs)]
        read = self.drop(self.norm(torch.cat(parts, dim=1)))
        return self.heads(read), self.bend(read).view(len(items), self.own, -1)


def train(reader: Reader, texts: Texts, marks: Marks, settings: Settings, progress: Progress | None = None) -> None:
    """Fine-tune a reader in place.

    Args:
        reader: with layers for the bits, channels and raters of ``marks``.
        texts: that the ratings are about, and perhaps others.
        marks: the ratings.
        settings: how to fine-tune.
        progress: called with the number of items read since the last call.
    """
    torch.manual_seed(settings.seed)
    order = np.argsort(marks.item, kind="stable")
    items, starts = np.unique(marks.item[order], return_index=True)
    rows = np.split(order, starts[1:])
    lengths = texts.lengths(items)
    steps = settings.epochs * sum(1 for _ in _batches(lengths, settings.batch, np.random.default_rng(0)))
    new = [*reader.norm.parameters(), *reader.heads.parameters(), *reader.bend.parameters()]
    optimizer = torch.optim.AdamW(
        [
            {"params": list(reader.layers.parameters()), "lr": settings.rate},
            {"params": [*new, reader.fields], "lr": 10 * settings.rate},
            # The raters' vectors shrink to nothing unless their ratings hold them up.
            {"params": [reader.raters], "lr": 10 * settings.rate, "weight_decay": 0.3},
        ],
        weight_decay=0.01,
    )
    warm = max(1, steps // 10)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, (steps - step) / max(1, steps - warm))
    )
    rng = np.random.default_rng(settings.seed)
    channels = torch.from_numpy(marks.channels)
    reader.train()
    for _ in range(settings.epochs):
        for some in _batches(lengths, settings.batch, rng):
            which = np.concatenate([rows[number] for number in some])
            place = torch.from_numpy(np.repeat(np.arange(len(some)), [len(rows[number]) for number in some]))
            scores, directions = reader(_picked(texts, items[some]))
            rater = torch.from_numpy(marks.rater[which])
            vectors = reader.raters[rater] * (rater >= 0)[:, None]
            bent = torch.einsum("qdc,qd->qc", directions[place], vectors)[:, channels]
            offsets = torch.from_numpy(marks.offsets[which]).float()
            target = torch.from_numpy(marks.bits[which]).float()
            loss = nn.functional.binary_cross_entropy_with_logits(offsets + scores[place] + bent, target)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            if progress is not None:
                progress(len(some))


def read(reader: Reader, texts: Texts) -> Read:
    """What a fine-tuned reader says about each item."""
    reader.eval()
    order = np.argsort(texts.lengths(np.arange(len(texts.place))), kind="stable")
    found: list[tuple[torch.Tensor, torch.Tensor]] = []
    with torch.inference_mode():
        for start in range(0, len(order), _BATCH):
            found.append(reader(_picked(texts, order[start : start + _BATCH])))
    back = np.argsort(order)
    scores, directions = (torch.cat(parts).numpy()[back] for parts in zip(*found, strict=True))
    return Read(scores, directions, reader.raters.detach().numpy().copy())


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


def _picked(texts: Texts, items: np.ndarray) -> list[list[torch.Tensor]]:
    return [[texts.states[place] for place in row] for row in texts.place[items]]


def _batches(lengths: np.ndarray, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Random batches of texts of like length: sorted within random pools of fifty batches."""
    order = rng.permutation(len(lengths))
    found: list[np.ndarray] = []
    for start in range(0, len(order), 50 * size):
        pool = order[start : start + 50 * size]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        found += [pool[first : first + size] for first in range(0, len(pool), size)]
    for number in rng.permutation(len(found)):
        yield found[number]
