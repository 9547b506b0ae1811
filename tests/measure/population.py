"""A population whose answers are known, and models that are it, know it, ignore it or have collapsed."""

import json
from collections.abc import Callable, Mapping

import numpy as np

from pluralign.episode import Process, Prompt, Target
from pluralign.lm.scripted import ScriptedModel

LETTERS = ("A", "B", "C", "D")
TEXTS = ("Very good", "Rather good", "Bad", "Don't know")


def survey(count: int, *, respondents: float | None = None, seed: int = 0) -> list[Process]:
    """Questions with lettered options, of which the last is a refusal."""
    rng = np.random.default_rng(seed)
    listing = "\n".join(f"{letter}. {text}" for letter, text in zip(LETTERS, TEXTS, strict=True))
    return [
        Process(
            f"q{i}",
            descriptions=("Somebody answers with the letter of one option.",),
            choices=LETTERS,
            question=f"What do you think of number {i}?\n{listing}",
            target=Target(tuple(p), respondents),
            metadata={"group": "even" if i % 2 == 0 else "odd"},
        )
        for i, p in enumerate(rng.dirichlet(np.ones(4), size=count))
    ]


def speaker(shares: Callable[[str], np.ndarray], name: str = "m", draws: int = 30) -> ScriptedModel:
    """A model that holds a distribution for each process and gives it by every read-out.

    Args:
        shares: from the id of a process to the distribution over its options A to D.
        draws: people in a list; asked for a list it gives one, drawn from the distribution.
    """

    def answers(prompt: Prompt) -> Mapping[str, float]:
        process, _, readout = prompt.id.partition("/")
        p = shares(process)
        if readout.startswith("verbalised"):
            return {json.dumps(dict(zip(LETTERS, (100 * p).tolist(), strict=True))): 1.0}
        if readout.startswith("sequence"):
            rng = np.random.default_rng(list(prompt.id.encode()))
            return {json.dumps(rng.choice(LETTERS, draws, p=p).tolist()): 1.0}
        return dict(zip(LETTERS, p.tolist(), strict=True))

    return ScriptedModel(answers, name=name)
