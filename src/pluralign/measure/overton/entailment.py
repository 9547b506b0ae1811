"""Judge by textual entailment: does the view follow from the text? The judge of Modular Pluralism and VITAL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pluralign.lm.entailment import EntailmentModel
from pluralign.lm.protocol import Progress
from pluralign.measure.overton.judge import Judgement, Pair


@dataclass(frozen=True)
class EntailmentJudge:
    """Strength is the probability that the view follows from the text.

    Attributes:
        model: a classifier trained on natural language inference.
    """

    model: EntailmentModel

    @property
    def facts(self) -> Mapping[str, Any]:
        """Model and digest of its weights; for large models and those of the hub their revision stands in for it."""
        known = self.model.facts
        return {"name": f"entailment:{self.model.name}", "digest": known["sha256"] or known["revision"]}

    def __call__(self, pairs: Sequence[Pair], progress: Progress | None = None) -> Judgement:
        """Judge pairs; one that does not fit the model has no answer."""
        strengths = self.model.entails(pairs, progress)
        return Judgement(strengths, np.isnan(strengths).astype(float))
