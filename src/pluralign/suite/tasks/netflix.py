"""Netflix Prize: how customers rated films, and which ones they saw.

Files of the archive, as its README describes them: ``combined_data_1.txt`` to ``combined_data_4.txt``, blocks that
begin with a film's number and a colon and go on with lines of customer, rating from 1 to 5 and date; and
``movie_titles.csv`` (number, year or NULL, title, in Latin-1; a title may hold commas).
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from pathlib import Path

import polars as pl

from pluralign.episode import Example, GeometricPoisson, Process
from pluralign.errors import DataError
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import Card, task
from pluralign.suite.sample import subset

FOLDER = "manual/netflix"
TITLES = f"{FOLDER}/movie_titles.csv"
RATINGS = tuple(f"{FOLDER}/combined_data_{number}.txt" for number in range(1, 5))
CHOICES = ("1", "2", "3", "4", "5")
MOST_CUSTOMERS = 1000
FEWEST_RATINGS = 10
# The four files hold 100 million lines; this many bytes are parsed at a time.
BLOCK = 64 * 2**20

RATING_CARD = Card(
    name="netflix_individual_ratings",
    kind="steer",
    summary="Given the title of a film, predict the rating of one customer, from 1 to 5.",
    source="Netflix Prize data",
    access="https://www.kaggle.com/datasets/netflix-inc/netflix-prize-data (login)",
    licence="research use, no redistribution; withdrawn by its owner (verify)",
    citation="""@inproceedings{bennett2007netflix,
  title = {The {Netflix} Prize},
  author = {Bennett, James and Lanning, Stan},
  booktitle = {Proceedings of KDD Cup and Workshop},
  year = {2007}
}""",
    split="train",
    unit="customer",
    given=("title",),
    generated=("rating",),
    files=(TITLES, *RATINGS),
    overlaps=("netflix_individual_views",),
    steps="Log in at Kaggle and open https://www.kaggle.com/datasets/netflix-inc/netflix-prize-data.\n"
    "Read the terms in README and download the archive.\n"
    f"Unpack movie_titles.csv and combined_data_1.txt to combined_data_4.txt into {FOLDER} under the data root.",
)
VIEW_CARD = replace(
    RATING_CARD,
    name="netflix_individual_views",
    summary="Predict further films that the same customer saw and rated.",
    given=(),
    generated=("title",),
    overlaps=("netflix_individual_ratings",),
)


@task(RATING_CARD, law=GeometricPoisson(64))
def netflix_individual_ratings(root: DataRoot) -> Iterator[Process]:
    """At most 1,000 customers with at least 10 ratings, drawn at random; an episode shows about 64 films of one."""
    descriptions = (
        "One person rates films from 1 to 5 stars.",
        "Ratings of films, all by the same customer; more is better.",
    )
    for customer, titles, ratings in _customers(root):
        examples = tuple(Example(str(rating), title) for title, rating in zip(titles, ratings, strict=True))
        yield Process(customer, examples=examples, descriptions=descriptions, choices=CHOICES)


@task(VIEW_CARD, law=GeometricPoisson(64))
def netflix_individual_views(root: DataRoot) -> Iterator[Process]:
    """The films of the same customers, each title once."""
    descriptions = (
        "Films that one person has seen.",
        "Titles from the rental history of a single customer.",
    )
    for customer, titles, _ in _customers(root):
        yield Process(customer, examples=tuple(map(Example, dict.fromkeys(titles))), descriptions=descriptions)


def _customers(root: DataRoot) -> Iterator[tuple[str, list[str], list[int]]]:
    """Customer, titles and ratings for the drawn customers, who are the same for both tasks."""
    titles = _titles(root.file(TITLES))
    paths = [root.file(name) for name in RATINGS]
    counts = reduce(
        lambda total, part: pl.concat([total, part]).group_by("customer").agg(pl.col("len").sum()),
        (block.group_by("customer").len() for path in paths for block in _blocks(path)),
        pl.DataFrame(schema={"customer": pl.Int32, "len": pl.get_index_type()}),
    )
    frequent = counts.filter(pl.col("len") >= FEWEST_RATINGS)["customer"].sort().to_list()
    if not frequent:
        reason = f"no customer with at least {FEWEST_RATINGS} ratings"
        raise DataError(reason, where=paths[0].parent, fix="Unpack the archive again.")
    chosen = subset(frequent, MOST_CUSTOMERS, key="netflix")
    wanted = pl.concat(
        block.filter(pl.col("customer").is_in(chosen)) for path in paths for block in _blocks(path)
    ).join(titles, on="film", how="left")
    if (untitled := wanted.filter(pl.col("title").is_null())).height:
        reason = f"film {untitled['film'][0]} has no title"
        raise DataError(reason, where=root.file(TITLES), fix="Unpack the archive again.")
    grouped = wanted.sort("customer", "film").group_by("customer", maintain_order=True).agg("title", "rating")
    for customer, seen, ratings in grouped.iter_rows():
        yield str(customer), seen, ratings


def _blocks(path: Path) -> Iterator[pl.DataFrame]:
    """Film, customer and rating, in tables of bounded size."""
    film, rest, line = None, b"", 1
    with path.open("rb") as file:
        while chunk := file.read(BLOCK):
            complete, newline, rest = (rest + chunk).rpartition(b"\n")
            if complete:
                block, film = _parse(complete, film, path, line)
                yield block
            line += complete.count(b"\n") + len(newline)
    if rest.strip():
        yield _parse(rest, film, path, line)[0]


def _parse(text: bytes, film: int | None, path: Path, first_line: int) -> tuple[pl.DataFrame, int | None]:
    """The ratings in some lines, and the film of the last; ``film`` is that of the lines before the first header."""
    lines = pl.read_csv(
        b"customer,rating,date\n" + text,
        schema_overrides={"customer": pl.String, "rating": pl.Int8, "date": pl.String},
        quote_char=None,
        ignore_errors=True,
        truncate_ragged_lines=True,
    )
    header = pl.col("customer").str.ends_with(":")
    parsed = (
        lines.with_row_index("row")
        .with_columns(film=pl.when(header).then(pl.col("customer").str.strip_suffix(":")))
        .with_columns(pl.col("film").cast(pl.Int32, strict=False).forward_fill().fill_null(pl.lit(film, pl.Int32)))
    )
    rated = parsed.filter(~header).with_columns(number=pl.col("customer").cast(pl.Int32, strict=False))
    broken = rated.filter(
        pl.any_horizontal(pl.col("film", "number", "rating").is_null()) | ~pl.col("rating").is_between(1, 5)
    )
    if broken.height:
        row, customer = broken.select("row", "customer").row(0)
        reason = f"the line that begins {customer[:20]!r} is not customer, rating from 1 to 5 and date below a film"
        raise DataError(reason, where=f"{path}, line {first_line + row}", fix="Unpack the archive again.")
    rated = rated.with_columns(customer=pl.col("number"))
    return rated.select("film", "customer", "rating"), parsed["film"][-1]


def _titles(path: Path) -> pl.DataFrame:
    films, titles = [], []
    for number, line in enumerate(path.read_text(encoding="latin-1").splitlines(), 1):
        film, _, title = line.split(",", 2) if line.count(",") >= 2 else ("", "", "")
        if not film.isdigit() or not title.strip():
            place = f"{path}, line {number}"
            raise DataError("not a line of number, year and title", where=place, fix="Unpack the archive again.")
        films.append(int(film))
        titles.append(title.strip())
    return pl.DataFrame({"film": films, "title": titles}, schema={"film": pl.Int32, "title": pl.String})
