import json

import polars as pl
import pytest

from pluralign.episode import draw
from pluralign.errors import DataError
from pluralign.suite import DataRoot, find_root, get
from pluralign.suite.tasks import popquorn

RATERS = {
    0: ("Woman", "White", "18-24", "Student", "Graduate degree"),
    1: ("Man", "Asian", ">65", "Prefer not to disclose", "Other"),
}
FACTS = ("gender", "race", "age", "occupation", "education")
ANSWERS = {
    "email_rewriting": {"original email": " send it {} ", "revised email": "Please send {}."},
    "offensiveness": {"text": "comment {}", "offensiveness": 1.0},
    "politeness_rating": {"text": "mail {}", "politeness": 5.0},
    "question_answering": {
        "text": "Passage {}, naïve",
        "question": "Why {}?",
        "groundtruth": "so",
        "answer": "no",
        "difficulty": 2.0,
    },
}


def table(part, count=7, raters=RATERS):
    rows = [
        {"instance_id": number, "user_id": None if part == "question_answering" else float(user)}
        | {k: v.format(number) if isinstance(v, str) else v for k, v in ANSWERS[part].items()}
        | dict(zip(FACTS, facts, strict=True))
        for user, facts in raters.items()
        for number in range(count)
    ]
    return pl.DataFrame(rows)


def write(root, parts=tuple(ANSWERS), layout="original", **tables):
    for part in parts:
        if layout == "original":
            path = root / f"git/Jiaxin-Pei/Potato-Prolific-Dataset/dataset/{part}/raw_data.csv"
        else:
            path = root / f"_no_licence_stated/popquorn/{part}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        frame = tables.get(part, table(part))
        frame.write_csv(path) if layout == "original" else frame.write_parquet(path)
    return DataRoot(root)


def test_all_four_parts_of_the_original(tmp_path):
    processes = {p.id: p for p in get("popquorn_individual").processes(write(tmp_path))}
    people = [", ".join(facts) for facts in RATERS.values()]
    assert list(processes) == [
        *(f"{part}/{user}" for part in list(ANSWERS)[:3] for user in (0, 1)),
        *(f"question_answering/{person}" for person in people),
    ]
    first = {part: processes[f"{part}/0"].examples[0] for part in list(ANSWERS)[:3]}
    assert (first["email_rewriting"].input, first["email_rewriting"].output) == ("send it 0", "Please send 0.")
    assert (first["offensiveness"].input, first["offensiveness"].output) == ("comment 0", "1")
    assert (first["politeness_rating"].input, first["politeness_rating"].output) == ("mail 0", "5")
    question = processes[f"question_answering/{people[0]}"].examples[0]
    assert question.input == '{"passage": "Passage 0, naïve", "question": "Why 0?"}'
    assert json.loads(question.output) == {"groundtruth": "so", "answer": "no", "difficulty": 2}


def test_the_copy_has_two_parts(tmp_path):
    root = write(tmp_path, ("email_rewriting", "offensiveness"), "compact")
    parts = {p.metadata["part"] for p in get("popquorn_individual").processes(root)}
    assert parts == {"email_rewriting", "offensiveness"}


def test_some_descriptions_hold_demographics_and_some_do_not(tmp_path):
    for process in get("popquorn_individual").processes(write(tmp_path)):
        told = ["The person: gender" in text for text in process.descriptions]
        assert any(told) and not all(told)
        assert not any("disclose" in text or "Other" in text for text in process.descriptions)
        shown = [draw(process, task="popquorn_individual", index=i).description for i in range(60)]
        assert None in shown and set(process.descriptions) <= set(shown)


def test_raters_with_few_answers_or_no_name_are_left_out(tmp_path):
    few, unnamed = table("offensiveness", 5), table("offensiveness").with_columns(user_id=None)
    enough = table("offensiveness", 6, {5: RATERS[0]})
    root = write(tmp_path, offensiveness=pl.concat([few, enough, unnamed], how="vertical_relaxed"))
    ids = [p.id for p in get("popquorn_individual").processes(root) if p.metadata["part"] == "offensiveness"]
    assert ids == ["offensiveness/5"]


def test_at_most_100_raters_and_not_the_first(tmp_path):
    many = table("offensiveness", 6, dict.fromkeys(range(150), RATERS[0]))
    processes = get("popquorn_individual").processes(write(tmp_path, offensiveness=many))
    chosen = [int(p.id.split("/")[1]) for p in processes if p.metadata["part"] == "offensiveness"]
    assert len(chosen) == popquorn.MOST_RATERS and chosen == sorted(chosen) and chosen != list(range(100))


def test_texts_are_used_once(tmp_path):
    processes = get("popquorn_og_categorical").processes(write(tmp_path))
    for part, field in zip(ANSWERS, ("original email", "text", "text", "text"), strict=True):
        texts = [e.output for p in processes if p.metadata["part"] == part for e in p.examples]
        assert sorted(texts) == [ANSWERS[part][field].format(number).strip() for number in range(7)]


def test_a_rating_off_the_scale_and_an_absent_column_are_named(tmp_path):
    odd = table("offensiveness").with_columns(offensiveness=pl.lit(6.0))
    with pytest.raises(DataError, match=r"offensiveness '6' is not 1 to 5.*raw_data\.csv, row 2"):
        get("popquorn_individual").processes(write(tmp_path, offensiveness=odd))
    with pytest.raises(DataError, match="column 'race' is absent"):
        get("popquorn_individual").processes(write(tmp_path, offensiveness=table("offensiveness").drop("race")))


def test_real_counts():
    root = DataRoot(find_root())
    if get("popquorn_individual").present(root):
        processes = get("popquorn_individual").processes(root)
        shown = [any("The person:" in text for text in p.descriptions) for p in processes]
        assert len(processes) >= 200 and sum(shown) >= 190
