"""A situation as text: what is done or considered, cleaned and bounded before any model reads it."""

from pluralign.errors import UsageError
from pluralign.report.text import clean

WORDS = 1000
"""Words from which a text is refused: it is a document, of which models would read the beginning only."""


def situation(text: str, where: object = None) -> str:
    """The text on one line without control characters.

    Raises:
        UsageError: nothing is left, or it has more than ``WORDS`` words.
    """
    words = clean(text).split()
    if not any(character.isalnum() for word in words for character in word):
        raise UsageError("the situation is empty", where=where, fix='Say what is done, such as "Biking to work".')
    if len(words) > WORDS:
        problem = f"the situation has {len(words):,} words, more than {WORDS:,}"
        raise UsageError(problem, where=where, fix="Say in a sentence or two what is done.")
    return " ".join(words)
