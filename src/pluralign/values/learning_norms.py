"""How it is learned what acts do, which of them are good and which rules are held."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from pluralign.lm.halves import Texts
from pluralign.lm.protocol import Progress
from pluralign.values.learning import Pairs, Settings, compare, tune
from pluralign.values.learning_state import State, key
from pluralign.values.norms import Norms
from pluralign.values.reader import levels

_HEADS = 2e-3
"""Learning rate of the heads."""


@dataclass(frozen=True)
class Sided:
    """What is known of pairs.

    Attributes:
        supports: 1 if the act does what the rule is about, 0 if not, shape (pairs,).
        held: 1 for what people speak for, 0 for what they speak against, shape (pairs,).
        weight: in the loss, shape (pairs,).
    """

    supports: np.ndarray
    held: np.ndarray
    weight: np.ndarray


def learn_norms(
    norms: Norms,
    texts: Texts,
    pairs: Pairs,
    sided: Sided,
    settings: Settings,
    kept: Path | None = None,
    progress: Progress | None = None,
) -> None:
    """Train in place.

    Args:
        texts: each distinct text as an item of its own.
        pairs: what to learn; all bear.
        sided: on which side, of the same pairs.
        settings: how.
        kept: a file in which the state is kept after every epoch, so that a killed training goes on and ends the same.
        progress: called with the number of pairs read since the last call.
    """
    rng = np.random.default_rng(settings.seed)
    torch.manual_seed(settings.seed)
    arrays = (pairs.consideration, pairs.situation, sided.supports, sided.held, sided.weight)
    state = State(kept, key(settings, arrays), norms, rng)
    before, known = state.read(), levels(texts)
    if before is None:
        compare(norms.match, known, pairs, sided.supports, sided.weight, settings, rng)
    optimizer = torch.optim.AdamW(
        [
            {"params": list(norms.upper.parameters()), "lr": settings.rate},
            {"params": [*norms.good.parameters(), *norms.held.parameters()], "lr": _HEADS},
        ],
        weight_decay=0.01,
    )
    supports, held = (torch.from_numpy(known).float() for known in (sided.supports, sided.held))
    weight = torch.from_numpy(sided.weight / sided.weight.mean()).float()
    miss = nn.functional.binary_cross_entropy_with_logits

    def own(one: torch.Tensor, other: torch.Tensor, some: np.ndarray) -> torch.Tensor:
        holds, good = norms.alone(one, other)
        side = miss(torch.tanh(holds / 2) * good, supports[some], reduction="none")
        return (weight[some] * (side + miss(holds, held[some], reduction="none"))).mean()

    tune(norms, texts, known, pairs, own, optimizer, settings, state, before, progress)
