"""Paraphrase, training part of the LeWiDi 2025 shared task: how far two questions mean the same, as one rater sees it.

Layout: see :mod:`pluralign.suite.lewidi`. Ratings go from -5 to 5, each with an explanation.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from pluralign.episode import Example, Process
from pluralign.errors import DataError
from pluralign.suite import lewidi
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import Card, task
from pluralign.suite.render import render

ITEMS = lewidi.item_files("Paraphrase", "_no_licence_stated/lewidi_other")
RATERS = lewidi.rater_files("Paraphrase", "_no_licence_stated/lewidi_other")
RATINGS = tuple(map(str, range(-5, 6)))
PART = 20

CARD = Card(
    name="lewidi_par_paraphrase_detection_individual",
    kind="steer",
    summary="Given two questions, predict one rater's paraphrase rating, from -5 to 5, and explanation.",
    source="Paraphrase (Par), LeWiDi 2025 training set",
    access=lewidi.ACCESS,
    licence="none stated",
    citation="""@inproceedings{leonardelli2025lewidi,
  title = {{LeWiDi}-2025 at {NLPerspectives}: The Third Edition of the Learning with Disagreements Shared Task},
  author = {Leonardelli, Elisa and Casola, Silvia and Peng, Siyao and Rizzi, Giulia and Basile, Valerio and
    Fersini, Elisabetta and Frassinelli, Diego and Jang, Hyewon and Pavlovic, Maja and Plank, Barbara and
    Poesio, Massimo},
  booktitle = {Proceedings of the 4th Workshop on Perspectivist Approaches to {NLP}},
  year = {2025}
}""",
    split="train",
    unit="20 answers of a rater",
    given=("question1", "question2", "lang"),
    generated=("rating", "explanation"),
    files=("|".join(ITEMS), "|".join(RATERS)),
    overlaps=("lewidi_par_paraphrase_detection_individual_categorical",),
    fetch=lewidi.fetch("Paraphrase"),
    steps=lewidi.steps("Paraphrase"),
)
CATEGORICAL_CARD = replace(
    CARD,
    name="lewidi_par_paraphrase_detection_individual_categorical",
    summary="Given two questions, predict one rater's paraphrase rating, from -5 to 5.",
    generated=("rating",),
    overlaps=("lewidi_par_paraphrase_detection_individual",),
)
SCALE = "from -5 (nothing in common) to 5 (the same meaning)"


@task(CARD)
def paraphrase(root: DataRoot) -> Iterator[Process]:
    """Every answer of each rater once, 20 per process."""
    descriptions = (
        f"One rater compares two questions: a rating {SCALE}, and an explanation of it.",
        f"Is one question a paraphrase of the other? The same person rates every pair {SCALE} and says why.",
    )
    yield from _processes(root, CARD.name, descriptions, lambda r, e: render({"rating": int(r), "explanation": e}))


@task(CATEGORICAL_CARD)
def paraphrase_categorical(root: DataRoot) -> Iterator[Process]:
    """The same without the explanations."""
    descriptions = (
        f"One rater says how far two questions mean the same, {SCALE}.",
        f"Paraphrase ratings of pairs of questions, {SCALE}, all by one person.",
    )
    yield from _processes(root, CATEGORICAL_CARD.name, descriptions, lambda rating, explanation: rating, RATINGS)


def _processes(
    root: DataRoot,
    name: str,
    descriptions: tuple[str, str],
    output: Callable[[str, str], str],
    choices: tuple[str, ...] | None = None,
) -> Iterator[Process]:
    def examples(item: dict) -> Iterator[tuple[str, Example]]:
        text = item["text"]
        pair = render({"question1": text["Question1"], "question2": text["Question2"], "lang": item["lang"]})
        for rater, rating, explanation in lewidi.explained(item):
            if rating not in RATINGS:
                raise DataError(f"rating {rating!r} is not one of -5 to 5")
            yield rater, Example(output(rating, explanation), pair)

    yield from lewidi.parts(root.file(*ITEMS), root.file(*RATERS), examples, PART, name, descriptions, choices)
