"""What people say is missing, in their own words: counted, and as entries that a person can edit for the bank."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import punctuation

import polars as pl


@dataclass(frozen=True)
class View:
    """A text, as one person or several wrote it.

    Attributes:
        text: as it was first written.
        people: who wrote it.
        places: the situation, and the rows of the file, of each situation for which it was written.
    """

    text: str
    people: int
    places: list[tuple[str, list[int]]]


def views(texts: pl.DataFrame) -> list[View]:
    """Texts that are the same but for case, blanks, and marks at their ends, the most frequent first.

    Args:
        texts: ``person, situation, text, row``.
    """
    same = pl.col("text").str.replace_all(r"\s+", " ").str.to_lowercase().str.strip_chars(f" {punctuation}…“”‘’")
    found = []
    # What is nothing but marks is kept as it is.
    for _, rows in texts.with_columns(same=pl.when(same != "").then(same).otherwise("text")).group_by(
        "same", maintain_order=True
    ):
        places = rows.group_by("situation", maintain_order=True).agg(pl.col("row"))
        found.append(View(rows["text"][0], rows["person"].n_unique(), [tuple(place) for place in places.iter_rows()]))
    return sorted(found, key=lambda view: -view.people)


def entries(found: Sequence[View], file: str) -> list[dict[str, str | None]]:
    """One entry per text and situation, without a kind, which a person has to decide on.

    Args:
        file: name of the file of answers; with the rows it becomes the source of the entry.
    """
    return [
        {"kind": None, "text": view.text, "situation": situation, "source": f"study:{file}#{','.join(map(str, rows))}"}
        for view in found
        for situation, rows in view.places
    ]
