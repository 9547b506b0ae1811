"""What a study of answers found, in sentences. A difference is claimed only where the corrected test allows it."""

from pluralign.report.text import MINUS, clean, number
from pluralign.values.power import POWER
from pluralign.values.study_findings import LEVEL, Attribute, Comparison, Gap, Outcome, Study

OUTCOMES: dict[Outcome, str] = {
    "agreement": "Agrees",
    "missing": "View missing",
    "missing_ever": "Missing at least once",
}
_SPOKEN: dict[Outcome, str] = {"agreement": "agreement", "missing": "how often a view is missing"}


def verdict(found: Study) -> list[str]:
    """Sentences: what holds of all people, each comparison, and what is missing."""
    compared = [(attribute, one) for attribute in found.attributes for one in attribute.comparisons]
    sentences = [_overall(found)]
    sentences += [_difference(attribute, one) for attribute, one in compared if one.differs]
    sentences += [_silence(attribute, one) for attribute, one in compared if not one.differs]
    if compared:
        sentences.append(
            f"{_counted(found.comparisons, 'comparison')} in all; the probability of any false finding among them is "
            f"held below {LEVEL:.0%} (Holm)."
        )
    elif found.attributes:
        sentences.append("No groups could be compared: they are too small, or people do not differ.")
    if found.views:
        most = found.views[0].people
        repeated = f"; the most frequent was written by {_counted(most, 'person')}" if most > 1 else ""
        sentences.append(f"{_counted(len(found.views), 'different text')} on what is missing{repeated}.")
    return sentences


def _overall(found: Study) -> str:
    agreed, missed, ever = (found.rates[outcome] for outcome in OUTCOMES)
    parts = [f"{_counted(found.people, 'person')} and {_counted(found.situations, 'situation')}"]
    if agreed.value is not None:
        parts.append(f"people agree with {number(agreed.value, 'share')} of the considerations")
    if missed.value is not None:
        parts.append(
            f"they say that their view is missing in {number(missed.value, 'share')} of the situations, and "
            f"{number(ever.value, 'share')} of them say it at least once"
        )
    return "; ".join(parts) + "."


def _difference(attribute: Attribute, one: Comparison) -> str:
    gap = one.gaps[0]
    sure = f"95% interval {points(gap.low)} to {points(gap.high)}, Cohen's h {_signed(gap.cohens_h, 2)}"
    return (
        f"Groups by {clean(attribute.name, 60)} differ in {_SPOKEN[one.outcome]} ({chance(one)}). The largest gap: "
        f"{clean(gap.group, 40)} {points(gap.difference)} points from all others, {sure}."
    )


def _silence(attribute: Attribute, one: Comparison) -> str:
    told = [gap for gap in one.gaps if gap.detectable]
    said = (
        f"No difference by {clean(attribute.name, 60)} was found in {_SPOKEN[one.outcome]} ({chance(one)}). "
        f"With a probability of {POWER:.0%} a group would have shown"
    )
    shown = [f"{clean(gap.group, 40)} {could_show(gap)}" for gap in told[:4]]
    more = f" ({len(told) - 4} more in the report)" if len(told) > 4 else ""
    return f"{said}: {'; '.join(shown)}{more}."


def could_show(gap: Gap) -> str:
    """From which rate on a group would have stood out."""
    if gap.detectable is None:
        return "nothing"
    below, above = gap.detectable.below, gap.detectable.above
    parts = [] if below is None else [f"at most {number(below, 'share')}"]
    parts += [] if above is None else [f"at least {number(above, 'share')}"]
    return " or ".join(parts) or "no gap, however large"


def chance(one: Comparison) -> str:
    """The p-value after correction."""
    return "corrected p < 0.001" if one.p_corrected < 0.001 else f"corrected p = {one.p_corrected:.3f}"


def points(share: float) -> str:
    """A difference of shares in percentage points."""
    return _signed(100 * share, 1)


def _signed(value: float, digits: int) -> str:
    return f"{value:+.{digits}f}".replace("-", MINUS)


def _counted(count: int, noun: str) -> str:
    plural = {"person": "people"}.get(noun, f"{noun}s")
    return f"{count:,} {noun if count == 1 else plural}"
