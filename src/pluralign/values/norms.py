"""Which side a rule takes: whether an act does what the rule is about, how good the act is, and who holds the rule.

A rule asks for or speaks against something (:mod:`pluralign.values.stance`). Whether an act does that is read off the
packaged encoder's vectors of both texts. A rule that people hold mostly asks for acts that people call good, and one
turned around for the others: this is read off each text alone. It is for rules: what an entry of the bank has to say
follows from neither.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from pluralign.values.reader import COMPARED, LENGTH, LEVELS, Comparison, Tower, vectors

_HELD = 1.0
"""Log-odds that a rule is held, beyond what the model says: it learned from as many rules that were turned around."""


class Norms(Tower):
    """Tells acts that do what a rule is about, good acts, and rules that are held.

    Attributes:
        match: compares the packaged encoder's vectors of what a rule is about and of an act.
        good: reads the vectors of an act.
        held: reads the vectors of what a rule is about.
    """

    def __init__(self):
        super().__init__()
        size = self.upper.size * (LEVELS + 1)
        self.match = Comparison(self.upper.size, LEVELS, COMPARED, 3.0, 0.0)
        self.good, self.held = nn.Linear(size, 1), nn.Linear(size, 1)
        for head in (self.good, self.held):
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)

    def alone(self, abouts: torch.Tensor, situations: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Log-odds that people speak for what each rule is about, and how good each situation is, each (pairs,).

        Args:
            abouts, situations: as :func:`pluralign.values.reader.vectors` makes them, shape (pairs, 4, size).
        """
        return self.held(_flat(abouts))[:, 0], self.good(_flat(situations))[:, 0]

    def forward(self, abouts: torch.Tensor, situations: torch.Tensor, speaks_for: torch.Tensor) -> torch.Tensor:
        """What to expect of the side, positive for support, shape (pairs,).

        Args:
            speaks_for: 1 if the rule speaks for what it is about, -1 if it speaks against it, shape (pairs,).
        """
        held, good = self.alone(abouts, situations)
        does = self.match(abouts[:, :LEVELS], situations[:, :LEVELS])
        return speaks_for * does + torch.tanh((speaks_for * held + _HELD) / 2) * good


def _flat(vectors: torch.Tensor) -> torch.Tensor:
    """All vectors of each text in one, those of the packaged encoder as long as the tuned one."""
    return torch.cat([LENGTH * vectors[:, :LEVELS], vectors[:, LEVELS:]], 1).flatten(1)


def expect(norms: Norms, pairs: Sequence[tuple[str, str]], speaks_for: np.ndarray) -> np.ndarray:
    """What to expect of the side of rules: the logit of support less that of opposition, float64, shape (pairs,).

    Args:
        pairs: what a rule is about (:func:`pluralign.values.stance.stance`), and situation.
        speaks_for: whether the rule speaks for it, booleans of shape (pairs,).
    """
    texts = list(dict.fromkeys(text for pair in pairs for text in pair))
    place = {text: row for row, text in enumerate(texts)}
    found = torch.from_numpy(vectors(norms, texts))
    one, other = ([place[pair[field]] for pair in pairs] for field in (0, 1))
    sign = torch.from_numpy(np.where(speaks_for, 1.0, -1.0)).float()
    with torch.inference_mode():
        return norms(found[one], found[other], sign).double().numpy()
