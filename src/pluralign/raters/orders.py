"""The order of answers in words, such as those from "strongly disagree" to "strongly agree"."""

from collections.abc import Sequence

# Each line is an order from low to high; words between bars mean the same.
_ORDERS = """
definitely false, probably false, false, probably true, true, definitely true
definitely not|definitely no, no, probably not|probably no, perhaps|maybe|possibly, probably|probably yes, yes, definitely|definitely yes
strongly disagree|completely disagree|totally disagree|fully disagree, disagree|moderately disagree, somewhat disagree|slightly disagree|rather disagree|tend to disagree|mildly disagree, neither agree nor disagree|neither disagree nor agree|neutral|neither|undecided, somewhat agree|slightly agree|rather agree|tend to agree|mildly agree, agree|moderately agree, strongly agree|completely agree|totally agree|fully agree
strongly oppose, oppose, somewhat oppose|slightly oppose, neither support nor oppose|neither favor nor oppose|neither favour nor oppose|neutral|neither, somewhat support|slightly support|somewhat favor|somewhat favour, support|favor|favour, strongly support|strongly favor|strongly favour
strongly disapprove, disapprove, somewhat disapprove, neither approve nor disapprove|neutral|neither, somewhat approve, approve, strongly approve
extremely unlikely, very unlikely, unlikely, somewhat unlikely, neither likely nor unlikely|neutral|neither, somewhat likely, likely, very likely, extremely likely
never, almost never|hardly ever|very rarely, rarely|seldom, occasionally|once in a while, sometimes, often|frequently, usually|very often, almost always|nearly always, always
extremely dissatisfied, very dissatisfied, dissatisfied, somewhat dissatisfied, neither satisfied nor dissatisfied|neutral|neither, somewhat satisfied, satisfied, very satisfied, extremely satisfied
terrible|awful, very poor|very bad, poor|bad, fair|average|acceptable|ok|okay|neutral, good, very good, excellent
very negative|strongly negative, negative, somewhat negative|slightly negative, neutral, somewhat positive|slightly positive, positive, very positive|strongly positive
much worse, worse, somewhat worse|slightly worse, about the same|the same|same|equal, somewhat better|slightly better, better, much better
far too little, too little|not enough, about right|just right|the right amount, too much, far too much
none|zero, very low, low, medium|moderate|middle, high, very high
none|no, minor|mild|slight, moderate, serious|severe|major, critical|extreme
not|not at all|no|none, hardly|barely, slightly|a little|a little bit|a bit, somewhat|to some extent, moderately|fairly, , quite|quite a bit|considerably, very|very much|a lot|highly, extremely|completely|totally
"""  # noqa: E501 (an order per line)
_PLACES = tuple(
    {word.strip(): place for place, words in enumerate(line.split(",")) for word in words.split("|")}
    for line in _ORDERS.strip().splitlines()
)
_DENIALS = ("non-", "non ", "not ", "no ", "un", "in", "im", "dis", "il", "ir")
_DEGREES = _PLACES[-1]


def order(labels: Sequence[str]) -> tuple[str, ...] | None:
    """The labels from low to high, or None where their order is not known.

    Upper and lower case are the same. Labels that end in the same words ("very rude", "not at all rude", "rude") are
    ordered by the degree before these. Of two labels of which one denies the other ("non-hateful"), that one is low.
    """
    words = [" ".join(label.casefold().split()) for label in labels]
    shortest = min(words, key=len)
    bare = [word.removesuffix(shortest.split()[-1]).strip() for word in words] if shortest else words
    tries = [(words, places) for places in _PLACES] + [(bare, _DEGREES)]
    for named, places in tries:
        found = [places.get(word) for word in named]
        if None not in found and len(set(found)) == len(found):
            return tuple(label for _, label in sorted(zip(found, labels, strict=True)))
    if len(labels) == 2 and max(words, key=len) in {denial + shortest for denial in _DENIALS}:
        return tuple(sorted(labels, key=len, reverse=True))
    return None
