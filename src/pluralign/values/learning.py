"""How relevance is learned: first what compares texts, on the packaged encoder alone, then the upper layers on top."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from pluralign.lm.halves import BATCH, Texts, pick
from pluralign.lm.protocol import Progress
from pluralign.values.learning_state import State, key, mixed, rising_and_falling
from pluralign.values.reader import Comparison, Reader, Tower, levels

_MOST = 28_000
"""Pairs of the first step, which goes over all of them hundreds of times."""
_PENALTIES = (("both", 3e-5), ("situation", 1e-4), ("consideration", 3e-4))
"""Of squared weights in the first step."""


@dataclass(frozen=True)
class Settings:
    """How to learn.

    Attributes:
        steps: most steps of L-BFGS on the packaged encoder alone.
        epochs: passes over the pairs while the upper layers are tuned; 0 leaves them as they are.
        rate: peak learning rate of the upper layers.
        head_rate: of the bilinear forms; other weights learn at twice this.
        decay: weight decay of the bilinear forms.
        dropout: of tuned vectors.
        batch: pairs per step.
        seed: of initial weights, dropout and order.
    """

    steps: int = 150
    epochs: int = 3
    rate: float = 2e-4
    head_rate: float = 5e-4
    decay: float = 0.1
    dropout: float = 0.2
    batch: int = 96
    seed: int = 0


@dataclass(frozen=True)
class Pairs:
    """What to learn: pairs of texts, by their numbers.

    Attributes:
        consideration, situation: numbers of the texts, shape (pairs,).
        bears: 1 or 0, shape (pairs,).
        group: pairs that share texts, shape (pairs,).
    """

    consideration: np.ndarray
    situation: np.ndarray
    bears: np.ndarray
    group: np.ndarray

    def some(self, rows: np.ndarray) -> "Pairs":
        """Some of the pairs, by their places."""
        return Pairs(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def learn(
    reader: Reader,
    texts: Texts,
    pairs: Pairs,
    settings: Settings,
    kept: Path | None = None,
    progress: Progress | None = None,
) -> None:
    """Train a reader in place.

    Args:
        texts: each distinct text as an item of its own.
        pairs: what to learn.
        settings: how.
        kept: a file in which the state is kept after the first step and after every epoch, so that a killed training
            goes on and ends the same; one of other pairs or settings is written over.
        progress: called with the number of pairs read since the last call while the upper layers are tuned.
    """
    rng = np.random.default_rng(settings.seed)
    torch.manual_seed(settings.seed)
    known = levels(texts)
    state = State(kept, key(settings, (pairs.consideration, pairs.situation, pairs.bears)), reader, rng)
    before = state.read()
    if before is None:
        compare(reader.known, known, pairs, pairs.bears, None, settings, rng)
        with torch.no_grad():
            # From nothing, the gradients of the upper layers and of what reads them would both be nothing.
            reader.own.both.normal_(0, 0.01)
    optimizer = torch.optim.AdamW(
        [
            {"params": list(reader.upper.parameters()), "lr": settings.rate, "weight_decay": 0.01},
            {"params": [reader.own.both], "lr": settings.head_rate, "weight_decay": settings.decay},
            {
                "params": [p for name, p in reader.own.named_parameters() if name != "both"],
                "lr": 2 * settings.head_rate,
                "weight_decay": 0.01,
            },
        ]
    )

    def own(one: torch.Tensor, other: torch.Tensor, some: np.ndarray) -> torch.Tensor:
        return _loss(reader(one, other), pairs.some(some))

    tune(reader, texts, known, pairs, own, optimizer, settings, state, before, progress)


def _loss(found: torch.Tensor, pairs: Pairs) -> torch.Tensor:
    aim = torch.from_numpy(pairs.bears).float()
    return nn.functional.binary_cross_entropy_with_logits(found, aim)


def compare(
    comparison: Comparison,
    known: torch.Tensor,
    pairs: Pairs,
    aims: np.ndarray,
    weight: np.ndarray | None,
    settings: Settings,
    rng: np.random.Generator,
) -> None:
    """Fit what compares the packaged encoder's vectors, by L-BFGS with squared penalties.

    Args:
        known: the packaged encoder's vectors of each distinct text.
        aims: 1 or 0, shape (pairs,).
        weight: of each pair in the loss, shape (pairs,); None weighs all alike.
    """
    few = np.sort(rng.permutation(len(aims))[:_MOST])
    one, other = known[pairs.consideration[few]], known[pairs.situation[few]]
    aim = torch.from_numpy(aims[few]).float()
    share = None if weight is None else torch.from_numpy(weight[few] / weight[few].mean()).float()
    optimizer = torch.optim.LBFGS(comparison.parameters(), max_iter=settings.steps, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        value = nn.functional.binary_cross_entropy_with_logits(comparison(one, other), aim, share)
        for name, penalty in _PENALTIES:
            value = value + penalty * getattr(comparison, name).square().sum()
        value.backward()
        return value

    optimizer.step(closure)  # type: ignore[arg-type]


Loss = Callable[[torch.Tensor, torch.Tensor, np.ndarray], torch.Tensor]
"""Of the vectors of considerations and situations, and the places of the pairs."""


def tune(
    tower: Tower,
    texts: Texts,
    known: torch.Tensor,
    pairs: Pairs,
    loss: Loss,
    optimizer: torch.optim.Optimizer,
    settings: Settings,
    state: State,
    before: dict | None,
    progress: Progress | None,
) -> None:
    """Tune the upper layers and what reads their vectors, from where a kept state ends."""
    # Pairs of one group share texts, which are then read once.
    groups = np.unique(pairs.group, return_inverse=True)[1]
    schedule = rising_and_falling(optimizer, settings.epochs * -(-len(groups) // settings.batch))
    drop = nn.Dropout(settings.dropout)
    tower.train()
    if before is None:
        state.write(0, optimizer, schedule)
    else:
        optimizer.load_state_dict(before["optimizer"])
        schedule.load_state_dict(before["schedule"])
    for epoch in range(0 if before is None else before["epochs"], settings.epochs):
        order = np.argsort(state.rng.permutation(groups.max() + 1)[groups], kind="stable")
        for start in range(0, len(order), settings.batch):
            some = order[start : start + settings.batch]
            both = np.concatenate([pairs.consideration[some], pairs.situation[some]])
            distinct, place = np.unique(both, return_inverse=True)
            whole = torch.cat([known[distinct], drop(_tuned(tower, texts, distinct))], 1)
            one, other = np.split(place, 2)
            value = loss(whole[one], whole[other], some)
            optimizer.zero_grad()
            value.backward()
            nn.utils.clip_grad_norm_(tower.upper.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            if progress is not None:
                progress(len(some))
        state.write(epoch + 1, optimizer, schedule)
    tower.eval()


def _tuned(tower: Tower, texts: Texts, distinct: np.ndarray) -> torch.Tensor:
    """Tuned vectors of texts, read in batches of like length; shape (texts, 1, size)."""
    order = np.argsort(texts.lengths(distinct), kind="stable")
    with mixed():
        parts = [
            tower.tuned([row[0] for row in pick(texts, distinct[order[start : start + BATCH]])])
            for start in range(0, len(order), BATCH)
        ]
    return torch.cat(parts).float()[torch.from_numpy(np.argsort(order))]
