import polars as pl
import pytest

from pluralign.errors import DataError
from pluralign.suite.tables import read_columns, read_split, read_texts

ROWS = pl.DataFrame({"a": [1, 2], "b": ["x", "y"], "unwanted": [0.5, 0.25]})


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl"])
def test_the_wanted_columns_of_each_kind_of_file(tmp_path, kind):
    path = tmp_path / f"table.{kind}"
    {"parquet": ROWS.write_parquet, "csv": ROWS.write_csv, "jsonl": ROWS.write_ndjson}[kind](path)
    assert read_columns(path, ("b", "a")).rows() == [("x", 1), ("y", 2)]
    with pytest.raises(DataError, match=rf"column 'c' is absent .*table\.{kind}"):
        read_columns(path, ("a", "c"))


def test_types_do_not_depend_on_the_first_rows(tmp_path):
    (tmp_path / "long.csv").write_text("value\n" + "1\n" * 200 + "1.5\n")
    assert read_columns(tmp_path / "long.csv", ("value",))["value"][-1] == 1.5


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "broken.parquet").write_bytes(b"no table")
    with pytest.raises(DataError, match=r"not a readable table.*broken\.parquet"):
        read_columns(tmp_path / "broken.parquet", ("a",))
    (tmp_path / "table.xls").touch()
    with pytest.raises(DataError, match=r"unknown kind of table '\.xls'"):
        read_columns(tmp_path / "table.xls", ("a",))


def test_texts_stay_as_they_are_written(tmp_path):
    (tmp_path / "table.csv").write_text('a, b,c\n1.0,null,x\n"2,3", NA ,"  "\n')
    table = read_texts(tmp_path / "table.csv", ("b", "a"), optional=("c", "d"))
    assert table.columns == ["row", "b", "a", "c"]
    assert table.rows() == [(2, "null", "1.0", "x"), (3, "NA", "2,3", None)]


def test_texts_are_not_guessed_from_the_first_rows(tmp_path):
    rows = "".join(f"{i}, left {i} \n" for i in range(500)) + '"x, y",\n'
    (tmp_path / "a.csv").write_text("code,note\n" + rows)
    table = read_texts(tmp_path / "a.csv", ("note", "code"))
    assert table.row(7) == (9, "left 7", "7")
    assert table.row(500) == (502, None, "x, y")


def test_texts_of_a_parquet_file(tmp_path):
    pl.DataFrame({"n": [1.0, None], "t": [" é", ""]}).write_parquet(tmp_path / "a.parquet")
    assert read_texts(tmp_path / "a.parquet", ("n", "t")).rows() == [(1, "1.0", "é"), (2, None, None)]


@pytest.mark.parametrize("name", ["table.csv", "table.parquet"])
def test_an_absent_column_and_a_broken_file_of_texts_are_named(tmp_path, name):
    path = tmp_path / name
    ROWS.write_csv(path) if name.endswith("csv") else ROWS.write_parquet(path)
    with pytest.raises(DataError, match=rf"column 'c' is absent \(.*{name}\)"):
        read_texts(path, ("a", "c"))
    path.write_bytes(b"")
    with pytest.raises(DataError, match=rf"not a readable table: .*{name}"):
        read_texts(path, ("a",))


def test_the_files_of_a_split_are_joined_in_the_order_of_their_names(tmp_path):
    (tmp_path / "data").mkdir()
    for number, part in enumerate((ROWS[:1], ROWS[1:])):
        part.write_parquet(tmp_path / f"data/train-0000{number}-of-00002.parquet")
    ROWS.write_parquet(tmp_path / "data/test-00000-of-00001.parquet")
    assert read_split(tmp_path, "train", ("a",))["a"].to_list() == [1, 2]
    with pytest.raises(DataError, match="no file of split 'validation'"):
        read_split(tmp_path, "validation", ("a",))
