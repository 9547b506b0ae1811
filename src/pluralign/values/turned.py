"""Turning a rule around: from "It's good to help" to "It's wrong to help", which whoever helped now breaks."""

import re

import numpy as np

_PRAISED = (
    "good|nice|kind|important|polite|best|responsible|respectful|right|considerate|thoughtful|helpful|healthy|wise"
    "|smart|honest|generous|courteous|great|appropriate|fair|better|admirable|loving|decent|courageous|brave"
    "|commendable|honorable|necessary|encouraged|expected"
)
_RULE = re.compile(rf"it(?:'?s| is) (?:{_PRAISED}) to (?!not\b)(?P<act>.+)|you should (?:always )?(?P<do>.+)", re.I)
_OPENINGS = ("It's wrong to", "It's bad to", "It's rude to", "It is not okay to", "It's unacceptable to")


def turned(rule: str, rng: np.random.Generator) -> str | None:
    """The opposite of a rule in one of two plain forms of praise, or None where it has neither.

    Args:
        rule: in English.
        rng: draws the wording.
    """
    found = _RULE.fullmatch(rule.strip())
    if found is None or (act := found["act"] or found["do"]).startswith(("not ", "never ")):
        return None
    opening = str(rng.choice(["You shouldn't", *_OPENINGS]))
    return f"{opening} {act}"
