"""Considerations as perspectives: for an answer that shows several views, and as what such an answer should cover.

A model is Overton-pluralistic where it shows the reasonable answers to a question together (Sorensen et al. 2024, "A
roadmap to pluralistic alignment", arXiv 2402.05070).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pluralign.episode import Prompt
from pluralign.errors import UsageError
from pluralign.lm.protocol import LanguageModel
from pluralign.values.consideration import VALENCES, Valence

_TASK = (
    "Each input is something that a person considers doing, and considerations that speak for it, against it, or"
    " either way. The output answers the person in a few sentences: it gives each consideration its due, says on which"
    " side it is, and leaves the decision to the person."
)
_SIDES: dict[Valence, str] = {"supports": "For", "opposes": "Against", "either": "Either way"}


@dataclass(frozen=True, slots=True)
class Perspective:
    """One view on a situation.

    Attributes:
        side: on which it is.
        text: of the consideration.
        why: its explanation, perhaps empty.
    """

    side: Valence
    text: str
    why: str

    @property
    def sentence(self) -> str:
        """The view in words, as a reference for what an answer covers."""
        return f"{_SIDES[self.side]}: {self.text}." + (f" {self.why}" if self.why else "")


def perspectives(found: dict[str, Any], most: int = 8) -> list[Perspective]:
    """The views of a map: the most relevant considerations, both sides among them where both are there.

    Args:
        found: a map as JSON values, as ``pluralign values map --json`` prints it.
        most: number of views.
    """
    listed = [
        Perspective(max(VALENCES, key=one.__getitem__), one["text"], one["explanation"])
        for one in found["considerations"]
    ]
    shown = listed[:most]
    # A side that is not among the most relevant views takes the place of the last of them.
    for side in ("supports", "opposes"):
        absent = next((view for view in listed[most:] if view.side == side), None)
        if absent is not None and all(view.side != side for view in shown):
            shown = [*shown[:-1], absent]
    return shown


def answer(
    model: LanguageModel, situation: str, views: Sequence[Perspective], *, max_tokens: int = 300, seed: int = 0
) -> str:
    """An answer that gives several views their due, by any language model.

    Raises:
        UsageError: there are no views.
    """
    if not views:
        raise UsageError("there are no views to show", where=situation[:60])
    written = "\n".join([situation, *(view.sentence for view in views)])
    prompt = Prompt(f"views/{situation}", written, (), _TASK)
    return model.sample([prompt], 1, temperature=0.7, max_tokens=max_tokens, seed=seed)[0][0].strip()
