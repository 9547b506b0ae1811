"""The answers that a rater can give: their kind, names and order."""

from dataclasses import dataclass
from functools import cached_property
from itertools import chain, combinations
from typing import Literal

import numpy as np

from pluralign.errors import DataError

Kind = Literal["binary", "nominal", "ordinal", "multilabel"]
MOST_MULTILABELS = 6


@dataclass(frozen=True)
class Scale:
    """A label scale.

    Attributes:
        kind: ``binary`` (two labels), ``nominal`` (labels without an order), ``ordinal`` (labels from low to high), or
            ``multilabel`` (an answer is any non-empty set of labels).
        labels: their names, at least two and distinct; from low to high where they are ordered.

    Raises:
        DataError: fewer than two labels, a label twice, two labels not given for ``binary``, more than six labels or a
            comma in one of them for ``multilabel``.
    """

    kind: Kind
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.labels) < 2 or len(set(self.labels)) < len(self.labels):
            raise DataError(f"a scale needs two or more distinct labels, got {', '.join(self.labels) or 'none'}")
        if self.kind == "binary" and len(self.labels) != 2:
            raise DataError(f"a binary scale has two labels, got {len(self.labels)}", fix="Say nominal or ordinal.")
        if self.kind == "multilabel" and (len(self.labels) > MOST_MULTILABELS or any("," in n for n in self.labels)):
            raise DataError(f"a multi-label scale has at most {MOST_MULTILABELS} labels, none with a comma")

    @cached_property
    def outcomes(self) -> tuple[str, ...]:
        """Everything that an answer can be: the labels, or their non-empty subsets joined by commas (2^n - 1)."""
        if self.kind != "multilabel":
            return self.labels
        sizes = range(1, len(self.labels) + 1)
        return tuple(map(",".join, chain.from_iterable(combinations(self.labels, size) for size in sizes)))

    @cached_property
    def values(self) -> np.ndarray:
        """A number per outcome, shape (outcomes,): the labels themselves where all are numbers, else 0, 1, 2, …

        Meaningful as amounts for binary and ordinal scales only.
        """
        try:
            return np.array([float(label) for label in self.outcomes])
        except ValueError:
            return np.arange(len(self.outcomes), dtype=float)
