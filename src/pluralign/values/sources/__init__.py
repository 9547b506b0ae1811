"""Open data on values: situations with considerations, and situations on which people are known to differ."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from pluralign.errors import UsageError
from pluralign.suite.data import DataRoot
from pluralign.values.sources import ethics, moral_stories, moralchoice, moralstrength, polis, scruples, social_chem


@dataclass(frozen=True)
class Source:
    """Where data comes from, and how it is read.

    Attributes:
        read: from a data root to a table.
        about: what it is, in a line.
        licence: of the data.
        trains: whether weights that ship may be trained on it.
    """

    read: Callable[[DataRoot], pl.DataFrame]
    about: str
    licence: str
    trains: bool = False


JUDGED = {
    "moral_stories": Source(moral_stories.read, "actions that keep or break a norm, and changed norms", "MIT", True),
    "social_chem": Source(social_chem.read, "everyday situations and rules of thumb", "CC BY-SA 4.0", True),
    "moralchoice_rules": Source(moralchoice.rules, "actions in dilemmas and the moral rules they break", "MIT"),
    "ethics_virtue": Source(ethics.virtue, "scenarios and traits that they show or do not show", "MIT"),
    "moralstrength": Source(moralstrength.read, "words and moral foundations", "LGPL-3.0"),
}
"""Tables with one row per situation and consideration: ``source``, ``group`` (rows of one group never part), ``form``
(what kind of row it is within the source), ``situation``, ``kind``, ``text``, ``relevant`` and ``valence`` (null where
the source does not say)."""

VARIED = {
    "moralchoice": Source(moralchoice.ambiguity, "dilemmas written to be ambiguous or clear", "MIT"),
    "scruples": Source(
        scruples.read, "pairs of actions and how far five people disagree which is worse", "Apache-2.0"
    ),
    "social_chem_disagreement": Source(social_chem.disagreement, "rules of thumb and disagreement", "CC BY-SA 4.0"),
    "ccai_polis": Source(polis.read, "statements on how an AI should be, with votes", "none stated"),
}
"""Tables with one row per situation: ``source``, ``group``, ``situation``, ``options`` (of what may be done, perhaps
none) and ``disagreement`` (0 to 1, in the unit of the source)."""


def load(name: str, root: DataRoot) -> pl.DataFrame:
    """The table of a source.

    Raises:
        UsageError: there is no such source.
        DataError: its data is absent or not in the documented form.
    """
    source = (JUDGED | VARIED).get(name)
    if source is None:
        raise UsageError(f"there is no source {name!r}", fix=f"Sources: {', '.join((*JUDGED, *VARIED))}.")
    return source.read(root)
