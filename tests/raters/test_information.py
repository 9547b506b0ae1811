import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pluralign.errors import DataError, UsageError
from pluralign.raters.information import by_unit, information
from pluralign.stats import mean_interval


def table(losses, *, seeds=None, raters=None, items=None, correct=True):
    """One row per rating and representation from ``{name: losses}``."""
    n = len(next(iter(losses.values())))
    base = {
        "seed": seeds if seeds is not None else [0] * n,
        "rater": raters if raters is not None else list(range(n)),
        "item": items if items is not None else list(range(n)),
    }
    return pl.concat(
        pl.DataFrame(
            base | {"representation": [name] * n, "loss": np.asarray(values, float), "correct": [correct] * n}
        )
        for name, values in losses.items()
    )


def crossed(rng, raters=60, seeds=5, gain=0.2):
    """Losses in which every rater comes back in about half of the splits."""
    rows = [(s, r, i) for s in range(seeds) for r in range(raters) if rng.random() < 0.5 for i in range(5)]
    s, r, i = map(list, zip(*rows, strict=True))
    none = rng.uniform(0.5, 1.5, len(rows))
    told = none - gain + rng.normal(0, 0.2, raters)[r] + rng.normal(0, 0.1, len(rows))
    return table(
        {"none": none, "demonstrations": told, "profile": none - 0.7 * (none - told)}, seeds=s, raters=r, items=i
    )


def row(frame, name):
    return frame.filter(pl.col("representation") == name).row(0, named=True)


def test_hand_computed_means_weigh_splits_alike():
    # Split 0 has one rating with gain 0.4, split 1 three with gains 0.1, 0.2 and 0.3: (0.4 + 0.2) / 2.
    losses = table(
        {"g": [0.6, 0.9, 0.8, 0.7], "none": [1.0, 1.0, 1.0, 1.0]},
        seeds=[0, 1, 1, 1],
        raters=[0, 0, 1, 1],
        items=[0, 1, 2, 3],
    )
    found = information(losses)
    assert found["representation"].to_list() == ["none", "g"]
    told = row(found, "g")
    assert told["information_nats"] == pytest.approx(0.3)
    assert told["nll_nats"] == pytest.approx(0.7)
    assert told["explained_share"] == pytest.approx(0.3)
    assert (told["splits"], told["raters"], told["ratings"]) == (2, 2, 4)
    assert row(found, "none")["information_nats"] == 0


@given(st.lists(st.floats(0.01, 5), min_size=2, max_size=20))
def test_identical_losses_carry_no_information(values):
    told = row(information(table({"none": values, "g": values}), draws=20), "g")
    assert (told["information_nats"], told["information_nats_low"], told["information_nats_high"]) == (0, 0, 0)


def test_what_is_explained_and_what_remains_make_the_total():
    found = information(crossed(np.random.default_rng(0)), draws=100)
    total = row(found, "none")["nll_nats"]
    for one in found.iter_rows(named=True):
        assert one["information_nats"] + one["nll_nats"] == pytest.approx(total)
        assert one["explained_share"] == pytest.approx(one["information_nats"] / total)


def test_a_share_is_a_ratio_of_informations_with_an_interval():
    found = information(crossed(np.random.default_rng(1)), matched={"profile": "demonstrations"})
    told = row(found, "profile")
    # The profile loses 0.7 of what demonstrations lose in every row, so the ratio is exact in every draw.
    for column in ("preserved_share", "preserved_share_low", "preserved_share_high"):
        assert told[column] == pytest.approx(0.7)
    assert told["matched"] == "demonstrations"
    assert row(found, "demonstrations")["preserved_share"] is None


def test_no_share_of_an_information_that_may_be_nothing():
    found = information(crossed(np.random.default_rng(2), gain=0), matched={"profile": "demonstrations"})
    told = row(found, "profile")
    assert told["preserved_share"] is None and told["preserved_share_low"] is None
    assert "demonstrations" in told["note"]


def test_interval_for_one_split_is_that_of_the_clustered_mean():
    rng = np.random.default_rng(3)
    raters = np.repeat(np.arange(150), rng.integers(1, 9, 150))
    gain = 0.1 + rng.normal(0, 0.3, 150)[raters] + rng.normal(0, 0.3, len(raters))
    losses = table({"none": np.full(len(raters), 2.0), "g": 2 - gain}, raters=raters, items=np.arange(len(raters)))
    told = row(information(losses, draws=4000), "g")
    exact = mean_interval(gain, raters.tolist())
    width = told["information_nats_high"] - told["information_nats_low"]
    assert told["information_nats"] == pytest.approx(exact.value)
    assert width == pytest.approx(exact.high - exact.low, rel=0.1)


def test_the_number_of_ratings_of_the_same_raters_does_not_narrow_the_interval():
    """A copy of every rater's ratings is no new rater."""
    losses = crossed(np.random.default_rng(4))
    twice = pl.concat([losses, losses.with_columns(pl.col("item") + 1000)])
    one, two = (row(information(frame), "profile") for frame in (losses, twice))
    assert two["information_nats_low"] == pytest.approx(one["information_nats_low"])


def test_intervals_cover_the_truth_with_raters_in_several_splits():
    rng = np.random.default_rng(5)
    hits = []
    for _ in range(80):
        told = row(information(crossed(rng, gain=0.2), draws=300), "demonstrations")
        hits.append(told["information_nats_low"] < 0.2 < told["information_nats_high"])
    assert np.mean(hits) > 0.88


def test_order_of_rows_does_not_matter():
    losses = crossed(np.random.default_rng(6))
    shuffled = losses.sample(fraction=1, shuffle=True, seed=1)
    assert_frame_equal(*(information(one, draws=50).sort("representation") for one in (losses, shuffled)))


def test_a_single_rater_has_no_interval():
    told = row(information(table({"none": [1.0, 1.0], "g": [0.5, 0.7]}, raters=[0, 0]), matched={"g": "g"}), "g")
    assert told["information_nats"] == pytest.approx(0.4)
    assert told["information_nats_low"] is None and told["preserved_share"] is None
    assert told["note"] == "one rater gives no interval"


def test_tables_per_rater_and_per_item():
    losses = table(
        {"none": [1.0, 1.0, 2.0, 2.0], "g": [0.5, 0.9, 2.0, 1.0]}, raters=["x", "x", "y", "y"], items=[0, 1, 0, 1]
    )
    raters = by_unit(losses, "rater")
    assert raters["rater"].to_list() == ["x", "y"]
    assert raters["information_nats"].to_list() == pytest.approx([0.3, 0.5])
    assert raters["explained_share"].to_list() == pytest.approx([0.3, 0.25])
    exact = mean_interval([0.0, 1.0], [0, 1])
    assert raters["information_nats_low"][1] == pytest.approx(exact.low)
    items = by_unit(losses, "item")
    assert items["total_nats"].to_list() == pytest.approx([1.5, 1.5])
    assert items["remainder_nats"].to_list() == pytest.approx([1.25, 0.95])
    alone = by_unit(losses.filter(pl.col("item") == 0), "rater")
    assert alone["information_nats_low"].to_list() == [None, None]


def test_splits_of_one_rating_count_as_one_cluster():
    losses = table({"none": [1.0, 1.0, 1.0], "g": [0.5, 0.7, 0.9]}, seeds=[0, 1, 1], raters=[0, 0, 0], items=[0, 0, 1])
    told = by_unit(losses, "rater").row(0, named=True)
    exact = mean_interval([0.5, 0.3, 0.1], [0, 0, 1])
    assert told["ratings"] == 2
    assert (told["information_nats"], told["information_nats_high"]) == pytest.approx((exact.value, exact.high))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop("loss"), "lacks loss"),
        (lambda t: t.with_columns(loss=pl.lit(float("nan"))), "missing or infinite"),
        (lambda t: t.head(3), "not predicted with every representation"),
        (lambda t: pl.concat([t, t.head(1)]), "two losses for one rating"),
    ],
)
def test_tables_that_cannot_be_compared(change, message):
    with pytest.raises(DataError, match=message):
        information(change(table({"none": [1.0, 1.0], "g": [0.5, 0.7]})))


def test_unknown_names():
    losses = table({"none": [1.0, 1.0], "g": [0.5, 0.7]})
    with pytest.raises(UsageError, match="no representation 'nothing'"):
        information(losses, none="nothing")
    with pytest.raises(UsageError, match="no representation 'x'"):
        information(losses, matched={"g": "x"})
