"""What a rule speaks about, and whether it speaks for or against it.

"It's wrong to read a friend's mail" and "You shouldn't read a friend's mail" speak against reading a friend's mail.
What is left then is whether an act does what the rule is about, which a small model learns, where it does not learn to
turn a judgement around.
"""

import re
from typing import NamedTuple

_PRAISE = re.compile(
    r"\b(?:"
    r"acceptable|acceptance|accepted|admirable|advisable|allowed|altruistic|appreciated|appropriate|"
    r"beneficial|best|better|brave|brotherly|caring|charitable|charming|clever|comforting|commendable|"
    r"common|compassionate|considerate|cool|courageous|courteous|courtesy|crucial|customary|decent|"
    r"dutiful|encouraged|encouraging|enough|essential|ethical|exciting|expected|fair|fine|fortunate|"
    r"friendly|fun|funny|generous|gentle|good|gracious|great|happy|harmless|healthy|helpful|heroic|"
    r"honest|honorable|honourable|human|humble|ideal|imperative|important|inclusive|just|justified|"
    r"kind|kindness|lawful|legal|legitimate|lovely|loving|loyal|mature|moral|natural|necessary|"
    r"neighborly|nice|noble|normal|obligatory|ok|okay|patient|permissible|permitted|pleasant|polite|"
    r"positive|possible|praiseworthy|preferable|preferred|proper|prudent|reasonable|recommended|required|"
    r"respectable|respectful|responsible|right|romantic|safe|sanitary|selfless|sensible|shrewd|smart|"
    r"special|sporting|strong|supportive|sweet|tactful|thoughtful|understandable|understood|useful|"
    r"valuable|virtuous|vital|welcome|welcoming|wise|wonderful|worthwhile|worthy"
    r")\b"
)
"""Words of which one makes a judgement one of praise or leave; any other judgement blames."""

_NOT = re.compile(r"['’]t\b|\b(?:not|never|hardly|rarely|seldom|no|nothing|nobody)\b", re.I)
_JUDGED = re.compile(
    r"(?:it(?:['’]?s| is| was| can be| would be| may be| seems)|its|there(?:['’]s| is))"
    r"(?P<judgement>(?:n['’]t)? .{1,60}?)(?: for .{1,50}?)? (?P<link>not to|never to|to|when|if|that|of|with|in) "
    r"(?P<about>.+)",
    re.I,
)
_EXPECTED = r"(?:expected|supposed|encouraged|obliged|required|allowed|free)"
_ASKED = re.compile(
    r".{0,60}?(?:\b(?:should|must|cannot|can|may|ought|needs?|always|never|(?:do|does|will|would)(?=n['’]?t| not)"
    rf"|(?:has|have)(?= to\b| (?:the|a|no) right))|(?:\bare|\bis|['’]re)(?=(?:n['’]?t| not| always)? {_EXPECTED}))"
    rf"(?:n?['’]?t\b| not\b| never\b| need\b| always\b| ever\b| to\b| {_EXPECTED}\b| (?:the|a|no) right\b)*",
    re.I,
)
_NAMED = re.compile(r"(?P<about>.{4,120}?) (?:is|are|can be|shows|makes you) (?P<judgement>.{1,40})", re.I)
_UNDONE = re.compile(r"(?:to )?(?:not|never|do not|don['’]t)\b(?: ever)?(?: to)? (?P<about>.+)", re.I)


class Stance(NamedTuple):
    """What a rule says.

    Attributes:
        speaks_for: True if it asks for or permits ``about``, False if it speaks against it.
        about: what it speaks about, in its own words; the whole text where it has none of the usual forms.
    """

    speaks_for: bool
    about: str


def stance(rule: str) -> Stance:
    """Take a rule in English apart; a text that reads like none speaks for itself.

    Args:
        rule: such as "You shouldn't lie to friends." or "It's kind to wait.".
    """
    text = rule.strip().rstrip(".!")
    if found := _JUDGED.fullmatch(text):
        speaks_for, about = _praises(found["judgement"]), found["about"]
        speaks_for ^= found["link"].lower() in ("not to", "never to")
    elif (found := _ASKED.match(text)) and (about := text[found.end() :].strip()):
        speaks_for = not _NOT.search(found[0]) and "cannot" not in found[0].lower()
    elif found := _NAMED.fullmatch(text):
        speaks_for, about = _praises(found["judgement"]), found["about"]
    else:
        return Stance(True, rule)
    if undone := _UNDONE.fullmatch(about):
        return Stance(not speaks_for, undone["about"])
    return Stance(speaks_for, about)


def _praises(judgement: str) -> bool:
    praised = _PRAISE.search(judgement.lower()) is not None
    denied = _NOT.search(judgement) is not None
    # "Nothing wrong with" is a leave, as "not okay to" is a blame.
    return praised != denied
