import re

import polars as pl
import pytest

from pluralign.episode import draw
from pluralign.errors import DataError
from pluralign.suite import DataRoot, get
from pluralign.suite.check import self_check

INDIVIDUAL, QUESTIONS = "opinionqa_individual", "opinionqa_questions"
INFO = [
    ("CARS1_W27", "How much have you heard?", "['A lot', 'A little', \"Don't know\", 'Refused']", "[1.0, 2.0]"),
    ("CARS2_W27", "Do you like it?", "['Yes', 'No', 'Refused']", "[1.0, 2.0]"),
]


def write(root, responses, info=INFO, wave=27):
    folder = root / f"manual/opinionqa/human_resp/American_Trends_Panel_W{wave}"
    folder.mkdir(parents=True)
    names = ["key", "question", "references", "option_ordinal"]
    table = pl.DataFrame(info, schema=names, orient="row").with_row_index("Unnamed: 0")
    table.with_columns(option_mapping=pl.lit("{1.0: 'A lot'}")).write_csv(folder / "info.csv")
    pl.DataFrame(responses).write_csv(folder / "responses.csv")
    return DataRoot(root)


def panel(size):
    columns = {
        "QKEY": range(size),
        "CARS1_W27": ["A little"] * size,
        "CARS2_W27": ["No"] * size,
        "CREGION": ["South"] * size,
        "AGE": ["30-49"] * size,
        "RACE": ["Refused"] * size,
        "WEIGHT_W27": [0.5] * size,
    }
    return {name: list(values) for name, values in columns.items()}


def test_answers_by_hand(tmp_path):
    responses = panel(3) | {"CARS1_W27": ["A lot", "Don't know", None], "CARS2_W27": ["Refused", "99", None]}
    first, second = get(INDIVIDUAL).processes(write(tmp_path, responses))
    heard = "How much have you heard?\nA. A lot\nB. A little\nC. Don't know\nD. Refused"
    assert [(e.input, e.output) for e in first.examples] == [
        (heard, "A"),
        ("Do you like it?\nA. Yes\nB. No\nC. Refused", "C"),
    ]
    assert [(e.input, e.output) for e in second.examples] == [(heard, "C")]
    assert first.id == "W27/0" and first.choices == ("A", "B", "C", "D")
    assert first.metadata == {"region of the United States": "South", "age": "30-49"}


def test_questions_by_wave(tmp_path):
    write(tmp_path, panel(1), [("ONE_W26", "Well?", "['Yes', 'No']", "[1, 2]")], wave=26)
    root = write(tmp_path, panel(1))
    shown = {p.id: [e.output for e in p.examples] for p in get(QUESTIONS).processes(root)}
    assert shown["W26"] == ["Well?\nA. Yes\nB. No"]
    assert len(shown["W27"]) == 2


def test_respondents_are_drawn_and_facts_dropped_with_seeds_of_their_own(tmp_path):
    root = write(tmp_path, panel(2000))
    people = get(INDIVIDUAL).processes(root)
    rows = [int(p.id.partition("/")[2]) for p in people]
    assert len(rows) == 200 and max(rows) > 1500
    told = [p.descriptions[1:] for p in people]
    for fact in ("South", "30-49"):
        assert 0.6 < sum(fact in text for texts in told for text in texts) / 200 < 0.8
    assert 0.02 < sum(not texts for texts in told) / 200 < 0.18  # both dropped: 0.09
    assert not re.search("Refused|nan", " ".join(text for texts in told for text in texts))
    shown = [draw(p, task=INDIVIDUAL).description for p in people]
    assert 0.1 < sum(text is None for text in shown) / 200 < 0.3
    for name in (INDIVIDUAL, QUESTIONS):
        assert self_check(get(name), root) == []


@pytest.mark.parametrize("references", ["['Yes', 'No'", "[]", "__import__('os').getcwd()", "7"])
def test_options_are_read_as_data(tmp_path, references):
    root = write(tmp_path, panel(1), [*INFO, ("X_W27", "Well?", references, "[1]")])
    with pytest.raises(DataError, match=r"no list of options \(.*info\.csv, row 4\)"):
        get(QUESTIONS).processes(root)


def test_absent_parts_are_named(tmp_path):
    (tmp_path / "a/manual/opinionqa/human_resp").mkdir(parents=True)
    with pytest.raises(DataError, match="no folder American_Trends_Panel_W26"):
        get(QUESTIONS).processes(DataRoot(tmp_path / "a"))
    with pytest.raises(DataError, match=r"no column of a question .*responses\.csv"):
        get(INDIVIDUAL).processes(write(tmp_path / "b", {"QKEY": [1]}))
