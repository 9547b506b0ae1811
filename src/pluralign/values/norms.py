"""How good an act is by itself, and whether anybody holds a rule: both are read off single texts.

A rule that people hold mostly asks for acts that people call good, and one turned around for the others. Their product
says so, and stands beside what is read off both texts together (:mod:`pluralign.values.sides`). It is for rules: what
an entry of the bank has to say does not follow from how good an act is.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from pluralign.values.reader import LENGTH, LEVELS, Tower, vectors

_HELD = 1.0
"""Log-odds that a rule is held, beyond what the model says: it learned from as many rules that were turned around."""

_COUNTS = 4.0
"""How much this counts beside both texts read together. Both numbers were picked on 49 development stories."""


class Norms(Tower):
    """Tells good acts, and rules that are held.

    Attributes:
        good: reads the vectors of an act.
        held: reads the vectors of a consideration.
    """

    def __init__(self):
        super().__init__()
        size = self.upper.size * (LEVELS + 1)
        self.good, self.held = nn.Linear(size, 1), nn.Linear(size, 1)
        for head in (self.good, self.held):
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)

    def alone(self, considerations: torch.Tensor, situations: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Log-odds that each consideration is held, and how good each situation is, each of shape (pairs,).

        Args:
            considerations, situations: as :func:`pluralign.values.reader.vectors` makes them, shape (pairs, 4, size).
        """
        return self.held(_flat(considerations))[:, 0], self.good(_flat(situations))[:, 0]

    def forward(self, considerations: torch.Tensor, situations: torch.Tensor) -> torch.Tensor:
        """What to expect of the side, positive for support, shape (pairs,)."""
        held, good = self.alone(considerations, situations)
        return _COUNTS * torch.tanh((held + _HELD) / 2) * good


def _flat(vectors: torch.Tensor) -> torch.Tensor:
    """All vectors of each text in one, those of the packaged encoder as long as the tuned one."""
    return torch.cat([LENGTH * vectors[:, :LEVELS], vectors[:, LEVELS:]], 1).flatten(1)


def expect(norms: Norms, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
    """What single texts let expect of the side: the logit of support less that of opposition, float64, shape (pairs,).

    Args:
        pairs: consideration as it is told, and situation.
    """
    texts = list(dict.fromkeys(text for pair in pairs for text in pair))
    place = {text: row for row, text in enumerate(texts)}
    found = torch.from_numpy(vectors(norms, texts))
    one, other = ([place[pair[field]] for pair in pairs] for field in (0, 1))
    with torch.inference_mode():
        return norms(found[one], found[other]).double().numpy()
