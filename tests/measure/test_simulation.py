"""Knowledge against simulation: models that say the shares and act them out, or act out something else."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralign.measure import align, simulation
from pluralign.measure.asking import Asking
from pluralign.stats import mean_interval

from .population import speaker, survey

QUESTIONS = survey(30)
TRUTH = {p.id: np.array(p.target.probabilities) for p in QUESTIONS}


def knows(process: str) -> np.ndarray:
    """The truth, blurred, so that there is an error to compare with."""
    return 0.5 * TRUTH[process] + 0.5 * np.array([0.1, 0.2, 0.3, 0.4])


def rows(name: str, stated, acted, draws: int = 200) -> pl.DataFrame:
    how = Asking(draws=draws, repeats=1)
    return pl.concat(
        [
            align.rows(speaker(stated, name), "survey", QUESTIONS, readout="verbalised", asking=how),
            align.rows(speaker(acted, name, draws), "survey", QUESTIONS, readout="sequence", asking=how),
        ]
    )


def get(metrics, model, metric):
    (one,) = [m for m in metrics if (m.model, m.metric) == (model, metric)]
    return one


def test_a_faithful_simulator_has_the_gap_of_chance_and_a_collapsed_one_more():
    faithful = rows("faithful", knows, knows)
    collapsed = rows("collapsed", knows, lambda k: np.eye(4)[TRUTH[k].argmax()])
    metrics = simulation.metrics(pl.concat([faithful, collapsed]), ["faithful", "collapsed"])
    chance = get(metrics, "faithful", "faithful_simulation_gap")
    mine = get(metrics, "faithful", "knowledge_simulation_gap")
    assert mine.value == pytest.approx(chance.value, abs=0.05)
    assert get(metrics, "collapsed", "knowledge_simulation_gap").low > chance.high
    assert get(metrics, "collapsed - faithful", "knowledge_simulation_gap").low > 0
    assert mine.n == 30


def test_a_model_that_acts_better_than_it_states_has_a_negative_gap():
    metrics = simulation.metrics(rows("m", lambda _: np.full(4, 0.25), TRUTH.__getitem__, 2000), ["m"])
    assert get(metrics, "m", "knowledge_simulation_gap").high < 0


def test_by_hand():
    # means 0.3 and 0.2: the gap is 0.5; linearised around the ratio 1.5
    values = simulation.relative_gap(np.array([0.2, 0.4]), np.array([0.2, 0.2]))
    assert values == pytest.approx([0.5 + (0.2 - 0.3) / 0.2, 0.5 + (0.4 - 0.3) / 0.2])


@given(st.integers(0, 500))
def test_the_interval_is_that_of_the_ratio(seed):
    """It agrees with the jackknife over clusters, which knows no formula."""
    rng = np.random.default_rng(seed)
    stated, simulated, clusters = rng.uniform(0.1, 0.5, 60), rng.uniform(0.1, 0.9, 60), np.repeat(np.arange(30), 2)
    found = mean_interval(simulation.relative_gap(simulated, stated), clusters.tolist())
    assert found.value == pytest.approx(simulated.mean() / stated.mean() - 1)
    left = np.array([simulated[clusters != c].mean() / stated[clusters != c].mean() for c in range(30)])
    error = np.sqrt(29 / 30 * ((left - left.mean()) ** 2).sum())
    half = (found.high - found.low) / 2
    assert half == pytest.approx(2.045 * error, rel=0.1)


def test_no_gap_without_both_readouts_or_without_an_error_to_compare_with():
    both = rows("m", knows, knows)
    assert simulation.metrics(both.filter(pl.col("readout") == "sequence"), ["m"]) == []
    assert simulation.metrics(rows("m", TRUTH.__getitem__, knows), ["m"]) != []  # stated to the last digit, but for it
    exact = both.with_columns(total_variation=pl.when(pl.col("readout") == "verbalised").then(0.0).otherwise(0.5))
    assert simulation.metrics(exact, ["m"]) == []


def test_side_by_side_compares_on_the_questions_that_every_readout_answered():
    both = rows("m", knows, knows)
    lost = both.with_columns(
        probabilities=pl.when((pl.col("readout") == "verbalised") & (pl.col("process") == "q0"))
        .then(None)
        .otherwise(pl.col("probabilities"))
    )
    table = simulation.side_by_side(lost, ["m"])
    assert table["readout"].to_list() == ["verbalised", "sequence"]
    assert table["answered"].to_list() == [29, 29]
    assert table["questions"].to_list() == [30, 30]
    assert table["requests"].to_list() == [30, 30]
    assert table["sampling_floor"].to_list()[0] is None
    assert 0 < table["sampling_floor"].to_list()[1] < table["total_variation"].to_list()[1]
    mute = both.with_columns(
        probabilities=pl.when(pl.col("readout") == "verbalised").then(None).otherwise(pl.col("probabilities"))
    )
    assert simulation.side_by_side(mute, ["m"])["answered"].to_list() == [0, 30]
    expected = both.filter((pl.col("readout") == "sequence") & (pl.col("process") != "q0"))["total_variation"].mean()
    assert table["total_variation"].to_list()[1] == pytest.approx(expected)
