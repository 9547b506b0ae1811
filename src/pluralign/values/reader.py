"""The embedded reader of relevance: does a consideration bear on a situation?

Two texts are compared by bilinear forms of their vectors, to which is added what each says by itself. Each is read
alone, by the packaged encoder and by a tuned copy of its upper half; so a bank of considerations is read once, and a
new situation is compared with all of it at the cost of one reading. Which side a consideration takes needs both read
together (:mod:`pluralign.values.sides`).
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from pluralign.lm.halves import BATCH, Texts, Upper, pick, prepare
from pluralign.lm.protocol import Progress

TOKENS = 256
"""Most tokens of a text, some 190 words of English; the rest is not read."""

LEVELS = 3
"""Of mean states of the packaged encoder, after every second layer."""
COMPARED = (1, 2)
"""Those of them that are compared; the first one only tells what a text says by itself."""
LENGTH = 3.0
"""Of tuned vectors; those of the packaged encoder have length 1."""
_AT_ONCE = 4096


class Comparison(nn.Module):
    """Raw comparison of two texts, each some vectors of one size.

    Args:
        size: of a vector.
        count: of vectors per text.
        compared: which of them are compared; all of them tell what a text says by itself.
        cosine: how much cosine similarity counts at first.
        shift: of the sum at first.
    """

    def __init__(self, size: int, count: int, compared: Sequence[int], cosine: float, shift: float):
        super().__init__()
        self.compared = tuple(compared)
        self.both = nn.Parameter(torch.zeros(len(compared), size, size))
        self.cosine = nn.Parameter(torch.full((len(compared),), cosine))
        self.shift = nn.Parameter(torch.tensor(shift))
        self.situation = nn.Parameter(torch.zeros(count * size))
        self.consideration = nn.Parameter(torch.zeros(count * size))

    def forward(self, considerations: torch.Tensor, situations: torch.Tensor) -> torch.Tensor:
        """How much the texts of each pair have to do with each other, shape (pairs,)."""
        found = self.shift + situations.flatten(1) @ self.situation + considerations.flatten(1) @ self.consideration
        for slot, place in enumerate(self.compared):
            one, other = considerations[:, place], situations[:, place]
            found = found + (one * (other @ self.both[slot].T + self.cosine[slot] * other)).sum(1)
        return found


class Tower(nn.Module):
    """Upper layers tuned on single texts.

    Attributes:
        upper: the tuned layers.

    Raises:
        ModelError: the packaged encoder is absent, or holds other weights.
    """

    def __init__(self):
        super().__init__()
        self.upper = Upper(1)

    def tuned(self, states: Sequence[torch.Tensor]) -> torch.Tensor:
        """The tuned vectors of texts after the lower layers, shape (texts, 1, size)."""
        found = self.upper([[state] for state in states])
        return LENGTH * nn.functional.normalize(found, dim=1)[:, None]


class Reader(Tower):
    """Upper layers tuned on single texts, and what compares two texts.

    Attributes:
        known: compares what the packaged encoder says of two texts.
        own: what the tuned layers add.
    """

    def __init__(self):
        super().__init__()
        size = self.upper.size
        self.known = Comparison(size, LEVELS, COMPARED, 5.0, -3.0)
        self.own = Comparison(size, 1, (0,), 0.0, 0.0)

    def forward(self, considerations: torch.Tensor, situations: torch.Tensor) -> torch.Tensor:
        """Log-odds of relevance, shape (pairs,).

        Args:
            considerations, situations: the packaged encoder's vectors and perhaps the tuned one, shape (pairs, 3 or 4,
                size); one situation stands for all pairs.
        """
        found = self.known(considerations[:, :LEVELS], situations[:, :LEVELS])
        if considerations.shape[1] > LEVELS:
            found = found + self.own(considerations[:, LEVELS:], situations[:, LEVELS:])
        return found


def levels(texts: Texts) -> torch.Tensor:
    """The packaged encoder's mean states of each distinct text, of length 1, shape (distinct, levels, size)."""
    return nn.functional.normalize(torch.from_numpy(texts.pooled), dim=2)


def vectors(tower: Tower, wanted: Sequence[str], progress: Progress | None = None) -> np.ndarray:
    """All vectors of texts, float32, shape (texts, levels + 1, size).

    Args:
        progress: called with the number of texts finished since the last call.
    """
    if not wanted:
        return np.zeros((0, LEVELS + 1, tower.upper.size), np.float32)
    texts = prepare([(text,) for text in wanted], TOKENS)
    order = np.argsort(texts.lengths(np.arange(len(wanted))), kind="stable")
    tuned = torch.zeros(len(wanted), 1, tower.upper.size)
    tower.eval()
    with torch.inference_mode():
        for start in range(0, len(order), BATCH):
            some = order[start : start + BATCH]
            tuned[some] = tower.tuned([row[0] for row in pick(texts, some)])
            if progress is not None:
                progress(len(some))
    return torch.cat([levels(texts)[texts.place[:, 0]], tuned], 1).numpy()


def embedding(found: np.ndarray) -> np.ndarray:
    """The packaged encoder's embedding among all vectors of texts, of length 1, shape (texts, size)."""
    return found[:, LEVELS - 1]


def read(reader: Reader, considerations: np.ndarray, situations: np.ndarray) -> np.ndarray:
    """Log-odds that considerations bear on situations, float64, shape (pairs,).

    Args:
        considerations, situations: as :func:`vectors` makes them, shape (pairs, levels + 1, size); one situation
            stands for all pairs.
    """
    parts = [np.zeros(0)]
    with torch.inference_mode():
        for start in range(0, len(considerations), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            one, other = considerations[some], situations if len(situations) == 1 else situations[some]
            parts.append(reader(torch.from_numpy(one), torch.from_numpy(other)).double().numpy())
    return np.concatenate(parts)
