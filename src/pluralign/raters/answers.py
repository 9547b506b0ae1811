"""How the page shows shares of answers: which of them have a colour of their own, and which go together."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pluralign.raters.findings import Findings

_HUES = ("#1f6fae", "#b3541e", "#2e7d5b", "#8e4a86", "#7d6200", "#5a6472")
"""Of answers without an order; white text can be read on each."""

_LOW, _HIGH = "#1f6fae", "#b3541e"


@dataclass(frozen=True)
class Answers:
    """The answers of a data set.

    Attributes:
        names: in the order of the scale.
        ordered: whether that order means something.
        shares: how frequent each is overall.
    """

    names: tuple[str, ...]
    ordered: bool
    shares: tuple[float, ...]

    @cached_property
    def own(self) -> tuple[int, ...]:
        """Places of the answers with a colour of their own: all, or where they have no order the commonest few."""
        places = range(len(self.names))
        if self.ordered or len(self.names) <= len(_HUES):
            return tuple(places)
        share = dict(zip(places, self.shares, strict=False))
        return tuple(sorted(sorted(places, key=lambda place: -share.get(place, 0.0))[: len(_HUES) - 1]))

    @cached_property
    def styles(self) -> tuple[tuple[str, str], ...]:
        """Background and text colour, as CSS, of each answer that has its own."""
        if not self.ordered:
            return tuple((hue, "#ffffff") for hue in _HUES[: len(self.own)])
        last = max(len(self.names) - 1, 1)
        found = []
        for place in self.own:
            side = 2 * place / last - 1
            end, amount = (_LOW if side < 0 else _HIGH), round(100 * abs(side))
            mixed = f"color-mix(in srgb, {end} {amount}%, var(--middle))"
            found.append((mixed, "#ffffff" if amount > 62 else "var(--ink)"))
        return tuple(found)

    def parts(self, shares: Sequence[float]) -> list[tuple[int, str, float]]:
        """Number of the style, name and share of everything above 0; -1 is what has no colour of its own, together."""
        found = [(k, self.names[place], shares[place]) for k, place in enumerate(self.own) if place < len(shares)]
        rest = sum(share for place, share in enumerate(shares) if place not in self.own)
        return [part for part in [*found, (-1, "other answers", rest)] if part[2] > 0]


def answers(findings: Findings) -> Answers:
    """The answers of the findings."""
    return Answers(tuple(findings.labels), findings.kind in ("ordinal", "binary"), tuple(findings.answers))
