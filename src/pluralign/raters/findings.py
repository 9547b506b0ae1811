"""What a look at one data set of ratings found: plain values, as ``findings.json`` of a run holds them."""

import json
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from pluralign.errors import RunError

FILE = "findings.json"
"""Holds :class:`Findings`, as ``dataclasses.asdict`` gives them, in a run folder."""

Estimate = tuple[float | None, float | None, float | None]
"""A value and the ends of its 95 % interval; None where the data cannot give it."""


@dataclass(frozen=True, slots=True)
class Told:
    """How well ratings are predicted when something is told about the rater.

    Attributes:
        representation: what is told, by name: ``none``, ``demographics``, ``demonstrations-8``, ``profile``, …
        accuracy: share of held-out ratings whose most probable answer was given.
        nll_nats: mean loss on held-out ratings.
        information_nats: what it takes off the loss of ``none``.
        preserved_share: of the information of the demonstrations it was written from; (None, None, None) elsewhere.
    """

    representation: str
    accuracy: Estimate
    nll_nats: Estimate
    information_nats: Estimate
    preserved_share: Estimate


@dataclass(frozen=True, slots=True)
class Said:
    """A statement with the numbers behind it."""

    text: str
    evidence: dict[str, float | str]


@dataclass(frozen=True, slots=True)
class Dividing:
    """An item and how the camps answer it.

    Attributes:
        text: what the raters saw, shortened.
        shares: for each camp in order, the share of each answer among its own ratings, in the scale's order.
        counts: number of these ratings per camp.
    """

    text: str
    shares: list[list[float]]
    counts: list[int]


@dataclass(frozen=True, slots=True)
class Camp:
    """One group of raters.

    Attributes:
        name: "A", "B", … by falling size.
        raters: how many.
        profile: what is characteristic of the camp, with its numbers.
        attributes: "field: value" that is more frequent here than elsewhere, with share here and share elsewhere.
    """

    name: str
    raters: int
    profile: list[Said]
    attributes: list[tuple[str, float, float]]


@dataclass(frozen=True, slots=True)
class Field:
    """How much one known attribute explains.

    Attributes:
        name: of the attribute, or of a bundle.
        groups: name and number of raters of each group.
        information_nats: of knowing the group.
        camps_nats: of as many camps as there are groups, for comparison.
        random_nats: of random groups of the same sizes.
        warning: "" or what to be careful about (small groups).
    """

    name: str
    groups: list[tuple[str, int]]
    information_nats: Estimate
    camps_nats: Estimate
    random_nats: Estimate
    warning: str


@dataclass(frozen=True, slots=True)
class Person:
    """One rater.

    Attributes:
        name: "rater 17", or the id where ids may be shown.
        ratings: how many the rater gave.
        camp: its name, or "" where there are no camps.
        facts: what is known of the rater.
        profile: statements with evidence; empty where nothing sets the rater apart.
        predicted: item text, probability of each answer, and the answer given or None.
        nearest: for each of ``predicted``, the rater's own rated items that are nearest: text and answer.
    """

    name: str
    ratings: int
    camp: str
    facts: list[tuple[str, str]]
    profile: list[Said]
    predicted: list[tuple[str, list[float], str | None]]
    nearest: list[list[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Matching:
    """How often a judge matches two profiles with what each predicts; half of the cases by chance.

    Attributes:
        kind: how pairs were taken: ``most divergent`` or ``random``.
        cases: items with such a pair.
        undecided: cases that a coin decided, because the profiles say nothing about it.
        accuracy: share matched rightly.
    """

    kind: str
    cases: int
    undecided: int
    accuracy: Estimate


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Agreement on items as a population of profiles foretells it, against that of raters held out.

    Attributes:
        items: with at least four ratings by such raters.
        correlation: Pearson's, over items.
        ceiling_split_half: what the true agreement would reach, by halves of the ratings; None where it is unknown.
        ceiling_simulated: what the prediction would reach if it were exactly right; None where it is unknown.
    """

    items: int
    correlation: Estimate
    ceiling_split_half: float | None
    ceiling_simulated: float | None


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that the report of ``pluralign raters describe`` shows.

    Attributes:
        name, question, kind: of the data set and its scale.
        labels: everything that an answer can be, in the scale's order; sets of labels where several may be given.
        columns: role and column, as they were read.
        notes: what was left out or repaired while reading, in sentences.
        raters, items, ratings: how many.
        per_rater: ratings of a rater: minimum, median, maximum.
        answers: share of each answer.
        agreement: share of agreeing pairs among raters of the same item.
        chance_agreement: the same if everybody answered from the overall shares.
        told: one record per representation, ``none`` first.
        ceiling_note: a sentence on how much is predictable at all.
        camps: by falling size; one camp where the data gives no reason for more.
        camps_note: how their number was chosen, in a sentence.
        curve: number of camps, information, and information of a latent-factor model of that rank (None where absent).
        dividing: items that split the camps most.
        fields: one record per attribute, the most informative first.
        calibration: predicted probability, observed share, ratings per bin.
        calibration_error: expected calibration error with its definition as name.
        calibration_by_chance: what the error would be on average if all probabilities were right.
        matching: whether predictions follow the meaning of profiles, by kind of pairs.
        foreseen: whether profiles foretell where people agree; None where there are too few ratings of single items.
        people: a choice of raters, those farthest from the crowd and some ordinary ones.
        warnings: whatever a reader should know first, in sentences.
    """

    name: str
    question: str
    labels: list[str]
    kind: str
    columns: list[tuple[str, str]]
    notes: list[str]
    raters: int
    items: int
    ratings: int
    per_rater: tuple[int, float, int]
    answers: list[float]
    agreement: Estimate
    chance_agreement: float
    told: list[Told]
    ceiling_note: str
    camps: list[Camp]
    camps_note: str
    curve: list[tuple[int, Estimate, Estimate]]
    dividing: list[Dividing]
    fields: list[Field]
    calibration: list[tuple[float, float, int]]
    calibration_error: tuple[str, Estimate]
    calibration_by_chance: float | None
    matching: list[Matching]
    foreseen: Foreseen | None
    people: list[Person]
    warnings: list[str]


def read(folder: Path) -> Findings:
    """The findings of a run folder.

    Raises:
        RunError: there are none, or the file is damaged.
    """
    path = Path(folder) / FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return built(content)
    except FileNotFoundError:
        fix = "Give the --out folder of an earlier `pluralign raters describe`."
        raise RunError("no findings here", where=folder, fix=fix) from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        fix = "Run the command again with another --out."
        raise RunError(f"damaged file: {error}", where=path, fix=fix) from None


def built(content: Any) -> Findings:
    """Findings from what ``dataclasses.asdict`` made of them, or JSON did.

    Raises:
        TypeError, ValueError, KeyError, AttributeError: it is something else.
    """
    return _built(Findings, content)


def _built(kind: Any, value: Any) -> Any:
    """A value of type ``kind`` from the JSON value that it was written as."""
    inner = get_args(kind)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{name: _built(hints[name], part) for name, part in value.items()})
    if get_origin(kind) is list:
        return [_built(inner[0], part) for part in value]
    if get_origin(kind) is tuple:
        return tuple(_built(one, part) for one, part in zip(inner, value, strict=True))
    if get_origin(kind) is dict:
        return {str(name): _built(inner[1], part) for name, part in value.items()}
    some = [one for one in inner if is_dataclass(one)]
    if some and value is not None:
        return _built(some[0], value)
    allowed = inner or (kind,)
    if not isinstance(value, (*allowed, int) if float in allowed else allowed):
        raise TypeError(f"{value!r} where {kind} is expected")
    return value
