"""Small data sets in the format of the shared task, original and compact, with invented texts."""

import gzip
import json
from pathlib import Path

import numpy as np


def item(task, text, annotations, split, annotators=None, **other):
    """One item as published; ``annotations`` None for a blind one."""
    names = annotators or ",".join(annotations)
    content = {
        "annotation task": task,
        "text": text,
        "annotators": names,
        "split": split,
        "lang": other.pop("lang", "en"),
    }
    if annotations is not None:
        content |= {"annotations": annotations, "number of annotations": len(annotations)}
    return content | {"other_info": other.pop("info", {})}


def write(folder: Path, name: str, parts: dict[str, dict[str, dict]], meta: str, compact: bool = False) -> Path:
    """Write the files of a data set; ``parts`` by the word in their names (train, dev, test, test_blind)."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, items in parts.items():
        if compact:
            lines = "\n".join(json.dumps({"id": key} | content) for key, content in items.items())
            (folder / f"{name}_{part}.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
        else:
            (folder / f"{name}_{part}.json").write_text(json.dumps(items), encoding="utf-8")
    (folder / f"{name}_annotators_meta.json").write_text(meta, encoding="utf-8")
    return folder


def sarcasm(folder: Path, items: int = 60, compact: bool = True, name: str = "CSC") -> Path:
    """Ordinal 1 to 6: three severe and three mild raters; the word ``great`` in a reply raises all ratings."""
    rng = np.random.default_rng(1)
    raters = [f"Ann{n}" for n in range(6)]

    def one(number: int, split: str, blind: bool) -> dict:
        ironic = number % 2
        text = {
            "context": f"You drop plate {number % 7}.",
            "response": ("great work" if ironic else "sorry") + f" {number}",
        }
        who = [raters[n] for n in sorted(rng.permutation(6)[:4])]
        level = 1 + 3 * ironic
        answers = {who_: str(int(np.clip(level + (who_ in raters[:3]) + rng.integers(0, 2), 1, 6))) for who_ in who}
        info = {"context+speaker": f"{number % 7}_{1000 + number % 5}"}
        return item("sarcasm detection", text, None if blind else answers, split, ",".join(who), info=info)

    parts = {
        "train": {str(n): one(n, "dev", False) for n in range(items)},
        "dev": {str(1000 + n): one(n + 1, "dev", False) for n in range(items // 4)},
        "test_blind": {str(2000 + n): one(n, "test", True) for n in range(6)},
    }
    meta = json.dumps({rater: {"Gender": "Female", "Age": str(20 + n)} for n, rater in enumerate(raters[:5])})
    return write(folder, name, parts, meta, compact)


def irony(folder: Path) -> Path:
    """Binary, in two languages, with raters numbered in the facts and soft labels as published."""

    def one(number: int, blind: bool = False) -> dict:
        lang = "en" if number % 2 else "ar"
        text = {"post": f"post {number} قال", "reply": "sure!" if number % 3 else "thanks"}
        answers = {"Ann0": str(int(number % 3 > 0)), "Ann1": "0", "Ann2": "1"}
        info = {"source": "reddit", "level": 1.0, "language_variety": "gb"}
        return item(
            "irony detection", text, None if blind else answers, "train", "Ann0,Ann1,Ann2", lang=lang, info=info
        )

    parts = {
        "train": {str(n): one(n) for n in range(48)},
        "dev": {str(100 + n): one(n) for n in range(6)},
        "test": {str(200 + n): one(n, True) for n in range(4)},
    }
    meta = {str(n): {"Age": 30.0 + n, "Gender": "Male", "Employment status": "DATA_EXPIRED"} for n in range(3)}
    return write(folder, "MP", parts, json.dumps(meta))


def inference(folder: Path) -> Path:
    """Label sets with explanations, a rater named once per label, trailing commas in the facts."""
    labels = ("contradiction", "entailment", "neutral")

    def one(number: int, secret: str, blind: bool = False) -> dict:
        text = {"context": f"A cat sleeps on mat {number}.", "statement": f"An animal sleeps {number % 5}."}
        first = labels[number % 3]
        second = "entailment,neutral" if number % 4 == 0 else "neutral"
        answers = {"Ann1": first, "Ann2": second}
        names = "Ann1,Ann2,Ann2" if number % 4 == 0 else "Ann1,Ann2"
        told = [f"{secret} {place}" for place in range(names.count(",") + 1)]
        info = {"explanations": told}
        return item("natural language inference", text, None if blind else answers, "train", names, info=info)

    parts = {
        "train": {str(n): one(n, "why") for n in range(36)},
        "dev": {str(n): one(n + 40, "hidden") for n in range(6)},
        "test_blind": {str(200 + n): one(n + 50, "hidden", True) for n in range(4)},
    }
    meta = '{"Ann1": {"Gender": "Female", "Age": "22",}, "Ann2": {"Gender": "Male", "Age": "33",},}'
    return write(folder, "VariErrNLI", parts, meta)
