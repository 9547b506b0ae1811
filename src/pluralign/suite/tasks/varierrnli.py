"""VariErr NLI, training part of the LeWiDi 2025 shared task: how one rater relates a statement to a context.

Layout: see :mod:`pluralign.suite.lewidi`. A rater may give several labels, joined by commas, and explains each.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations

from pluralign.episode import Example, Process
from pluralign.errors import DataError
from pluralign.suite import lewidi
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import Card, task
from pluralign.suite.render import render

ITEMS = lewidi.item_files("VariErrNLI", "_no_licence_stated/lewidi_other")
RATERS = lewidi.rater_files("VariErrNLI", "_no_licence_stated/lewidi_other")
LABELS = ("entailment", "neutral", "contradiction")
CHOICES = tuple(", ".join(some) for size in (1, 2, 3) for some in combinations(LABELS, size))
PART = 30

CARD = Card(
    name="lewidi_varierrnli_nli_detection_individual",
    kind="steer",
    summary="Given a context and a statement, predict one rater's label or labels, and explanation.",
    source="VariErr NLI, LeWiDi 2025 training set",
    access=lewidi.ACCESS,
    licence="none stated",
    citation="""@inproceedings{weber-genzel-etal-2024-varierr,
  title = {{VariErr} {NLI}: Separating Annotation Error from Human Label Variation},
  author = {Weber-Genzel, Leon and Peng, Siyao and de Marneffe, Marie-Catherine and Plank, Barbara},
  booktitle = {Proceedings of the 62nd Annual Meeting of the Association for Computational Linguistics
    (Volume 1: Long Papers)},
  pages = {2256--2269},
  year = {2024}
}""",
    split="train",
    unit="30 answers of a rater",
    given=("context", "statement", "lang"),
    generated=("label", "explanation"),
    files=("|".join(ITEMS), "|".join(RATERS)),
    overlaps=("lewidi_varierrnli_nli_detection_individual_categorical",),
    fetch=lewidi.fetch("VariErrNLI"),
    steps=lewidi.steps("VariErrNLI"),
)
CATEGORICAL_CARD = replace(
    CARD,
    name="lewidi_varierrnli_nli_detection_individual_categorical",
    summary="Given a context and a statement, predict one rater's label or labels for their relation.",
    generated=("label",),
    overlaps=("lewidi_varierrnli_nli_detection_individual",),
)


@task(CARD)
def varierrnli(root: DataRoot) -> Iterator[Process]:
    """Every answer of each rater once, 30 per process."""
    descriptions = (
        "One rater says whether a statement follows from a context: entailment, neutral or contradiction, or several"
        " of these joined by commas, with an explanation of each on a line of its own.",
        "Natural language inference by one person, who gives one or more of the labels entailment, neutral and"
        " contradiction and explains the choice.",
    )
    yield from _processes(root, CARD.name, descriptions, lambda la, e: render({"label": la, "explanation": e}))


@task(CATEGORICAL_CARD)
def varierrnli_categorical(root: DataRoot) -> Iterator[Process]:
    """The same without the explanations."""
    descriptions = (
        "One rater says whether a statement follows from a context: entailment, neutral or contradiction, or several"
        " of these joined by commas.",
        "Natural language inference by one person. An answer is one or more of the labels entailment, neutral and"
        " contradiction.",
    )
    yield from _processes(root, CATEGORICAL_CARD.name, descriptions, lambda label, explanation: label, CHOICES)


def _processes(
    root: DataRoot,
    name: str,
    descriptions: tuple[str, str],
    output: Callable[[str, str], str],
    choices: tuple[str, ...] | None = None,
) -> Iterator[Process]:
    def examples(item: dict) -> Iterator[tuple[str, Example]]:
        pair = render({key: item["text"][key] for key in ("context", "statement")} | {"lang": item["lang"]})
        for rater, joined, explanation in lewidi.explained(item):
            given = {label.strip() for label in joined.split(",")}
            if not given <= set(LABELS):
                raise DataError(f"label {joined!r} is not made of {', '.join(LABELS)}")
            yield rater, Example(output(", ".join(label for label in LABELS if label in given), explanation), pair)

    yield from lewidi.parts(root.file(*ITEMS), root.file(*RATERS), examples, PART, name, descriptions, choices)
