"""A kaleidoscope whose judgements follow from words, and the files of sources in their original form."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from pluralign.values.consideration import KINDS, VALENCES, Consideration, Pair, parse
from pluralign.values.dedup import Limits
from pluralign.values.kaleidoscope import Generated


@dataclass
class Rules:
    """Lists and judges by a table: line, relevance and valence of each situation.

    Attributes:
        listed: by situation.
        asked: numbers of pairs whose relevance was asked for.
    """

    listed: dict[str, list[tuple[str, float, str]]]
    name: str = "rules"
    facts: dict = field(default_factory=dict)
    thresholds: dict = field(default_factory=lambda: dict.fromkeys(KINDS, 0.5))
    limits: Limits = field(default_factory=Limits)
    asked: list[int] = field(default_factory=list)

    def generate(self, situations: Sequence[str], progress=None) -> list[Generated]:
        found = []
        for text in situations:
            lines = [line for line, _, _ in self.listed[text]]
            bad = tuple(line for line in lines if ":" not in line)
            found.append(Generated(tuple(parse(line) for line in lines if ":" in line), bad))
        return found

    def relevance(self, pairs: Sequence[Pair], progress=None) -> np.ndarray:
        self.asked.append(len(pairs))
        return np.array([self._row(pair)[1] for pair in pairs])

    def valence(self, pairs: Sequence[Pair], progress=None) -> np.ndarray:
        places = [VALENCES.index(self._row(pair)[2]) for pair in pairs]
        return np.eye(3)[places] * 0.7 + 0.1

    def explain(self, pairs: Sequence[Pair], progress=None) -> list[str]:
        return [f"{pair.text} in {pair.situation}" for pair in pairs]

    def _row(self, pair: Pair) -> tuple[str, float, str]:
        line = str(Consideration(pair.kind, pair.text))
        return next(row for row in self.listed[pair.situation] if row[0] == line)


def write_sources(root: Path, stories: int = 6, situations: int = 12) -> Path:
    """Small files of the sources that models are trained on."""
    acts = (
        "helps a neighbour move",
        "waters the garden",
        "returns a book",
        "feeds the birds",
        "calls an aunt",
        "mends a fence",
    )
    rows = []
    for k in range(stories):
        one, two = f"The person {acts[k % 6]} on day {k}.", f"The person sleeps all day {k}."
        norms = [
            (f"You should do thing {k}.", 1, 0),
            (f"It's okay to do thing {k}.", 1, 1),
            (f"It's wrong to do thing {k}.", 0, 1),
        ]
        for norm, first, second in norms:
            for end, text, label in (("1", one, first), ("0", two, second)):
                side = "moral_action" if label else "immoral_action"
                other = "immoral_action" if label else "moral_action"
                rows.append(
                    {"ID": f"S{k}{end}", "norm": norm, side: text, other: None, "label": label, "split": "dev"}
                )
    folder = root / "moral_stories"
    folder.mkdir(parents=True)
    with gzip.open(folder / "contra_ms_dev.jsonl.gz", "wt") as file:
        file.write("".join(json.dumps(row) + "\n" for row in rows))
    folder = root / "social_chem_101_subset"
    folder.mkdir()
    done = ("explicit", "explicit-no", "probable", None)
    for part, judgement in (("obligatory", 1.0), ("optional", 0.0)):
        pl.DataFrame(
            {
                "situation": [f"{acts[k % 6]} in week {k}" for k in range(situations)],
                "situation-short-id": [f"{part}/{k}" for k in range(situations)],
                "rot": [
                    f"It's {'good' if judgement else 'okay'} to {acts[(k + 1) % 6]} {k}." for k in range(situations)
                ],
                "action-moral-judgment": [judgement] * situations,
                "action-hypothetical": [done[k % 4] for k in range(situations)],
            }
        ).write_parquet(folder / f"{part}_sc101.parquet")
    return root
