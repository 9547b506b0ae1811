"""What an audit would take, found out by asking a model that only counts: nothing is loaded and nobody is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pluralign.lm.counting import Asked, CountingModel
from pluralign.measure.parts import part
from pluralign.measure.request import Request
from pluralign.suite import DataRoot

_CHARACTERS_PER_TOKEN = 4
"""About, in English."""


@dataclass(frozen=True, slots=True)
class Work:
    """What one part asks of each model.

    Attributes:
        task: name of the part.
        units: pieces of work, each kept as soon as it is done.
        asked: what is asked for.
    """

    task: str
    units: int
    asked: Asked

    @property
    def tokens_about(self) -> int:
        """Tokens of the prompts, about, without what a template adds."""
        return self.asked.characters // _CHARACTERS_PER_TOKEN

    @property
    def tokens_most_about(self) -> int:
        """The same where a server gives one answer per request."""
        return self.asked.characters_most // _CHARACTERS_PER_TOKEN


def plan(request: Request, progress: Callable[[str], None] | None = None) -> list[Work]:
    """The work of every part for one model; each model gets the same.

    Prompts that do not fit a model, and answers that call for another request, are not foreseen.

    Args:
        progress: told the name of each part when its work is known.

    Raises:
        PluralignError: an unknown task, or absent data.
    """
    root, found = DataRoot(Path(request.data) if request.data else None), []
    for name in request.tasks:
        one, model, units = part(name), CountingModel(), 0
        for _, rows in one.pieces(root, request):
            units += 1
            if one.ask is None:
                rows(model)
        if one.ask is not None:
            one.ask(model, root, request)
        found.append(Work(name, units, model.asked))
        if progress:
            progress(name)
    return found


def cost(works: list[Work], prompt: float, answer: float) -> tuple[float, float]:
    """What one model would cost, without answers and with the longest answers that there can be.

    Args:
        prompt, answer: prices per million tokens of prompts and of answers.

    Returns:
        the least and the most, in the currency of the prices.
    """
    least = sum(work.tokens_about for work in works) * prompt
    most = sum(work.tokens_most_about for work in works) * prompt
    most += sum(work.asked.answer_tokens_most for work in works) * answer
    return least / 1e6, most / 1e6
