"""One thing that is measured: where its rows come from, and what is made of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from pluralign.lm import LanguageModel
from pluralign.lm.protocol import Capabilities
from pluralign.measure.request import Request
from pluralign.runs import Metric
from pluralign.suite import DataRoot

Rows = Callable[[LanguageModel], pl.DataFrame]
Piece = tuple[str, Rows]
"""What names a piece of work within its part, and what computes its rows."""

VERBS = {
    "score": "log-probabilities of whole answers",
    "choices": "log-probabilities of given answers",
    "sample": "answers drawn at a temperature",
}
"""What a part may ask of a model, in words."""


@dataclass(frozen=True)
class Part:
    """Something that is measured.

    Attributes:
        name: how it is asked for.
        task: the task that its rows and metrics name.
        kind: the kind of its rows; None takes the rows of all kinds and tasks.
        split: of the task, for means over tasks; None keeps it out of them.
        pieces: the work, from data and request.
        metrics: from its rows and the names of the models.
        needs: what it asks of a model, of :data:`VERBS`.
        wants: what it does without where a model does not give it.
        ask: asks a model all that the part asks and computes nothing of it; None where computing takes no time.
    """

    name: str
    task: str
    kind: str | None
    split: str | None
    pieces: Callable[[DataRoot, Request], Iterator[Piece]]
    metrics: Callable[[pl.DataFrame, list[str]], list[Metric]]
    needs: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    ask: Callable[[LanguageModel, DataRoot, Request], None] | None = None

    def of(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Those of the rows of a run that its metrics are made from."""
        if self.kind is None:
            return rows
        return rows.filter(pl.col("task") == self.task, pl.col("kind") == self.kind)


def lacks(can: Capabilities, verbs: tuple[str, ...]) -> list[str]:
    """Which of the verbs a model with these capabilities does not have, in words."""
    able = {"score": can.logprobs, "choices": can.logprobs or can.first_token, "sample": can.sampling}
    return [VERBS[verb] for verb in verbs if not able[verb]]
