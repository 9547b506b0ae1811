import string
from pathlib import Path

import polars as pl
import pytest

from pluralign.errors import DataError
from pluralign.suite import DataRoot, get
from pluralign.suite.tasks.babynames import GROUPS, SCHEMES, read_names

# Invented words instead of names: "Girlb" is given less often than "Girla", and so on.
GIRLS = [f"Girl{a}{b}" for a in string.ascii_lowercase[:5] for b in string.ascii_lowercase]
BOYS = [f"Boy{a}{b}" for a in string.ascii_lowercase[:5] for b in string.ascii_lowercase]
YEARS = (1880, 1950, 2020)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> DataRoot:
    """The archive of the SSA, unpacked: one file per year, no header line, girls first, by falling count."""
    root = tmp_path_factory.mktemp("data")
    folder = root / "us_baby_names" / "names"
    folder.mkdir(parents=True)
    for year in YEARS:
        lines = [
            f"{name},{sex},{5 + 40 * (130 - i)}"
            for sex, names in (("F", GIRLS), ("M", BOYS))
            for i, name in enumerate(names)
        ]
        (folder / f"yob{year}.txt").write_text("\r\n".join(lines) + "\r\n")
    return DataRoot(root)


@pytest.fixture(scope="module")
def processes(original: DataRoot):
    return get("babynames").processes(original)


def test_the_most_common_name_of_a_year_is_not_taken_for_a_header(original: DataRoot):
    table = read_names(original)
    assert len(table) == 3 * 260
    assert set(table.filter(pl.col("name") == "Girlaa")["year"]) == set(YEARS)
    assert table.columns == ["name", "sex", "count", "year"]


def test_original_and_compact_layout_give_the_same(original: DataRoot, processes, tmp_path: Path):
    (tmp_path / "us_baby_names").mkdir()
    read_names(original).write_parquet(tmp_path / "us_baby_names" / "us_baby_names.parquet")
    assert get("babynames").processes(DataRoot(tmp_path)) == processes


def test_every_setting_occurs_and_is_described(processes):
    assert len(processes) == 500
    assert {p.metadata["sex"] for p in processes} == set(GROUPS)
    assert {p.metadata["scheme"] for p in processes} == set(SCHEMES)
    assert {p.metadata["span"] for p in processes} == {"all", *YEARS}
    for process in processes:
        facts = process.metadata
        (text,) = process.descriptions
        assert f"the {facts['top']} most common" in text
        assert GROUPS[facts["sex"]] in text and SCHEMES[facts["scheme"]] in text
        assert ("in 3 years between 1880 and 2020" if facts["span"] == "all" else f"in {facts['span']}") in text
        assert type(facts["sex"]) is str and type(facts["top"]) is int


def test_years_without_gaps_are_a_period(tmp_path: Path):
    folder = tmp_path / "us_baby_names"
    folder.mkdir()
    for year in (1999, 2000, 2001):
        (folder / f"yob{year}.txt").write_text("Girla,F,9\nBoya,M,7\n")
    spans = {p.metadata["span"]: p.descriptions[0] for p in get("babynames").processes(DataRoot(tmp_path))}
    assert "in the USA from 1999 to 2001, drawn" in spans["all"] and "in the USA in 2000, drawn" in spans[2000]


def test_recent_spans_are_likelier(processes):
    counts = [sum(p.metadata["span"] == span for p in processes) / 500 for span in ("all", 2020, 1950, 1880)]
    assert counts == pytest.approx([0.4, 0.3, 0.2, 0.1], abs=0.07)


def test_names_are_the_most_common_ones_without_repetition(processes):
    common = {"F": GIRLS, "M": BOYS}
    for process in processes:
        names, top, sex = [e.output for e in process.examples], process.metadata["top"], process.metadata["sex"]
        assert len(set(names)) == len(names) == (top if process.metadata["scheme"] == "uniform" else top // 2)
        if sex != "balanced":
            assert set(names) <= set(common[sex][:top])
        elif process.metadata["scheme"] == "uniform":
            assert sum(name.startswith("Girl") for name in names) == top // 2


def test_population_draws_favour_common_names(processes):
    drawn = [p for p in processes if p.metadata["scheme"] == "population" and p.metadata["top"] == 130]
    ranks = [(GIRLS if e.output.startswith("G") else BOYS).index(e.output) for p in drawn for e in p.examples]
    assert len(drawn) > 50
    assert sum(ranks) / len(ranks) < 55  # 64.5 if all were equally likely


@pytest.mark.parametrize("files", [{}, {"yob1999.txt": "Girla;F;12\n"}, {"us_baby_names.parquet": "broken"}])
def test_broken_sources_are_named(tmp_path: Path, files: dict[str, str]):
    folder = tmp_path / "us_baby_names"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    with pytest.raises(DataError, match="us_baby_names"):
        get("babynames").processes(DataRoot(tmp_path))
