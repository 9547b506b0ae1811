"""ChaosNLI: what 100 annotators each answer on items of natural language inference and abductive inference.

The folder ``chaosnli`` holds the published JSON-lines files (also inside ``chaosNLI_v1.0``), gzipped or not.
"""

from collections.abc import Iterator
from dataclasses import replace

from pluralign.episode import Process, Target
from pluralign.errors import DataError
from pluralign.suite.data import DataRoot, read_jsonl
from pluralign.suite.registry import Card, task
from pluralign.suite.render import render

LABELS = {"e": "entailment", "n": "neutral", "c": "contradiction"}


def _alternatives(subset: str) -> tuple[str, ...]:
    name = f"chaosNLI_{subset}.jsonl"
    return (f"chaosnli/{name}.gz", f"chaosnli/{name}", f"chaosnli/chaosNLI_v1.0/{name}")


NLI_CARD = Card(
    name="chaosnli",
    kind="align",
    extra=True,
    summary="How 100 annotators judge whether a hypothesis follows from a premise (SNLI and MNLI items).",
    source="ChaosNLI",
    access="https://github.com/easonnie/ChaosNLI",
    licence="CC BY-NC 4.0",
    citation="""@inproceedings{nie-etal-2020-learn,
  title = {What Can We Learn from Collective Human Opinions on Natural Language Inference Data?},
  author = {Nie, Yixin and Zhou, Xiang and Bansal, Mohit},
  booktitle = {Proceedings of the 2020 Conference on Empirical Methods in Natural Language Processing},
  pages = {9131--9143},
  year = {2020}
}""",
    split="heldout",
    unit="item",
    given=("premise", "hypothesis"),
    generated=("label",),
    files=("|".join(_alternatives("snli")), "|".join(_alternatives("mnli_m"))),
    steps="""Open https://github.com/easonnie/ChaosNLI, section Data and Format of the README.
Follow its link to chaosNLI_v1.0.zip and download it.
Unpack it in the folder chaosnli under the data root, so that chaosnli/chaosNLI_v1.0/chaosNLI_snli.jsonl is there.""",
)
ALPHA_CARD = replace(
    NLI_CARD,
    name="chaosnli_alpha",
    summary="Which of two explanations 100 annotators find more plausible between two observations (alphaNLI items).",
    given=("obs1", "obs2", "hyp1", "hyp2"),
    generated=("choice",),
    files=("|".join(_alternatives("alphanli")),),
)


@task(NLI_CARD)
def chaosnli(root: DataRoot) -> Iterator[Process]:
    """One process per item, SNLI before MNLI."""
    description = (
        "An annotator drawn at random reads a premise and a hypothesis and names their relation: entailment if the"
        " hypothesis must be true, contradiction if it must be false, neutral if it may be either."
    )
    for subset in ("snli", "mnli_m"):
        yield from _items(root, subset, NLI_CARD.given, LABELS, description)


@task(ALPHA_CARD)
def chaosnli_alpha(root: DataRoot) -> Iterator[Process]:
    """One process per item; the choices are the numbers of the two hypotheses."""
    description = (
        "An annotator drawn at random reads two observations in the order of time (obs1, obs2) and picks the"
        " hypothesis that better explains what happened between them: 1 for hyp1 or 2 for hyp2."
    )
    yield from _items(root, "alphanli", ALPHA_CARD.given, {"1": "1", "2": "2"}, description)


def _items(
    root: DataRoot, subset: str, given: tuple[str, ...], labels: dict[str, str], description: str
) -> Iterator[Process]:
    path = root.file(*_alternatives(subset))
    for number, item in enumerate(read_jsonl(path), 1):
        try:
            question = render({name: item["example"][name] for name in given})
            counts = [item["label_counter"].get(code, 0) for code in labels]
            identity = f"{subset}/{item['uid']}"
        except (KeyError, TypeError, AttributeError):
            raise DataError("item lacks uid, example or label_counter", where=f"{path}, line {number}") from None
        annotators = sum(counts)
        if not annotators:
            raise DataError("item without labels", where=f"{path}, line {number}")
        yield Process(
            identity,
            descriptions=(description,),
            choices=tuple(labels.values()),
            question=question,
            target=Target(tuple(n / annotators for n in counts), respondents=annotators),
            metadata={"subset": subset},
        )
