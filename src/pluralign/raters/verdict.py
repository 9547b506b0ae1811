"""What the findings say in plain words. A difference is claimed only where intervals allow it."""

import math
import re

from pluralign.raters.findings import Estimate, Field, Findings, Told
from pluralign.report.text import clean, listing, number

_TOLD = {"none": "nothing", "demographics": "all known attributes", "profile": "a profile in words"}
_BASELINE = re.compile("(habits|latent)-(all|[1-9][0-9]{0,5})")
_COUNTED = re.compile("(demonstrations|profile|cluster)-(all|[1-9][0-9]{0,5})")
_CAMPS_NAMED = 8


def verdict(findings: Findings) -> list[tuple[str, str]]:
    """Pairs of what a part is about, which may be empty, and its sentences."""
    return [
        ("", _size(findings)),
        ("Disagreement", _disagreement(findings)),
        ("Camps", _camps(findings)),
        ("Known attributes", _attributes(findings)),
        ("Prediction", _prediction(findings)),
    ]


def counted(count: int, noun: str) -> str:
    """``1 rater``, ``2,000 raters``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def evidence(name: str, value: float | str) -> str:
    """A number behind a statement: counts as whole numbers, probabilities as shares, others with two decimals."""
    if isinstance(value, str):
        return value
    if name == "certainty":
        return "over 99.9%" if value > 0.999 else f"{value:.1%}"
    return f"{value:,.0f}" if float(value).is_integer() and "rating" in name else f"{value:,.2f}".replace("-", "−")


def spoken(representation: str) -> str:
    """What is told about a rater, in words; a name that is not known stays as it is."""
    if baseline := _BASELINE.fullmatch(representation):
        size = "with one factor" if baseline[2] == "1" else f"with {baseline[2]} factors"
        return "how often the rater gives each answer" if baseline[1] == "habits" else f"a latent-factor model {size}"
    words: list[str] = []
    fields: list[str] = []
    for token in representation.split("+"):
        form = _COUNTED.fullmatch(token)
        if token.startswith("demographics:") or (fields and form is None and token not in _TOLD):
            fields.append(token.removeprefix("demographics:"))
            continue
        words.append(_counted(*form.groups()) if form else _TOLD.get(token) or clean(token, 60))
    named = [f"the attribute{'s' if len(fields) > 1 else ''} “{clean('+'.join(fields), 80)}”"] if fields else []
    return listing(named + words)


def _counted(what: str, size: str) -> str:
    if what == "cluster":
        return f"the rater's camp, one of {size}"
    if what == "profile":
        return f"a profile written from {'all ratings' if size == 'all' else counted(int(size), 'rating')}"
    return {"all": "all that may be told of the rater's own ratings", "1": "one of the rater's own ratings"}.get(
        size, f"{size} of the rater's own ratings"
    )


def ends(estimate: Estimate) -> tuple[float, float, float]:
    """Value, low and high end; NaN where there is none, so that no comparison with it holds."""
    value, low, high = (math.nan if part is None or not math.isfinite(part) else part for part in estimate)
    return value, low, high


def known(estimate: Estimate) -> bool:
    """Whether there is a value."""
    return not math.isnan(ends(estimate)[0])


def beyond_chance(field: Field) -> bool:
    """Whether an attribute tells more than nothing and more than random groups of the same sizes do."""
    value, low, _ = ends(field.information_nats)
    chance, _, most = ends(field.random_nats)
    return low > 0 and not value <= (chance if math.isnan(most) else most)


def most_told(findings: Findings) -> Told | None:
    """What the model was told with the most information, among that which clearly improves prediction."""
    clear = [t for t in findings.told if not _BASELINE.fullmatch(t.representation) and ends(t.information_nats)[1] > 0]
    return max(clear, key=lambda told: ends(told.information_nats)[0], default=None)


def _size(f: Findings) -> str:
    least, median, most = f.per_rater
    each = f"{least:,} each" if least == most else f"{least:,} to {most:,} each, median {median:,.10g}"
    own = f" ({each})" if f.raters > 1 else ""
    return f"{counted(f.raters, 'rater')} gave {counted(f.ratings, 'rating')}{own} to {counted(f.items, 'item')}."


def _disagreement(f: Findings) -> str:
    if not known(f.agreement):
        return "it cannot be measured here: that takes items with ratings by two or more people."
    differ, chance = (number(1 - share, "share") for share in (ends(f.agreement)[0], f.chance_agreement))
    said = f"two people who rated the same item gave different answers in {differ} of cases"
    return f"{said}; two answers drawn at random from all answers differ in {chance}."


def _camps(f: Findings) -> str:
    if not f.camps:
        return "none were computed."
    if len(f.camps) == 1:
        return f"the raters are treated as one group. {clean(f.camps_note)}".rstrip()
    named = [f"{clean(camp.name, 20)} with {camp.raters:,}" for camp in f.camps]
    if len(named) > _CAMPS_NAMED:
        named = [*named[: _CAMPS_NAMED - 1], f"{len(named) - _CAMPS_NAMED + 1} smaller ones"]
    return f"the ratings divide the raters into {len(f.camps)} camps: {listing(named)}."


def _attributes(f: Findings) -> str:
    if not f.fields:
        return "there are none that could be used."
    telling = [field for field in f.fields if beyond_chance(field)]
    if not telling:
        none = "the only one does not tell" if len(f.fields) == 1 else f"none of {len(f.fields)} tells"
        return f"{none} clearly more about the answers than groups drawn at random."
    top = max(telling, key=lambda field: ends(field.information_nats)[0])
    value, low, high = ends(top.information_nats)
    said = f"“{clean(top.name, 60)}” tells most about the answers, {number(value, 'nats')} nats per answer."
    camps, camps_low, camps_high = ends(top.camps_nats)
    if math.isnan(camps):
        return said
    compared = "clearly more" if camps_low > high else "clearly less" if camps_high < low else "no clear difference"
    return f"{said} As many camps found in the ratings tell {number(camps, 'nats')} nats ({compared})."


def _prediction(f: Findings) -> str:
    if not any(known(t.information_nats) for t in f.told if t.representation != "none"):
        return "it was not measured how much better answers are predicted when something is told about a rater."
    top = most_told(f)
    if top is None:
        said = "nothing that the model was told about a rater clearly improves its predictions of the rater's answers."
        return " ".join([said, *_compared(f, 0.0)])
    none = next((t for t in f.told if t.representation == "none"), None)
    gain = ends(top.information_nats)[0]
    loss = f"its loss falls by {number(gain, 'nats')} nats per answer"
    if none and ends(none.nll_nats)[0] > 0:
        loss += f", {number(gain / ends(none.nll_nats)[0], 'share')}"
    said = f"when the model is told {spoken(top.representation)}, {loss}"
    if none and known(none.accuracy) and known(top.accuracy):
        before, after = (number(t.accuracy[0], "share") for t in (none, top))
        said += f", and the answer that it holds likeliest is right for {after} of other items instead of {before}"
    return " ".join([f"{said}.", *_compared(f, gain), *_kept(f)])


def _compared(f: Findings, gain: float) -> list[str]:
    """The predictor without a language or sentence model that tells most, where it tells more than ``gain``."""
    others = [(t.representation, t.information_nats) for t in f.told if _BASELINE.fullmatch(t.representation)]
    others += [(f"latent-{factors}", latent) for factors, _, latent in f.curve]
    clear = [(name, ends(estimate)[0]) for name, estimate in others if ends(estimate)[1] > 0]
    name, most = max(clear, key=lambda other: other[1], default=("", 0.0))
    if most <= gain:
        return []
    what = spoken(name) if name.startswith("latent") else f"counting {spoken(name)}"
    return [f"By comparison, {what}, which reads no texts, lowers the loss by {number(most, 'nats')} nats."]


def _kept(f: Findings) -> list[str]:
    """How much of the ratings a profile in words keeps."""
    profiles = [t for t in f.told if known(t.preserved_share) and t.representation.startswith("profile")]
    if not profiles:
        return []
    top = max(profiles, key=lambda told: ends(told.preserved_share)[0])
    what, share = spoken(top.representation), ends(top.preserved_share)[0]
    what = f"{what[0].upper()}{what[1:]}"
    if share <= 0:
        return [f"{what} keeps nothing that the model could use of the ratings that it was written from."]
    return [f"{what} keeps {number(share, 'share')} of the information in the ratings that it was written from."]
