"""What can be done for pluralism without training: more samples, answers with probabilities, several models at once.

Plain functions that give what the measures take: texts for coverage and Overton measures, readings for distributions,
a model for steering. They are baselines that a trained model should be compared with.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from pluralign.episode import Example, Process, Prompt, generator
from pluralign.errors import UsageError
from pluralign.lm import LanguageModel
from pluralign.lm.protocol import Progress
from pluralign.measure import parsing
from pluralign.measure.asking import Asking
from pluralign.measure.readouts import Reading, read

T = TypeVar("T")

_STATED = (
    "Each output lists {k} different results that this could have, each with its chance in percent, as one JSON list "
    'of objects with the keys "text" and "percent".'
)
_SUMMARY = (
    "Several people each gave an answer. Each output is one answer in which every one of them finds their own view "
    "stated fairly, and nothing that none of them said."
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Answers drawn from what a model stated.

    Attributes:
        texts: the draws, empty where no list could be read.
        failed: share of the lists that could not be read.
        requests: number of lists that the model was asked for.
    """

    texts: tuple[str, ...]
    failed: float
    requests: int


def temperatures(
    model: LanguageModel,
    processes: Sequence[Process],
    values: Sequence[float],
    asking: Asking | None = None,
    progress: Progress | None = None,
) -> dict[float, list[Reading | None]]:
    """The read-out ``sampled`` at several temperatures; see :func:`pluralign.measure.readouts.read`."""
    how = asking or Asking()
    return {t: read(model, processes, "sampled", replace(how, temperature=t), progress) for t in values}


def verbalised_sampling(
    model: LanguageModel,
    prompts: Sequence[Prompt],
    *,
    k: int = 5,
    lists: int = 20,
    n: int = 100,
    temperature: float = 1.0,
    max_tokens: int = 512,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[Drawn]:
    """Ask for lists of ``k`` answers with their chances, and draw ``n`` answers from what they state.

    After Zhang et al. 2025, arXiv 2510.01171, with a prompt of our own. The chances in a list are rescaled to sum to
    1, all lists that can be read weigh alike, and an answer that is listed twice has both its chances. With one list
    there are no more than ``k`` different answers.

    Args:
        prompts: each with an id of its own; examples in them without an input are shown as lists of ``k`` equal
            chances, those with one as lists of one answer.

    Returns:
        one entry per prompt.

    Raises:
        ContextError: a prompt does not fit the model's maximum length.
    """
    asked = [_stated_prompt(prompt, k, seed) for prompt in prompts]
    answers = model.sample(asked, lists, temperature=temperature, max_tokens=max_tokens, seed=seed, progress=progress)
    found = []
    for prompt, some in zip(prompts, answers, strict=True):
        stated = [one for answer in some if (one := parsing.records(answer)) is not None]
        texts = [text.strip() for one in stated for text, _ in one]
        shares = [percent / sum(x for _, x in one) / len(stated) for one in stated for _, percent in one]
        rng = generator(seed, prompt.id, "verbalised sampling")
        drawn = rng.choice(len(texts), n, p=np.array(shares) / sum(shares)) if texts else ()
        found.append(Drawn(tuple(texts[i] for i in drawn), 1 - len(stated) / lists, lists))
    return found


def union(answers: Sequence[str]) -> str:
    """Several answers as one text: each distinct one once, in the order given, with an empty line between them.

    Answers that differ in case or white space alone are the same; empty ones say nothing.
    """
    distinct: dict[str, str] = {}
    for answer in answers:
        distinct.setdefault(" ".join(answer.casefold().split()), answer.strip())
    return "\n\n".join(text for key, text in distinct.items() if key)


def mixture(readings: Sequence[Reading | None], weights: Sequence[float] | None = None) -> Reading | None:
    """One question answered by several models: the weighted mean of their probabilities.

    The distributional mode of modular pluralism (Feng et al. 2024, arXiv 2406.15951), with a model per community and
    its share of the population as weight. A model without probabilities leaves its weight to the others and counts as
    failed. It is the mean of probabilities: that of log-probabilities would let one model veto an option.

    Args:
        readings: one per model, all of the same read-out.
        weights: non-negative, not all 0; None weighs all alike.

    Returns:
        None where the prompt fits none of the models; ``failed`` is the weighted mean over models.

    Raises:
        UsageError: the weights do not fit, or the readings come from different read-outs.
    """
    w = np.ones(len(readings)) if weights is None else np.asarray(weights, dtype=float)
    if w.shape != (len(readings),) or not (np.all(w >= 0) and 0 < w.sum() < np.inf):
        raise UsageError("a mixture needs one non-negative weight per model, not all 0")
    there = [reading for reading in readings if reading is not None]
    if not there:
        return None
    if len({reading.readout for reading in there}) > 1:
        raise UsageError("a mixture needs readings of one read-out", fix="Read all models in the same way.")
    known = [(r.probabilities, x) for r, x in zip(readings, w, strict=True) if r is not None and r.probabilities and x]
    mean = np.average([p for p, _ in known], 0, weights=[x for _, x in known]) if known else None
    failed = float(np.average([1.0 if r is None else r.failed for r in readings], weights=w))
    return Reading(
        there[0].readout, None if mean is None else tuple(mean.tolist()), failed, sum(r.requests for r in there)
    )


def summarised(
    model: LanguageModel,
    questions: Sequence[str],
    answers: Sequence[Sequence[str]],
    *,
    max_tokens: int = 512,
    temperature: float = 1.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[str]:
    """One answer per question that brings together those of all communities: the Overton mode of modular pluralism.

    Args:
        model: the one that summarises.
        questions: what was asked.
        answers: to each question one per community; what is said twice is shown once.

    Returns:
        one text per question.

    Raises:
        UsageError: there is not one list of answers per question.
        ContextError: a question with its answers does not fit the model's maximum length.
    """
    if len(questions) != len(answers):
        raise UsageError(f"{len(questions)} questions came with {len(answers)} lists of answers")
    prompts = [
        Prompt(
            f"summary/{index}",
            "\n\n".join((question, *(f"Answer: {text}" for text in dict.fromkeys(a.strip() for a in given) if text))),
            description=_SUMMARY,
        )
        for index, (question, given) in enumerate(zip(questions, answers, strict=True))
    ]
    found = model.sample(prompts, 1, temperature=temperature, max_tokens=max_tokens, seed=seed, progress=progress)
    return [texts[0] for texts in found]


def nearest(
    attribute: str, communities: Mapping[str, T], embed: Callable[[Sequence[str]], np.ndarray]
) -> tuple[str, T]:
    """The community whose description is nearest to an attribute: the steerable mode of modular pluralism.

    Args:
        attribute: what to steer to, in words.
        communities: from the description of a community to its model (or to anything that stands for it).
        embed: gives unit vectors of texts, shape (texts, dimensions), such as ``pluralign.lm.embed.Embedder().embed``.

    Returns:
        the description and the model; the first of equally near ones.

    Raises:
        UsageError: there is no community.
    """
    if not communities:
        raise UsageError("there is no community to steer to", fix="Give at least one model with its description.")
    described = list(communities)
    vectors = embed([attribute, *described])
    chosen = described[int(np.argmax(vectors[1:] @ vectors[0]))]
    return chosen, communities[chosen]


def _stated_prompt(prompt: Prompt, k: int, seed: int) -> Prompt:
    """The prompt whose answer lists ``k`` answers to ``prompt`` with their chances, after lists that show the form."""
    form = _STATED.format(k=k)
    examples = [Example(_listed([e.output]), e.input) for e in prompt.examples if e.input is not None]
    alike = [e.output for e in prompt.examples if e.input is None]
    examples += [Example(_listed(alike[start : start + k])) for start in range(0, len(alike), k)]
    if not examples:
        form += " The first output is made up and only shows the form."
        chances = generator(seed, prompt.id, "made up").multinomial(100, [1 / k] * k).tolist()
        made_up = _listed([f"made-up result {i + 1}" for i in range(k)], chances)
        examples = [Example(made_up, None if prompt.input is None else "Made up.")]
    description = form if prompt.description is None else f"{prompt.description} {form}"
    return Prompt(f"{prompt.id}/stated", prompt.input, tuple(examples), description)


def _listed(texts: Sequence[str], chances: Sequence[float] | None = None) -> str:
    """Texts as the JSON list that is asked for, with equal chances where none are given."""
    percents = chances or [round(100 / len(texts), 1)] * len(texts)
    entries = [{"text": text, "percent": percent} for text, percent in zip(texts, percents, strict=True)]
    return json.dumps(entries, ensure_ascii=False)
