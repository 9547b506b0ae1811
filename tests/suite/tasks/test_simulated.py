"""Simulated processes: reproducible, consistent, varied."""

import json

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pluralign.suite import DataRoot, get
from pluralign.suite.tasks.simulated import process

WORDS = [a + b + c for a in "bdfgk" for b in "aeiou" for c in ("lt", "rn", "st", "mp")]
TEXTS = [f"The {a} {b} stood near the {c} gate." for a in WORDS[:20] for b in ("old", "new") for c in ("east", "west")]


@given(st.integers(0, 10_000))
@settings(max_examples=200)
def test_a_process_is_reproducible_and_keeps_to_its_choices(index):
    made = process(3, index, WORDS, TEXTS)
    assert made == process(3, index, WORDS, TEXTS)
    assert made.examples
    assert made.descriptions
    if made.choices is not None:
        assert len(set(made.choices)) == len(made.choices)
        assert {example.output for example in made.examples} <= set(made.choices)
    assert all(example.output.strip() for example in made.examples)


def test_labels_are_open_vocabulary():
    labels = {choice for i in range(400) for choice in process(0, i, WORDS, TEXTS).choices or ()}
    assert len(labels) > 150


def test_ranges_of_coverage_tasks_never_occur():
    text = "\n".join(d for i in range(3000) for d in process(0, i, WORDS, TEXTS).descriptions)
    assert "from 1 to 10." not in text
    assert "from 1 to 100." not in text


def test_a_taste_is_a_rule_of_its_attributes_where_there_is_no_noise():
    """Equal items of one rater mostly get equal answers: the curriculum has something to infer."""
    agreeing = asked = 0
    for i in range(600):
        made = process(0, i, WORDS, TEXTS)
        if not (made.examples[0].input or "").startswith(("size ", "price ", "speed ", "age ", "noise ")):
            continue
        answers: dict[str, str] = {}
        for example in made.examples:
            asked += example.input in answers
            agreeing += answers.get(example.input or "") == example.output
            answers[example.input or ""] = example.output
    assert asked > 200
    assert agreeing / asked > 0.7


def test_shares_of_a_group_cover_the_options_and_add_up():
    seen = 0
    for i in range(400):
        for example in process(0, i, WORDS, TEXTS).examples:
            if (example.input or "").startswith('{"question"') and example.output.startswith("{"):
                given, said = json.loads(example.input), json.loads(example.output)
                assert list(said) == given["options"]
                assert abs(sum(int(part.rstrip("%")) for part in said.values()) - 100) <= 3
                seen += 1
    assert seen > 50


def test_a_chooser_follows_fixed_weights():
    """A linear rule fitted to one half of a chooser's choices predicts the other half far better than chance."""
    right = asked = 0
    for i in range(1500):
        made = process(0, i, WORDS, TEXTS)
        lines = (made.examples[0].input or "").split("\n")
        if made.choices != ("1", "2") or " 1: " not in lines[0]:
            continue
        offers = np.array(
            [
                [[int(part.split()[-1]) for part in line.split(": ")[1].split(", ")] for line in e.input.split("\n")]
                for e in made.examples
            ]
        )
        gaps = offers[:, 0] - offers[:, 1]
        sign = np.where([e.output == "1" for e in made.examples], 1, -1)
        half = len(sign) // 2
        weights = np.linalg.lstsq(gaps[:half].astype(float), sign[:half], rcond=None)[0]
        right += int((np.sign(gaps[half:] @ weights) == sign[half:]).sum())
        asked += len(sign) - half
    assert asked > 100
    assert right / asked > 0.75


def test_the_task_reads_words_and_sentences_from_the_books(tmp_path):
    (tmp_path / "corpora").mkdir()
    text = " ".join(f"{a} {b}, {a}. The {b} {a} was not there at all." for a in WORDS for b in WORDS[:40])
    pl.DataFrame({"text": [text]}).write_parquet(tmp_path / "corpora" / "classic_books.parquet")
    stream = get("simulated").load(DataRoot(tmp_path))
    made = [next(stream) for _ in range(120)]
    assert len({one.id for one in made}) == 120
    labels = {choice.lower() for one in made for choice in one.choices or () if choice.isalpha()}
    assert len(labels & set(WORDS)) > 20
