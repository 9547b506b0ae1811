"""How the reader learns: first what compares texts, on the packaged encoder alone, then the upper layers on top."""

import ast
import hashlib
import io
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from pluralign.lm.halves import BATCH, Texts, pick
from pluralign.lm.protocol import Progress
from pluralign.runs import write_atomically
from pluralign.values.reader import Reader, levels

UNKNOWN = -1
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
        bears: 1 or 0, or ``UNKNOWN``, shape (pairs,).
        ways: number of the valence, or ``UNKNOWN``, shape (pairs,).
        weight: of each pair in the loss of the valence, shape (pairs,).
        group: pairs that share texts, shape (pairs,).
    """

    consideration: np.ndarray
    situation: np.ndarray
    bears: np.ndarray
    ways: np.ndarray
    weight: np.ndarray
    group: np.ndarray

    def some(self, rows: np.ndarray) -> "Pairs":
        """Some of the pairs, by their places or a mask."""
        return Pairs(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def loss(found: torch.Tensor, pairs: Pairs) -> torch.Tensor:
    """Mean log loss of relevance plus weighted mean log loss of valence, over the pairs where each is known.

    Args:
        found: as the reader returns it, shape (pairs, 4).
    """
    bears, ways = torch.from_numpy(pairs.bears), torch.from_numpy(pairs.ways)
    weight = torch.from_numpy(pairs.weight).float() * (ways >= 0)
    near = nn.functional.binary_cross_entropy_with_logits(found[:, 0], bears.clamp(min=0).float(), reduction="none")
    side = nn.functional.cross_entropy(found[:, 1:], ways.long().clamp(min=0), reduction="none")
    return (near * (bears >= 0)).sum() / (bears >= 0).sum().clamp(min=1) + (side * weight).sum() / weight.sum().clamp(
        min=1e-6
    )


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
    state = _State(kept, _key(pairs, settings))
    if (before := state.read()) is None:
        _compare(reader, known, pairs, settings, rng)
        with torch.no_grad():
            # From nothing, the gradients of the upper layers and of what reads them would both be nothing.
            reader.own.both.normal_(0, 0.01)
    else:
        reader.load_state_dict(before["reader"])
    _tune(reader, texts, known, pairs, settings, rng, state, before, progress)
    reader.eval()


def balance(reader: Reader, considerations: np.ndarray, situations: np.ndarray, share: float) -> None:
    """Scale how good situations look by themselves, until it spreads ``share`` as much as all else about the side.

    Norms that were turned around pull it down while a reader learns: over them, goodness alone is wrong as often as it
    is right over the others.

    Args:
        considerations, situations: vectors of pairs (:func:`pluralign.values.reader.vectors`).
        share: of standard deviations over the pairs.
    """
    one, other = torch.from_numpy(considerations), torch.from_numpy(situations)
    with torch.no_grad():
        good = reader.goodness(other)
        factor = share * float((reader(one, other)[:, 1] - good).std() / good.std())
        reader.known.situation[2] *= factor
        reader.own.situation[2] *= factor


def _key(pairs: Pairs, settings: Settings) -> str:
    found = hashlib.blake2b(repr(asdict(settings)).encode(), digest_size=16)
    for name in ("consideration", "situation", "bears", "ways", "weight"):
        found.update(np.ascontiguousarray(getattr(pairs, name)).tobytes())
    return found.hexdigest()


@dataclass(frozen=True)
class _State:
    """Where a training stands, in a file."""

    path: Path | None
    key: str

    def read(self) -> dict | None:
        if self.path is None or not self.path.is_file():
            return None
        try:
            found = torch.load(self.path, weights_only=True)
        except Exception:  # a damaged file is as good as none
            return None
        return found if found.get("key") == self.key else None

    def write(self, **parts: object) -> None:
        if self.path is not None:
            buffer = io.BytesIO()
            torch.save({"key": self.key, **parts}, buffer)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self.path, buffer.getvalue())


def _compare(reader: Reader, known: torch.Tensor, pairs: Pairs, settings: Settings, rng: np.random.Generator) -> None:
    """Fit what compares the packaged encoder's vectors, by L-BFGS with squared penalties."""
    rows = np.arange(len(pairs.bears))
    sided = np.flatnonzero(pairs.ways >= 0)
    others = rng.permutation(np.flatnonzero(pairs.ways < 0))[: max(0, _MOST - len(sided))]
    few = pairs.some(np.sort(np.concatenate([sided, others])) if len(rows) > _MOST else rows)
    with torch.no_grad():
        # A direction of nothing is a saddle: likeness then has no gradient.
        reader.known.consideration[-1].normal_(0, 0.02)
    one, other = known[few.consideration], known[few.situation]
    optimizer = torch.optim.LBFGS(reader.known.parameters(), max_iter=settings.steps, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        value = loss(reader(one, other), few)
        for name, penalty in _PENALTIES:
            value = value + penalty * getattr(reader.known, name).square().sum()
        value.backward()
        return value

    optimizer.step(closure)  # type: ignore[arg-type]


def _tune(
    reader: Reader,
    texts: Texts,
    known: torch.Tensor,
    pairs: Pairs,
    settings: Settings,
    rng: np.random.Generator,
    state: _State,
    before: dict | None,
    progress: Progress | None,
) -> None:
    """Tune the upper layers and what compares their vectors, by AdamW; the first step's result stays as it is."""
    # Pairs of one group share texts, which are then read once.
    groups = np.unique(pairs.group, return_inverse=True)[1]
    steps = settings.epochs * -(-len(groups) // settings.batch)
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
    warm = max(1, steps // 10)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, max(0, steps - step) / max(1, steps - warm))
    )
    drop = nn.Dropout(settings.dropout)
    reader.train()

    def keep(epochs: int) -> None:
        state.write(
            epochs=epochs,
            reader=reader.state_dict(),
            optimizer=optimizer.state_dict(),
            schedule=schedule.state_dict(),
            order=repr(rng.bit_generator.state),
            random=torch.get_rng_state(),
        )

    if before is None:
        keep(0)
    else:
        optimizer.load_state_dict(before["optimizer"])
        schedule.load_state_dict(before["schedule"])
        rng.bit_generator.state = ast.literal_eval(before["order"])
        torch.set_rng_state(before["random"])
    for epoch in range(0 if before is None else before["epochs"], settings.epochs):
        order = np.argsort(rng.permutation(groups.max() + 1)[groups], kind="stable")
        for start in range(0, len(order), settings.batch):
            some = pairs.some(order[start : start + settings.batch])
            distinct, place = np.unique(np.concatenate([some.consideration, some.situation]), return_inverse=True)
            tuned = drop(_tuned(reader, texts, distinct))
            whole = torch.cat([known[distinct], tuned], 1)
            one, other = np.split(place, 2)
            value = loss(reader(whole[one], whole[other]), some)
            optimizer.zero_grad()
            value.backward()
            nn.utils.clip_grad_norm_(reader.upper.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            if progress is not None:
                progress(len(some.bears))
        keep(epoch + 1)


def _tuned(reader: Reader, texts: Texts, distinct: np.ndarray) -> torch.Tensor:
    """Tuned vectors of texts, read in batches of like length; shape (texts, 1, size)."""
    order = np.argsort(texts.lengths(distinct), kind="stable")
    parts = [
        reader.tuned([row[0] for row in pick(texts, distinct[order[start : start + BATCH]])])
        for start in range(0, len(order), BATCH)
    ]
    return torch.cat(parts)[torch.from_numpy(np.argsort(order))]
