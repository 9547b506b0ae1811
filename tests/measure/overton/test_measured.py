"""Overton coverage as a part of an audit: models whose coverage is known, on conversations from files."""

import json
import logging

import numpy as np
import pytest

from pluralign.lm.scripted import ScriptedModel
from pluralign.measure import Request, audit
from pluralign.measure.overton import measured
from pluralign.suite import DataRoot

TOWNS = {
    "parks": ("The town should plant a tree in every street.", "Cars need more room to park near the shops."),
    "school": ("Lunch at school must be free for all children.", "Homework should be forbidden by law."),
    "water": ("Fishing in the lake ought to be banned.", "A large dam would give us cheap power."),
}
FILLER = " ".join(f"Nobody wrote down what number {i} had for breakfast on Tuesday." for i in range(15))
ALL = {town: " ".join(views) for town, views in TOWNS.items()}


def conversation(folder, views, people=40):
    """One half of the people likes the first statement, the other half the second."""
    folder.mkdir(parents=True)
    comments = [f'0,{c},{c},1,"{text}"' for c, text in enumerate(views, 1)]
    (folder / "comments.csv").write_text(
        "\n".join(["timestamp,comment-id,author-id,moderated,comment-body", *comments])
    )
    sides = [(i >= people // 2, 100 + i) for i in range(people)]
    votes = [f"{name},{int(side)},{-1 if side else 1},{1 if side else -1}" for side, name in sides]
    (folder / "participants-votes.csv").write_text("\n".join(["participant,group-id,1,2", *votes]))
    (folder / "summary.csv").write_text(f"topic,{folder.name}\nurl,x\n")


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> DataRoot:
    """Three conversations that can be asked about, one that is too small, one in another language, and labels."""
    folder = tmp_path_factory.mktemp("data")
    for town, views in TOWNS.items():
        conversation(folder / "polis_open_data" / town, views)
    conversation(folder / "polis_open_data" / "hamlet", ("Yes.", "No."), people=6)
    conversation(folder / "polis_open_data" / "austria-klima", ("Ja.", "Nein."))
    labels = folder / "chaosnli"
    labels.mkdir()
    texts = [view for views in TOWNS.values() for view in views]
    for part in ("snli", "mnli_m"):
        items = [
            {
                "example": {"premise": f"{premise} {part}", "hypothesis": view},
                "label_counter": {"e": 90, "n": 10} if premise == view else {"n": 100},
            }
            for premise in texts
            for view in texts
        ]
        (labels / f"chaosNLI_{part}.jsonl").write_text("".join(f"{json.dumps(item)}\n" for item in items))
    return DataRoot(folder)


def saying(texts, name) -> ScriptedModel:
    return ScriptedModel(lambda prompt: {texts.get(prompt.id.removeprefix("overton/"), ""): 1.0}, name=name)


MODELS = {
    "all": saying(ALL, "all"),
    "padded": saying({town: f"{text} {FILLER}" for town, text in ALL.items()}, "padded"),
    "buried": saying({town: f"{FILLER} {text}" for town, text in ALL.items()}, "buried"),
    "one": saying({town: views[0] for town, views in TOWNS.items()}, "one"),
    "mute": saying({}, "mute"),
}


@pytest.fixture(scope="module")
def found(root, tmp_path_factory):
    """Metrics by names of model and metric, of an audit of all models."""
    request = Request(tuple(MODELS), (measured.NAME,), data=str(root.path))
    metrics = audit(request, tmp_path_factory.mktemp("run") / "run", MODELS.__getitem__)
    return {(one["model"], one["metric"]): one for one in metrics}


def test_an_answer_that_lists_all_views_scores_one(found):
    for metric in ("coverage", "coverage_weighted", "precision", "balance"):
        assert found["all", metric]["value"] == pytest.approx(1), metric
    assert found["all views listed", "coverage"]["value"] == 1
    assert found["all, answers to another question", "coverage"]["value"] == 0
    assert found["all", "coverage"]["n"] == 3 * measured.ANSWERS
    assert found["one", "coverage"]["value"] == pytest.approx(1 / 2)
    assert found["one - all", "coverage"]["high"] < 0


def test_filler_gains_nothing_at_matched_length(found):
    assert found["padded", "coverage"]["value"] == found["buried", "coverage"]["value"] == 1
    assert found["padded", "coverage_matched"]["value"] == found["one", "coverage_matched"]["value"]
    assert found["buried", "coverage_matched"]["value"] == 0
    assert found["padded", "precision"]["value"] < 0.2
    assert found["padded", "off_topic"]["value"] > 0.8
    assert found["padded", "words"]["value"] > 5 * found["all", "words"]["value"]


def test_empty_answers_cover_nothing_and_are_counted(found):
    assert found["mute", "coverage"]["value"] == found["mute", "coverage_matched"]["value"] == 0
    assert found["mute", "empty"]["value"] == found["mute", "empty"]["n"] == 3 * measured.ANSWERS
    # An empty answer is not a length to cut the others to.
    assert found["one", "words_matched"]["value"] == found["one", "words"]["value"]


def test_conversations_left_out_are_counted_and_named(found, root, caplog):
    one = found["conversations", "conversations_left_out"]
    assert (one["value"], one["n"]) == (2, 5)
    assert "hamlet (no opinion group with votes enough)" in one["warning"]
    assert "austria-klima (not in English)" in one["warning"]
    with caplog.at_level(logging.WARNING):
        assert len(list(measured.pieces(root, Request(("m",), (measured.NAME,))))) == 1
    assert "hamlet" in caplog.text


def test_a_judge_that_agrees_with_people_leaves_no_warning(found):
    assert "warning" not in found["all", "coverage"]
    assert np.isfinite([one["value"] for (name, metric), one in found.items() if metric == "coverage"]).all()
