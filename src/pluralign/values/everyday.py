"""Everyday situations with the entries of the bank that bear on them, written for this project."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from pluralign.suite.data import read_jsonl
from pluralign.values.bank import Entry
from pluralign.values.consideration import VALENCES
from pluralign.values.sources.tables import JUDGED
from pluralign.values.split import Embed, clusters

SOURCE = "everyday"

_FILE = Path(__file__).with_name("bank_data") / "situations.jsonl"
_RANDOM = 4
"""Entries per situation that are drawn from those that nobody listed."""
_APART = 0.4
"""Cosine similarity with every listed entry below which an entry is taken not to bear."""


@dataclass(frozen=True)
class Scene:
    """A situation and names of entries.

    Attributes:
        situation: what is done or considered.
        supports: entries that speak for it.
        opposes: entries that speak against it.
        either: entries that bear on it, on a side that depends on context.
        unrelated: entries that look near and do not bear on it.
    """

    situation: str
    supports: tuple[str, ...]
    opposes: tuple[str, ...]
    either: tuple[str, ...]
    unrelated: tuple[str, ...]


@cache
def scenes() -> tuple[Scene, ...]:
    """The situations that ship."""
    lists = [field.name for field in fields(Scene)][1:]
    return tuple(Scene(row["situation"], *(tuple(row[name]) for name in lists)) for row in read_jsonl(_FILE))


def pairs(written: Sequence[Scene], entries: Sequence[Entry], embed: Embed, seed: int) -> pl.DataFrame:
    """Situations with listed entries, with near misses, and with some entries that nobody listed.

    Args:
        written: situations; names of entries that are not in the bank are passed over.
        entries: the bank.
        embed: from texts to unit vectors.
        seed: of the entries drawn.

    Returns:
        columns of :data:`pluralign.values.sources.JUDGED`; situations that read alike are of one ``group``, and the
        ``form`` is the valence, ``near miss`` or ``random``.
    """
    place = {entry.text: number for number, entry in enumerate(entries)}
    known = [one for one in written if any(name in place for name in (*one.supports, *one.opposes, *one.either))]
    if not known:
        return pl.DataFrame(schema=JUDGED)
    vectors = np.asarray(embed([entry.described for entry in entries]), np.float32)
    groups = clusters([one.situation for one in known], embed).tolist()
    rng = np.random.default_rng([seed, 31])
    rows = []
    for one, group in zip(known, groups, strict=True):
        sides = {valence: [place[name] for name in getattr(one, valence) if name in place] for valence in VALENCES}
        listed = [number for own in sides.values() for number in own]
        missed = [place[name] for name in one.unrelated if name in place]
        far = np.flatnonzero((vectors @ vectors[listed].T).max(1) < _APART)
        drawn = rng.choice(np.setdiff1d(far, missed), min(_RANDOM, len(np.setdiff1d(far, missed))), replace=False)
        for form, numbers in (*sides.items(), ("near miss", missed), ("random", drawn.tolist())):
            bears = form in VALENCES
            rows += [
                {
                    "source": SOURCE,
                    "group": f"everyday {group}",
                    "form": form,
                    "situation": one.situation,
                    "kind": entries[number].kind,
                    "text": entries[number].text,
                    "relevant": bears,
                    "valence": form if bears else None,
                }
                for number in numbers
            ]
    return pl.DataFrame(rows, schema=JUDGED)
