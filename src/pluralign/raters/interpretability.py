"""Do predictions follow the meaning of profiles? A judge sees two profiles and two predictions and matches them.

For each item two profiles are taken, either those whose predictions diverge most or two at random, their predictions
are shuffled, and a judge says which belongs to which; 50 % is chance. The most divergent pair follows Sorensen et al.
2025 (arXiv 2503.15484) and is the easier task of the two.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

import numpy as np
import polars as pl
from scipy.special import entr

from pluralign.episode import Prompt
from pluralign.errors import DataError
from pluralign.lm.protocol import LanguageModel
from pluralign.raters.representation import Profile
from pluralign.raters.scale import Scale
from pluralign.stats import wilson

Kind = Literal["most divergent", "random"]
KINDS: tuple[Kind, ...] = ("most divergent", "random")
_NUMBERS_AT_ONCE = 4_000_000
_SAME = 1e-6


@dataclass(frozen=True, slots=True)
class Case:
    """What a judge sees: one of the predictions belongs to the first profile, the other to the second.

    Attributes:
        text: of the item.
        profiles: two descriptions of raters.
        predictions: two distributions over the outcomes of the scale, shape (2, outcomes).
    """

    text: str
    profiles: tuple[Profile, Profile]
    predictions: np.ndarray


Judge = Callable[[Sequence[Case]], np.ndarray]
"""Gives a number per case: above 0 where the first prediction is the first profile's, below 0 where it is that of the
second, 0 where it cannot tell (a coin is tossed)."""


def interpretability(
    table: np.ndarray,
    profiles: Sequence[Profile],
    texts: Sequence[str],
    judge: Judge,
    *,
    level: float = 0.95,
    seed: int = 0,
) -> pl.DataFrame:
    """How often a judge matches predictions and profiles, for the most divergent pairs and for random ones.

    Args:
        table: what each profile predicts for each item, shape (items, profiles, outcomes).
        profiles: the profiles.
        texts: of the items.
        judge: who matches them.
        level: coverage of the interval (Wilson; one case per item and kind).
        seed: for random pairs, the shuffling, and the coin.

    Returns:
        one row per kind: ``kind``, ``cases``, ``left_out`` (items whose two profiles read the same or predict the
        same), ``undecided`` (cases that the coin decided), ``js_divergence_nats`` (mean), ``accuracy`` with ``_low``
        and ``_high`` (null where there are no cases).

    Raises:
        DataError: the shapes do not fit, or there are fewer than two profiles.
    """
    if table.shape[:2] != (len(texts), len(profiles)) or len(profiles) < 2:
        raise DataError(f"a table of shape {table.shape} for {len(texts)} items and {len(profiles)} profiles")
    rows = []
    for kind in KINDS:
        rng = np.random.default_rng([seed, KINDS.index(kind)])
        found = most_divergent_pairs(table) if kind == "most divergent" else random_pairs(table, rng)
        cases, straight, divergences = [], [], []
        for i, ((a, b), divergence) in enumerate(zip(*found, strict=True)):
            if divergence < _SAME or profiles[a].text == profiles[b].text:
                continue
            keep = rng.random() < 0.5
            cases.append(Case(texts[i], (profiles[a], profiles[b]), table[i, [a, b] if keep else [b, a]]))
            straight.append(keep)
            divergences.append(divergence)
        view = np.asarray(judge(cases), float) if cases else np.zeros(0)
        undecided = view == 0
        view = np.where(undecided, rng.random(len(view)) - 0.5, view)
        share = wilson(int(((view > 0) == np.array(straight, bool)).sum()), len(cases), level=level)
        rows.append(
            {
                "kind": kind,
                "cases": len(cases),
                "left_out": len(texts) - len(cases),
                "undecided": int(undecided.sum()),
                "js_divergence_nats": float(np.mean(divergences)) if cases else None,
                "accuracy": share.value if cases else None,
                "accuracy_low": share.low,
                "accuracy_high": share.high,
            }
        )
    numbers = dict.fromkeys(("cases", "left_out", "undecided"), pl.Int64)
    return pl.DataFrame(rows, schema={c: numbers.get(c, pl.String if c == "kind" else pl.Float64) for c in rows[0]})


def most_divergent_pairs(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each item the two profiles with the largest Jensen-Shannon divergence, and that divergence in nats.

    Returns:
        shapes (items, 2) and (items,); of equally divergent pairs the first.
    """
    items, profiles, outcomes = table.shape
    one, two = np.triu_indices(profiles, 1)
    step = max(_NUMBERS_AT_ONCE // (len(one) * outcomes), 1)
    pairs, values = [], []
    for start in range(0, items, step):
        found = _divergence(table[start : start + step, one], table[start : start + step, two])
        best = found.argmax(1)
        pairs.append(np.stack([one[best], two[best]], 1))
        values.append(np.take_along_axis(found, best[:, None], 1)[:, 0])
    return np.concatenate(pairs), np.concatenate(values)


def random_pairs(table: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """For each item two different profiles at random, and their Jensen-Shannon divergence in nats."""
    items, profiles, _ = table.shape
    one = rng.integers(profiles, size=items)
    two = (one + rng.integers(1, profiles, size=items)) % profiles
    rows = np.arange(items)
    return np.stack([one, two], 1), _divergence(table[rows, one], table[rows, two])


def direction_judge(values: np.ndarray, direction: Callable[[Profile], float | None]) -> Judge:
    """A judge for ordered scales that goes by where a profile says its rater's answers lie.

    The profile that states the higher answers is matched with the prediction whose mean is higher.

    Args:
        values: a number per outcome, shape (outcomes,).
        direction: how far above the crowd a profile says its rater answers (below 0: lower); None where it says
            nothing about that, which leaves the case undecided.
    """

    def judge(cases: Sequence[Case]) -> np.ndarray:
        views = np.zeros(len(cases))
        for k, case in enumerate(cases):
            one, two = map(direction, case.profiles)
            if one is not None and two is not None:
                views[k] = (one - two) * float((case.predictions[0] - case.predictions[1]) @ values)
        return views

    return judge


def stated(name: str) -> Callable[[Profile], float | None]:
    """Reads the number called ``name`` from the evidence of a profile's statements: the first one, else None."""

    def read(profile: Profile) -> float | None:
        evidence = chain.from_iterable(statement.evidence for statement in profile.statements)
        return next((float(value) for key, value in evidence if key == name), None)

    return read


def embedding_judge(embed: Callable[[list[str]], np.ndarray], scale: Scale) -> Judge:
    """A judge that matches a profile with the answers whose wording lies nearest to it.

    An answer is put as a sentence with the item's text. A profile's fit with a prediction is the expected inner
    product of the two embeddings under the prediction.

    Args:
        embed: unit vectors of texts, shape (texts, size).
        scale: names of the outcomes.
    """

    def judge(cases: Sequence[Case]) -> np.ndarray:
        answers = [[f"{name}: {case.text}" for name in scale.outcomes] for case in cases]
        told = [[profile.text for profile in case.profiles] for case in cases]
        distinct = list(dict.fromkeys(chain.from_iterable(chain(answers, told))))
        place = {text: k for k, text in enumerate(distinct)}
        vectors = np.asarray(embed(distinct))
        views = []
        for case, said, who in zip(cases, answers, told, strict=True):
            near = vectors[[place[t] for t in who]] @ vectors[[place[t] for t in said]].T
            views.append(float((near[0] - near[1]) @ (case.predictions[0] - case.predictions[1])))
        return np.array(views)

    return judge


_TASK = (
    "Each input shows what people were asked, descriptions of two people, and two forecasts of how likely each answer"
    " is. One forecast is about person A, the other about person B. The output names the person that forecast 1 is"
    " about: A or B."
)


def language_model_judge(model: LanguageModel, question: str, scale: Scale) -> Judge:
    """A language model as judge, without examples.

    Each case is asked twice, with A and B exchanged, so that a liking for one letter cancels out.

    Args:
        model: needs log-probabilities.
        question: what the raters were asked.
        scale: names of the outcomes.

    Returns:
        a judge whose number is the log-odds, summed over the two orders; a case too long for the model is undecided.
    """

    def written(case: Case, order: tuple[int, int], number: int) -> Prompt:
        people = [f"Person {name}: {case.profiles[k].text}" for name, k in zip("AB", order, strict=True)]
        forecasts = [
            f"Forecast {k + 1}: " + ", ".join(f"{n} {q:.0%}" for n, q in zip(scale.outcomes, p, strict=True))
            for k, p in enumerate(case.predictions)
        ]
        text = "\n".join([f"Question: {question}", f"Item: {case.text}", *people, *forecasts])
        return Prompt(f"judge/{number}/{order[0]}", text, (), _TASK)

    def judge(cases: Sequence[Case]) -> np.ndarray:
        prompts = [written(case, order, k) for k, case in enumerate(cases) for order in ((0, 1), (1, 0))]
        scores = model.choices(prompts, [("A", "B")] * len(prompts))
        views = np.zeros(len(cases))
        for k in range(len(cases)):
            straight, crossed = scores[2 * k : 2 * k + 2]
            if straight is not None and crossed is not None:
                (one, two), (three, four) = straight.logprobs, crossed.logprobs
                views[k] = one - two - three + four
        return views

    return judge


def _divergence(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Jensen-Shannon divergence along the last axis, in nats (Lin 1991)."""
    p, q = p.astype(float), q.astype(float)
    return np.maximum(entr((p + q) / 2).sum(-1) - (entr(p).sum(-1) + entr(q).sum(-1)) / 2, 0)
