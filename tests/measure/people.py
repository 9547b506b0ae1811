"""Two groups of made-up answers to a few questions, and models that are known to steer or not to."""

from collections.abc import Callable

import numpy as np

from pluralign.episode import Process, Prompt, Target
from pluralign.lm.scripted import ScriptedModel
from pluralign.measure.group_questions import Wording

GROUPS = ("North", "South")
WORDING = Wording(
    "place",
    "A person{who} answers.",
    lambda name: f"from {name}",
    lambda name: f"are from {name}",
    ("with a hat", "with a dog"),
)
SHARES = {
    "Tea?": ((0.8, 0.2), (0.3, 0.7)),
    "Sea?": ((0.5, 0.3, 0.2), (0.1, 0.3, 0.6)),
    "Sun?": ((0.9, 0.1), (0.6, 0.4)),
    "Rye?": ((0.25, 0.25, 0.5), (0.6, 0.2, 0.2)),
}


def choices(question: str) -> tuple[str, ...]:
    return tuple("ABC"[: len(SHARES[question][0])])


def processes(respondents: int | None = 50) -> list[Process]:
    return [
        Process(
            f"{group}/{question}",
            question=question,
            choices=choices(question),
            target=Target(shares[i], respondents=respondents),
            metadata={"place": group},
        )
        for question, shares in SHARES.items()
        for i, group in enumerate(GROUPS)
    ]


def asked(prompt: Prompt) -> tuple[float, float] | None:
    """The weights of the groups that a description asks for; None where it asks for none."""
    text = prompt.description or ""
    if "%" in text:
        north = float(text.split("which ")[1].split(" %")[0]) / 100
        return north, 1 - north
    for i, group in enumerate(GROUPS):
        if f"from {group}" in text:
            return (1.0 - i, float(i))
    return None


def model(answer: Callable[[np.ndarray, tuple[float, float] | None], np.ndarray], name: str) -> ScriptedModel:
    """A model that answers from what the groups say, shape (2, K), and the weights that are asked for."""

    def answers(prompt: Prompt) -> dict[str, float]:
        q = answer(np.array(SHARES[str(prompt.input)]), asked(prompt))
        return dict(zip(choices(str(prompt.input)), (q / q.sum()).tolist(), strict=True))

    return ScriptedModel(answers, name=name)


def mixture(p: np.ndarray, weights: tuple[float, float] | None) -> np.ndarray:
    return np.array(weights or (0.5, 0.5)) @ p


def corner(p: np.ndarray, weights: tuple[float, float] | None) -> np.ndarray:
    north, south = weights or (0.5, 0.5)
    return p[0] if north > south else p[1] if south > north else p.mean(0)


PERFECT = model(mixture, "perfect")
HEAVIER = model(corner, "heavier")
DEAF = model(lambda p, weights: p.mean(0), "deaf")
CONTRARY = model(lambda p, weights: mixture(p, weights and (weights[1], weights[0])), "contrary")
CARICATURE = model(lambda p, weights: mixture(p, weights) ** 6, "caricature")
