import polars as pl
import pytest

from pluralign.measure.gains import gains, metrics


def rows(name, loss, divergence, valid):
    steer = pl.DataFrame(
        {
            "model": name,
            "task": "s",
            "kind": "steer",
            "process": ["p", "p", "q", "q"],
            "episode": ["p", "p", "q", "q"],
            "shot": [0, 1, 0, 1],
            "loss": loss,
            "marginal_loss": [None, 1.0, 1.0, 1.0],
        }
    )
    align = pl.DataFrame(
        {
            "model": name,
            "task": "a",
            "kind": "align",
            "process": ["x", "y"],
            "cluster": ["x", "y"],
            "target": [[0.5, 0.5], [1.0, 0.0]],
            "js_divergence_nats": divergence,
        }
    )
    cover = pl.DataFrame(
        {"model": name, "task": "c", "kind": "cover", "process": "z", "style": "both", "canonical": valid}
    )
    return pl.concat([steer, align, cover], how="diagonal")


ALL = pl.concat(
    [
        rows("good", [0.5, 0.5, 0.4, 0.6], [0.0, 0.1], ["u", "v", "u", None]),
        rows("poor", [0.5, 1.5, 1.4, 1.6], [0.0, 0.3], ["u", "u", None, None]),
    ]
)


def test_each_desideratum_is_what_is_gained_over_knowing_nothing():
    steer, cover, align = gains(ALL, ["good", "poor"])
    # The first output has no marginal and is left out.
    assert steer.values["good"].tolist() == pytest.approx([0.5, 0.6, 0.4])
    assert cover.values["good"].tolist() == [50.0] and cover.values["poor"].tolist() == [25.0]
    # JS divergence of (1, 0) and (1/2, 1/2), in nats: (ln(4/3) + ln(2/3) / 2 + ln(2) / 2) / 2.
    assert align.values["good"].tolist() == pytest.approx([0.0, 0.2157615543 - 0.1])


def test_a_model_that_is_better_in_all_dominates_and_is_alone_on_the_front():
    found = {(m.model, m.metric): m.value for m in metrics(ALL, ["good", "poor"])}
    assert found["good over poor", "strictly_dominates"] == 1 and found["poor over good", "weakly_dominates"] == 0
    assert found["good", "on_front"] == 1 and found["poor", "on_front"] == 0
    assert found["good", "hypervolume"] > 0
    # A loss against knowing nothing counts for nothing, however small.
    assert found["poor", "hypervolume"] == 0


def test_one_desideratum_alone_is_no_vector():
    assert metrics(ALL.filter(kind="align"), ["good", "poor"]) == []
