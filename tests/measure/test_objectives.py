"""Objectives, dominance, fronts and scalars: by hand, by property, and against another way to compute them."""

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pluralign.errors import DataError, UsageError
from pluralign.measure.objectives import Objective, dominance, fronts, objective, points, scalars, vectors
from pluralign.measure.pareto import dominates, front, hypervolume, strictly_dominates, weakly_dominates
from pluralign.measure.resample import cluster_weights, interval, weighted_means
from pluralign.measure.scalars import Scalar

grid = st.integers(0, 4).map(float)


def clouds(dimensions, most=6):
    return st.integers(1, most).flatmap(lambda n: arrays(float, (n, dimensions), elements=grid))


def by_inclusion_and_exclusion(cloud: np.ndarray) -> float:
    """The volume of a union of boxes from the origin, as a signed sum over all their intersections."""
    total = 0.0
    for size in range(1, len(cloud) + 1):
        for chosen in combinations(cloud, size):
            total += (-1) ** (size + 1) * np.min(chosen, axis=0).prod()
    return total


@pytest.mark.parametrize("dimensions", [1, 2, 3, 4, 5])
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_hypervolume_is_that_of_the_union_of_boxes(dimensions, data):
    cloud = data.draw(clouds(dimensions))
    assert hypervolume(cloud, np.zeros(dimensions)) == pytest.approx(by_inclusion_and_exclusion(cloud))


def test_hypervolume_by_hand():
    assert hypervolume([[3, 1], [1, 3], [2, 2]], [0, 0]) == 6
    assert hypervolume([[3, 1], [1, 3]], [1, 1]) == 0  # neither is better than the reference on both
    assert hypervolume([[2, 2, 2], [3, 1, 1]], [0, 0, 0]) == 9
    assert hypervolume(np.empty((0, 2)), [0, 0]) == 0
    with pytest.raises(DataError, match="not finite"):
        hypervolume([[np.nan, 1]], [0, 0])
    with pytest.raises(DataError, match="do not fit"):
        hypervolume([[1, 1]], [0])


@settings(deadline=None)
@given(clouds(3), arrays(float, (1, 3), elements=grid), arrays(float, 3, elements=st.sampled_from([0.5, 2.0, 4.0])))
def test_hypervolume_grows_with_points_scales_with_units_and_ignores_order(cloud, more, factors):
    zero = np.zeros(3)
    whole = hypervolume(cloud, zero)
    assert hypervolume(np.vstack([cloud, more]), zero) >= whole - 1e-9
    assert hypervolume(cloud[::-1], zero) == pytest.approx(whole)
    assert hypervolume(cloud[front(cloud)], zero) == pytest.approx(whole)
    assert hypervolume(cloud * factors, zero) == pytest.approx(whole * factors.prod())
    assert hypervolume(cloud + 7, zero + 7) == pytest.approx(whole)


@given(arrays(float, (3, 3), elements=grid))
def test_dominance_is_a_strict_partial_order(three):
    a, b, c = three
    for rule in (dominates, strictly_dominates):
        assert not rule(a, a)
        assert not (rule(a, b) and rule(b, a))
        assert not (rule(a, b) and rule(b, c)) or rule(a, c)
    assert weakly_dominates(a, a)
    assert not strictly_dominates(a, b) or dominates(a, b)
    assert not dominates(a, b) or weakly_dominates(a, b)


@given(clouds(3))
def test_front_has_a_point_above_every_other_point(cloud):
    on = front(cloud)
    assert on.any()
    for point, is_on in zip(cloud, on, strict=True):
        assert is_on != dominates(cloud[on], point).any()


def two(values, clusters=None, unit="share", name="a"):
    columns = {model: np.array(column, dtype=float) for model, column in values.items()}
    n = len(next(iter(columns.values())))
    return Objective("task", name, unit, columns, clusters or [str(i) for i in range(n)])


def find(metrics, model, metric):
    (found,) = [m for m in metrics if m.model == model and m.metric == metric]
    return found


BETTER = two({"x": [3, 4, 5, 6], "y": [1, 2, 3, 4]})
MIXED = two({"x": [1, 2, 1, 2], "y": [1, 2, 2, 1]}, name="b")


def test_vectors_show_every_objective_and_the_paired_difference():
    metrics = vectors([BETTER, MIXED], ["x", "y"])
    assert find(metrics, "x", "a").value == 4.5
    difference = find(metrics, "y - x", "a")
    assert (difference.value, difference.low, difference.high) == (-2, -2, -2)  # the same in every row: no uncertainty
    assert find(metrics, "y - x", "b").value == 0


def test_dominance_counts_draws_of_the_rows():
    metrics = dominance([BETTER, MIXED], ["x", "y"])
    assert find(metrics, "x over y", "dominates").value == 1  # better on a, equal on b
    assert find(metrics, "x over y", "strictly_dominates").value == 0
    assert find(metrics, "y over x", "dominates_probability").value == 0
    assert 0.3 < find(metrics, "x over y", "dominates_probability").value < 0.7  # b is a coin toss
    alone = dominance([BETTER], ["x", "y"])
    assert find(alone, "x over y", "strictly_dominates_probability").value == 1


def test_fronts_and_hypervolumes_by_hand():
    left, right = two({"x": [3, 3], "y": [1, 1], "z": [1, 1]}), two({"x": [1, 1], "y": [3, 3], "z": [1, 1]}, name="b")
    metrics = fronts([left, right], ["x", "y", "z"], [0, 0])
    assert [find(metrics, name, "on_front").value for name in "xyz"] == [1, 1, 0]
    assert find(metrics, "all models", "hypervolume").value == 5
    assert [find(metrics, name, "hypervolume_added").value for name in "xyz"] == pytest.approx([2, 2, 0])
    assert "against 0, 0" in find(metrics, "x", "hypervolume").unit


def test_draws_depend_on_names_of_clusters_and_not_on_their_order():
    turned = two({m: v[::-1] for m, v in BETTER.values.items()}, clusters=list(BETTER.clusters)[::-1])
    assert points([BETTER], ["x", "y"]) == pytest.approx(points([turned], ["x", "y"]))
    assert cluster_weights(["a", "b"])[:, 1] == pytest.approx(cluster_weights(["b", "c", "a"])[:, 0])
    assert interval(points([two({"x": [1, 2]}, clusters=["q", "q"])], ["x"])[:, 0, 0]) == (1.5, None, None)


def test_bootstrap_interval_is_about_that_of_theory():
    rng = np.random.default_rng(0)
    values = rng.normal(size=400)
    value, low, high = interval(weighted_means(cluster_weights(list(range(400))), values))
    assert (low, high) == pytest.approx((value - 1.96 / 20, value + 1.96 / 20), abs=0.02)


def test_scalars_need_a_name_and_units_that_fit():
    both = [BETTER, MIXED]
    with pytest.raises(UsageError, match="named function"):
        scalars(both, ["x", "y"], None)
    with pytest.raises(UsageError, match="no commensurating function 'best'"):
        Scalar("best")
    with pytest.raises(UsageError, match="needs weights"):
        Scalar("weighted_sum")
    with pytest.raises(UsageError, match="does not take weights"):
        Scalar("mean", weights=(1, 1))
    nats = two({"x": [1], "y": [2]}, unit="nats", name="c")
    with pytest.raises(UsageError, match="different units: nats, share"):
        scalars([BETTER, nats], ["x", "y"], Scalar("mean"))
    metrics = scalars(both, ["x", "y"], Scalar("weighted_sum", (0.5, 2)))
    assert find(metrics, "x", "weighted_sum(0.5, 2)").value == pytest.approx(0.5 * 4.5 + 2 * 1.5)
    assert find(scalars(both, ["x", "y"], Scalar("mean")), "y - x", "mean").value == pytest.approx(-1)


def test_scalar_functions_by_hand():
    assert Scalar("mean")([1, 3]) == 2
    assert Scalar("minimum")([1, 3]) == 1
    assert Scalar("chebyshev", (1, 2), (4, 4))([1, 3]) == -3
    assert Scalar("nash", (1, 1), (0, 0))([2, 8]) == pytest.approx(4)
    assert Scalar("nash", (1, 1), (0, 0))([0, 8]) == 0
    assert np.isnan(Scalar("nash", (1, 1), (1, 1))([0, 8]))
    with pytest.raises(UsageError, match="for 2 objectives, got 3"):
        Scalar("nash", (1, 1), (0, 0))([1, 2, 3])


@given(arrays(float, (2, 3), elements=st.floats(0, 10)), arrays(float, 3, elements=st.floats(0.1, 5)))
def test_scalars_never_prefer_what_is_dominated(pair, weights):
    low, high = pair.min(0), pair.max(0)
    named = tuple(weights.tolist())
    for scalar in (
        Scalar("mean"),
        Scalar("minimum"),
        Scalar("weighted_sum", named),
        Scalar("chebyshev", named, (10.0, 10.0, 10.0)),
        Scalar("nash", named, (0.0, 0.0, 0.0)),
    ):
        assert scalar(high) >= scalar(low) - 1e-9


def test_objective_from_the_rows_of_a_run_keeps_what_all_models_have():
    rows = pl.DataFrame(
        {
            "model": ["x", "x", "y", "y"],
            "task": "t",
            "process": ["p", "q", "p", "q"],
            "loss": [1.0, 2.0, 3.0, None],
        }
    )
    found = objective(rows, "loss", ["x", "y"], unit="nats", keys=("process",), lower_is_better=True)
    assert found.name == "minus_loss"
    assert {m: v.tolist() for m, v in found.values.items()} == {"x": [-1], "y": [-3]}
    with pytest.raises(DataError, match="one number per row"):
        objective(rows.head(1), "loss", ["x", "y"], unit="nats", keys=("process",))
