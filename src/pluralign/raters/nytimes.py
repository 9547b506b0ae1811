"""NYT Book Opinions, person by person: how likely each respondent is to read notable books.

Reads ``nytimes/individual_annotations/NYTIMES_proportions_ID.json`` as published: books with genre and, by group
(party, gender), the answers by respondent. Or the same as a table with a row per answer and group
(``individual_ratings_long.parquet``), with a second one of facts about the respondents. The newspaper's summaries of
the books are not read. The suite has this source as shares of groups (task ``nytimes``).
"""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pluralign.errors import DataError
from pluralign.raters.read import read
from pluralign.raters.reading import Reading
from pluralign.suite.data import DataRoot, read_json
from pluralign.suite.tables import read_columns

COPY = "_no_licence_stated/nyt_book_opinions"
CLONE = "git/nicolemeister/benchmarking-distributional-alignment"
PUBLISHED = f"{CLONE}/nytimes/individual_annotations/NYTIMES_proportions_ID.json"
QUESTION = "How likely would this person be to read this book?"
# The columns of a survey tool, and what they hold.
FACTS = {"QDem_Gend": "gender", "QDem_Race": "race", "Q_DemRepub": "party", "QDem_Income": "income", "QDem_Age": "age"}
GROUPS = {"Democrat": "party", "Republican": "party", "Male": "gender", "Female": "gender"}
_LONG = ["book", "genre", "group", "rater", "rating"]


def nytimes(root: DataRoot) -> Reading:
    """Answers on a scale of four, from very unlikely to very likely.

    Raises:
        DataError: the source is absent or not in the documented form.
    """
    path = root.file(PUBLISHED, f"{COPY}/individual_ratings_long.parquet")
    if path.suffix == ".json":
        long = pl.DataFrame(list(_answers(path)), schema=_LONG, orient="row")
        facts = _facts_from_groups(long)
    else:
        long = read_columns(path, _LONG)
        people = read_columns(root.file(f"{COPY}/annotator_demographics.parquet"), ["Q84", *FACTS])
        # Some respondents filled in the form twice; what they said first counts.
        facts = people.rename({"Q84": "rater"} | FACTS).unique("rater", keep="first", maintain_order=True)
    # Everybody is in the file once per group.
    table = long.drop("group").unique(maintain_order=True).join(facts, on="rater", how="left", maintain_order="left")
    return read(
        table.rename({"book": "title"}),
        rater="rater",
        label="rating",
        text=("title", "genre"),
        attributes=[name for name in facts.columns if name != "rater"],
        question=QUESTION,
        name="nytimes",
    )


def _answers(path: Path) -> Iterator[tuple[str, str, str, str, str]]:
    books = read_json(path)
    if not isinstance(books, dict):
        raise DataError("not an object keyed by book", where=path, fix="Fetch the file again.")
    for book, entry in books.items():
        try:
            for group in GROUPS:
                for rater, rating in entry[group].items():
                    yield book, entry["genre"], group, rater, rating
        except (KeyError, TypeError, AttributeError):
            raise DataError("book lacks its genre or a group", where=f"{path}, {book}") from None


def _facts_from_groups(long: pl.DataFrame) -> pl.DataFrame:
    first = (
        pl.col("group")
        .filter(pl.col("group").is_in([group for group, kind in GROUPS.items() if kind == fact]))
        .first()
        .alias(fact)
        for fact in ("party", "gender")
    )
    return long.group_by("rater", maintain_order=True).agg(*first)
