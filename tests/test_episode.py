from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralign.episode import Example, GeometricPoisson, Process, Target, draw
from pluralign.errors import DataError

EXAMPLES = tuple(Example(str(i)) for i in range(6))
PROCESS = Process("p", EXAMPLES, ("one", "two", "three"))
PROCESSES = [replace(PROCESS, id=f"p{i}") for i in range(2000)]


def shown(processes, **options):
    return [draw(process, task="t", **options).description for process in processes]


@pytest.mark.parametrize(("described", "share"), [(1.0, 0.8), (0.4, 0.4), (0.9, 0.8), (0.0, 0.0)])
def test_a_description_is_shown_as_often_as_set(described, share):
    """One seed for all processes once described every one of them, and all in the same words."""
    texts = shown([replace(process, described=described) for process in PROCESSES])
    # Six standard deviations of a share of 2,000.
    assert abs(sum(text is not None for text in texts) / 2000 - share) <= 6 * (share * (1 - share) / 2000) ** 0.5
    kinds = Counter(text for text in texts if text)
    assert share == 0 or min(kinds[text] for text in PROCESS.descriptions) > 0.28 * kinds.total()


@pytest.mark.parametrize("probability", [0.0, 0.25, 1.0])
def test_the_chance_of_a_description_is_heeded(probability):
    """A setting that nothing read once left every run at the same chance."""
    described = sum(text is not None for text in shown(PROCESSES, description_probability=probability))
    assert abs(described / 2000 - probability) <= 6 * (probability * (1 - probability) / 2000) ** 0.5


def test_a_process_without_descriptions_shows_none():
    assert shown([replace(PROCESS, descriptions=())], description_probability=1) == [None]


def test_every_order_is_as_likely_as_any_other():
    firsts = Counter(draw(process, task="t").examples[0].output for process in PROCESSES)
    lasts = Counter(draw(process, task="t").examples[-1].output for process in PROCESSES)
    # A sixth of 2,000, standard deviation 17.
    assert all(abs(count - 2000 / 6) < 100 for count in (*firsts.values(), *lasts.values()))
    assert all(sorted(e.output for e in draw(p, task="t").examples) == list("012345") for p in PROCESSES[:20])


@given(keys=st.lists(st.tuples(st.text(max_size=3), st.integers(0, 3), st.integers(0, 3)), max_size=8), data=st.data())
def test_a_draw_depends_on_task_process_seed_and_index_alone(keys, data):
    def one(key):
        return draw(replace(PROCESS, id=key[0]), task="t", seed=key[1], index=key[2], law=GeometricPoisson(4))

    straight = {key: one(key) for key in keys}
    for key in data.draw(st.permutations(keys)):
        draw(PROCESS, task="another")
        assert one(key) == straight[key]


def test_task_process_seed_and_index_all_matter():
    long = replace(PROCESS, examples=tuple(Example(str(i)) for i in range(50)))
    base = {"task": "t", "seed": 0, "index": 0}
    changes = [base, base | {"task": "u"}, base | {"seed": 1}, base | {"index": 1}]
    orders = {draw(long, **change).examples for change in changes} | {draw(replace(long, id="q"), **base).examples}
    assert len(orders) == 5


def test_a_law_shows_as_many_examples_as_there_are_at_most():
    long = replace(PROCESS, examples=EXAMPLES * 20)
    counts = [len(draw(replace(long, id=str(i)), task="t", law=GeometricPoisson(64)).examples) for i in range(500)]
    assert min(counts) >= 1 and max(counts) == 120 and 55 < np.mean(counts) < 67


@pytest.mark.parametrize("mean", [4, 32, 1024])
def test_the_law_has_the_stated_mean_and_spread(mean):
    rng = np.random.default_rng(0)
    counts = np.array([GeometricPoisson(mean)(rng) for _ in range(20_000)])
    assert counts.min() >= 1
    assert counts.mean() == pytest.approx(mean, rel=0.03)
    assert counts.std() == pytest.approx((mean / 2 * (mean / 2 - 1) + mean / 2) ** 0.5, rel=0.04)


@pytest.mark.parametrize("shares", [(0.5, 0.4), (1.2, -0.2), (0.0, 0.0), ()])
def test_shares_that_are_no_distribution_are_refused(shares):
    with pytest.raises(DataError, match="non-negative and sum to 1"):
        Target(shares)
