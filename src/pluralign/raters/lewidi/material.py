"""What the systems share on one data set; each part is computed when it is first asked for."""

from collections.abc import Callable
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from pluralign.raters.lewidi import history, likeness, standing
from pluralign.raters.lewidi.auxiliary import auxiliary
from pluralign.raters.lewidi.data import LewidiSet
from pluralign.raters.lewidi.likeness import Block
from pluralign.raters.lewidi.pairs import Pairs, pairs_of
from pluralign.raters.lewidi.pieces import Arrays, Pieces
from pluralign.raters.lewidi.standing import Evidence, Strengths
from pluralign.raters.lewidi.surface import surface
from pluralign.raters.lewidi.tuning import TOKENS, Tuned, tune
from pluralign.suite.data import DataRoot

if TYPE_CHECKING:
    from pluralign.lm.halves import Texts

ENCODER_READS = "en"
"""The language that the packaged encoder was trained for; it is not used where an item is in another."""
_MANY = 2000
"""Items from which on fine-tuning takes too long for the default machine."""
_COMPONENTS = 400


class Material:
    """One data set and what is made of it.

    Args:
        data: the data set.
        root: where other judgements to train on may lie.
        pieces: where results of long steps are kept.
        report: told what is being done.
    """

    def __init__(self, data: LewidiSet, root: DataRoot, pieces: Pieces, report: Callable[[str], None]):
        self.data, self.root, self.pieces, self.report = data, root, pieces, report
        self.pairs: Pairs = pairs_of(data)
        self.ordered = data.scale.kind == "ordinal"
        self.key = (data.train.items.rows(), data.train.table.rows())
        self._strengths: dict[bool, Strengths] = {}
        self.readable = bool((data.train.items["lang"] == ENCODER_READS).all())

    @property
    def second_stage(self) -> bool:
        """Whether the encoder is fine-tuned: where it reads the items, and they are few."""
        return self.readable and self.data.train.items.height < _MANY

    @cached_property
    def texts(self) -> "Texts":
        """The items ready for the upper layers of the encoder."""
        from pluralign.lm.halves import prepare

        self.report(f"{self.data.name}: reading texts")
        return prepare(self._rows, TOKENS)

    @property
    def _rows(self) -> list[tuple[str, ...]]:
        return self.data.train.items.select(self.data.fields).rows()

    @cached_property
    def pooled(self) -> np.ndarray:
        """The encoder's mean states, shape (items, fields, levels, width)."""

        def make() -> Arrays:
            return {"pooled": self.texts.pooled.astype(np.float16), "place": self.texts.place}

        found = self.pieces.get(f"{self.data.name}-pooled", (self._rows, TOKENS), make)
        return found["pooled"].astype(np.float32)[found["place"]]

    @cached_property
    def embeddings(self) -> np.ndarray:
        """Sentence embeddings of all fields side by side, rows of length 1, shape (items, fields * width).

        There are none where the encoder does not read the language.
        """
        if not self.readable:
            return np.zeros((self.data.train.items.height, 0), np.float32)
        last = _unit(self.pooled[:, :, -1])
        return last.reshape(len(last), -1) / np.sqrt(last.shape[1])

    @cached_property
    def blocks(self) -> list[Block]:
        """See :func:`pluralign.raters.lewidi.likeness.blocks`."""
        self.report(f"{self.data.name}: comparing texts")
        return likeness.blocks(self.data)

    @cached_property
    def vectors(self) -> np.ndarray:
        """See :func:`pluralign.raters.lewidi.likeness.vectors`."""

        def make() -> Arrays:
            return {"vectors": likeness.vectors(self.blocks, self.embeddings).astype(np.float32)}

        return self.pieces.get(f"{self.data.name}-vectors", self.key[0], make)["vectors"]

    @cached_property
    def kinds(self) -> dict[str, np.ndarray]:
        """Numbers that describe the items, by kind, each of shape (items, columns).

        Principal components of the encoder's mean states of each field (with, for pairs of fields, the difference and
        product of the last ones), what can be counted in the texts, and the facts as indicators.
        """
        items = self.data.train.items
        counted = [surface(self.data.train)[1]]
        found = {"facts": standing.indicators(items, self.data.facts).astype(np.float32)}
        if self.readable:
            last = _unit(self.pooled[:, :, -1])
            parts = [self.pooled.reshape(len(last), -1)]
            for a, b in combinations(range(last.shape[1]), 2):
                parts += [np.abs(last[:, a] - last[:, b]), last[:, a] * last[:, b]]
                counted.append((last[:, a] * last[:, b]).sum(axis=1, keepdims=True))
            states = standing.standardised(np.concatenate(parts, axis=1))
            found["encoder"] = likeness.components(states, _COMPONENTS)
        found["counted"] = standing.standardised(np.concatenate(counted, axis=1))
        return {kind: columns for kind, columns in found.items() if columns.size}

    @cached_property
    def columns(self) -> np.ndarray:
        """All that describes the items side by side, shape (items, columns)."""
        alike = likeness.components(self.vectors, _COMPONENTS // 4)
        return np.concatenate([alike, *self.kinds.values()], axis=1).astype(np.float64)

    def base(self, world: Pairs, examples: bool = True) -> np.ndarray:
        """Log-odds of each bit by the rater's own base rate, or without examples that of all, shape (pairs, bits)."""
        return history.offsets(world) if examples else history.common(world)

    def evidence(self, second_stage: bool) -> Evidence:
        """What the standing of items is read from."""
        tuned = {"tuned": standing.standardised(self.tuned.scores)} if second_stage else {}
        return Evidence(self.blocks, self.kinds | tuned)

    def strengths(self, second_stage: bool) -> Strengths:
        """See :func:`pluralign.raters.lewidi.standing.fit_strengths`."""
        if second_stage not in self._strengths:
            self._strengths[second_stage] = standing.fit_strengths(
                self.pairs,
                self.evidence(second_stage),
                lambda world: standing.targets(world, history.residuals(world, self.base(world))),
            )
        return self._strengths[second_stage]

    @cached_property
    def tuned(self) -> Tuned:
        """See :func:`pluralign.raters.lewidi.tuning.tune`."""
        from pluralign.lm.finetune import Settings

        return tune(
            self.data,
            self.pairs,
            history.offsets(self.pairs),
            lambda: self.texts,
            (Settings(), Settings(epochs=2)),
            auxiliary(self.data, self.root),
            self.pieces,
            self.report,
        )


def _unit(states: np.ndarray) -> np.ndarray:
    return states / np.maximum(np.linalg.norm(states, axis=-1, keepdims=True), 1e-9)
