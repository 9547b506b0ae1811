"""Data sets in the JSON format of the LeWiDi 2025 shared task, published or compact; any such set is read.

A set is a folder with ``NAME_train``, ``NAME_dev``, ``NAME_test`` (each ``.json``, or ``.jsonl`` with one item per
line, gzipped or not) and ``NAME_annotators_meta.json``. Its label scale is read off the labels. What is not to be used
in predictions is not read: the explanations of dev and test items, and how often a rater is named there (once per
label given). Explanations of training items are kept as reasons.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pluralign.errors import DataError
from pluralign.raters.ratings import Ratings
from pluralign.raters.scale import Scale
from pluralign.suite import lewidi

META = "_annotators_meta.json"
TEXT, INFO = "text/", "info/"
_SUFFIXES = (".json", ".jsonl.gz", ".jsonl")
_PARTS = {"train": ("train",), "dev": ("dev",), "test": ("test_blind", "test_clear", "test")}
_FIX = "The format is described in the readme of the shared task."


@dataclass(frozen=True)
class Queries:
    """The ratings of one part that are to be predicted, in the order of its file.

    Attributes:
        items: number of each item of the part (row of the items table), shape (items,).
        item: number of the item that each query is about, shape (queries,); the queries of an item are neighbours.
        rater: number of the rater, shape (queries,).
        label: what the rater answered (place in the scale's outcomes), shape (queries,); None where it is withheld.
    """

    items: np.ndarray
    item: np.ndarray
    rater: np.ndarray
    label: np.ndarray | None

    def __len__(self) -> int:
        return len(self.item)

    @property
    def row(self) -> np.ndarray:
        """Place in ``items`` of the item of each query, shape (queries,)."""
        place = np.full(self.items.max(initial=-1) + 1, -1)
        place[self.items] = np.arange(len(self.items))
        return place[self.item]


@dataclass(frozen=True)
class LewidiSet:
    """One data set.

    Attributes:
        train: the training ratings. Its items and raters are those of all parts. The items have the columns ``part``,
            ``id``, ``lang``, one ``text/FIELD`` per field of the text, and one ``info/NAME`` per other fact.
        dev: the ratings to report on.
        test: the ratings to submit, mostly without labels.
    """

    train: Ratings
    dev: Queries
    test: Queries

    @property
    def name(self) -> str:
        """Name of the set, as in its file names."""
        return self.train.name

    @property
    def scale(self) -> Scale:
        """The answers that raters could give."""
        return self.train.scale

    @property
    def fields(self) -> tuple[str, ...]:
        """Columns of the items table that hold texts."""
        return tuple(column for column in self.train.items.columns if column.startswith(TEXT))

    @property
    def facts(self) -> tuple[str, ...]:
        """Columns of the items table that hold facts about an item, as text."""
        return ("lang", *(column for column in self.train.items.columns if column.startswith(INFO)))


def find(root: Path) -> dict[str, Path]:
    """The data sets that lie under a folder: name to the folder that holds its files; the published layout wins."""
    found: dict[str, Path] = {}
    for path in sorted(root.rglob(f"*{META}"), key=lambda path: (lewidi.EDITION not in path.parts, path)):
        name = path.name.removesuffix(META)
        if all(_file(path.parent, name, part) for part in _PARTS):
            found.setdefault(name, path.parent)
    return found


def digest(folder: Path, name: str) -> str:
    """Tells apart the contents of the files of a data set."""
    paths = [*(_file(folder, name, part) for part in _PARTS), folder / f"{name}{META}"]
    return hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in paths if path)).hexdigest()


def load(folder: Path, name: str) -> LewidiSet:
    """Read one data set.

    Args:
        folder: that holds its files.
        name: what their names begin with, such as ``CSC``.

    Raises:
        DataError: a file is absent or not in the documented form; names the item.
    """
    parts = {part: list(_read(folder, name, part)) for part in _PARTS}
    if not parts["train"]:
        raise DataError("no training items", where=folder / name, fix=_FIX)
    answers = [a for part in parts.values() for item in part for a in (item.answers or {}).values()]
    scale = _scale(answers, where=folder / name)
    raters = list(dict.fromkeys(rater for part in parts.values() for item in part for rater in item.raters))
    number = {rater: place for place, rater in enumerate(raters)}
    outcomes = {outcome: place for place, outcome in enumerate(scale.outcomes)}

    queries, start = {}, 0
    for part, items in parts.items():
        numbers = np.arange(start, start + len(items))
        sizes = [len(item.raters) for item in items]
        labels = None
        answered = [item.answers for item in items if item.answers]
        if len(answered) == len(items):
            told = [
                _outcome(a[rater], scale) for item, a in zip(items, answered, strict=True) for rater in item.raters
            ]
            labels = np.array([outcomes[label] for label in told], dtype=np.int64)
        rated = np.array([number[rater] for item in items for rater in item.raters], dtype=np.int64)
        queries[part] = Queries(numbers, np.repeat(numbers, sizes), rated, labels)
        start += len(items)

    train = queries["train"]
    if train.label is None or queries["dev"].label is None:
        raise DataError("training or dev items lack annotations", where=folder / name, fix=_FIX)
    reasons = [item.reasons.get(rater) for item in parts["train"] for rater in item.raters]
    table = pl.DataFrame(
        {"rater": train.rater, "item": train.item, "label": train.label, "reason": reasons},
        schema_overrides={"reason": pl.String},
    )
    question = next((str(item.content["annotation task"]) for item in parts["train"] if item.content), "")
    ratings = Ratings(
        name=name,
        question=question,
        scale=scale,
        table=table,
        raters=_raters(lewidi.read_raters(folder / f"{name}{META}"), raters),
        items=_items(parts),
    )
    return LewidiSet(ratings, queries["dev"], queries["test"])


@dataclass(frozen=True)
class _Item:
    key: str
    content: Mapping[str, Any]
    raters: tuple[str, ...]
    answers: Mapping[str, str] | None
    reasons: Mapping[str, str]


def _file(folder: Path, name: str, part: str) -> Path | None:
    names = (folder / f"{name}_{word}{suffix}" for word in _PARTS[part] for suffix in _SUFFIXES)
    return next((path for path in names if path.is_file()), None)


def _read(folder: Path, name: str, part: str) -> Iterator[_Item]:
    path = _file(folder, name, part)
    if path is None:
        raise DataError(f"there is no {name}_{part}", where=folder, fix="Fetch the data set again.")
    for key, content in lewidi.read_items(path):
        try:
            raters = tuple(dict.fromkeys(rater.strip() for rater in content["annotators"].split(",")))
            answers = {k.strip(): _text(v) for k, v in content["annotations"].items()} if _told(content) else None
            texts = content["text"]
            if not (isinstance(texts, dict) and texts and all(isinstance(text, str) for text in texts.values())):
                raise TypeError
            content["lang"], content["annotation task"]
        except (KeyError, TypeError, AttributeError):
            what = "item lacks text, lang, annotators, annotations or annotation task"
            raise DataError(what, where=f"{path}, item {key}", fix=_FIX) from None
        if answers is not None and set(raters) != set(answers):
            raise DataError("annotators and annotations differ", where=f"{path}, item {key}", fix=_FIX)
        reasons = {}
        if part == "train" and "explanations" in (content.get("other_info") or {}):
            reasons = {rater: text for rater, _, text in lewidi.explained(dict(content))}
        yield _Item(key, content, raters, answers, reasons)


def _told(content: Mapping[str, Any]) -> bool:
    return bool(content.get("annotations"))


def _text(label: object) -> str:
    """A label as text, whole numbers without a decimal point."""
    try:
        value = float(str(label))
    except ValueError:
        return str(label)
    return str(int(value)) if value.is_integer() else str(value)


def _scale(answers: list[str], where: object) -> Scale:
    """Numbers are ordinal (0 and 1 binary), everything else is a set of labels joined by commas."""
    try:
        values = sorted({float(answer) for answer in answers})
    except ValueError:
        labels = {label.strip() for answer in answers for label in answer.split(",")}
        return Scale("multilabel", tuple(sorted(labels)))
    if set(values) <= {0.0, 1.0}:
        return Scale("binary", ("0", "1"))
    if any(value % 1 for value in values):
        raise DataError("labels are numbers, but not whole ones", where=where, fix=_FIX)
    return Scale("ordinal", tuple(map(str, range(int(values[0]), int(values[-1]) + 1))))


def _outcome(answer: str, scale: Scale) -> str:
    if scale.kind != "multilabel":
        return answer
    given = {label.strip() for label in answer.split(",")}
    return ",".join(label for label in scale.labels if label in given)


def _raters(known: Mapping[str, Mapping[str, str]], raters: list[str]) -> pl.DataFrame:
    """Facts in the order of ``raters``; the facts about numbered raters are kept under ``Ann`` and the number."""
    facts = [known.get(rater) or known.get(f"Ann{rater}") or {} for rater in raters]
    names = list(dict.fromkeys(name for one in facts for name in one))
    columns = {name: [one.get(name) for one in facts] for name in names}
    return pl.DataFrame({"rater": raters} | columns, schema=dict.fromkeys(("rater", *names), pl.String))


def _items(parts: Mapping[str, list[_Item]]) -> pl.DataFrame:
    rows = []
    for part, items in parts.items():
        for item in items:
            texts = item.content["text"]
            info = item.content.get("other_info") or {}
            rows.append(
                {
                    "item": f"{part}/{item.key}",
                    "text": "\n".join(f"{field}: {text}" for field, text in texts.items()),
                    "part": part,
                    "id": item.key,
                    "lang": str(item.content["lang"]),
                }
                | {TEXT + field: text for field, text in texts.items()}
                | {INFO + name: str(value) for name, value in _facts(info)}
            )
    return pl.DataFrame(rows, infer_schema_length=None)


def _facts(info: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Facts about an item; one that joins several (``a+b`` with value ``x_y``) is taken apart."""
    for name, value in info.items():
        if name == "explanations" or isinstance(value, list | dict) or value is None:
            continue
        names, values = name.split("+"), str(value).split("_")
        yield from zip(names, values, strict=True) if len(names) == len(values) else [(name, value)]
