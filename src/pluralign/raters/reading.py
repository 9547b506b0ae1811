"""What comes of reading ratings: the table, and everything that was left out or changed on the way."""

from dataclasses import dataclass

from pluralign.raters.ratings import Ratings


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was left out or changed.

    Attributes:
        what: what became of what, such as "rows without a label left out".
        count: how many there were.
        detail: which, or how; empty where there is no more to say.
    """

    what: str
    count: int
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.count:,}" + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True)
class Reading:
    """Ratings with an account of how they were read.

    Attributes:
        ratings: the table.
        notes: what was left out or changed; empty where nothing was.
        columns: what each column of the source was taken for, as pairs of role and column.
    """

    ratings: Ratings
    notes: tuple[Note, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
