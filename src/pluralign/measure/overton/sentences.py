"""A text as sentences: lines, points of lists, and what ends in a full stop, a question or exclamation mark."""

import re

_NEVER = re.compile(
    r"(mr|mrs|ms|dr|prof|st|rev|gen|sen|rep|gov|vs|e\.g|i\.e|cf|fig|approx|dept|vol|pp|ca"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
)
"""Before a full stop these do not end a sentence."""

_BEFORE_CAPITAL = re.compile(r"(etc|inc|ltd|co|corp|jr|sr|no|al|u\.s|u\.k|u\.n|e\.u|a\.m|p\.m)")
"""These end one only where a capital letter follows."""

_POINT = re.compile(r"^\s*(?:#+\s+|[-*•–+]\s+|\(?\d{1,3}[.)]\s+|\(?[a-zA-Z]\)\s+|>\s+)+")
_END = re.compile(r"[.!?…]+[\"'”’)\]*_]*(?=\s)|[。！？]+[」』”’）]*")
_BARE = re.compile(r"[\w一-鿿]")


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order, without surrounding space and without the marks of lists and headings.

    A line break ends a sentence. A full stop ends one unless it belongs to an abbreviation or an initial. Parts
    without a letter or digit are left out. All words of the text but the marks of lists are in one of them.
    """
    found = []
    for line in text.splitlines():
        rest = _POINT.sub("", line)
        start = 0
        for end in _END.finditer(rest):
            if _ends(rest, start, end):
                found.append(rest[start : end.end()].strip())
                start = end.end()
        found.append(rest[start:].strip())
    return [sentence for sentence in found if _BARE.search(sentence)]


def words(text: str) -> int:
    """Number of words, parted by white space."""
    return len(text.split())


def _ends(line: str, start: int, end: re.Match[str]) -> bool:
    follows = line[end.end() :].lstrip()
    if not follows:
        return True
    if end.group()[0] != ".":
        # "Really?" she asked: a quotation inside a sentence.
        return not (end.group()[-1] in "\"'”’" and follows[0].islower())
    if end.group().startswith(".."):
        return not follows[0].islower()
    last = line[start : end.start()].split()[-1:] or [""]
    word = last[0].lower().lstrip("(\"'“‘[")
    capital = follows.lstrip("\"'“‘([")[:1].isupper()
    if _BEFORE_CAPITAL.fullmatch(word):
        return capital
    initial = len(word) == 1 and word.isalpha() and word != "i" and last[0][-1].isupper()
    return not (initial or _NEVER.fullmatch(word))
