"""Fine-tuning the packaged text encoder on ratings: what in a text moves its raters, beyond what is known of them.

The lower half of the encoder stays as it is, the upper half is tuned (:mod:`pluralign.lm.halves`). The log-odds that
rater r gives item i a rating with bit b are

    offset_rb + w_b . h_i + sum_d z_rd (v_dc . h_i),

where h_i is the encoding, offset_rb what the caller knows of the rater, and z_r a vector learned per rater that bends
the direction in which items differ (c is the channel of bit b: one for all points of an ordinal scale, one per label
of a set). Trained with the log loss of the bits, all ratings of an item at once, so that an item is read once for all
of its raters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from pluralign.lm.halves import BATCH, Texts, Upper, batches, pick
from pluralign.lm.protocol import Progress


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
        self.upper = Upper(fields)
        size = self.upper.size
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
        read = self.drop(self.norm(self.upper(items)))
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
    steps = settings.epochs * sum(1 for _ in batches(lengths, settings.batch, np.random.default_rng(0)))
    new = [*reader.norm.parameters(), *reader.heads.parameters(), *reader.bend.parameters()]
    optimizer = torch.optim.AdamW(
        [
            {"params": list(reader.upper.layers.parameters()), "lr": settings.rate},
            {"params": [*new, reader.upper.fields], "lr": 10 * settings.rate},
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
        for some in batches(lengths, settings.batch, rng):
            which = np.concatenate([rows[number] for number in some])
            place = torch.from_numpy(np.repeat(np.arange(len(some)), [len(rows[number]) for number in some]))
            scores, directions = reader(pick(texts, items[some]))
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
        for start in range(0, len(order), BATCH):
            found.append(reader(pick(texts, order[start : start + BATCH])))
    back = np.argsort(order)
    scores, directions = (torch.cat(parts).numpy()[back] for parts in zip(*found, strict=True))
    return Read(scores, directions, reader.raters.detach().numpy().copy())
