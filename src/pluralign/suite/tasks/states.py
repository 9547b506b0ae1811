"""A state of the USA named uniformly at random: a known uniform distribution over 50 names."""

from collections.abc import Iterator
from dataclasses import replace

from pluralign.episode import Process, Target
from pluralign.suite.data import DataRoot
from pluralign.suite.facts import US_STATES
from pluralign.suite.registry import task
from pluralign.suite.synthetic import SYNTHETIC


@task(
    replace(
        SYNTHETIC,
        name="states",
        kind="align",
        summary="a state of the USA is named, each being equally likely",
        split="heldout",
        unit="question",
        given=("question",),
        generated=("state",),
        overlaps=("us_states_full_names", "us_states_any_format"),
    )
)
def states(root: DataRoot) -> Iterator[Process]:
    names = tuple(US_STATES.values())
    yield Process(
        id="states",
        choices=names,
        question="Name one of the 50 states of the USA, picked so that every state has the same chance.",
        target=Target((1 / len(names),) * len(names)),
    )
