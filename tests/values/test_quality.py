import csv

import polars as pl
import pytest

from pluralign.errors import DataError
from pluralign.values import quality

SORTS = [(kind, valence) for kind in ("value", "right", "duty") for valence in ("supports", "opposes", "either")]


def considerations(situations=60, each=4):
    rows = []
    for s in range(situations):
        for i in range(each):
            # One situation alone holds duties that are either.
            kind, valence = ("duty", "either") if (s, i) == (7, 0) else SORTS[(s * each + i) % 8]
            rows.append((f"Situation {s}", kind, f"Thing {i}", valence, "Why."))
    return pl.DataFrame(rows, schema=["situation", "kind", "text", "valence", "explanation"], orient="row")


def fill(path, out, annotator, answers, missing=""):
    """What a person returns: ``answers`` gives the three answers to a row, or None to leave it blank."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        given = answers(row)
        if given is not None:
            row |= dict(zip(quality.QUESTIONS, given, strict=True)) | {"annotator": annotator, "missing": missing}
    with out.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return out


@pytest.fixture
def sent(tmp_path):
    path = tmp_path / "quality.csv"
    quality.write(path, considerations(), 20, 0)
    return path


def test_whole_situations_of_all_sorts_are_drawn():
    table = considerations()
    drawn = quality.sample(table, 40, 0)
    assert 40 <= drawn.height < 44
    assert set(drawn.select("kind", "valence").rows()) == set(SORTS)
    sizes = drawn.group_by("situation").len()["len"]
    assert set(sizes) == {4}
    assert quality.sample(table, 40, 0).equals(drawn)
    assert not quality.sample(table, 40, 1).equals(drawn)
    assert quality.sample(table, 10_000, 0).equals(table)


def test_the_file_for_people_has_empty_columns_for_their_answers(tmp_path):
    path = tmp_path / "quality.csv"
    twice = pl.concat([considerations(2), considerations(2)])
    assert quality.write(path, twice, 100, 0) == 8
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [*quality.SHOWN, *quality.QUESTIONS, "missing", "annotator"]
    assert len({row["id"] for row in rows}) == 8
    assert (rows[0]["vrd"], rows[0]["valence"]) == ("Value", "Supports")
    assert all(row[name] == "" for row in rows for name in (*quality.QUESTIONS, "missing", "annotator"))


def test_files_of_several_people_are_read_together(sent, tmp_path):
    one = fill(sent, tmp_path / "one.csv", "a", lambda row: ("yes", "No", " Y "), "None.")
    other = fill(
        sent,
        tmp_path / "other.csv",
        "b",
        lambda row: ("yes", "", "") if row["vrd"] == "Value" else None,
        "the view of children",
    )
    found = quality.read([one, other])
    rows = pl.read_csv(sent).height
    values = pl.read_csv(sent).filter(pl.col("vrd") == "Value").height
    assert found.rows.height == rows + values
    assert found.blank == rows - values
    first = found.rows.filter(pl.col("annotator") == "a").row(0, named=True)
    assert [first[name] for name in (*quality.QUESTIONS, "candidate", "missing")] == [True, False, True, False, None]
    last = found.rows.filter(pl.col("annotator") == "b").row(0, named=True)
    assert [last[name] for name in (*quality.QUESTIONS, "candidate", "missing")] == [
        *(True, None, None, None),
        "the view of children",
    ]


def test_one_file_may_hold_the_rows_of_several_people(sent, tmp_path):
    one = fill(sent, tmp_path / "one.csv", "a", lambda row: ("yes",) * 3).read_text()
    other = fill(sent, tmp_path / "other.csv", "b", lambda row: ("no",) * 3).read_text()
    both = tmp_path / "both.csv"
    both.write_text("\ufeff" + one + other.partition("\n")[2])
    assert quality.read([both]).rows["annotator"].unique().sort().to_list() == ["a", "b"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text.replace(",yes,yes,yes,,a", ",yes,perhaps,yes,,a", 2), "row 2, column 'explanation_sound'"),
        (lambda text: text.replace(",yes,yes,yes,,a", ",yes,yes,yes,,", 1), "row 2, column 'annotator'"),
        (lambda text: text + text.splitlines()[1] + "\n", "answers"),
        (
            lambda text: text + text.splitlines()[1].replace("Thing", "Other").replace(",,a", ",,b") + "\n",
            "column 'id'",
        ),
        (lambda text: "\n".join([text.splitlines()[0], text.splitlines()[1][10:]]), "row 2, column 'id'"),
        (lambda text: text.replace("valence_correct", "correct", 1), "'valence_correct' is absent"),
        (lambda text: text.replace(",yes,yes,yes,,a", ",,,,,"), "no answer"),
    ],
)
def test_what_cannot_be_read_names_row_and_column(sent, tmp_path, change, says):
    path = fill(sent, tmp_path / "one.csv", "a", lambda row: ("yes",) * 3)
    path.write_text(change(path.read_text()))
    with pytest.raises(DataError) as error:
        quality.read([path])
    assert says in str(error.value)
