"""``pluralign measure overton``: known answers, the warning of a judge, and one clear line for wrong input."""

import json

import pytest

from pluralign.cli import main

VIEWS = ("Cars should be banned from the town.", "Cars should stay.", "Trams should be free for children.")
QUESTIONS = [
    {"id": "cars", "text": "What about traffic?", "views": list(VIEWS), "unreasonable": ["Cars are alive."]},
    {"id": "parks", "text": "What about parks?", "views": ["The town needs more parks.", "Sell all the benches."]},
]
FILLER = " ".join(f"This is remark number {i} on the weather of last week." for i in range(12))


def lines(rows) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def answer(question: str, source: str, text: str, **more) -> dict:
    return {"question": question, "source": source, "text": text} | more


ANSWERS = [
    answer(one["id"], source, f"{' '.join(one['views'])} {more}".strip())
    for source, more in (("all", ""), ("padded", FILLER))
    for one in QUESTIONS
]


@pytest.fixture
def here(tmp_path, monkeypatch, capsys):
    """Runs a command in a folder with questions and answers: its exit code, and what it wrote."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLURALIGN_DATA", str(tmp_path))
    (tmp_path / "q.jsonl").write_text(lines(QUESTIONS))
    (tmp_path / "a.jsonl").write_text(lines(ANSWERS))

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            main(["measure", "overton", *arguments])
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, *capsys.readouterr()

    return run


def test_an_answer_with_all_views_scores_one_and_filler_gains_nothing(here, tmp_path):
    code, out, told = here("a.jsonl", "--questions", "q.jsonl", "--json", "--out", "run")
    assert code == 0, told
    found = json.loads(out)
    values = {(m["model"], m["metric"]): m["value"] for m in found["metrics"]}
    assert values["all", "coverage"] == values["all", "coverage_matched"] == values["all", "precision"] == 1
    assert values["padded", "coverage"] == 1
    assert values["padded - all", "coverage_matched"] <= 0
    assert values["padded", "precision"] < 0.5
    assert "not compared with human labels" in found["warning"]
    assert all(m["warning"] == found["warning"] for m in found["metrics"])
    assert "<html" in (tmp_path / "run" / "report.html").read_text()
    assert "warning: This judge was not compared" in here("a.jsonl", "--questions", "q.jsonl", "--out", "run")[1]


def test_labels_validate_the_judge_and_its_validation_can_be_used_again(here, tmp_path):
    texts = [view for one in QUESTIONS for view in one["views"]]
    labels = [
        {"question": f"{i}", "response": response, "view": view, "represented": response == view}
        for i, response in enumerate(texts)
        for view in texts
    ]
    (tmp_path / "labels.jsonl").write_text(lines(labels))
    code, out, told = here("a.jsonl", "--questions", "q.jsonl", "--labels", "labels.jsonl", "--json", "--out", "run")
    assert code == 0, told
    first = json.loads(out)
    assert first["validation"]["auroc"]["value"] == 1
    assert first["judge"]["calibration"] is not None
    stored = str(tmp_path / "run" / "validation.json")
    again = json.loads(here("a.jsonl", "--questions", "q.jsonl", "--validation", stored, "--json")[1])
    assert again["metrics"] == first["metrics"]


def test_dry_run_counts_pairs_and_asks_nothing(here, tmp_path):
    code, out, _ = here("a.jsonl", "--questions", "q.jsonl", "--judge", "llm:openai:m@http://x", "--dry-run", "--json")
    assert code == 0
    plan = json.loads(out)
    # Sentences: 3 + 2 views, 12 of filler, 2 questions; those of either question meet all 4 + 2 views of the other.
    assert plan["pairs"] == (3 + 2 + 12) * (4 + 2) + 4 + 2
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("files", "extra", "expected"),
    [
        ({"a.jsonl": None}, (), "a.jsonl"),
        ({"a.jsonl": ""}, (), "no responses"),
        ({"q.jsonl": ""}, (), "no questions"),
        ({"a.jsonl": "{broken\n"}, (), "a.jsonl"),
        ({"a.jsonl": lines([answer("boats", "m", "x")])}, (), "there is no question 'boats'"),
        ({"a.jsonl": lines([{"question": "cars", "text": "x"}])}, (), "field 'source' is absent"),
        ({"q.jsonl": lines([{"id": "cars", "text": "?", "views": []}])}, (), "a question without views"),
        ({"l.jsonl": lines([{"question": "1"}])}, ("--labels", "l.jsonl"), "must be texts"),
        ({}, ("--labels", "absent.jsonl"), "absent.jsonl"),
        ({}, ("--labels", "chaosnli"), "chaosnli"),
        ({}, ("--judge", "oracle"), "there is no judge 'oracle'"),
        ({}, ("--models", "nobody"), "no answer is from 'nobody'"),
        ({}, ("--validation", "absent.json"), "no validation of a judge"),
        ({}, ("--labels", "a", "--validation", "b"), "exclude each other"),
    ],
)
def test_wrong_input_gives_one_line_and_exit_code_2(here, tmp_path, files, extra, expected):
    for name, content in files.items():
        (tmp_path / name).unlink(missing_ok=True)
        if content is not None:
            (tmp_path / name).write_text(content)
    code, out, told = here("a.jsonl", "--questions", "q.jsonl", *extra)
    assert (code, out) == (2, "")
    (line,) = [text for text in told.splitlines() if text.startswith("error: ")]
    assert expected in line
    assert not (tmp_path / "runs").exists()
