"""What can be counted in the texts of an item, whatever the language: length, punctuation, overlap of the fields."""

import re
import unicodedata
from itertools import combinations

import numpy as np

from pluralign.raters.lewidi.data import TEXT
from pluralign.raters.ratings import Ratings

_WORD = re.compile(r"\w+")
_NEGATION = re.compile(r"\b(no|not|never|none|nobody|nothing|neither|nor|cannot|without|\w+n['’]t)\b")
_LAUGHTER = re.compile(r"\b(?:(?:ha){2,}h?|(?:ja){2,}j?|(?:he){2,}|(?:hi){2,}|k{3,}|l+o+l+|lmf?ao|x+d+)\b")
_COUNTED = {
    "words": _WORD,
    "exclamations": re.compile(r"[!¡]"),
    "questions": re.compile(r"[?¿؟]"),
    "dots": re.compile(r"\.{2,}|…"),
    "quotes": re.compile(r"[\"“”„«»]"),
    "commas": re.compile(r"[,،;]"),
    "digits": re.compile(r"\d+"),
    "mentions": re.compile(r"@\w+"),
    "tags": re.compile(r"#\w+"),
    "links": re.compile(r"https?:|\bURL\b"),
    "stretched": re.compile(r"(\w)\1\1"),
    "shouted": re.compile(r"\b[A-Z]{3,}\b"),
    "lines": re.compile(r"\n"),
}


def surface(ratings: Ratings) -> tuple[tuple[str, ...], np.ndarray]:
    """Names of the features, and their values, shape (items, features)."""
    fields = [column for column in ratings.items.columns if column.startswith(TEXT)]
    columns: dict[str, list[float]] = {}
    texts = {field: ratings.items[field].to_list() for field in fields}
    for field, written in texts.items():
        distinct = {text: _counts(text) for text in dict.fromkeys(written)}
        for name in distinct[written[0]]:
            columns[f"{name} of {field}"] = [distinct[text][name] for text in written]
    for first, second in combinations(fields, 2):
        pairs = [_pair(a, b) for a, b in zip(texts[first], texts[second], strict=True)]
        for name in pairs[0]:
            columns[f"{name} of {first} and {second}"] = [pair[name] for pair in pairs]
    return tuple(columns), np.array(list(columns.values()), dtype=np.float32).T


def _counts(text: str) -> dict[str, float]:
    lower = text.lower()
    found = {name: float(len(pattern.findall(text))) for name, pattern in _COUNTED.items()}
    letters = sum(character.isalpha() for character in text)
    return found | {
        "characters": float(np.log1p(len(text))),
        "capitals": sum(character.isupper() for character in text) / max(letters, 1),
        "symbols": float(sum(unicodedata.category(character) == "So" for character in text)),
        "negations": float(len(_NEGATION.findall(lower))),
        "laughter": float(len(_LAUGHTER.findall(lower))),
    }


def _pair(a: str, b: str) -> dict[str, float]:
    """How far two texts overlap, and in what they differ."""
    left, right = set(_WORD.findall(a.lower())), set(_WORD.findall(b.lower()))
    numbers = [set(_COUNTED["digits"].findall(text)) for text in (a, b)]
    # The first word of a sentence has a capital whatever it is.
    names = [{word for word in _WORD.findall(text)[1:] if word[0].isupper()} for text in (a, b)]
    negated = [bool(_NEGATION.search(text.lower())) for text in (a, b)]
    return {
        "overlap": len(left & right) / max(len(left | right), 1),
        "share of the first": len(left & right) / max(len(left), 1),
        "share of the second": len(left & right) / max(len(right), 1),
        "only in the first": float(len(left - right)),
        "only in the second": float(len(right - left)),
        "n-gram overlap": _grams_overlap(a, b),
        "length ratio": float(np.log((len(a) + 1) / (len(b) + 1))),
        "numbers differ": float(numbers[0] != numbers[1]),
        "names differ": float(len(names[0] ^ names[1])),
        "negation differs": float(negated[0] != negated[1]),
        "same first word": float(a.lower().split()[:1] == b.lower().split()[:1]),
        "same last word": float(_WORD.findall(a.lower())[-1:] == _WORD.findall(b.lower())[-1:]),
    }


def _grams_overlap(a: str, b: str, size: int = 4) -> float:
    left, right = ({text.lower()[i : i + size] for i in range(max(len(text) - size + 1, 1))} for text in (a, b))
    return len(left & right) / max(len(left | right), 1)
