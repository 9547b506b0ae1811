"""First names given in the USA, from the yearly counts of the Social Security Administration (SSA)."""

from collections.abc import Iterator, Sequence
from functools import cache

import polars as pl

from pluralign.episode import Example, Process, generator
from pluralign.errors import DataError
from pluralign.suite.data import DataRoot, read_csv, read_parquet
from pluralign.suite.registry import Card, task

FOLDER = "us_baby_names"
INSTANCES = 500
TOPS = (10, 100, 1000, 5000)
# More names than an episode of several thousand tokens can show.
MOST_NAMES = 1000
GROUPS = {"balanced": "girls and boys in equal parts", "F": "girls", "M": "boys"}
SCHEMES = {"uniform": "all equally likely", "population": "each as likely as it was common"}


def read_names(root: DataRoot) -> pl.DataFrame:
    """Columns ``name``, ``sex``, ``count``, ``year``, from one Parquet file or the SSA's own ``yob<year>.txt`` files.

    Raises:
        DataError: neither is there, or a file is not in the documented form.
    """
    folder = root.file(FOLDER)
    compact = folder / "us_baby_names.parquet"
    columns = {"name": pl.String, "sex": pl.String, "count": pl.Int32, "year": pl.Int16}
    if compact.exists():
        table = read_parquet(compact)
        if not set(columns) <= set(table.columns):
            raise DataError(f"columns {', '.join(columns)} are required", where=compact, fix="Fetch it again.")
        return table.select(pl.col(name).cast(kind) for name, kind in columns.items())
    paths = sorted(folder.rglob("yob[12][0-9][0-9][0-9].txt"))
    if not paths:
        raise DataError("no table of names", where=folder, fix="Unpack the yob<year>.txt files of the SSA there.")
    # The files have no header line: their first line is the most common girls' name of the year.
    schema = {name: kind for name, kind in columns.items() if name != "year"}
    return pl.concat(
        read_csv(path, has_header=False, schema=schema).with_columns(year=pl.lit(int(path.stem[3:]), pl.Int16))
        for path in paths
    )


@task(
    Card(
        name="babynames",
        kind="steer",
        summary="first names of one sex and period, drawn from the most common ones",
        source="Baby Names from Social Security Card Applications - National Data",
        access="https://www.ssa.gov/oact/babynames/limits.html",
        licence="public domain (work of the US government)",
        citation="US Social Security Administration. Baby Names from Social Security Card Applications - National "
        "Data.",
        split="train",
        unit="group and period",
        generated=("name",),
        files=(FOLDER,),
        ships=True,
        steps=f"""Open https://www.ssa.gov/oact/babynames/limits.html and download the national data (names.zip).
Unpack the files yob1880.txt and so on into {FOLDER} under the data root.""",
    )
)
def babynames(root: DataRoot) -> Iterator[Process]:
    table = read_names(root)
    years = table["year"].unique().sort(descending=True).to_list()
    by_year = {part["year"][0]: part for part in table.partition_by("year")}
    everything = table.group_by("name", "sex").agg(pl.col("count").sum())
    spans = ("all", *years)
    decline = [len(spans) - position for position in range(len(spans))]
    example = cache(Example)

    @cache
    def ranked(span: str | int, sex: str) -> pl.DataFrame:
        """Names with their share of births, most common first; "balanced" gives each sex half of the mass."""
        part = everything if span == "all" else by_year[span]
        shares = part.with_columns(share=pl.col("count") / pl.col("count").sum().over("sex"))
        if sex != "balanced":
            shares = shares.filter(pl.col("sex") == sex)
        return shares.group_by("name").agg(pl.col("share").sum()).sort("share", "name", descending=[True, False])

    for index in range(INSTANCES):
        rng = generator("babynames", index)
        sex, scheme, top = str(rng.choice(list(GROUPS))), str(rng.choice(list(SCHEMES))), int(rng.choice(TOPS))
        span = spans[rng.choice(len(spans), p=[weight / sum(decline) for weight in decline])]
        names = ranked(span, sex).head(top)
        if names.is_empty():
            raise DataError(f"no names of sex {sex} in {span}", where=root.path, fix="Fetch the SSA files again.")
        # A draw without replacement that takes every name hides how common each is, so the weighted one takes half.
        count = min(MOST_NAMES, len(names) if scheme == "uniform" else -(-len(names) // 2))
        shares = names["share"].to_numpy() if scheme == "population" else 1.0
        # The smallest of exponential times are a weighted draw without replacement (Efraimidis & Spirakis 2006).
        drawn = (rng.exponential(size=len(names)) / shares).argsort()[:count]
        period = _period(years) if span == "all" else f"in {span}"
        yield Process(
            id=f"names-{index:03d}",
            examples=tuple(example(name) for name in names["name"].gather(drawn).to_list()),
            descriptions=(
                f"First names given to {GROUPS[sex]} in the USA {period}, drawn without repetition from the "
                f"{len(names)} most common, {SCHEMES[scheme]}.",
            ),
            metadata={"sex": sex, "scheme": scheme, "top": len(names), "span": span},
        )


def _period(years: Sequence[int]) -> str:
    """The years whose births are added up, which some tables hold only in part."""
    first, last = min(years), max(years)
    gaps = last - first + 1 > len(years)
    return f"in {len(years)} years between {first} and {last}" if gaps else f"from {first} to {last}"
