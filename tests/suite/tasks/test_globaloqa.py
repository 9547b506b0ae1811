import gzip
import json
from collections import defaultdict

import polars as pl
import pytest

from pluralign.errors import DataError
from pluralign.suite import DataRoot, find_root, get

OPTIONS = ["Yes ", "No", "DK/Refused"]
ROWS = [
    # country, question, options, distribution
    ("S. Korea", "Is it fair?", OPTIONS, [0.29, 0.57, 0.14]),
    ("Angola (Non-national sample)", "Is it fair?", OPTIONS, [0.0, 0.0, 0.0]),
    ("Angola (Non-national sample)", "How much, 1 to 3?", ["Low", 2.0, "High"], [0.052, 0.309, 0.64]),
]


def compact(root, rows=ROWS, health=(), values=None):
    folder = root / "globalopinionqa_subsets"
    folder.mkdir(parents=True)
    keys = ("country", "question", "options", "distribution")
    with gzip.open(folder / "country_question_eval.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(dict(zip(keys, row, strict=True))) + "\n" for row in rows)
    with gzip.open(folder / "vital_health_subset.jsonl.gz", "wt") as file:
        for country, question, options, shares in health:
            wrapped = f"Question: {question}\nOptions: A. {options[0]} B. {options[1]}\nAnswer:"
            row = {"question": wrapped, "options": options, "attribute": country, "gold_distribution": shares}
            file.write(json.dumps(row | {"pred_distribution": None, "id": 27}) + "\n")
    with gzip.open(folder / "global_values_100.json.gz", "wt") as file:
        json.dump(values or {}, file)
    return DataRoot(root)


def original(root, rows=ROWS):
    folder = root / "hub/Anthropic/llm_global_opinions/data"
    folder.mkdir(parents=True)
    selections = defaultdict(lambda: defaultdict(list))
    for country, question, options, shares in rows:
        selections[question, repr(options)][country] = shares
    pl.DataFrame(
        {
            "question": [question for question, _ in selections] + [None],
            "selections": [f"defaultdict(<class 'list'>, {dict(chosen)!r})" for chosen in selections.values()]
            + ["{}"],
            "options": [options for _, options in selections] + ["[]"],
            "source": ["GAS"] * (len(selections) + 1),
        }
    ).write_csv(folder / "global_opinions.csv")
    return DataRoot(root)


@pytest.mark.parametrize("layout", [compact, original])
def test_countries_by_hand(tmp_path, layout, caplog):
    angola, korea = get("globaloqa").processes(layout(tmp_path))
    assert (angola.id, korea.id) == ("Angola (Non-national sample)", "S. Korea")
    (example,) = korea.examples
    assert example.input == '{"question": "Is it fair?", "options": ["Yes", "No", "DK/Refused"]}'
    assert example.output == '{"Yes": "29%", "No": "57%", "DK/Refused": "14%"}'
    (example,) = angola.examples
    assert json.loads(example.input)["options"] == ["Low", "2", "High"]
    assert example.output == '{"Low": "5%", "2": "31%", "High": "64%"}'
    assert all("South Korea" in text for text in korea.descriptions)
    assert all("Angola" in text and "(non-national sample)" in text for text in angola.descriptions)
    assert "left out 1 distributions" in caplog.text


@pytest.mark.parametrize("layout", [compact, original])
def test_lettered_questions_by_hand(tmp_path, layout):
    processes = {p.metadata["country"]: p for p in get("global_oqa").processes(layout(tmp_path))}
    korea, angola = processes["S. Korea"], processes["Angola (Non-national sample)"]
    assert korea.question == "Is it fair?\nA. Yes\nB. No\nC. DK/Refused"
    assert korea.choices == ("A", "B", "C")
    assert korea.target.probabilities == pytest.approx((0.29, 0.57, 0.14))
    assert (korea.target.respondents, korea.target.ordered) == (None, False)
    assert "South Korea" in korea.descriptions[0]
    # The published figures sum to 1.001.
    assert angola.target.probabilities == pytest.approx((0.052 / 1.001, 0.309 / 1.001, 0.64 / 1.001))


def test_ids_do_not_depend_on_the_layout(tmp_path):
    task = get("global_oqa")
    ids = [{p.id for p in task.processes(layout(tmp_path / layout.__name__))} for layout in (compact, original)]
    assert ids[0] == ids[1] and len(ids[0]) == 2


def test_subsets_are_merged_once(tmp_path):
    values = {
        "Is it fair?": {
            "Peru": [0.5, 0.5, 0.0],
            "S. Korea": [0.3, 0.56, 0.14],
            "MC_options": "['Yes', 'No', 'DK/Refused']",
            "countries": ["Peru", "S. Korea"],
        }
    }
    health = [("S. Korea", "Is it fair?", OPTIONS, [0.29, 0.57, 0.14]), ("Peru", "New?", ["Yes", "No"], [0.1, 0.9])]
    peru, korea = get("globaloqa").processes(compact(tmp_path, ROWS[:1], health, values))
    assert [e.output for e in korea.examples] == ['{"Yes": "29%", "No": "57%", "DK/Refused": "14%"}']
    assert [json.loads(e.input)["question"] for e in peru.examples] == ["New?", "Is it fair?"]


def test_options_are_never_executed(tmp_path):
    values = {"Q?": {"Peru": [1.0], "MC_options": "[print('executed')]", "countries": ["Peru"]}}
    with pytest.raises(DataError, match=r"not a Python list.*Q\?"):
        get("globaloqa").processes(compact(tmp_path, values=values))


@pytest.mark.parametrize("shares", [[0.5, 0.5], [1.5, -0.4, -0.1], None, "abc"])
def test_a_distribution_that_does_not_fit_names_its_line(tmp_path, shares):
    with pytest.raises(DataError, match="line 2"):
        get("globaloqa").processes(compact(tmp_path, [ROWS[0], ("Peru", "Q?", OPTIONS, shares)]))


def test_not_a_number_is_left_out_and_counted(tmp_path, caplog):
    rows = [ROWS[0], ("Peru", "Q?", OPTIONS, [float("nan"), 0.5, 0.5])]
    assert [p.id for p in get("globaloqa").processes(compact(tmp_path, rows))] == ["S. Korea"]
    assert "left out 1 distributions" in caplog.text


def test_more_options_than_letters_are_left_out_and_counted(tmp_path, caplog):
    rows = [ROWS[0], ("Peru", "Q?", [str(i) for i in range(30)], [1 / 30] * 30)]
    root = compact(tmp_path, rows)
    assert len(get("global_oqa").processes(root)) == 1
    assert "left out 1 questions" in caplog.text
    assert len(get("globaloqa").processes(root)) == 2


def test_all_subsets_or_the_complete_file_must_be_there(tmp_path):
    root = compact(tmp_path / "a")
    assert get("globaloqa").present(root) and get("globaloqa").present(original(tmp_path / "b"))
    (tmp_path / "a/globalopinionqa_subsets/vital_health_subset.jsonl.gz").unlink()
    assert not get("globaloqa").present(root)


def test_real_countries():
    root = DataRoot(find_root())
    if not get("globaloqa").present(root):
        return
    countries = get("globaloqa").processes(root)
    questions = get("global_oqa").processes(root)
    assert len(questions) == sum(len(c.examples) for c in countries) >= 6403
    for country in countries:
        for example in country.examples:
            options, answer = json.loads(example.input)["options"], json.loads(example.output)
            assert list(answer) == options
            assert 90 <= sum(int(share.removesuffix("%")) for share in answer.values()) <= 110
