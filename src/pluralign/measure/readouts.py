"""Read-outs: four ways to learn what share of answers a model gives to each option of a question.

- ``logprob``: the probability of each option as the whole answer, rescaled over the options;
- ``verbalised``: the model states the percentages of all options in one text;
- ``sampled``: independent answers to the question are counted;
- ``sequence``: the model lists the answers of many people in one text, and they are counted.

``logprob`` and ``sampled`` ask the same prompt. The other two ask about the same question for a JSON text on one line,
after made-up answers that show the form: their numbers are drawn at random for each request, so that they say nothing
about the question on average. What cannot be read is counted and becomes no answer. ``logprob``, ``verbalised`` and
``sequence`` are compared in Meister et al. 2024, arXiv 2411.05403; their prompts are not used here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pluralign.episode import Process
from pluralign.errors import ModelError, UsageError
from pluralign.lm import ChoiceScores, LanguageModel
from pluralign.lm.protocol import Progress
from pluralign.measure import parsing
from pluralign.measure.asking import Asking, prompt, room, sample, text_prompt

READOUTS = ("logprob", "verbalised", "sampled", "sequence")


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
        asked = [(prompt(p), room(o, 1)) for p, o in zip(processes, options, strict=True)]
        answers = sample(model, asked, how.draws, how, progress)
        return [None if a is None else counted(a, o) for a, o in zip(answers, options, strict=True)]
    listed = how.draws if readout == "sequence" else None
    asked = [
        (text_prompt(p, readout, how, repeat), room(o, listed or len(o)))
        for p, o in zip(processes, options, strict=True)
        for repeat in range(how.repeats)
    ]
    answers = sample(model, asked, 1, how, progress)
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


def _shares(readout: str, found: Sequence[int | None], options: int, *, asked: int, requests: int) -> Reading:
    kept = [i for i in found if i is not None]
    counts = np.bincount(kept, minlength=options)
    p = tuple((counts / len(kept)).tolist()) if kept else None
    return Reading(readout, p, 1 - len(kept) / asked, requests, len(kept))


def _spread(found: Sequence[np.ndarray]) -> float | None:
    if len(found) < 2:
        return None
    return float(np.abs(np.array(found) - np.mean(found, 0)).sum(-1).mean() / 2)
