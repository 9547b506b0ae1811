"""What can be set about the compact decoder, and the ways of telling about raters that it is trained on."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Settings:
    """Size and training of a compact decoder.

    Attributes:
        width: of the vectors of texts.
        factors: largest number of traits that a rater has; a third of it is tried as well.
        heads: of the attention between texts.
        dropout: share of hidden numbers that are left out while training.
        steps: of training, at most; it ends where held-out ratings are predicted no better.
        batch: raters per step.
        targets: at most so many ratings of a rater are predicted in a step.
        learning_rate: largest rate of the AdamW optimiser; it rises for some steps and falls to 0 along a cosine.
    """

    width: int = 64
    factors: int = 12
    heads: int = 4
    dropout: float = 0.1
    steps: int = 800
    batch: int = 64
    targets: int = 32
    learning_rate: float = 3e-3


@dataclass(frozen=True)
class View:
    """One way of telling about a rater.

    Attributes:
        demographics: names of the attributes that are told.
        demonstrations: at most so many; in training, the number is drawn from 1 to this, small ones more often.
        profile: whether a profile is told.
        weight: how often it is trained on, relative to other views.
    """

    demographics: tuple[str, ...] = ()
    demonstrations: int = 0
    profile: bool = False
    weight: float = field(default=1.0, compare=False)


def mixture(attributes: Sequence[str], profiles: bool, demonstrations: int = 48) -> tuple[View, ...]:
    """All ways of telling about a rater: nothing, demonstrations, all attributes, each alone, profiles, and several.

    Args:
        attributes: names of what is known of raters.
        profiles: whether there are profiles.
        demonstrations: at most so many are told in training; any number may be told afterwards.
    """
    every = tuple(attributes)
    views = [View(weight=0.5), View(demonstrations=demonstrations, weight=4)]
    if every:
        views += [View(every), View(every, demonstrations)]
        views += [View((name,), weight=1 / len(every)) for name in every] if len(every) > 1 else []
    if profiles:
        views += [View(profile=True, weight=2), View(demonstrations=demonstrations, profile=True)]
        views += [View(every, profile=True)] if every else []
    return tuple(views)
