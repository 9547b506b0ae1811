"""The compact decoder on known raters and new items, told the rater's own ratings and facts.

It is trained without the items of the first fold, on which it is then tried: those predictions say how far it can be
trusted. Its items are described by the same numbers as in the other systems, since the packaged encoder reads English
only.
"""

from collections.abc import Sequence

import numpy as np

from pluralign.lm.embed import embed as packaged
from pluralign.raters.compact import CompactDecoder, Settings, View
from pluralign.raters.compact.texts import Embed
from pluralign.raters.lewidi.bits import marginals
from pluralign.raters.lewidi.material import Material
from pluralign.raters.lewidi.pieces import Arrays
from pluralign.raters.representation import Representation

_SHOTS = 48
_TRIED = 0
_WITHOUT_TEXT = 300
"""Training steps that are enough where items cannot be told apart."""


def answers(material: Material, text: bool = True, settings: Settings | None = None) -> Arrays:
    """Probabilities of the bits by what the decoder is told, each of shape (pairs, bits); NaN for ratings trained on.

    Args:
        material: what is known.
        text: whether it sees anything of the items.
        settings: of the decoder; None takes its defaults.
    """
    data, pairs = material.data, material.pairs
    told = (True, False) if text else (True,)
    settings = settings or (Settings() if text else Settings(steps=_WITHOUT_TEXT))

    def make() -> Arrays:
        material.report(f"{data.name}: training the compact decoder{'' if text else ' without texts'}")
        train, facts = data.train, data.train.attributes
        rows = np.flatnonzero(pairs.fold[: len(train)] != _TRIED)
        views = (
            [View(facts, _SHOTS, weight=4), View((), _SHOTS, weight=2), View(facts)] if facts else [View((), _SHOTS)]
        )
        decoder = CompactDecoder.fit(
            train, rows, views=views, protocol="items", settings=settings, embed=_embed(material, text)
        )
        found = {}
        tried = pairs.fold == _TRIED
        for name, wanted in (("tried", tried), ("queries", ~pairs.known)):
            own = rows if name == "tried" else np.arange(len(train))
            for examples in told:
                for demographics in told:
                    if examples or demographics:
                        said = _representations(material, own, examples, demographics and bool(facts))
                        p = decoder.predict(pairs.item[wanted], said, pairs.rater[wanted])
                        key = _key(examples, demographics)
                        bits = found.setdefault(key, np.full(pairs.bits.shape, np.nan))
                        bits[wanted] = marginals(p, data.scale)
        return found

    name = f"{data.name}-decoder{'' if text else '-no-text'}"
    return material.pieces.get(name, (material.key, settings), make)


def with_(material: Material, *, examples: bool = True, demographics: bool = True, text: bool = True) -> np.ndarray:
    """What the decoder says when it is told these things, shape (pairs, bits)."""
    return answers(material, text)[_key(examples, demographics)]


def _key(examples: bool, demographics: bool) -> str:
    return f"{'examples' if examples else 'none'}-{'demographics' if demographics else 'none'}"


def _representations(material: Material, rows: np.ndarray, examples: bool, demographics: bool) -> list[Representation]:
    """What is told of each rater."""
    ratings = material.data.train
    facts: Sequence[tuple[tuple[str, str], ...]] = [()] * ratings.raters.height
    if demographics:
        table = ratings.raters.drop("rater").to_dicts()
        facts = [tuple((name, str(value)) for name, value in one.items() if value is not None) for one in table]
    items: list[list[int]] = [[] for _ in facts]
    labels: list[list[int]] = [[] for _ in facts]
    if examples:
        columns = (ratings.rater[rows].tolist(), ratings.item[rows].tolist(), ratings.label[rows].tolist())
        for rater, item, label in zip(*columns, strict=True):
            items[rater].append(item)
            labels[rater].append(label)
    return [
        Representation(fact, None, tuple(own), tuple(given))
        for fact, own, given in zip(facts, items, labels, strict=True)
    ]


def _embed(material: Material, text: bool) -> Embed:
    """Items go by the numbers that describe them; facts about raters by the packaged encoder."""
    columns = material.columns.astype(np.float32)
    place = {item: number for number, item in enumerate(material.data.train.items["text"].to_list())}

    def embed(texts: Sequence[str]) -> np.ndarray:
        if all(one in place for one in texts):
            rows = columns[[place[one] for one in texts]]
            return rows if text else np.zeros_like(rows)
        found = packaged(texts)
        return np.pad(found[:, : columns.shape[1]], ((0, 0), (0, max(0, columns.shape[1] - found.shape[1]))))

    return embed
