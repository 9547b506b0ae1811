"""How a question is asked: as it is, or for a text about all of its options."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pluralign.episode import Example, Process, Prompt, generator
from pluralign.errors import ContextError, UsageError
from pluralign.lm import LanguageModel
from pluralign.lm.protocol import Progress

_SHOWN = {"verbalised": 2, "sequence": 1}
"""Made-up answers before the question."""
_FORM = {
    "verbalised": (
        "The same is repeated many times. Each output gives the percentage of the repetitions that end in each "
        "option, as one JSON object from every option to its percentage; they sum to 100. The first two outputs are "
        "made up and only show the form."
    ),
    "sequence": (
        "The same is repeated {k} times, each time anew. Each output lists the {k} results, as one JSON list of {k} "
        "strings; every result is one of the options. The first output is made up and only shows the form."
    ),
}


@dataclass(frozen=True, slots=True)
class Asking:
    """How often a question is asked by the read-outs that ask for text.

    Attributes:
        draws: answers of ``sampled``; people in one list of ``sequence``.
        repeats: texts asked of ``verbalised`` and ``sequence``, each after other made-up answers.
        temperature: of all sampling.
        seed: of all sampling and of the made-up answers.
    """

    draws: int = 30
    repeats: int = 3
    temperature: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.draws, self.repeats) < 1 or self.temperature < 0:
            raise UsageError("draws and repeats must be at least 1, and the temperature at least 0")


def prompt(process: Process) -> Prompt:
    """The question of a process after its first description."""
    return Prompt(process.id, process.question, (), process.descriptions[0] if process.descriptions else None)


def text_prompt(process: Process, readout: str, asking: Asking, repeat: int) -> Prompt:
    """The prompt of ``verbalised`` or ``sequence``: the question with its options, after made-up answers.

    Args:
        repeat: number of the request, on which the made-up answers depend.
    """
    choices, plain = process.choices or (), prompt(process)
    what = _FORM[readout].format(k=asking.draws)
    key = f"{process.id}/{readout}/{repeat}"
    rng = generator(asking.seed, key, "made up")
    listing = f"Options: {json.dumps(list(choices), ensure_ascii=False)}"
    examples = tuple(
        Example(_made_up(rng, choices, None if readout == "verbalised" else asking.draws), f"Made up.\n{listing}")
        for _ in range(_SHOWN[readout])
    )
    asked = listing if plain.input is None else f"{plain.input}\n{listing}"
    return Prompt(key, asked, examples, what if plain.description is None else f"{plain.description} {what}")


def _made_up(rng: np.random.Generator, choices: Sequence[str], draws: int | None) -> str:
    """An answer in the form that is asked for, from a distribution drawn uniformly from all there are."""
    p = rng.dirichlet(np.ones(len(choices)))
    if draws is not None:
        return json.dumps([choices[i] for i in rng.choice(len(choices), draws, p=p)], ensure_ascii=False)
    # Largest remainders: whole percentages that sum to 100.
    whole = np.floor(100 * p).astype(int)
    whole[np.argsort(whole - 100 * p)[: 100 - whole.sum()]] += 1
    return json.dumps(dict(zip(choices, whole.tolist(), strict=True)), ensure_ascii=False)


def room(choices: Sequence[str], entries: int) -> int:
    """Tokens that an answer with so many options may need: half its bytes, and some for quotes, commas and numbers.

    An answer of one option gets all its bytes and more, so that a longer text is never cut down to an option.
    """
    longest = max((len(choice.encode()) for choice in choices), default=0)
    if entries == 1:
        return longest + 8
    return entries * (longest // 2 + 6) + 16


def sample(
    model: LanguageModel, asked: Sequence[tuple[Prompt, int]], n: int, how: Asking, progress: Progress | None
) -> list[list[str] | None]:
    """``n`` answers per prompt, each with the room for its own answer; None where that does not fit.

    Prompts with the same room are asked together, so what comes out does not depend on what else is asked.
    """
    rooms: dict[int, list[int]] = defaultdict(list)
    for index, (_, room) in enumerate(asked):
        rooms[room].append(index)
    results: list[list[str] | None] = [None] * len(asked)
    for room, members in sorted(rooms.items()):
        left = {asked[index][0].id: index for index in members}
        while left:
            some = list(left.values())
            try:
                found = model.sample(
                    [asked[index][0] for index in some],
                    n,
                    temperature=how.temperature,
                    max_tokens=room,
                    seed=how.seed,
                    progress=progress,
                )
            except ContextError as error:
                if left.pop(str(error.where), None) is None:
                    raise
                continue
            for index, answers in zip(some, found, strict=True):
                results[index] = answers
            break
    return results
