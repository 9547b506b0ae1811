"""Which side a consideration takes: the situation and the consideration are read together.

Whether an act keeps a norm or breaks it often turns on a word or two of either text ("with permission", "wrong to"),
which vectors of whole texts lose. The lower half of the packaged encoder reads each text alone, a tuned copy of its
upper half reads both (:mod:`pluralign.lm.halves`).
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from pluralign.lm.halves import BATCH, Upper, pick, prepare
from pluralign.lm.protocol import Progress
from pluralign.values.consideration import VALENCES
from pluralign.values.reader import TOKENS


class Sides(nn.Module):
    """Upper layers that read a consideration and a situation together, and what tells the side from them.

    Attributes:
        upper: the tuned layers.
        head: from what is read off a pair to the three valences.

    Raises:
        ModelError: the packaged encoder is absent, or holds other weights.
    """

    def __init__(self):
        super().__init__()
        self.upper = Upper(2)
        self.head = nn.Linear(self.upper.size, len(VALENCES))
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, pairs: Sequence[Sequence[torch.Tensor]]) -> torch.Tensor:
        """Logits of the three valences, shape (pairs, 3).

        Args:
            pairs: consideration and situation after the lower layers, each of shape (tokens, width).
        """
        return self.head(self.upper(pairs))


def take(sides: Sides, pairs: Sequence[tuple[str, str]], progress: Progress | None = None) -> np.ndarray:
    """Logits of the three valences, float64, shape (pairs, 3).

    Args:
        pairs: consideration as it is told, and situation.
        progress: called with the number of pairs finished since the last call.
    """
    found = np.zeros((len(pairs), len(VALENCES)))
    if not pairs:
        return found
    texts = prepare(pairs, TOKENS)
    order = np.argsort(texts.lengths(np.arange(len(pairs))), kind="stable")
    sides.eval()
    with torch.inference_mode():
        for start in range(0, len(order), BATCH):
            some = order[start : start + BATCH]
            found[some] = sides(pick(texts, some)).double().numpy()
            if progress is not None:
                progress(len(some))
    return found
