import json

import polars as pl
import pytest

from pluralign.episode import Example, Process
from pluralign.errors import DataError, UsageError
from pluralign.raters.nytimes import COPY, PUBLISHED
from pluralign.raters.tasks import from_task, parts
from pluralign.suite import Card, DataRoot, Task, find_root, get

DICES = "git/google-research-datasets/dices-dataset"


def rows(ratings):
    return [
        (ratings.raters["rater"][r], ratings.items["text"][i], ratings.scale.outcomes[label])
        for r, i, label in ratings.table.select("rater", "item", "label").iter_rows()
    ]


def task(processes, **card):
    about = {
        "name": "own",
        "kind": "steer",
        "summary": "Predict a label.",
        "source": "",
        "access": "synthetic",
        "licence": "",
        "citation": "",
        "split": "train",
        "unit": "rater",
        "given": ("text",),
        "generated": ("label",),
    }
    return Task(Card(**about | card), lambda root: iter(processes))


def process(name, examples, **fields):
    return Process(name, examples=tuple(Example(output, given) for given, output in examples), **fields)


def dices(root, size, raters):
    path = root / DICES / size / f"diverse_safety_adversarial_dialog_{size}.csv"
    path.parent.mkdir(parents=True)
    answers = ["Yes", "No", "Unsure"]
    pl.DataFrame(
        [
            {"id": item, "rater_id": rater, "rater_gender": gender, "rater_locale": "US", "rater_race": "White"}
            | {"rater_race_raw": "White", "rater_age": "gen z", "rater_education": None, "phase": "Phase1"}
            | {"item_id": item, "context": f"USER: hello {item}", "response": "LAMDA: no,\nthanks"}
            | {"Q_overall": answers[(item + number) % 3]}
            for number, (rater, gender) in enumerate(raters)
            for item in range(5)
        ]
    ).write_csv(path)


def test_dices_gives_its_two_sets_apart(tmp_path):
    dices(tmp_path, "990", [("296708006", "Woman"), ("296708009", "Man")])
    dices(tmp_path, "350", [("296708006", "Man")])
    root = DataRoot(tmp_path)
    assert parts("dices", root) == ["dices:990", "dices:350"]
    with pytest.raises(UsageError, match=r"task dices holds several data sets\. Say dices:990 or dices:350"):
        from_task("dices", root)
    with pytest.raises(UsageError, match="task dices has no part '340'"):
        from_task("dices:340", root)
    ratings = from_task("dices:990", root).ratings
    assert (ratings.scale.kind, ratings.scale.labels) == ("nominal", ("Yes", "No", "Unsure"))
    assert rows(ratings)[:2] == [
        ("296708006", "context: USER: hello 0", "Yes"),
        ("296708006", "context: USER: hello 1", "No"),
    ]
    assert ratings.raters.to_dicts() == [
        {"rater": "296708006", "gender": "Woman"},
        {"rater": "296708009", "gender": "Man"},
    ]
    assert (len(ratings), ratings.items.height) == (10, 5)
    assert len(from_task("dices:350", tmp_path).ratings) == 5


def test_processes_of_one_rater_are_joined():
    parted = [
        process("a/0", [("x", "1"), ("y", "5")], metadata={"rater": "a", "age": 31}),
        process("b/0", [("x", "2")], metadata={"rater": "b"}),
        process("a/1", [("z", "3"), ("x", "4"), ("y", "5")], metadata={"rater": "a", "age": 31}),
    ]
    reading = from_task(task(parted, unit="part of an annotator's work"))
    assert rows(reading.ratings) == [("a", "y", "5"), ("b", "x", "2"), ("a", "z", "3"), ("a", "x", "4")]
    assert reading.ratings.raters.sort("rater").to_dicts() == [{"rater": "a", "age": 31}, {"rater": "b", "age": None}]
    assert {note.what: note.count for note in reading.notes} == {
        "repetitions of the same rating left out": 1,
        "earlier labels by a rater who labelled an item anew, left out": 1,
        "raters with a single rating, kept": 1,
    }


@pytest.mark.parametrize(
    ("choices", "kind", "labels"),
    [
        (("1", "0", "-1"), "ordinal", ("-1", "0", "1")),
        (("1", "0"), "binary", ("0", "1")),
        (("no", "perhaps", "yes"), "ordinal", ("no", "perhaps", "yes")),
        (("Agree", "Disagree", "Pass"), "nominal", ("Agree", "Disagree", "Pass")),
        (("b", "a", "a, b"), "multilabel", ("b", "a")),
        (tuple(map(str, range(-10, 11))), "ordinal", tuple(map(str, range(-10, 11)))),
    ],
)
def test_the_scale_is_that_of_the_choices(choices, kind, labels):
    people = [process(str(n), [("x", choice), ("y", choices[0])], choices=choices) for n, choice in enumerate(choices)]
    scale = from_task(task(people)).ratings.scale
    assert (scale.kind, scale.labels) == (kind, labels)


def test_the_caller_can_name_the_kind():
    people = [process(str(n), [("x", str(n))], choices=("0", "1", "2")) for n in range(3)]
    assert from_task(task(people), scale="nominal").ratings.scale.kind == "nominal"


def test_inputs_of_several_variables_become_lines():
    given = [json.dumps({"post": f'Say "{n}"', "reply": "né", "level": n, "lang": "en"}) for n in range(2)]
    reading = from_task(task([process("a", [(text, str(n)) for n, text in enumerate(given)])], unit="rater"))
    assert reading.ratings.items["text"].to_list() == ['post: Say "0"\nlevel: 0', 'post: Say "1"\nlevel: 1']
    assert reading.ratings.items.columns == ["item", "text", "post", "level"]
    assert reading.ratings.question == "Predict a label."


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("coinflip", "not about people.*'coin'"),
        ("chaosnli", "not about people"),
        ("polis_comment", "not about people"),
    ],
)
def test_tasks_that_are_not_about_people(name, message):
    with pytest.raises(UsageError, match=message):
        from_task(name)


def test_names_that_cannot_be_met(tmp_path):
    with pytest.raises(UsageError, match=r"unknown task 'insteval_individuals'.*insteval_individual"):
        from_task("insteval_individuals")
    with pytest.raises(DataError, match="suite pull verbagg_individual"):
        from_task("verbagg_individual", DataRoot(tmp_path))
    with pytest.raises(UsageError, match=r"task own has no part 'x'\. Say own"):
        from_task(task([process("a", [("x", "1")])], name="own:x"))


def test_open_answers_are_no_labels():
    people = [process("a", [(f"x{n}", f"I think {n}") for n in range(70)])]
    with pytest.raises(DataError, match="task own: 70 different labels are no closed scale"):
        from_task(task(people))


BOOKS = {
    f"Book {n} By Somebody": {
        "MC_options": [1, 2, 3, 4],
        "genre": ["Fiction", "Essays"][n],
        "summary": "of the newspaper",
        "Democrat": {"p1": "1: Very unlikely", "p2": "3: Somewhat likely"},
        "Republican": {"p3": "4: Very likely"},
        "Male": {"p1": "1: Very unlikely", "p3": "4: Very likely"},
        "Female": {"p2": "3: Somewhat likely"},
    }
    for n in range(2)
}


def test_nytimes_person_by_person(tmp_path):
    path = tmp_path / PUBLISHED
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(BOOKS), encoding="utf-8")
    ratings = from_task("nytimes", tmp_path).ratings
    assert ratings.scale.kind == "ordinal" and ratings.scale.labels[0] == "1: Very unlikely"
    assert ratings.items["text"].to_list() == [f"title: {b}\ngenre: {e['genre']}" for b, e in BOOKS.items()]
    assert ratings.raters.to_dicts() == [
        {"rater": "p1", "party": "Democrat", "gender": "Male"},
        {"rater": "p2", "party": "Democrat", "gender": "Female"},
        {"rater": "p3", "party": "Republican", "gender": "Male"},
    ]
    long = [
        {"book": book, "genre": entry["genre"], "group": group, "rater": rater, "rating": rating}
        for book, entry in BOOKS.items()
        for group in ("Democrat", "Republican", "Male", "Female")
        for rater, rating in entry[group].items()
    ]
    copy = tmp_path / "second" / COPY
    copy.mkdir(parents=True)
    pl.DataFrame(long).write_parquet(copy / "individual_ratings_long.parquet")
    people = [("p1", "Male", 23), ("p2", "Female", 31), ("p3", "Male", 50), ("p2", "Female", 32)]
    facts = {"QDem_Race": "a", "Q_DemRepub": "b", "QDem_Income": "c"}
    pl.DataFrame([{"Q84": p, "QDem_Gend": g, "QDem_Age": a} | facts for p, g, a in people]).write_parquet(
        copy / "annotator_demographics.parquet"
    )
    again = from_task("nytimes", tmp_path / "second").ratings
    assert rows(again) == rows(ratings)
    assert again.raters["age"].to_list() == [23, 31, 50]
    path.write_text(json.dumps({"Book": {"genre": "Essays"}}))
    with pytest.raises(DataError, match=r"book lacks its genre or a group .*Book"):
        from_task("nytimes", tmp_path)


# Raters, items and ratings of the data sets at hand, where they are.
REAL = {
    "polis_vote:american-assembly.bowling-green": (500, 607, 70405, "nominal"),
    "lewidi_mp_irony_detection_individual": (506, 12011, 60464, "binary"),
    "lewidi_csc_sarcasm_detection_individual": (872, 5510, 25574, "ordinal"),
    "popquorn_individual:offensiveness": (100, 1475, 4977, "ordinal"),
    "litriddle_quality": (2000, 401, 36392, "ordinal"),
    "insteval_individual": (1000, 4400, 26364, "ordinal"),
    "bfi_individual": (2800, 25, 69492, "ordinal"),
    "verbagg_individual": (316, 24, 7584, "ordinal"),
    "openpsychometrics_individual:BIG5": (500, 50, 25000, "ordinal"),
    "ccai_vote": (500, 435, 17021, "nominal"),
    "global_dialogues_vote:GD6": (1021, 2573, 15288, "ordinal"),
    "convabuse_severity": (8, 4052, 12182, "ordinal"),
    "annotation_paradigms_annotator": (60, 200, 12000, "binary"),
    "lewidi_varierrnli_nli_detection_individual_categorical": (4, 388, 1443, "multilabel"),
}


def test_tasks_at_hand():
    root = DataRoot(find_root())
    for name in REAL:
        if not get(name.partition(":")[0]).present(root):
            continue
        ratings = from_task(name, root).ratings
        assert (ratings.raters.height, ratings.items.height, len(ratings), ratings.scale.kind) == REAL[name], name
        assert ratings.table.select("rater", "item").is_unique().all()
        assert ratings.items["item"].is_unique().all() and ratings.raters["rater"].is_unique().all()
        assert ratings.table.null_count().sum_horizontal()[0] == 0
