"""The embedded kaleidoscope: a bank of considerations, compared with a situation by a small tuned encoder.

Every entry of the bank is compared with the situation; the reader says how far it bears on it, and recorded actions
that are like the situation are evidence beside it. Those that are listed are then read together with the situation,
which tells the side that they take. Explanations are taken from the bank: what the consideration asks for, and the
recorded action that comes nearest to the situation on the side the model takes.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from pluralign.errors import ModelError
from pluralign.lm.protocol import Progress
from pluralign.values.bank import Entry, bank
from pluralign.values.calibration import Calibration
from pluralign.values.consideration import VALENCES, Consideration, Kind, Pair, core
from pluralign.values.dedup import Limits
from pluralign.values.evidence import Evidence, actions
from pluralign.values.kaleidoscope import Generated

FOLDER = Path(__file__).with_name("embedded_model")
NAME = "embedded"
CANDIDATES = 10
"""Entries that are listed for a situation, the most relevant of the bank."""

_VECTORS = "bank.safetensors"
_KEPT = 5_000
"""Texts whose vectors are kept in memory."""

_NEAR = 0.35
"""Cosine similarity below which no recorded action is called near."""


@dataclass(frozen=True)
class EmbeddedModel:
    """Reads situations with the entries of a bank.

    Attributes:
        entries: the bank; entries may be added (:func:`pluralign.values.bank.joined`).
        folder: of the reader's weights.
        candidates: entries that are listed for a situation.
    """

    entries: tuple[Entry, ...] = ()
    folder: Path = FOLDER
    candidates: int = CANDIDATES
    _known: dict[str, np.ndarray] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """How the user called it."""
        return NAME

    @property
    def facts(self) -> dict:
        """What a run records."""
        return {"entries": len(self._bank), "candidates": self.candidates, "about": self._loaded[1]}

    @property
    def thresholds(self) -> dict[Kind, float]:
        """Relevance from which a consideration of each kind is shown."""
        return dict(self._about("thresholds"))

    @property
    def limits(self) -> Limits:
        """From which likeness on two considerations say the same."""
        return Limits()

    def generate(self, situations: Sequence[str], progress: Progress | None = None) -> list[Generated]:
        """The most relevant entries of the bank, the most relevant first."""
        from pluralign.values.reader import embedding, read

        found, told = [], self._vectors([entry.described for entry in self._bank])
        here = self._vectors(situations)
        near = self._evidence.near(embedding(here))
        for row in range(len(situations)):
            odds = read(self._loaded[0].reader, told, here[row : row + 1])
            order = np.argsort(-self._calibration.bears(odds, near[row]), kind="stable")[: self.candidates]
            entries = [self._bank[place] for place in order]
            found.append(Generated(tuple(Consideration(entry.kind, entry.text) for entry in entries)))
            if progress is not None:
                progress(1)
        return found

    def relevance(self, pairs: Sequence[Pair], progress: Progress | None = None) -> np.ndarray:
        """Calibrated probability that each consideration bears on its situation, shape (pairs,)."""
        from pluralign.values.reader import embedding, read

        distinct = list(dict.fromkeys(pair.situation for pair in pairs))
        place = {text: row for row, text in enumerate(distinct)}
        here, rows = self._vectors(distinct), np.array([place[pair.situation] for pair in pairs], int)
        odds = read(self._loaded[0].reader, self._vectors([self._told(pair) for pair in pairs]), here[rows])
        entry = np.array([-1 if (number := self._number(pair)) is None else number for pair in pairs], int)
        near = np.where(entry < 0, 0.0, self._evidence.near(embedding(here))[rows, entry])
        if progress is not None:
            progress(len(pairs))
        return self._calibration.bears(odds, near)

    def valence(self, pairs: Sequence[Pair], progress: Progress | None = None) -> np.ndarray:
        """Calibrated probabilities of the three valences, shape (pairs, 3)."""
        read = [(self._told(pair), pair.situation) for pair in pairs]
        rules = np.array([self._number(pair) is None for pair in pairs], bool)
        return self._calibration.sides(self._loaded[0].valence(read, rules, progress))

    def explain(self, pairs: Sequence[Pair], progress: Progress | None = None) -> list[str]:
        """The gloss, and the nearest recorded action on the model's side; empty for what is not in the bank."""
        sides = self.valence(pairs).argmax(1)
        found = []
        for pair, side in zip(pairs, sides.tolist(), strict=True):
            number = self._number(pair)
            found.append("" if number is None else self._because(number, VALENCES[side], pair.situation))
            if progress is not None:
                progress(1)
        return found

    @cached_property
    def _bank(self) -> tuple[Entry, ...]:
        return self.entries or bank()

    @cached_property
    def _place(self) -> dict[tuple[Kind, str], int]:
        return {(entry.kind, core(entry.text)): number for number, entry in enumerate(self._bank)}

    @cached_property
    def _loaded(self) -> tuple[Any, dict]:
        from pluralign.values.weights import load

        return load(self.folder)

    @cached_property
    def _calibration(self) -> Calibration:
        return Calibration(**self._about("calibration"))

    @cached_property
    def _evidence(self) -> Evidence:
        from pluralign.values.reader import embedding, vectors

        known = dict(stored(self.folder)[1])
        new = [text for text in dict.fromkeys(actions(self._bank)) if text not in known]
        known.update(zip(new, embedding(vectors(self._loaded[0].reader, new)), strict=True))
        return Evidence(self._bank, known)

    def _about(self, key: str) -> Any:
        try:
            return self._loaded[1][key]
        except KeyError:
            raise ModelError(
                f"the embedded kaleidoscope lacks {key!r}", where=self.folder, fix="Train it again."
            ) from None

    def _number(self, pair: Pair) -> int | None:
        """Of the entry of the bank that a pair names."""
        return self._place.get((pair.kind, core(pair.text)))

    def _told(self, pair: Pair) -> str:
        """What is read of a consideration: with its gloss, if the bank has it."""
        number = self._number(pair)
        return pair.text if number is None else self._bank[number].described

    def _vectors(self, texts: Sequence[str]) -> np.ndarray:
        """The reader's vectors of texts, shape (texts, vectors, size); those of the bank ship with the weights."""
        from pluralign.values.reader import vectors

        if len(self._known) > _KEPT:
            self._known.clear()
        if not self._known:
            self._known.update(stored(self.folder)[0])
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, vectors(self._loaded[0].reader, new), strict=True))
        return np.array([self._known[text] for text in texts], np.float32)

    def _because(self, number: int, side: str, situation: str) -> str:
        """Gloss and nearest recorded action of an entry."""
        from pluralign.values.reader import embedding

        gloss = self._bank[number].gloss
        text = f"{gloss[0].upper()}{gloss[1:].rstrip('.')}." if gloss else ""
        if side != "either":
            nearest = self._evidence.nearest(number, side == "supports", embedding(self._vectors([situation]))[0])
            if nearest is not None and nearest[1] >= _NEAR:
                verb, action = "for" if side == "supports" else "against", nearest[0]
                text += f" It speaks {verb} “{action[0].lower()}{action[1:]}”, which is near to this."
        return text.strip()


def store(folder: Path, entries: Sequence[Entry]) -> None:
    """Write the vectors of a bank and its actions in half precision, so that the first map need not compute them."""
    from safetensors.numpy import save_file

    model = EmbeddedModel(tuple(entries), folder)
    texts, recorded = [entry.described for entry in entries], list(dict.fromkeys(actions(entries)))
    found = np.array([model._evidence.vectors[action] for action in recorded])
    kept = {"entries": model._vectors(texts), "actions": found}
    about = {"entries": texts, "actions": recorded}
    save_file(
        {name: vectors.astype(np.float16) for name, vectors in kept.items()},
        folder / _VECTORS,
        metadata={name: json.dumps(one, ensure_ascii=False) for name, one in about.items()},
    )


def stored(folder: Path) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Vectors of entries as they are read and of their actions, by text, as :func:`store` wrote them; empty without.

    Raises:
        ModelError: the file is damaged.
    """
    from safetensors import safe_open

    path = folder / _VECTORS
    if not path.is_file():
        return {}, {}
    try:
        with safe_open(path, "numpy") as file:
            about = file.metadata()
            kept = {name: file.get_tensor(name).astype(np.float32) for name in ("entries", "actions")}
        entries, acts = (dict(zip(json.loads(about[name]), vectors, strict=True)) for name, vectors in kept.items())
        return entries, acts
    except Exception as error:  # the reader of the file has errors of its own
        raise ModelError("damaged vectors of the bank", where=path, fix="Install the package again.") from error
