"""How sides are learned: the upper layers are tuned on considerations and situations read together."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from pluralign.lm.halves import Texts, batches, pick
from pluralign.lm.protocol import Progress
from pluralign.values.learning_state import State, key, mixed, rising_and_falling
from pluralign.values.sides import Sides


@dataclass(frozen=True)
class SideSettings:
    """How to learn.

    Attributes:
        epochs: passes over the pairs.
        rate: peak learning rate of the upper layers.
        head_rate: of the head.
        dropout: of what is read off a pair.
        batch: pairs per step.
        seed: of dropout and order.
    """

    epochs: int = 3
    rate: float = 2e-4
    head_rate: float = 1e-3
    dropout: float = 0.1
    batch: int = 48
    seed: int = 0


def learn_sides(
    sides: Sides,
    texts: Texts,
    ways: np.ndarray,
    weight: np.ndarray,
    settings: SideSettings,
    kept: Path | None = None,
    progress: Progress | None = None,
) -> None:
    """Train in place, by AdamW.

    Args:
        texts: items of two fields, consideration and situation.
        ways: number of the valence, shape (pairs,).
        weight: of each pair in the loss, shape (pairs,).
        settings: how.
        kept: a file in which the state is kept after every epoch, so that a killed training goes on and ends the same;
            one of other pairs or settings is written over.
        progress: called with the number of pairs read since the last call.
    """
    rng = np.random.default_rng(settings.seed)
    torch.manual_seed(settings.seed)
    state = State(kept, key(settings, (texts.place, ways, weight)), sides, rng)
    before = state.read()
    aim, share = torch.from_numpy(ways), torch.from_numpy(weight / weight.mean()).float()
    optimizer = torch.optim.AdamW(
        [
            {"params": list(sides.upper.parameters()), "lr": settings.rate},
            {"params": list(sides.head.parameters()), "lr": settings.head_rate},
        ],
        weight_decay=0.01,
    )
    schedule = rising_and_falling(optimizer, settings.epochs * -(-len(ways) // settings.batch))
    if before is not None:
        optimizer.load_state_dict(before["optimizer"])
        schedule.load_state_dict(before["schedule"])
    lengths, drop = texts.lengths(np.arange(len(ways))), nn.Dropout(settings.dropout)
    sides.train()
    for epoch in range(0 if before is None else before["epochs"], settings.epochs):
        for some in batches(lengths, settings.batch, rng):
            with mixed():
                read = sides.upper(pick(texts, some))
            found = sides.head(drop(read.float()))
            loss = (share[some] * nn.functional.cross_entropy(found, aim[some], reduction="none")).mean()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(sides.upper.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            if progress is not None:
                progress(len(some))
        state.write(epoch + 1, optimizer, schedule)
    sides.eval()
