"""Read-outs: four ways to learn what share of answers a model gives to each option of a question.

- ``logprob``: the probability of each option as the whole answer, rescaled over the options;
- ``verbalised``: the model states the percentages of all options in one text;
- ``sampled``: independent answers to the question are counted;
- ``sequence``: the model lists the answers of many people in one text, and they are counted.

``logprob`` and ``sampled`` ask the same prompt. The other two ask about the same question for a JSON text on one line,
after made-up answers that show the form: their numbers are drawn at random for each request, so that they say nothing
about the question on average. What cannot be read is counted and becomes no answer. The last three are compared in
Meister et al. 2024, arXiv 2411.05403; their prompts are not used here.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pluralign.episode import Example, Process, Prompt, generator
from pluralign.errors import ContextError, ModelError, UsageError
from pluralign.lm import ChoiceScores, LanguageModel
from pluralign.lm.protocol import Progress
from pluralign.measure import parsing

READOUTS = ("logprob", "verbalised", "sampled", "sequence")
_SHOWN = {"verbalised": 2, "sequence": 1}
"""Made-up answers before the question."""
_FORM = {
    "verbalised": (
        "The same is repeated many times. Each output gives the percentage of the repetitions that end in each "
        "option, as one JSON object from every option to its percentage; they sum to 100. The first two outputs are made up "
        "and only show the form."
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


@dataclass(frozen=True, slots=True)
class Reading:
    """What a read-out found for one question.

    Attributes:
        readout: its name.
        probabilities: one per option, sum 1; None where nothing could be read.
        failed: share of what was asked for that could not be read: of answers for ``sampled``, of people for
            ``sequence``, of texts for ``verbalised``; 0 for ``logprob``.
        requests: number of texts that the model was asked for; 1 for ``logprob``.
        draws: number of draws behind the probabilities; None where they are no counts.
        spread: mean total variation between the distribution of one text and the mean over texts; None for fewer than
            two that could be read.
        outside: probability outside the options; None except for ``logprob``.
    """

    readout: str
    probabilities: tuple[float, ...] | None
    failed: float
    requests: int
    draws: int | None = None
    spread: float | None = None
    outside: float | None = None


def prompt(process: Process) -> Prompt:
    """The question of a process after its first description."""
    return Prompt(process.id, process.question, (), process.descriptions[0] if process.descriptions else None)


def check(model: LanguageModel, readout: str) -> None:
    """Refuse a read-out that does not exist or that the model cannot give.

    Raises:
        UsageError: there is no such read-out.
        ModelError: the model lacks what it needs; says which.
    """
    if readout not in READOUTS:
        raise UsageError(f"there is no read-out {readout!r}", fix=f"Use {', '.join(READOUTS)}.")
    can = model.capabilities
    if readout == "logprob" and not (can.logprobs or can.first_token):
        raise ModelError(
            "the read-out logprob needs log-probabilities of given answers, which this model does not give",
            where=model.name,
            fix="Use another read-out (verbalised, sampled or sequence), or a server that scores given text.",
        )
    if readout != "logprob" and not can.sampling:
        raise ModelError(
            f"the read-out {readout} needs answers drawn at a temperature, which this model does not give",
            where=model.name,
            fix="Use the read-out logprob.",
        )


def read(
    model: LanguageModel,
    processes: Sequence[Process],
    readout: str = "logprob",
    asking: Asking | None = None,
    progress: Progress | None = None,
) -> list[Reading | None]:
    """Read the distribution over the options of each process.

    Args:
        processes: each with choices, and an id of its own.
        asking: how often text is asked for; None takes the defaults.

    Returns:
        one reading per process; None where the prompt and its answer do not fit the model's maximum length.

    Raises:
        UsageError: there is no such read-out.
        ModelError: the model cannot give it.
    """
    check(model, readout)
    how = asking or Asking()
    options = [p.choices or () for p in processes]
    if readout == "logprob":
        found = model.choices([prompt(p) for p in processes], options, progress)
        return [None if scores is None else of_scores(scores) for scores in found]
    if readout == "sampled":
        asked = [(prompt(p), _room(o, 1)) for p, o in zip(processes, options, strict=True)]
        answers = _sample(model, asked, how.draws, how, progress)
        return [None if a is None else counted(a, o) for a, o in zip(answers, options, strict=True)]
    listed = how.draws if readout == "sequence" else None
    asked = [
        (text_prompt(p, readout, how, repeat), _room(o, listed or len(o)))
        for p, o in zip(processes, options, strict=True)
        for repeat in range(how.repeats)
    ]
    answers = _sample(model, asked, 1, how, progress)
    readings: list[Reading | None] = []
    for index, choices in enumerate(options):
        some = answers[index * how.repeats : (index + 1) * how.repeats]
        said = [answer[0] for answer in some if answer is not None]
        if len(said) < how.repeats:
            readings.append(None)
        else:
            readings.append(sequences(said, choices, how.draws) if listed else verbalised(said, choices))
    return readings


def of_scores(scores: ChoiceScores) -> Reading:
    """The reading ``logprob``: probabilities rescaled over the options, uniform where all of them have none."""
    logs = np.array(scores.logprobs)
    top = logs.max()
    weights = np.exp(logs - top) if np.isfinite(top) else np.ones(len(logs))
    return Reading("logprob", tuple((weights / weights.sum()).tolist()), 0.0, 1, outside=scores.outside)


def counted(answers: Sequence[str], choices: Sequence[str]) -> Reading:
    """The reading ``sampled``: shares of the answers that are an option, white space around them left aside."""
    found = [parsing.matched(answer, choices) for answer in answers]
    return _shares("sampled", found, len(choices), asked=len(answers), requests=len(answers))


def verbalised(answers: Sequence[str], choices: Sequence[str]) -> Reading:
    """The reading ``verbalised``: the mean of the distributions that can be read; of probabilities, not their logs."""
    found = [shares for answer in answers if (shares := parsing.shares(answer, choices)) is not None]
    mean = tuple(np.mean(found, 0).tolist()) if found else None
    return Reading("verbalised", mean, 1 - len(found) / len(answers), len(answers), spread=_spread(found))


def sequences(answers: Sequence[str], choices: Sequence[str], k: int) -> Reading:
    """The reading ``sequence``: shares of the people in lists that should have ``k`` each.

    Every person whose answer is an option counts, also beyond ``k``. An entry that is no option, a person missing from
    a shorter list, and all ``k`` of an answer that is no list have failed.
    """
    lists = [parsing.draws(answer, choices) for answer in answers]
    asked = sum(max(k, len(one or ())) for one in lists)
    kept = [[i for i in one or () if i is not None] for one in lists]
    found = [np.bincount(one, minlength=len(choices)) / len(one) for one in kept if one]
    pooled = _shares("sequence", [i for one in kept for i in one], len(choices), asked=asked, requests=len(answers))
    return Reading("sequence", pooled.probabilities, pooled.failed, len(answers), pooled.draws, _spread(found))


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


def _room(choices: Sequence[str], entries: int) -> int:
    """Tokens that an answer with so many options may need: half its bytes, and some for quotes, commas and numbers.

    An answer of one option gets all its bytes and more, so that a longer text is never cut down to an option.
    """
    longest = max((len(choice.encode()) for choice in choices), default=0)
    if entries == 1:
        return longest + 8
    return entries * (longest // 2 + 6) + 16


def _sample(
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


def _shares(readout: str, found: Sequence[int | None], options: int, *, asked: int, requests: int) -> Reading:
    kept = [i for i in found if i is not None]
    counts = np.bincount(kept, minlength=options)
    p = tuple((counts / len(kept)).tolist()) if kept else None
    return Reading(readout, p, 1 - len(kept) / asked, requests, len(kept))


def _spread(found: Sequence[np.ndarray]) -> float | None:
    if len(found) < 2:
        return None
    return float(np.abs(np.array(found) - np.mean(found, 0)).sum(-1).mean() / 2)
