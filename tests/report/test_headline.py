"""Headline rows, verdict and terminal table, on a handful of hand-made records."""

import io
from typing import Any

import pytest
from rich.console import Console

from pluralign.report import headline_table
from pluralign.report.headline import cast, clear, rows, scope, wins
from pluralign.report.verdict import verdict


def record(model: str, metric: str, value: float | None, low=None, high=None, **changes: Any) -> dict[str, Any]:
    kind, unit = {
        "loss": ("steer", "nats/output"),
        "accuracy": ("steer", "share"),
        "gain_over_marginal": ("steer", "nats/output"),
        "choice_gain_over_marginal": ("steer", "nats/output"),
        "yield": ("cover", "count/100"),
        "js_divergence_nats": ("align", "nats"),
    }[metric]
    base = {"model": model, "task": "mean:all", "kind": kind, "metric": metric, "n": 9, "unit": unit}
    return base | {"value": value, "low": low, "high": high} | changes


TWO = [
    record("b", "loss", 1.5, 1.4, 1.6),
    record("a", "loss", 1.0, 0.9, 1.1),
    record("a - b", "loss", -0.5, -0.6, -0.4),
    record("running_marginal", "loss", 1.2, 1.2, 1.2),
    record("a", "gain_over_marginal", 0.2, 0.1, 0.3),
    record("b", "gain_over_marginal", -0.3, -0.4, -0.2),
    record("a", "yield", 30, 20, 40),
    record("b", "yield", 35, 25, 45),
    record("a - b", "yield", -5, -15, 5),
]


def said(metrics: list[dict[str, Any]], order=("a", "b")) -> str:
    return " ".join(f"{f.about}|{f.text}" for f in verdict(metrics, cast(metrics, order)))


def test_models_baselines_and_pairs_are_told_apart() -> None:
    names = ["x - y", "x", "x - y - x", "uniform", "human_split_half"]
    people = cast([record(name, "loss", 1.0) for name in [*names, "other"]], ["x - y", "x"])
    assert people.models == ("x - y", "x")
    assert people.references == ("uniform", "human_split_half", "other")
    assert people.pairs == {"x - y - x": ("x - y", "x")}


@pytest.mark.parametrize(
    ("low", "high", "sign"),
    [(0.1, 0.2, 1), (-0.2, -0.1, -1), (-0.1, 0.2, 0), (0.0, 0.2, 0), (-0.2, 0.0, 0), (None, None, 0)],
)
def test_a_difference_is_clear_only_where_its_interval_excludes_zero(low, high, sign) -> None:
    assert clear(record("a - b", "loss", 0.1, low, high)) == sign


def test_lower_loss_wins_and_an_interval_around_zero_does_not() -> None:
    people = cast(TWO, ("a", "b"))
    assert list(wins(TWO, people, "steer", "loss", "mean:all")) == [("a", "b")]
    assert wins(TWO, people, "cover", "yield", "mean:all") == {}


def test_rows_keep_the_order_of_models_and_mark_the_clear_winner() -> None:
    loss, gain = rows(TWO, cast(TWO, ("b", "a")))
    assert [(r.kind, r.metric, r.best) for r in (loss, gain)] == [("steer", "loss", "a"), ("cover", "yield", None)]
    assert [c["value"] for c in loss.cells if c] == [1.5, 1.0]
    assert [(m.label, m.record["value"]) for m in loss.references] == [("Running marginal", 1.2)]


def test_a_baseline_on_fewer_tasks_than_the_models_says_so() -> None:
    tasks = [record("a", "js_divergence_nats", 0.1, task=t) for t in ("t1", "t2")]
    metrics = [
        *tasks,
        record("human_split_half", "js_divergence_nats", 0.01, task="t1"),
        record("a", "js_divergence_nats", 0.1),
        record("human_split_half", "js_divergence_nats", 0.01),
    ]
    [row] = rows(metrics, cast(metrics))
    assert (row.tasks, row.references[0].label) == (2, "Human split-half floor (1 of 2 tasks)")
    assert "two halves" not in said(metrics)
    whole = [*metrics, record("human_split_half", "js_divergence_nats", 0.01, task="t2")]
    assert "a is 0.100 away from people; two halves of these people are 0.010 apart." in said(whole)


def test_a_single_task_without_a_mean_is_its_own_headline() -> None:
    metrics = [record("a", "loss", 1.0, task="only")]
    assert scope(metrics, "steer") == "only"
    assert scope([*metrics, record("a", "loss", 1.0, task="other")], "steer") is None


def test_the_verdict_claims_only_what_the_intervals_allow() -> None:
    text = said(TWO)
    assert "In-context steerability|a predicts the next answer better than b (by 0.500 nats per answer)." in text
    assert "The running marginal is clearly beaten by a alone." in text
    assert "Valid output coverage|no clear difference between the models." in text


def test_the_verdict_turns_with_the_sign_of_the_difference() -> None:
    flipped = [record("a - b", "loss", 0.5, 0.4, 0.6) if m["model"] == "a - b" else m for m in TWO]
    assert "b predicts the next answer better than a" in said(flipped)


def test_three_models_share_one_sentence() -> None:
    metrics = [
        *(record(m, "loss", v, v, v) for m, v in (("a", 1.0), ("b", 1.5), ("c", 1.6))),
        record("a - b", "loss", -0.5, -0.6, -0.4),
        record("a - c", "loss", -0.6, -0.7, -0.5),
        record("b - c", "loss", -0.1, -0.3, 0.1),
    ]
    expected = (
        "a predicts the next answer better than b (by 0.500 nats per answer) and c (by 0.600); "
        "no clear difference between b and c."
    )
    assert expected in said(metrics, ("a", "b", "c"))


def test_without_pairs_nothing_is_called_better() -> None:
    alone = [m for m in TWO if m["model"] != "a - b"]
    assert "better than b" not in said(alone)
    assert "No paired differences were computed" in said(alone)
    single = [record("a", "loss", 1.0), record("a", "choice_gain_over_marginal", 0.1)]
    assert "Loss 1.000 for a (nats per answer)." in said(single)
    assert "with the format left out, by no model" in said(single)


def test_held_out_tasks_that_tell_another_story_are_named() -> None:
    def at(task: str, low: float, high: float) -> list[dict[str, Any]]:
        ends = record("a - b", "loss", (low + high) / 2, low, high, task=task)
        return [record("a", "loss", 1.0, task=task), record("b", "loss", 1.5, task=task), ends]

    same = at("mean:all", -0.6, -0.4) + at("mean:train", -0.6, -0.4) + at("mean:heldout", -0.7, -0.3)
    assert "held-out tasks alone the picture is the same" in said(same)
    other = at("mean:all", -0.6, -0.4) + at("mean:train", -0.6, -0.4) + at("mean:heldout", -0.7, 0.3)
    assert "differs. In-context steerability: no clear difference between the models" in said(other)


def test_the_terminal_shows_every_cell_and_keeps_markup_as_text() -> None:
    metrics = [m | {"model": m["model"].replace("b", "[red]b")} for m in TWO]
    out = io.StringIO()
    headline_table(metrics, ("a", "[red]b"), console=Console(file=out, width=100))
    text = out.getvalue()
    for part in ("[red]b", "1.500", "[1.400, 1.600]", "Running marginal 1.200", "Valid output coverage", "30.0"):
        assert part in text
    assert text.index("a  ") < text.index("[red]b")


def test_the_terminal_prints_nothing_without_a_desideratum() -> None:
    out = io.StringIO()
    headline_table([], console=Console(file=out))
    assert out.getvalue() == ""
