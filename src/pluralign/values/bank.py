"""The bank: considerations with what they mean, what they speak for and against, and where they come from."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pluralign.errors import DataError
from pluralign.suite.data import read_jsonl
from pluralign.values.consideration import KINDS, Kind, core, kind_of

_FOLDER = Path(__file__).with_name("bank_data")
_FIX = 'One JSON object per line, such as {"kind": "value", "text": "Honesty", "source": "own"}.'
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """A consideration of the bank.

    Attributes:
        kind: value, right or duty.
        text: its name.
        gloss: what it asks or entitles to, in a line; empty where nobody wrote one.
        supports: actions that it speaks for.
        opposes: actions that it speaks against.
        source: key of :func:`sources`, perhaps with an article after a colon; of added entries, whatever was given.
    """

    kind: Kind
    text: str
    source: str
    gloss: str = ""
    supports: tuple[str, ...] = ()
    opposes: tuple[str, ...] = ()

    @property
    def described(self) -> str:
        """Name and gloss, as an encoder reads them."""
        return f"{self.text}: {self.gloss}" if self.gloss else self.text


@cache
def bank() -> tuple[Entry, ...]:
    """The bank that ships, from public inventories of values, rights and duties."""
    return tuple(entry for kind in KINDS for entry in read(_FOLDER / f"{kind}.jsonl"))


@cache
def sources() -> dict[str, dict[str, str]]:
    """The inventories behind the bank: citation and content, by key."""
    return json.loads((_FOLDER / "sources.json").read_text(encoding="utf-8"))


def read(path: Path) -> list[Entry]:
    """Entries of a file, one JSON object per line, with the keys of :class:`Entry`; the last three may be absent.

    Raises:
        DataError: the file is not readable, or a line lacks a key or holds something else; names the line.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError("there is no such bank", where=path, fix="Give a file with one JSON object per line.")
    found = [_entry(row, f"{path}, entry {number}") for number, row in enumerate(read_jsonl(path), 1)]
    if not found:
        raise DataError("the bank is empty", where=path, fix=_FIX)
    return found


def joined(added: Iterable[Entry], first: Sequence[Entry] | None = None) -> tuple[Entry, ...]:
    """A bank with further entries; one that reads like an entry of the same kind takes its place.

    Args:
        first: the bank they are added to; None for the one that ships.
    """
    entries = {(entry.kind, core(entry.text)): entry for entry in (*(bank() if first is None else first), *added)}
    return tuple(entries.values())


def _entry(row: dict, where: str) -> Entry:
    for key in ("kind", "text", "source"):
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise DataError(f"an entry of the bank has no {key!r}", where=where, fix=_FIX)
    lists = []
    for key in ("supports", "opposes"):
        phrases = row.get(key) or []
        if not isinstance(phrases, list) or not all(isinstance(phrase, str) and phrase.strip() for phrase in phrases):
            raise DataError(f"{key!r} is not a list of texts", where=where, fix=_FIX)
        lists.append(tuple(" ".join(phrase.split()) for phrase in phrases))
    gloss = row.get("gloss") or ""
    if not isinstance(gloss, str):
        raise DataError("'gloss' is not a text", where=where, fix=_FIX)
    if unknown := row.keys() - {"kind", "text", "source", "gloss", "supports", "opposes", "situation"}:
        raise DataError(
            f"an entry of the bank has a key {sorted(unknown)[0]!r} that nothing reads", where=where, fix=_FIX
        )
    texts = [" ".join(row["text"].split()), " ".join(gloss.split())]
    if long := next((text for text in (*texts, *lists[0], *lists[1]) if len(text) > _LONGEST), None):
        raise DataError(f"longer than {_LONGEST} characters: {long[:40]!r}…", where=where, fix="Shorten it.")
    return Entry(kind_of(row["kind"], where), texts[0], row["source"].strip(), texts[1], *lists)
