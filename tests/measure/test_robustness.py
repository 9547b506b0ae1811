"""Swaps of order and label: what changes a model that reads the options, and one that reads only their places."""

import numpy as np
import polars as pl
import pytest

from pluralign.episode import Process, Target
from pluralign.lm.scripted import ScriptedModel
from pluralign.measure import robustness

from .population import LETTERS, TEXTS, survey

QUESTIONS = survey(12)
LIKES = dict(zip(TEXTS, (0.5, 0.3, 0.15, 0.05), strict=True))


def reader(prompt):
    """Answers by what the options say, whatever their order or label."""
    lines = prompt.input.splitlines()[1:]
    if lines[0].startswith("- "):
        return LIKES
    return {line[0]: LIKES[line[3:]] for line in lines}


def get(metrics, model, metric):
    (one,) = [m for m in metrics if (m.model, m.metric) == (model, metric)]
    return one


def measured(answers, processes=QUESTIONS, name="m"):
    return robustness.metrics(robustness.rows(ScriptedModel(answers, name=name), "survey", processes), [name])


def test_a_model_that_reads_the_options_changes_nothing():
    metrics = measured(reader)
    for metric in ("order_change", "order_cost", "label_change", "label_cost"):
        assert get(metrics, "m", metric).value == pytest.approx(0, abs=1e-12)
        assert get(metrics, "m", metric).n == 12


def test_a_model_that_always_picks_the_first_is_caught():
    def first(prompt):
        lines = prompt.input.splitlines()[1:]
        return {lines[0][2:] if lines[0].startswith("- ") else "A": 1.0}

    metrics = measured(first)
    assert get(metrics, "m", "order_change").value == 1
    assert get(metrics, "m", "label_change").value == 0
    # It moves from the first opinion to the third.
    p = np.array([process.target.probabilities for process in QUESTIONS])
    assert get(metrics, "m", "order_cost").value == pytest.approx((p[:, 0] - p[:, 2]).mean())


def test_a_model_that_knows_letters_only_depends_on_the_label():
    def letters(prompt):
        texts = prompt.input.splitlines()[1].startswith("- ")
        return dict.fromkeys(TEXTS if texts else LETTERS, 0.25) if texts else {"B": 0.5, "A": 0.25, "C": 0.25}

    metrics = measured(letters)
    assert get(metrics, "m", "label_change").value == pytest.approx(0.25)
    assert get(metrics, "m", "order_change").value == 0  # B is in the middle of three opinions


def test_questions_without_a_list_are_counted_and_not_guessed():
    scale = Process("s", (), ("Somebody.",), ("1", "2"), "From 1 to 2?", Target((0.5, 0.5)))
    rows = robustness.rows(
        ScriptedModel(lambda p: {"1": 1.0} if p.id == "s" else reader(p), name="m"),
        "t",
        [
            scale,
            *QUESTIONS,
        ],
    )
    assert rows.filter(~pl.col("swappable"))["process"].to_list() == ["s", "s"]
    metrics = robustness.metrics(rows, ["m"])
    assert get(metrics, "m", "order_left_out").value == get(metrics, "m", "label_left_out").value == 1
    alone = robustness.metrics(rows.filter(pl.col("process") == "s"), ["m"])
    assert {m.metric for m in alone} == {"order_left_out", "label_left_out"}


def test_models_are_compared_on_the_same_questions():
    class Short(ScriptedModel):
        def choices(self, prompts, choices, progress=None):
            found = super().choices(prompts, choices, progress)
            return [None if p.id == "q3" else one for p, one in zip(prompts, found, strict=True)]

    parts = [robustness.rows(kind(reader, name=n), "t", QUESTIONS) for kind, n in ((ScriptedModel, "a"), (Short, "b"))]
    metrics = robustness.metrics(pl.concat(parts), ["a", "b"])
    assert get(metrics, "a", "order_change").n == get(metrics, "b - a", "order_change").n == 11
    assert get(metrics, "a", "order_left_out").value == 1
