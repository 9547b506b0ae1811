"""Conversational Sarcasm Corpus, training part of the LeWiDi 2025 shared task: how sarcastic one rater finds replies.

Layout: see :mod:`pluralign.suite.lewidi`. Some raters have no metadata, or withdrew it; nothing is said about them.
"""

from collections.abc import Iterator

from pluralign.episode import Example, Process
from pluralign.errors import DataError
from pluralign.suite import lewidi
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import Card, task
from pluralign.suite.render import render

ITEMS = lewidi.item_files("CSC", "csc_sarcasm")
RATERS = lewidi.rater_files("CSC", "csc_sarcasm")
CHOICES = ("1", "2", "3", "4", "5", "6")

CARD = Card(
    name="lewidi_csc_sarcasm_detection_individual",
    kind="steer",
    summary="Given a situation and a reply, predict how sarcastic one rater finds the reply, from 1 to 6.",
    source="Conversational Sarcasm Corpus (CSC), LeWiDi 2025 training set",
    access=lewidi.ACCESS,
    licence="MIT",
    citation="""@inproceedings{jang-frassinelli-2024-generalizable,
  title = {Generalizable Sarcasm Detection is Just Around the Corner, of Course!},
  author = {Jang, Hyewon and Frassinelli, Diego},
  booktitle = {Proceedings of the 2024 Conference of the North American Chapter of the Association for Computational
    Linguistics: Human Language Technologies (Volume 1: Long Papers)},
  pages = {4238--4249},
  year = {2024}
}""",
    split="train",
    unit="rater",
    given=("context", "response", "lang"),
    generated=("rating",),
    files=("|".join(ITEMS), "|".join(RATERS)),
    ships=True,
    steps=lewidi.steps("CSC"),
)


@task(CARD)
def csc(root: DataRoot) -> Iterator[Process]:
    """One process per rater, in order of first appearance; an example is one rated reply."""
    raters = lewidi.read_raters(root.file(*RATERS))
    for rater, rated in lewidi.examples_by_rater(root.file(*ITEMS), _examples).items():
        known = raters.get(rater, {})
        yield Process(
            rater,
            examples=tuple(rated),
            descriptions=_descriptions(known),
            choices=CHOICES,
            metadata=lewidi.metadata(known),
        )


def _examples(item: dict) -> Iterator[tuple[str, Example]]:
    text = render({key: item["text"][key] for key in ("context", "response")} | {"lang": item["lang"]})
    for rater, rating in item["annotations"].items():
        if rating not in CHOICES:
            raise DataError(f"rating {rating!r} is not one of 1 to 6")
        yield rater, Example(rating, text)


def _descriptions(known: dict[str, str]) -> tuple[str, ...]:
    who = lewidi.about(known)
    return (
        "How sarcastic is the response in this context? One rater answers from 1 (not at all sarcastic) to 6"
        f" (completely sarcastic).{who}",
        f"Sarcasm ratings on a six-point scale, higher meaning more sarcastic, all given by the same person.{who}",
    )
