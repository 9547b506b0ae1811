"""Known models on a known population: distances, scores, floors, refusals, groups, for every read-out."""

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pluralign.episode import Process, Target
from pluralign.lm.scripted import ScriptedModel
from pluralign.measure import align, references, robustness
from pluralign.measure.asking import Asking
from pluralign.measure.distances import total_variation
from pluralign.measure.readouts import READOUTS
from pluralign.runs import Metric

from .population import LETTERS, speaker, survey

QUESTIONS = survey(24, respondents=400)
TRUTH = {p.id: np.array(p.target.probabilities) for p in QUESTIONS}
UNIFORM = np.full(4, 0.25)


def mode(process: str) -> np.ndarray:
    return np.eye(4)[TRUTH[process].argmax()]


MODELS = {"people": TRUTH.__getitem__, "even": lambda _: UNIFORM, "collapsed": mode}


@pytest.fixture(scope="module")
def found() -> list[Metric]:
    scale = references.scale(QUESTIONS)
    parts = [
        align.rows(speaker(p, name), "survey", QUESTIONS, readout=readout, asking=Asking(repeats=1), scale=scale)
        for name, p in MODELS.items()
        for readout in READOUTS
    ]
    return align.metrics(pl.concat(parts), list(MODELS))


def get(metrics, model: str, metric: str) -> Metric:
    (one,) = [m for m in metrics if (m.model, m.metric) == (model, metric)]
    return one


@pytest.mark.parametrize("readout", READOUTS)
def test_the_population_is_at_the_floor_whatever_the_readout(found, readout):
    suffix = "" if readout == "logprob" else f":{readout}"
    for metric in align.DISTANCES:
        if metric == "wasserstein":
            continue
        mine = get(found, "people", metric + suffix)
        if readout in ("logprob", "verbalised"):
            assert mine.value == pytest.approx(0, abs=1e-6)
        else:
            floor = get(found, "sampling_floor", metric + suffix)
            assert 0 < floor.value < get(found, "uniform", metric + suffix).value
            # One sample for each of 24 questions; the divergence without bound is too noisy for this.
            assert metric == "kl_divergence_nats" or mine.value == pytest.approx(floor.value, rel=0.3)


@pytest.mark.parametrize("readout", READOUTS)
def test_the_uniform_model_is_at_the_baseline_and_the_collapsed_one_is_caught(found, readout):
    suffix = "" if readout == "logprob" else f":{readout}"
    noise = 0 if readout in ("logprob", "verbalised") else 0.06
    for metric in ("total_variation", "js_distance_base2", "js_divergence_nats"):
        at = get(found, "uniform", metric + suffix).value
        assert get(found, "even", metric + suffix).value == pytest.approx(at, abs=noise + 1e-9)
        at = get(found, "majority", metric + suffix).value
        assert get(found, "collapsed", metric + suffix).value == pytest.approx(at, abs=1e-9)
    entropy = {name: get(found, name, "entropy_nats" + suffix).value for name in (*MODELS, "population")}
    # Few draws vary less than the distribution they come from.
    expected = get(found, "sampling_floor", "entropy_nats" + suffix).value if noise else entropy["population"]
    assert entropy["collapsed"] == pytest.approx(0, abs=1e-12)
    assert entropy["collapsed"] < entropy["population"] / 2
    assert entropy["people"] == pytest.approx(expected, abs=noise + 1e-9)
    assert entropy["even"] == pytest.approx(math.log(4), abs=noise + 1e-9)
    calibration = {name: get(found, name, "calibration_error" + suffix).value for name in MODELS}
    assert calibration["collapsed"] > 0.1 > calibration["people"]


def test_differences_between_models_are_paired_within_a_readout(found):
    for suffix in ("", ":verbalised", ":sampled", ":sequence"):
        ends = [get(found, name, f"total_variation{suffix}").value for name in ("people", "even")]
        difference = get(found, "even - people", f"total_variation{suffix}")
        assert difference.value == pytest.approx(ends[1] - ends[0])
        assert difference.low > 0


def test_the_normalised_score_is_1_for_the_population_and_0_for_the_uniform_answer(found):
    assert get(found, "people", "normalised_score").value == pytest.approx(1)
    assert get(found, "even", "normalised_score").value == pytest.approx(0, abs=1e-9)
    assert get(found, "uniform", "task_uniform").value == pytest.approx(references.scale(QUESTIONS).uniform)


def test_the_denominator_of_the_score_is_that_of_the_task_not_of_the_subset():
    scale = references.scale(QUESTIONS)
    far = np.array([np.abs(p - UNIFORM).sum() / 2 for p in TRUTH.values()])
    assert (scale.uniform, scale.questions) == (pytest.approx(far.mean()), 24)
    some = [QUESTIONS[i] for i in np.argsort(far)[:3]]  # the three most even questions
    rows = align.rows(speaker(lambda _: UNIFORM, "even"), "survey", some, scale=scale)
    score = get(align.metrics(rows, ["even"]), "even", "normalised_score").value
    assert score == pytest.approx(1 - np.sort(far)[:3].mean() / far.mean())
    assert score > 0.3
    assert references.scale([]) is None
    assert references.scale([replace(QUESTIONS[0], target=Target((0.25,) * 4))]) is None
    without = align.metrics(align.rows(speaker(mode, "m"), "survey", some), ["m"])
    assert not [m for m in without if m.metric in ("normalised_score", "task_uniform")]


def test_the_sampling_floor_shrinks_with_the_draws_and_follows_those_that_could_be_read():
    p = np.array([0.5, 0.3, 0.2])
    # TV of n draws from a fair coin: E|X/n - 1/2|, by hand for n = 2: 1/2 * 1/2.
    assert references.sampling("q", np.array([0.5, 0.5]), 2, total_variation) == pytest.approx(0.25, abs=0.06)
    floors = [references.sampling("q", p, n, total_variation) for n in (5, 50, 500)]
    assert floors[0] > 2 * floors[1] > 4 * floors[2]

    def half(prompt):
        return {"A": 0.3, "B": 0.2, "mumble": 0.5}

    rows = align.rows(ScriptedModel(half, name="m"), "survey", QUESTIONS, readout="sampled", asking=Asking(draws=40))
    metrics = align.metrics(rows, ["m"])
    assert get(metrics, "m", "failed:sampled").value == pytest.approx(0.5, abs=0.06)
    assert rows["draws"].mean() == pytest.approx(20, abs=3)
    expected = [
        references.sampling(k, TRUTH[k], n, total_variation)
        for k, n in zip(rows["process"], rows["draws"], strict=True)
    ]
    assert get(metrics, "sampling_floor", "total_variation:sampled").value == pytest.approx(np.mean(expected))


def test_what_cannot_be_read_is_left_out_and_counted():
    def answers(prompt):
        return {'{"A": 25, "B": 25, "C": 25, "D": 25}' if "number 1" in prompt.input else "Well ...": 1.0}

    rows = align.rows(ScriptedModel(answers, name="m"), "survey", QUESTIONS, readout="verbalised")
    metrics = align.metrics(rows, ["m"])
    readable = sum("number 1" in p.question for p in QUESTIONS)
    assert get(metrics, "m", "total_variation:verbalised").n == readable
    assert get(metrics, "m", "left_out:verbalised").value == 24 - readable
    assert get(metrics, "m", "failed:verbalised").value == pytest.approx(1 - readable / 24)
    assert get(metrics, "m", "requests:verbalised").value == 3 * 24
    nothing = align.rows(ScriptedModel(lambda _: {"?": 1.0}, name="m"), "survey", QUESTIONS, readout="sequence")
    assert {m.metric for m in align.metrics(nothing, ["m"])} == {
        "left_out:sequence",
        "requests:sequence",
        "failed:sequence",
    }


def test_refusals_are_scored_with_and_without():
    """Half of the people and all of the model's noise are in "don't know" (pitfall 7)."""
    process = replace(QUESTIONS[0], target=Target((0.3, 0.1, 0.1, 0.5)))
    model = speaker(lambda _: np.array([0.6, 0.2, 0.2, 0.0]), "m")
    everybody = replace(process, id="q1", target=Target((0, 0, 0, 1.0)))
    metrics = align.metrics(align.rows(model, "survey", [process, everybody]), ["m"])
    assert get(metrics, "m", "total_variation").value == pytest.approx((0.5 + 1) / 2)
    without = get(metrics, "m", "total_variation_without_refusals")
    assert (without.value, without.n) == (pytest.approx(0), 1)  # nobody has an opinion on the second question
    assert get(metrics, "m", "refusals").value == 0
    assert get(metrics, "population", "refusals").value == pytest.approx(0.75)
    silent = align.metrics(align.rows(speaker(lambda _: np.eye(4)[3], "m"), "survey", [process]), ["m"])
    assert get(silent, "m", "total_variation_without_refusals").value == 1
    assert get(silent, "m", "js_divergence_nats_without_refusals").value == pytest.approx(math.log(2))
    no_refusal = Process("q", (), ("Say.",), ("Yes", "No"), "Well?", Target((0.5, 0.5)))
    plain = align.metrics(align.rows(ScriptedModel(lambda _: {"Yes": 1.0}, name="m"), "s", [no_refusal]), ["m"])
    assert not [m for m in plain if "refusals" in m.metric]


def test_shares_of_zero_make_no_number_undefined():
    """Entropy and divergences stay finite, so that no question drops out of a mean (pitfall 6)."""
    processes = [replace(QUESTIONS[0], target=Target(p)) for p in ((1.0, 0, 0, 0), (0, 0.5, 0.5, 0))]
    processes = [replace(p, id=f"q{i}") for i, p in enumerate(processes)]
    rows = align.rows(speaker(lambda _: np.array([0, 0, 0, 1.0]), "m"), "survey", processes, scale=None)
    metrics = align.metrics(rows, ["m"])
    assert all(m.value is not None and math.isfinite(m.value) for m in metrics)
    assert get(metrics, "population", "entropy_nats").value == pytest.approx(math.log(2) / 2)
    assert get(metrics, "m", "kl_divergence_nats").value == pytest.approx(math.log(1e6), rel=0.1)
    assert get(metrics, "m", "kl_divergence_nats").unit == "nats, floor 1e-6"


def test_targets_keep_the_order_of_the_options_and_their_ties():
    """The commonest option is not dropped and equal shares stay two (pitfall 5)."""
    process = replace(QUESTIONS[0], target=Target((0.2, 0.5, 0.2, 0.1)))
    rows = align.rows(speaker(lambda _: np.array([0.2, 0.5, 0.2, 0.1]), "m"), "survey", [process])
    assert rows["target"][0].to_list() == [0.2, 0.5, 0.2, 0.1]
    assert rows["choices"][0].to_list() == list(LETTERS)
    assert rows["total_variation"][0] == pytest.approx(0)


def test_ordered_options_are_measured_along_the_scale():
    target = Target((1.0, 0, 0, 0), ordered=True)
    processes = [replace(p, target=target) for p in QUESTIONS[:2]]
    near, far = (
        get(align.metrics(align.rows(speaker(lambda _, k=k: np.eye(4)[k], "m"), "s", processes), ["m"]), "m", name)
        for k, name in ((1, "wasserstein"), (3, "wasserstein"))
    )
    assert (near.value, far.value) == (pytest.approx(1 / 3), pytest.approx(1))


def test_permuting_a_model_that_knows_the_options_makes_it_worse_and_the_uniform_one_no_worse(found):
    assert get(found, "people", "total_variation_permuted").value > 0.2
    assert get(found, "even", "total_variation_permuted").value == pytest.approx(
        get(found, "even", "total_variation").value
    )
    # Over all orders of (1, 0): the mean of 0 and 1, not one draw of either.
    value = references.permuted(np.array([1.0, 0.0]), np.array([1.0, 0.0]), "q")
    assert value == pytest.approx(0.5, abs=0.12)


def test_groups_have_their_own_baselines():
    rows = align.rows(speaker(MODELS["collapsed"], "m"), "survey", QUESTIONS)
    table = align.by_group(rows, ["m"])
    assert set(table["group"]) == {"even", "odd"}
    for group, some in (("even", QUESTIONS[::2]), ("odd", QUESTIONS[1::2])):
        one = table.filter((pl.col("group") == group) & (pl.col("metric") == "total_variation"))
        expected = np.mean([1 - TRUTH[p.id].max() for p in some])
        assert one.filter(pl.col("model") == "m")["value"].item() == pytest.approx(expected)
        assert one.filter(pl.col("model") == "majority")["value"].item() == pytest.approx(expected)
        assert one["n"].to_list() == [12] * one.height
    nobody = align.rows(speaker(mode, "m"), "survey", [replace(QUESTIONS[0], metadata={})])
    assert align.by_group(nobody, ["m"]).is_empty()
    abroad = align.rows(speaker(mode, "m"), "survey", [replace(QUESTIONS[0], metadata={"country": "Chile"})])
    assert abroad["group"].to_list() == ["Chile"]


def test_the_calibration_floor_is_above_0_and_below_the_collapsed_model(found):
    floor = get(found, "human_split_half", "calibration_error").value
    assert 0 < floor < get(found, "collapsed", "calibration_error").value
    drawn = get(found, "sampling_floor", "calibration_error:sampled").value
    assert floor < drawn < get(found, "collapsed", "calibration_error:sampled").value


def test_groups_that_are_asked_one_question_are_one_cluster():
    """Five countries with the same answers tell no more than one: the interval must not get narrower."""
    alone = [replace(p, metadata={"country": "Chile"}) for p in survey(12)]
    five = [replace(p, id=f"{country}/{p.id}", metadata={"country": country}) for p in alone for country in "ABCDE"]
    even = speaker(lambda _: UNIFORM)
    found = {}
    for name, processes in {"alone": alone, "five": five}.items():
        found[name] = get(align.metrics(align.rows(even, "survey", processes), ["m"]), "m", "total_variation")
        swaps = robustness.rows(even, "survey", processes)
        assert swaps["cluster"].n_unique() == 12
    assert found["five"].value == pytest.approx(found["alone"].value)
    assert found["five"].n == 60
    assert found["five"].high - found["five"].low == pytest.approx(found["alone"].high - found["alone"].low)


def test_processes_without_a_group_are_their_own_cluster():
    urns = [Process(f"urn {i}", (), (f"{i} red balls.",), ("red",), "A ball?", Target((1.0,))) for i in range(3)]
    assert [align.cluster(urn) for urn in urns] == ["urn 0", "urn 1", "urn 2"]
    assert align.cluster(replace(urns[0], metadata={"cluster": "one", "group": "x"})) == "one"
