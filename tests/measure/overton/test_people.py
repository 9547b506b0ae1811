"""Labels and questions from surveys and conversations, read from files in their original layout."""

import json

import polars as pl
import pytest

from pluralign.errors import DataError
from pluralign.measure.overton import conversations, people
from pluralign.suite.data import DataRoot

STEP = "<h3>x</h3>\n<blockquote>\n<p><em>“{}”</em></p>\n</blockquote>\n<p>How well?</p>"


def survey(tmp_path):
    rows = [
        ("g1", 8, "text", "Your position", None, "Keep it &amp; legal.", "generation"),
        ("g2", 8, "text", "Your position", None, "Ban it.", "generation"),
        ("g1", 10, "multiple choice + text", STEP.format("Legal &amp; safe."), 6.0, "fits", "generation"),
        ("g2", 10, "multiple choice + text", STEP.format("Legal &amp; safe."), 1.0, "no", "generation"),
        ("v1", 3, "multiple choice + text", STEP.format("Yes."), 4.0, "a", "validation"),
        ("v1", 4, "multiple choice + text", STEP.format("No."), 4.0, "a", "validation"),
        ("v2", 3, "multiple choice + text", STEP.format("Yes."), 2.0, "a", "validation"),
        ("v2", 4, "multiple choice + text", STEP.format("No."), 1.0, "a", "validation"),
    ]
    names = ["user_id", "step", "question_type", "question_text", "choice_numeric", "text", "sample_type"]
    folder = tmp_path / "generative_social_choice"
    folder.mkdir()
    pl.DataFrame(rows, schema=names, orient="row").write_parquet(folder / "abortion_survey.parquet")
    return DataRoot(tmp_path)


def test_survey_labels(tmp_path):
    first, second = people.survey_labels(survey(tmp_path), "abortion")
    assert (first.response, first.view) == ("Legal & safe.", "Keep it &amp; legal.")
    assert (first.rating, first.represented, first.cluster) == (1, True, "g1")
    assert (second.rating, second.represented) == (pytest.approx(1 / 6), False)


def test_survey_question_weighs_statements_by_whom_they_capture_best(tmp_path):
    question = people.survey_question(survey(tmp_path), "abortion")
    assert [(view.text, view.weight) for view in question.views] == [("Yes.", 1.5), ("No.", 0.5)]
    with pytest.raises(DataError, match="no survey 'x'"):
        people.survey_question(DataRoot(tmp_path), "x")
    with pytest.raises(DataError, match="absent"):
        people.survey_question(DataRoot(tmp_path), "chatbot_personalization")


def test_entailment_labels(tmp_path):
    folder = tmp_path / "chaosnli"
    folder.mkdir()
    item = {"example": {"premise": "p", "hypothesis": "h"}, "label_counter": {"e": 60, "n": 40}}
    other = {"example": {"premise": "p", "hypothesis": "g"}, "label_counter": {"n": 100}}
    for part in ("snli", "mnli_m"):
        (folder / f"chaosNLI_{part}.jsonl").write_text(f"{json.dumps(item)}\n{json.dumps(other)}\n")
    found = people.entailment_labels(DataRoot(tmp_path))
    assert [(x.question, x.view, x.rating, x.represented) for x in found] == [
        ("snli", "h", 0.6, True), ("snli", "g", 0, False), ("mnli_m", "h", 0.6, True), ("mnli_m", "g", 0, False),
    ]  # fmt: skip
    (folder / "chaosNLI_snli.jsonl").write_text('{"example": 3}\n')
    with pytest.raises(DataError, match="row 1"):
        people.entailment_labels(DataRoot(tmp_path))


def conversation(tmp_path):
    """40 people; one half likes statement 1, the other 2, all like 3 and nobody 4; 5 was rejected by moderators."""
    folder = tmp_path / "town"
    folder.mkdir()
    body = [
        (1, 100, 1, "Ban cars."),
        (2, 120, 1, "Keep cars."),
        (3, 0, 1, "Plant trees."),
        (4, 0, 1, "Burn it."),
        (5, 0, -1, "Rude."),
    ]
    lines = ["timestamp,comment-id,author-id,moderated,comment-body"]
    lines += [f'0,{c},{author},{moderated},"{text}"' for c, author, moderated, text in body]
    (folder / "comments.csv").write_text("\n".join(lines) + "\n")
    votes = ["participant,group-id,1,2,3,4,5"]
    votes += [f"{100 + i},{int(i >= 20)},{1 if i < 20 else -1},{-1 if i < 20 else 1},1,-1,1" for i in range(40)]
    votes.append("999,,,,0,,")
    (folder / "participants-votes.csv").write_text("\n".join(votes) + "\n")
    (folder / "summary.csv").write_text("topic,Cars in town\nurl,x\n")
    return folder


def test_polis_question(tmp_path):
    question = conversations.polis_question(conversation(tmp_path), each=1)
    assert question.text == "What should be done about: Cars in town"
    assert [(v.text, v.weight, v.group) for v in question.views] == [
        ("Ban cars.", 20, "group 0"), ("Keep cars.", 20, "group 1")
    ]  # fmt: skip
    assert question.unreasonable == ("Burn it.",)


def test_polis_labels(tmp_path):
    found = conversations.polis_labels([conversation(tmp_path)])
    # The two authors with a single statement voted on three others each; the rejected one is left out.
    assert {(x.view, x.response, x.represented) for x in found} == {
        ("Ban cars.", "Keep cars.", False), ("Ban cars.", "Plant trees.", True), ("Ban cars.", "Burn it.", False),
        ("Keep cars.", "Ban cars.", False), ("Keep cars.", "Plant trees.", True), ("Keep cars.", "Burn it.", False),
    }  # fmt: skip
    assert {x.cluster for x in found} == {"town"}
    assert len(conversations.polis_labels([tmp_path / "town"], limit=2)) == 2


def test_dialogue_labels(tmp_path):
    folder = tmp_path / "global_dialogues"
    folder.mkdir()
    said = [("q", "p1", "t1", "More help."), ("q", "p2", "t2", "Less risk."), ("q", "p3", "t3", "More help.")]
    names = ["Question ID", "Participant ID", "Thought ID", "Thought Text"]
    pl.DataFrame(said, schema=names, orient="row").write_parquet(folder / "GD6_verbatim_map.parquet")
    votes = [
        ("q", "p1", "t2", "Disagree"),
        ("q", "p2", "t1", "Agree"),
        ("q", "p1", "t3", "Agree"),
        ("q", "p2", "t3", "Neutral"),
    ]
    names = ["Question ID", "Participant ID", "Thought ID", "Vote"]
    pl.DataFrame(votes, schema=names, orient="row").write_parquet(folder / "GD6_binary.parquet")
    found = people.dialogue_labels(DataRoot(tmp_path))
    assert [(x.response, x.view, x.represented, x.cluster) for x in found] == [
        ("Less risk.", "More help.", False, "p1"), ("More help.", "Less risk.", True, "p2"),
    ]  # fmt: skip
