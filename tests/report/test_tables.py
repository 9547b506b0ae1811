from typing import Any

import pytest

from pluralign.report.headline import cast
from pluralign.report.tables import differences, left_out, means, metric_names, per_task, steps


def record(model: str, task: str, metric: str = "loss", value: float | None = 1.0, **ends: Any) -> dict[str, Any]:
    base = {"model": model, "task": task, "kind": "steer", "metric": metric, "value": value, "n": 4, "unit": "nats"}
    return base | {"low": None, "high": None} | ends


def test_metrics_stand_in_the_order_of_the_glossary_with_unknown_ones_last() -> None:
    metrics = [record("a", "t", m) for m in ("new", "choice_loss", "left_out", "loss")]
    assert metric_names(metrics, "steer") == ["loss", "choice_loss", "new"]


def test_per_task_lines_are_models_then_filled_baselines() -> None:
    metrics = [record(m, "t", x) for m, x in (("running_marginal", "loss"), ("b", "loss"), ("a", "accuracy"))]
    metrics += [record("uniform", "t", "loss@4"), record("a", "t", "loss@4")]
    table = per_task(metrics, cast(metrics, ("a", "b")), "steer")
    assert [name for name, _ in table.metrics] == ["loss", "accuracy"]
    [(task, lines)] = table.blocks.items()
    assert (task, [name for name, _ in lines]) == ("t", ["a", "b", "running_marginal"])
    assert [[cell is not None for cell in cells] for _, cells in lines] == [
        [False, True],
        [True, False],
        [True, False],
    ]
    shots = per_task(metrics, cast(metrics), "steer", shots=True)
    assert [d.label for _, d in shots.metrics] == ["Loss after 4"]


def test_a_metric_at_several_numbers_is_a_curve() -> None:
    metrics = [record("a", "t", f"loss@{at}", value=at / 10, low=0.0, high=1.0) for at in (10, 2)]
    metrics += [record("a", "t"), record("b", "t", "loss@2"), record("a", "t", "other@2"), record("a", "u", "loss@4")]
    found = steps(metrics, ("a",), "steer", "loss")
    assert list(found) == ["t", "u"]
    assert [(p["bin"], p["label"], p["mean"], p["high"]) for p in found["t"]] == [
        (10, "10", 1.0, 1.0),
        (2, "2", 0.2, 1.0),
    ]
    assert steps(metrics, ("a",), "cover", "loss") == {}


def test_means_that_repeat_another_are_left_away() -> None:
    one_split = [record("a", t) for t in ("t", "u", "mean:all", "mean:heldout")]
    assert means(one_split, "steer") == ["mean:all"]
    assert list(per_task(one_split, cast(one_split), "steer").blocks) == ["t", "u", "mean:all"]
    both = [*one_split, record("a", "mean:train")]
    assert means(both, "steer") == ["mean:all", "mean:heldout", "mean:train"]
    alone = [record("a", "t"), record("a", "mean:all")]
    assert list(per_task(alone, cast(alone), "steer").blocks) == ["t"]


@pytest.mark.parametrize(
    ("metric", "low", "high", "better", "excludes"),
    [
        ("loss", 0.1, 0.2, "b", True),
        ("loss", -0.2, -0.1, "a", True),
        ("accuracy", 0.1, 0.2, "a", True),
        ("accuracy", -0.1, 0.2, None, False),
        ("accuracy", None, None, None, None),
        ("new", 0.1, 0.2, None, True),
    ],
)
def test_a_difference_names_the_better_model_by_the_direction_of_its_metric(
    metric, low, high, better, excludes
) -> None:
    metrics = [record("a", "t", metric), record("b", "t", metric), record("a - b", "t", metric, low=low, high=high)]
    [found] = differences(metrics, cast(metrics), averaged=False)
    assert (found.left, found.right, found.better, found.excludes) == ("a", "b", better, excludes)
    assert differences(metrics, cast(metrics), averaged=True) == []


def test_differences_of_gains_are_not_repeated() -> None:
    metrics = [record(m, "t", "gain_over_marginal") for m in ("a", "b", "a - b")]
    assert differences(metrics, cast(metrics), averaged=False) == []


def test_left_out_rows_come_with_their_share() -> None:
    metrics = [record("a", "t", "left_out", 1.0), record("b", "t", "left_out", 0.0)]
    assert [(m["model"], share) for m, share in left_out(metrics)] == [("a", 0.25)]
