import json

import pytest

from pluralign.errors import DataError
from pluralign.suite import DataRoot, get
from pluralign.suite.check import self_check

HEADER = "passenger_class,is_male,age,sibsp,parch,ticket,fare,cabin,embarked,has_survived"
ROWS = [
    "3,True,22.0,1.0,0.0,'A/1 2',7.25,'',S,0",
    "1,False,-1.0,1.0,0.0,'B 3',71.2833,C85,C,1",
    "2,False,0.42,0.0,2.0,4,13.0,'','',1",
]


def write(root, header=HEADER, rows=ROWS):
    folder = root / "hub/mstz/titanic"
    folder.mkdir(parents=True)
    (folder / "titanic.csv").write_text("\n".join([header, *rows]) + "\n")
    return DataRoot(root)


def test_passengers_by_hand(tmp_path):
    root = write(tmp_path)
    (process,) = get("titanic_survival_prediction").processes(root)
    assert {e.input: e.output for e in process.examples} == {
        '{"passenger_class": 3, "is_male": true, "age": 22, "sibsp": 1, "parch": 0, "fare": 7.25,'
        ' "embarked": "Southampton"}': "no",
        '{"passenger_class": 1, "is_male": false, "age": null, "sibsp": 1, "parch": 0, "fare": 71.2833,'
        ' "embarked": "Cherbourg"}': "yes",
        '{"passenger_class": 2, "is_male": false, "age": 0.42, "sibsp": 0, "parch": 2, "fare": 13,'
        ' "embarked": null}': "yes",
    }
    (process,) = get("titanic_all_variables").processes(root)
    told = [json.loads(e.output) for e in process.examples]
    assert all(tuple(one) == get("titanic_all_variables").card.generated for one in told)
    assert sorted(one["has_survived"] for one in told) == ["no", "yes", "yes"]
    for name in ("titanic_survival_prediction", "titanic_all_variables"):
        assert self_check(get(name), root) == []


def test_only_columns_that_exist_are_named(tmp_path):
    root = write(tmp_path, "has_survived,age,fare", ["1,4,9.5", "0,40,9.5"])
    for name in ("titanic_survival_prediction", "titanic_all_variables"):
        for process in get(name).processes(root):
            assert not any("embarked" in text for text in process.descriptions)
            assert any("age (in years)" in text for text in process.descriptions)
            assert all("sibsp" not in e.output + (e.input or "") for e in process.examples)


@pytest.mark.parametrize(("cell", "column"), [("maybe", "has_survived"), ("old", "age"), ("", "has_survived")])
def test_a_broken_cell_is_named(tmp_path, cell, column):
    row = {"has_survived": "1", "age": "4", "fare": "9.5"} | {column: cell}
    root = write(tmp_path, "has_survived,age,fare", ["0,4,7", ",".join(row.values())])
    with pytest.raises(DataError, match=rf"no value of column '{column}'.*titanic\.csv, row 3"):
        get("titanic_survival_prediction").processes(root)
