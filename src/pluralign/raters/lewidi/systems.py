"""The systems that are compared: baselines, the stacked system, and the system without one of its parts.

The stacked system is the same for every data set. A Gaussian process over items says how far the ratings of an item
lie from what its raters' base rates lead to expect; a Gaussian process per rater says how far this rater lies from
that; a learner on top combines both with what is known of rater and item. All is chosen on training ratings.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pluralign.raters.lewidi import baselines, features, history, in_context, standing
from pluralign.raters.lewidi.features import Feature, by_channel
from pluralign.raters.lewidi.history import Outlook
from pluralign.raters.lewidi.likeness import components
from pluralign.raters.lewidi.material import Material
from pluralign.raters.lewidi.pairs import Pairs
from pluralign.raters.lewidi.pieces import Arrays
from pluralign.raters.lewidi.stack import stacked, trees

_COMPONENTS = 48
_HIDDEN = 4000
"""Hidden ratings that are enough to choose the strengths of :func:`pluralign.raters.lewidi.history.personal`."""


@dataclass(frozen=True)
class Parts:
    """Which parts the stacked system has.

    Attributes:
        examples: the rater's other ratings.
        demographics: what is known of the rater besides.
        text: texts and facts of the items.
        second_stage: the fine-tuned encoder.
    """

    examples: bool = True
    demographics: bool = True
    text: bool = True
    second_stage: bool = True


def stack(material: Material, parts: Parts = Parts()) -> np.ndarray:
    """The stacked system, shape (pairs, bits)."""
    pairs = material.pairs
    base = history.offsets(pairs) if parts.examples else history.common(pairs)
    known = [Feature("base rate", "base", base)]
    if material.ordered:
        known += [Feature(f"base rate above {place}", "base", column) for place, column in enumerate(base.T)]
    if parts.demographics:
        known += features.demographics(material.data, pairs)
    if parts.text:
        known += _text(material, parts)
    return stacked(pairs, known)


def boosted(material: Material) -> np.ndarray:
    """Boosted trees on embeddings, the rater's label histogram and the ratings of similar items."""
    pairs = material.pairs

    def near(world: Pairs) -> np.ndarray:
        rest = history.residuals(world, history.offsets(world))
        return history.similar(world, rest, material.vectors)

    similar = pairs.assembled([near(world) for world in pairs.worlds()])
    embedded = components(material.vectors, _COMPONENTS)
    names = [f"embedding {place}" for place in range(embedded.shape[1])]
    base = history.offsets(pairs)
    known = [
        Feature("base rate", "base", base),
        *(Feature(f"base rate above {place}", "base", column) for place, column in enumerate(base.T)),
        *by_channel("similar", "examples", similar, pairs),
        *features.of_items(names, "text", embedded, pairs),
    ]
    return trees(pairs, known, material.ordered)


def demographic(material: Material) -> np.ndarray:
    """Boosted trees on what is known of the rater besides the ratings."""
    pairs = material.pairs
    known = [Feature("base rate", "base", history.common(pairs)), *features.demographics(material.data, pairs)]
    return trees(pairs, known, material.ordered)


SYSTEMS: dict[str, Callable[[Material], np.ndarray]] = {
    "all raters": lambda m: baselines.marginal(m.pairs),
    "rater mode": lambda m: baselines.rater_mode(m.pairs, m.ordered),
    "rater median": lambda m: baselines.rater_rates(m.pairs),
    "item mean": lambda m: baselines.nearest(m.pairs, m.vectors),
    "demographics": demographic,
    "matrix factorisation": lambda m: baselines.factorisation(m.pairs, m.columns),
    "boosted trees": boosted,
    "compact": in_context.with_,
    "compact, no examples": lambda m: in_context.with_(m, examples=False),
    "compact, no demographics": lambda m: in_context.with_(m, demographics=False),
    "compact, no text": lambda m: in_context.with_(m, text=False),
    "stacked": stack,
    "stacked, no examples": lambda m: stack(m, Parts(examples=False)),
    "stacked, no demographics": lambda m: stack(m, Parts(demographics=False)),
    "stacked, no text": lambda m: stack(m, Parts(text=False)),
    "stacked, no second stage": lambda m: stack(m, Parts(second_stage=False)),
}
"""Name of each system to what gives the probability of each bit for all pairs, shape (pairs, bits).

Those of training ratings are predicted without the rating itself, or are NaN.
"""


def known_systems(material: Material) -> list[str]:
    """The systems that there are for a data set: without a second stage, none is left out."""
    return [name for name in SYSTEMS if material.second_stage or name != "stacked, no second stage"]


def _text(material: Material, parts: Parts) -> list[Feature]:
    """What is expected of a rating by its item, and by the rater's ratings of other items."""
    pairs, second = material.pairs, parts.second_stage and material.second_stage
    told = _told(material, parts.examples, second)
    known = [Feature("expected", "text", told["expected"]), *features.facts(material.data, pairs)]
    known += by_channel("standing", "text", told["standing"], pairs)
    if parts.examples:
        known.append(Feature("expected of the rater", "examples", told["of the rater"]))
        known += by_channel("own residual", "examples", told["own"], pairs)
    if second:
        read = material.tuned.scores[pairs.item]
        known.append(Feature("tuned", "tuned", read))
        if parts.examples:
            own = material.tuned.personal
            known += by_channel("own direction", "tuned", own, pairs)
            known.append(Feature("expected, tuned", "tuned", told["of the rater"] + own[:, pairs.channel]))
    return known


def _told(material: Material, examples: bool, second: bool) -> Arrays:
    pairs, vectors = material.pairs, material.vectors

    def make() -> Arrays:
        material.report(f"{material.data.name}: regression on texts")
        regression = standing.Regression(material.evidence(second), material.strengths(second))
        outlooks = []
        for world in pairs.worlds():
            base = material.base(world, examples)
            aims = standing.targets(world, history.residuals(world, base))
            score = regression.expected(world, *aims)
            outlooks.append(Outlook(world, history.shifted(world, base, score[pairs.item]), score))
        found = {
            "expected": pairs.assembled([one.log_odds for one in outlooks]),
            "standing": pairs.assembled([one.score[pairs.item] for one in outlooks]),
        }
        if examples:
            material.report(f"{material.data.name}: regression per rater")
            enough = -(-_HIDDEN * len(outlooks) // int(pairs.known.sum()))
            chosen = history.fit_personal(pairs, outlooks[: min(enough, len(outlooks) - 1)], vectors)
            own = [history.personal(one, vectors, chosen) for one in outlooks]
            found["own"] = pairs.assembled(own)
            found["of the rater"] = history.shifted(pairs, found["expected"], found["own"])
        return found

    name = f"{material.data.name}-told{'' if examples else '-no-examples'}{'-tuned' if second else ''}"
    return material.pieces.get(name, (material.key, material.tuned.scores.sum() if second else None), make)


def probabilities(material: Material, system: str) -> np.ndarray:
    """What a system of :data:`SYSTEMS` gives, kept among the pieces."""
    make = SYSTEMS[system]

    def found() -> Arrays:
        material.report(f"{material.data.name}: {system}")
        return {"p": make(material)}

    name = f"{material.data.name}-{system.replace(', ', '-').replace(' ', '-')}"
    return material.pieces.get(name, (material.key, system), found)["p"]
