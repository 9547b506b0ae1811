import gzip
import time

import polars as pl
import pytest

from pluralign.errors import DataError
from pluralign.raters.read import read


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def rows(ratings):
    """Rater, text of the item and label of each rating."""
    return [
        (ratings.raters["rater"][r], ratings.items["text"][i], ratings.scale.outcomes[label])
        for r, i, label in ratings.table.select("rater", "item", "label").iter_rows()
    ]


def notes(reading):
    return {note.what: note.count for note in reading.notes}


QUIRKS = """\ufeffAnnotator ID; Comment ;rating;Age;notes
 anna ;Größe zählt;3;31;a
ben;"Well; ""perhaps""
so";4;;b

cleo;Größe zählt;3.0;52;c
anna;Größe zählt;3;31;a
anna;Third; ;31;d
anna;Third;NA;31;d
;Third;2;;e
ben;;2;45;f
ben;Third;1  ;45;g
anna;Third;5;31;h
"""


def test_a_table_with_quirks(tmp_path):
    reading = read(write(tmp_path / "my talk.csv", QUIRKS))
    ratings = reading.ratings
    assert rows(ratings) == [
        ("anna", "Größe zählt", "3"),
        ("ben", 'Well; "perhaps"\nso', "4"),
        ("cleo", "Größe zählt", "3"),
        ("ben", "Third", "1"),
        ("anna", "Third", "5"),
    ]
    assert (ratings.name, ratings.scale.kind, ratings.scale.labels) == ("my talk", "ordinal", ("1", "3", "4", "5"))
    assert ratings.raters.to_dict(as_series=False) == {"rater": ["anna", "ben", "cleo"], "Age": [31, 45, 52]}
    assert ratings.raters["Age"].dtype == pl.Int64
    assert notes(reading) == {
        "blank rows left out": 1,
        "rows without a rater left out": 1,
        "rows without an item left out": 1,
        "rows without a label left out": 2,
        "other spellings of labels taken for the same label": 1,
        "repetitions of the same rating left out": 1,
        "raters with a single rating, kept": 1,
        "columns not used": 1,
    }
    assert "notes (differs within raters and within items)" in str(reading.notes[-2])
    assert reading.columns == (
        ("rater", "Annotator ID"),
        ("text", "Comment"),
        ("label", "rating"),
        ("rater attribute", "Age"),
    )


TABLE = {
    "user_id": [7, 7, 8, 8],
    "item_id": ["x", "y", "x", "y"],
    "text": ["one", "two", "one", "two"],
    "score": [1, 2, 2, 3],
    "explanation": ["because", None, "so", ""],
    "gender": ["f", "f", None, "m"],
    "topic": ["war", "tax", "war", "tax"],
    "source": ["web"] * 4,
}


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".jsonl", ".csv.gz", ".jsonl.gz", "polars", "pandas"])
def test_every_kind_of_table_gives_the_same(tmp_path, suffix):
    frame = pl.DataFrame(TABLE)
    path = source = tmp_path / f"t{suffix}"
    match suffix:
        case ".csv":
            frame.write_csv(path)
        case ".tsv":
            frame.write_csv(path, separator="\t")
        case ".parquet":
            frame.write_parquet(path)
        case ".jsonl":
            frame.write_ndjson(path)
        case ".csv.gz":
            path.write_bytes(gzip.compress(frame.write_csv().encode()))
        case ".jsonl.gz":
            path.write_bytes(gzip.compress(frame.write_ndjson().encode()))
        case "polars":
            source = frame
        case "pandas":
            source = frame.to_pandas()
            source["score"] = source["score"].astype(float)
    reading = read(source)
    ratings = reading.ratings
    assert rows(ratings) == [("7", "one", "1"), ("7", "two", "2"), ("8", "one", "2"), ("8", "two", "3")]
    assert ratings.table["reason"].to_list() == ["because", None, "so", None]
    assert ratings.raters.to_dicts() == [{"rater": "7", "gender": "f"}, {"rater": "8", "gender": "m"}]
    assert ratings.items.to_dicts() == [
        {"item": "x", "text": "one", "topic": "war"},
        {"item": "y", "text": "two", "topic": "tax"},
    ]
    assert [n.detail for n in reading.notes] == ["source (the same everywhere)"]
    assert ratings.question == "Which score does this get?"


def test_columns_that_are_named(tmp_path):
    frame = pl.DataFrame(
        {"who": ["a", "b"], "post": ["p", "p"], "reply": ["q", "r"], "stars": [1, 2], "rating": [9, 9], "age": [3, 4]}
    )
    reading = read(frame, rater="who", label="stars", text=("post", "reply"), attributes=(), question="How good?")
    ratings = reading.ratings
    assert ratings.items["text"].to_list() == ["post: p\nreply: q", "post: p\nreply: r"]
    assert (ratings.attributes, ratings.items.columns, ratings.question) == ((), ["item", "text", "age"], "How good?")
    assert read(frame, rater="who", label="stars", item="reply").ratings.items["item"].to_list() == ["q", "r"]


def test_a_remark_beside_an_item_that_is_a_text_is_not_what_was_rated(tmp_path):
    table = write(tmp_path / "t.csv", "rater,Text,rating,Comment\na,Good tea,3,fine\nb,Good tea,4,too sweet\n")
    ratings = read(table, item="Text").ratings
    assert rows(ratings) == [("a", "Good tea", "3"), ("b", "Good tea", "4")]
    # A number says nothing, so that the column beside it is looked for.
    table = write(tmp_path / "n.csv", "rater,number,rating,Comment\na,1,3,Good tea\nb,1,4,Good tea\n")
    assert rows(read(table, item="number").ratings)[0] == ("a", "Good tea", "3")


def test_a_column_that_cannot_be_guessed_lists_those_there(tmp_path):
    path = write(tmp_path / "t.csv", "who,text,rating\na,b,1\n")
    with pytest.raises(DataError, match=r"no column looks like the rater .*t\.csv.*there are 'who', 'text', 'rating'"):
        read(path)
    with pytest.raises(DataError, match=r"there is no column 'whom' .*There are 'who', 'text', 'rating'"):
        read(path, rater="whom")
    with pytest.raises(DataError, match=r"no column 'age'"):
        read(path, rater="who", attributes=("age",))
    with pytest.raises(DataError, match="two columns are named 'rating'"):
        read(write(path, "rater,text,rating,rating\na,b,1,2\n"))


CONFLICT = "rater,text,label\na,x,1\nb,x,2\na,y,1\na,x,2\na,x,1\n"


def test_two_labels_for_one_item_are_refused_or_the_last_is_kept(tmp_path):
    path = write(tmp_path / "t.csv", CONFLICT)
    with pytest.raises(DataError, match=r"two labels .*1 such cases.*row 2, column 'label', and .*row 5"):
        read(path)
    reading = read(path, duplicates="last")
    assert rows(reading.ratings) == [("b", "x", "2"), ("a", "y", "1"), ("a", "x", "2")]
    assert notes(reading)["earlier labels by a rater who labelled an item anew, left out"] == 1


def test_a_fact_that_differs_within_a_rater_is_named_with_both_rows(tmp_path):
    path = write(tmp_path / "t.csv", "rater,text,label,age\na,x,1,\na,y,2,30\nb,y,1,9\na,z,2,31\n")
    with pytest.raises(DataError, match=r"two values of 'age': '30' and '31' .*row 3, column 'age', and .*row 5"):
        read(path, attributes=("age",))
    assert "age (differs within raters and within items)" in str(read(path).notes[0])


def test_an_item_with_two_texts_is_refused(tmp_path):
    path = write(tmp_path / "t.csv", "rater,item,text,label\na,1,x,1\nb,1,y,2\n")
    with pytest.raises(DataError, match=r"one item has two texts .*row 2, and .*row 3"):
        read(path)


def test_a_text_may_be_missing_in_some_rows_of_an_item():
    frame = pl.DataFrame(
        {"rater": ["a", "b", "c", "c"], "item": [1, 1, 1, 2], "text": [None, "x", "", None], "label": [1, 2, 3, 1]}
    )
    assert read(frame).ratings.items["text"].to_list() == ["x", "2"]


def test_columns_may_have_the_names_of_ours():
    frame = pl.DataFrame(
        {"user": ["a", "a", "b"], "rater": ["k", "k", "l"], "post": ["x", "y", "x"], "label": [1, 2, 1]}
    )
    ratings = read(frame, rater="user").ratings
    assert ratings.raters.to_dicts() == [{"rater": "a", "rater column": "k"}, {"rater": "b", "rater column": "l"}]


def test_labels_out_of_the_scale_are_named_by_row_and_column(tmp_path):
    path = write(tmp_path / "t.csv", 'rater,text,answer\na,"two\nlines",1\n\nb,x,8\n')
    with pytest.raises(DataError, match=r"label '8' is none of 1, 2, 3 .*row 4, column 'answer'"):
        read(path, labels=("1", "2", "3"))


def test_what_identifies_people_is_no_attribute():
    people = 12
    frame = pl.DataFrame(
        {
            "rater": [n for n in range(people) for _ in range(2)],
            "text": ["x", "y"] * people,
            "label": [0, 1] * people,
            "email": [f"p{n}@example.org" for n in range(people) for _ in range(2)],
            "zip": [f"0{n:04}" for n in range(people // 2) for _ in range(4)],
            "income": [1000.5 * n for n in range(people) for _ in range(2)],
            "faith": ["Prefer not to say", "none"] * people,
        }
    ).with_columns(pl.col("faith").gather_every(2).repeat_by(2).explode())
    reading = read(frame)
    assert reading.ratings.raters.schema == {
        "rater": pl.String,
        "zip": pl.String,
        "income": pl.Float64,
    }
    assert "email (nearly every rater has their own)" in reading.notes[0].detail
    known = read(frame, attributes=("email", "faith")).ratings.raters
    assert known.columns == ["rater", "email", "faith"]
    assert known["faith"].null_count() == people


def test_sets_of_labels_as_lists():
    frame = pl.DataFrame({"rater": ["a", "b"], "text": ["x", "x"], "label": [["p"], ["q", "p"]]})
    ratings = read(frame, scale="multilabel").ratings
    assert [ratings.scale.outcomes[code] for code in ratings.label] == ["p", "p,q"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", "the file is empty"),
        ("t.csv", b"rater,text,label\n", "the table has no rows"),
        ("t.csv", "rater,text,label\na,x,1\nb,\xe9,2\n".encode("latin-1"), r"byte 0xE9 is not UTF-8 .*line 3"),
        ("t.csv", "rater,text,label\na,x,1\n".encode("utf-16"), "UTF-16"),
        ("t.csv", b"rater,text,label\na,x,1\nb,y,z,2\n", r"4 cells where the header has 3 .*row 3"),
        ("t.csv", b'rater,text,label\na,x,1\nb,"y,2\n', r"not readable as CSV.*row 3"),
        ("t.csv", b"rater,text,label\n,,\n ,,\n", "no row has a rater, an item and a label"),
        ("t.jsonl", b'{"rater": "a", "text": "x", "label": 1}\n{"rater": \n', r"not readable JSON.*line 2"),
        ("t.parquet", b"PAR1", "not a readable Parquet file"),
        ("t.xlsx", b"PK", r"not a kind of table that can be read: \.xlsx.*Save it as one of \.csv"),
    ],
)
def test_broken_files_are_named(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as error:
        read(path)
    assert name in str(error.value)


def test_an_absent_file():
    with pytest.raises(DataError, match=r"no such file \(nowhere\.csv\)"):
        read("nowhere.csv")
    with pytest.raises(DataError, match="not a table: int"):
        read(3)


def test_json_lines_of_mixed_types(tmp_path):
    path = write(
        tmp_path / "t.jsonl", '{"rater": 1, "text": "x", "label": true}\n{"rater": "b", "text": "x", "label": 0.5}\n'
    )
    assert {rater for rater, *_ in rows(read(path).ratings)} == {"1", "b"}


COMMENTS = "timestamp,comment-id,author-id,agrees,disagrees,moderated,comment-body\n" + "".join(
    f"1,{number},0,1,1,{moderated},{text}\n"
    for number, moderated, text in [(1, 1, "Trams"), (0, 0, "Häuser"), (2, -1, "spam"), (3, 1, "")]
)
MATRIX = "participant,group-id,n-comments,n-votes,0,1,2,3\n5,0,1,3,1,-1,1,\n9,1,0,2,0,,,1\n"


def test_the_export_of_a_polis_conversation(tmp_path):
    folder = tmp_path / "tram-talk"
    folder.mkdir()
    write(folder / "comments.csv", COMMENTS)
    write(folder / "participants-votes.csv", MATRIX)
    write(folder / "summary.csv", "topic,Trams now\nviews,3\n")
    reading = read(folder)
    ratings = reading.ratings
    assert sorted(rows(ratings)) == [("5", "Häuser", "Agree"), ("5", "Trams", "Disagree"), ("9", "Häuser", "Pass")]
    assert (ratings.name, ratings.scale.kind, ratings.attributes) == ("tram-talk", "nominal", ())
    assert ratings.question.endswith("Topic: Trams now")
    assert notes(reading)["votes on statements without a text, or rejected by moderators, left out"] == 2
    for name, renamed in (("comments", "comments"), ("participants-votes", "participants_votes")):
        pl.read_csv(folder / f"{name}.csv").write_parquet(folder / f"{renamed}.parquet")
        (folder / f"{name}.csv").unlink()
    assert rows(read(folder).ratings) == rows(ratings)
    (folder / "comments.parquet").unlink()
    with pytest.raises(DataError, match=r"no comments\.csv .*tram-talk"):
        read(folder)


def test_the_export_of_polis_under_the_names_of_today(tmp_path):
    for folder, begin in (("plain", ""), ("dated", "2026-11-01-1200-5abc-")):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / f"{begin}comments.csv", COMMENTS)
        write(tmp_path / folder / f"{begin}participant-votes.csv", MATRIX)
        write(tmp_path / folder / f"{begin}summary.csv", "topic,Trams now\n")
        ratings = read(tmp_path / folder).ratings
        assert sorted(rows(ratings)) == [("5", "Häuser", "Agree"), ("5", "Trams", "Disagree"), ("9", "Häuser", "Pass")]
        assert ratings.question.endswith("Topic: Trams now")
    write(tmp_path / "dated" / "2026-11-02-0900-6def-comments.csv", COMMENTS)
    with pytest.raises(DataError, match="several conversations"):
        read(tmp_path / "dated")


def test_a_broken_vote_is_named(tmp_path):
    write(tmp_path / "comments.csv", COMMENTS)
    write(tmp_path / "participants-votes.csv", MATRIX.replace("5,0,1,3,1", "5,0,1,3,7"))
    with pytest.raises(DataError, match=r"1 votes are not -1, 0 or 1 .*column 0"):
        read(tmp_path)


def test_no_loop_over_rows():
    """A tenth of a million rows pass in about a second; a Python loop over their cells would not."""
    count = 100_000
    frame = pl.select(row=pl.int_range(count)).select(
        rater=pl.format("r{}", pl.col("row") // 50),
        text=pl.format("comment number {} of the lot", (pl.col("row") * 7919) % 4999),
        label=pl.col("row") % 5,
        age=pl.col("row") // 50 % 60,
    )
    start = time.process_time()
    ratings = read(frame, duplicates="last").ratings
    assert time.process_time() - start < 3
    assert ratings.raters.height == count // 50
