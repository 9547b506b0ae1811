"""How a language model is asked for considerations line by line, and how strictly its lines are read.

What the model is told is in ``prompts/build.j2``, and what an answer looks like in ``prompts/build_examples.j2``.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined

from pluralign.episode import Example, Prompt
from pluralign.errors import DataError
from pluralign.report.text import clean
from pluralign.values.consideration import Consideration, core, kind_of, valence_of

MOST_WORDS = 8
"""Of the name of a consideration; longer ones are sentences about the situation."""

FEWEST, MOST = 5, 10
"""Lines that a model is asked for."""

_LONGEST_NAME, _LONGEST_EXPLANATION = 100, 400
"""In characters; longer fields are no names and no single sentences."""

_FORMULAS = "=+-@"
"""What would make a spreadsheet take a cell for a formula."""

_ENDS = (".", "!", "?", '."', '!"', '?"', ".”", "!”", "?”", ".)")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an answer.

    Attributes:
        raw: as it came, on one line.
        status: ``kept``; ``malformed``: not of the form; ``filtered``: of the form, and no consideration.
        reason: why it is not kept; a fixed wording per reason, so that they can be counted.
        consideration: None where it is malformed.
    """

    raw: str
    status: Literal["kept", "malformed", "filtered"]
    reason: str | None = None
    consideration: Consideration | None = None


def prompt(situation: str) -> Prompt:
    """What a model is asked about a situation; its random numbers depend on the situation and not on others."""
    told, shown = _asked()
    return Prompt(f"prism: {situation}", situation, shown, told)


@cache
def digest() -> str:
    """Tells what a model is asked apart from what it was asked with other prompt files."""
    return hashlib.sha256(repr(_asked()).encode()).hexdigest()[:12]


def read_answer(answer: str, situation: str) -> list[Line]:
    """The lines of an answer, empty ones left out.

    Args:
        answer: what the model wrote.
        situation: what it was asked about.
    """
    lines = [line for raw in answer.splitlines() if (line := clean(raw))]
    found = [_read(line, situation) for line in lines]
    if found and found[-1].consideration and not found[-1].consideration.explanation.endswith(_ENDS):
        found[-1] = Line(lines[-1], "malformed", "the answer was cut off")
    return found


def exact(considerations: Sequence[Consideration]) -> list[int]:
    """Numbers of the considerations that are not a repetition: the first of each kind and text.

    Case, outer marks and the opening words "Right to" or "Duty to" make no difference.
    """
    first: dict[tuple[str, str], int] = {}
    for number, one in enumerate(considerations):
        first.setdefault((one.kind, core(one.text)), number)
    return list(first.values())


def _read(line: str, situation: str) -> Line:
    fields = [field.strip() for field in line.split("|")]
    if len(fields) != 4:
        return Line(line, "malformed", "not four fields")
    kind, text, valence, explanation = fields
    try:
        consideration = Consideration(kind_of(kind), text, valence_of(valence), explanation)
    except DataError as error:
        return Line(line, "malformed", "unknown kind" if "kind" in error.what else "unknown valence")
    if not text or not explanation:
        return Line(line, "malformed", "empty field")
    if len(text) > _LONGEST_NAME or len(explanation) > _LONGEST_EXPLANATION:
        return Line(line, "malformed", "too long a field")
    if not text[0].isalnum() or explanation[0] in _FORMULAS:
        return Line(line, "malformed", "a field that begins with a sign")
    if reason := _unfit(consideration, situation):
        return Line(line, "filtered", reason, consideration)
    return Line(line, "kept", None, consideration)


def _unfit(consideration: Consideration, situation: str) -> str | None:
    """Why a well-formed line names no consideration."""
    text = consideration.text
    if len(text.split()) > MOST_WORDS:
        return f"a name of more than {MOST_WORDS} words"
    if core(text) == core(situation):
        return "the situation itself"
    opening = text.split()[0].lower()
    if opening in ("right", "duty") and opening != consideration.kind and core(text) != text.casefold():
        return "worded as another kind"
    return None


@cache
def _asked() -> tuple[str, tuple[Example, ...]]:
    # Prompts are plain text: escaping for HTML would change what the model reads.
    environment = Environment(
        loader=PackageLoader("pluralign.values", "prompts"), autoescape=False, undefined=StrictUndefined
    )
    told = environment.get_template("build.j2").render(most_words=MOST_WORDS, fewest=FEWEST, most=MOST)
    shown = []
    for block in environment.get_template("build_examples.j2").render().strip().split("\n\n"):
        situation, _, answer = block.partition("\n")
        shown.append(Example(answer, situation.removeprefix("Situation: ")))
    return told.strip(), tuple(shown)
