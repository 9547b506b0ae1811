"""The common layout of the LeWiDi 2025 shared task (Learning With Disagreements, third edition).

Schema from the readme of its repository: a JSON object of items keyed by id, each with ``text``, ``annotators``
(names joined by commas, one per explanation), ``annotations`` (label by rater), ``lang`` and ``other_info``; and an
object of facts about the raters. The training items of two of the four data sets (CSC and MP) are not in the
repository but only on the site of the competition. A compact copy holds one item per line instead, with its key as
``id``.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pluralign.episode import Example, Process
from pluralign.errors import DataError
from pluralign.suite.chunks import chunks
from pluralign.suite.data import read_json, read_jsonl
from pluralign.suite.registry import Fetch

ACCESS = "https://github.com/Le-Wi-Di/le-wi-di.github.io (folder LeWiDi_3-2025)"
FOLDER = "git/Le-Wi-Di/le-wi-di.github.io"
EDITION = "LeWiDi_3-2025"

# How a fact is named in a sentence, in the order of the sentence; those that hold a name keep their capitals.
_SPOKEN = {
    "gender": "gender",
    "age": "age",
    "ethnicity simplified": "ethnicity",
    "nationality": "nationality",
    "country of birth": "country of birth",
    "country of residence": "country of residence",
    "education": "education",
    "student status": "student",
    "employment status": "employment",
}
_NAMES = {"ethnicity simplified", "nationality", "country of birth", "country of residence"}
_UNKNOWN = {"", "nan", "DATA_EXPIRED", "CONSENT_REVOKED", "Prefer not to say"}


def item_files(dataset: str, compact: str) -> tuple[str, ...]:
    """Where the training items of a data set may lie; ``compact`` is the folder of a copy."""
    name = f"{dataset}_train.json"
    return f"{FOLDER}/{EDITION}/{dataset}/{name}", f"{compact}/{name}l.gz", f"{compact}/{name}"


def rater_files(dataset: str, compact: str) -> tuple[str, ...]:
    """Where the facts about the raters of a data set may lie."""
    name = f"{dataset}_annotators_meta.json"
    return f"{FOLDER}/{EDITION}/{dataset}/{name}", f"{compact}/{name}"


def fetch(dataset: str) -> Fetch:
    """The training items and rater facts of a data set that is whole in the repository of the shared task."""
    names = (f"{dataset}_train.json", f"{dataset}_annotators_meta.json")
    return Fetch(
        "git",
        "https://github.com/Le-Wi-Di/le-wi-di.github.io",
        FOLDER,
        tuple(f"{EDITION}/{dataset}/{name}" for name in names),
    )


def steps(dataset: str) -> str:
    """How a person gets the files where the repository does not hold them."""
    return (
        "Open https://www.codabench.org/competitions/7192 and log in.\n"
        "Download the training data of the practice phase under Files.\n"
        f"Put {dataset}_train.json and {dataset}_annotators_meta.json into {FOLDER}/{EDITION}/{dataset}/."
    )


def examples_by_rater(
    path: Path, examples: Callable[[dict], Iterable[tuple[str, Example]]]
) -> dict[str, list[Example]]:
    """The examples of each rater, in order of first appearance.

    Args:
        path: the items, as published or compact.
        examples: gives the rater and the example of every annotation of an item.

    Raises:
        DataError: an item is not in the documented form; names it.
    """
    collected: dict[str, list[Example]] = defaultdict(list)
    for name, item in read_items(path):
        try:
            for rater, example in examples(item):
                collected[rater].append(example)
        except (KeyError, TypeError, AttributeError):
            raise DataError("item lacks text, lang or annotations", where=f"{path}, item {name}") from None
        except DataError as error:
            raise DataError(error.what, where=f"{path}, item {name}", fix="Fetch the file again.") from None
    return collected


def parts(
    items: Path,
    raters: Path,
    examples: Callable[[dict], Iterable[tuple[str, Example]]],
    size: int,
    name: str,
    descriptions: tuple[str, str],
    choices: tuple[str, ...] | None,
) -> Iterator[Process]:
    """Every answer of each rater once, ``size`` answers per process; the second description tells who the rater is.

    Args:
        items: see :func:`examples_by_rater`.
        raters: see :func:`read_raters`.
        name: of the task, which alone decides how the answers are parted.
    """
    known_raters = read_raters(raters)
    for rater, given in examples_by_rater(items, examples).items():
        known = known_raters.get(rater, {})
        for number, part in chunks(given, lambda rng: size, key=(name, rater)):
            yield Process(
                f"{rater}/{number}",
                examples=tuple(part),
                descriptions=(descriptions[0], descriptions[1] + about(known)),
                choices=choices,
                metadata={"rater": rater} | metadata(known),
            )


def explained(item: dict) -> Iterator[tuple[str, str, str]]:
    """Rater, label and explanation of every annotation of an item.

    A rater who gave several labels explained each of them; the explanations are put on lines of their own.

    Raises:
        DataError: the explanations cannot be told apart by rater.
    """
    raters = [name.strip() for name in item["annotators"].split(",")]
    explanations = item["other_info"]["explanations"]
    if len(raters) != len(explanations) or set(raters) != set(item["annotations"]):
        raise DataError(f"{len(explanations)} explanations for {len(raters)} annotators")
    for rater, label in item["annotations"].items():
        own = [text.strip() for name, text in zip(raters, explanations, strict=True) if name == rater]
        yield rater, label, "\n".join(own)


def read_items(path: Path) -> Iterable[tuple[str, dict]]:
    """Key and content of every item of a file, as published or compact (gzipped or not).

    Raises:
        DataError: the file is not readable JSON, or not an object keyed by item.
    """
    if ".jsonl" not in path.suffixes:
        items = read_json(path)
        if not isinstance(items, dict):
            raise DataError("not an object keyed by item", where=path, fix="Fetch the file again.")
        return items.items()
    return ((str(item.get("id")), item) for item in read_jsonl(path))


def read_raters(path: Path) -> dict[str, dict[str, str]]:
    """What is known of each rater: names of facts in lower case, without those that are missing or withdrawn.

    Two of the published files have commas before closing braces, which JSON does not allow; they are read too. One
    file numbers the raters that its items call ``Ann`` and the number.

    Raises:
        DataError: the file is not an object of objects.
    """
    try:
        raters = json.loads(re.sub(r",(\s*[}\]])", r"\1", path.read_text(encoding="utf-8")))
    except (ValueError, OSError) as error:
        raise DataError(f"not readable JSON: {error}", where=path, fix="Fetch the file again.") from None
    if not isinstance(raters, dict) or not all(isinstance(facts, dict) for facts in raters.values()):
        raise DataError("not an object keyed by rater", where=path, fix="Fetch the file again.")
    return {
        f"Ann{rater}" if rater.isdigit() else rater: {
            name.lower(): _cleaned(value) for name, value in facts.items() if str(value) not in _UNKNOWN
        }
        for rater, facts in raters.items()
    }


def about(known: dict[str, str]) -> str:
    """A sentence on a rater with a space before it, or nothing where nothing is known."""
    facts = (f"{word} {known[k] if k in _NAMES else known[k].lower()}" for k, word in _SPOKEN.items() if k in known)
    text = ", ".join(facts)
    return f" The rater: {text}." if text else ""


def metadata(known: dict[str, str]) -> dict[str, str | int]:
    """The known facts, numbers as numbers."""
    return {name: int(value) if value.isdigit() else value for name, value in known.items()}


def _cleaned(value: object) -> str:
    """Whole numbers without a decimal point; lists of words without the quotation marks left inside one answer."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("', '", ", ")
