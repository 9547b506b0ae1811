import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralign.errors import DataError
from pluralign.values.consideration import Consideration
from pluralign.values.measures import accuracy, auroc, best_threshold, matched, moved, pairwise

rows = st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 3)), min_size=2, max_size=40)


@given(rows)
def test_auroc_is_the_chance_of_a_right_order(drawn):
    score, positive, group = (np.array(column) for column in zip(*drawn, strict=True))
    if positive.all() or not positive.any():
        with pytest.raises(DataError, match="one class"):
            auroc(score, positive, group.tolist(), draws=20)
        return
    pairs = [(a > b) + 0.5 * (a == b) for a in score[positive] for b in score[~positive]]
    assert auroc(score, positive, group.tolist(), draws=20).value == pytest.approx(np.mean(pairs))


def test_the_interval_of_auroc_is_wider_where_rows_come_in_clusters():
    rng = np.random.default_rng(0)
    positive = rng.random(400) < 0.5
    score = positive + rng.normal(0, 1.5, 400)
    one = auroc(score, positive, [str(k) for k in range(400)], draws=300)
    many = auroc(
        np.repeat(score[:40], 10), np.repeat(positive[:40], 10), [str(k // 10) for k in range(400)], draws=300
    )
    assert one.low < one.value < one.high
    assert many.high - many.low > 2 * (one.high - one.low)
    assert auroc(score, positive, ["a"] * 400).low is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.floats(0, 1)), min_size=1, max_size=30))
def test_a_score_of_the_situation_alone_gets_one_half(drawn):
    names, sides, _ = map(list, zip(*drawn, strict=True))
    score = np.array([ord(name) for name in names], float)
    both = {n for n, s in zip(names, sides, strict=True) if s} & {
        n for n, s in zip(names, sides, strict=True) if not s
    }
    if both:
        assert pairwise(score, np.array(sides), names).value == 0.5
    else:
        with pytest.raises(DataError):
            pairwise(score, np.array(sides), names)


def test_pairs_within_a_situation_by_hand():
    # a: (.9 > .2, .9 > .9 tie) -> .75; b: .1 > .3 no -> 0; c has one side only.
    found = pairwise(np.array([0.9, 0.2, 0.9, 0.1, 0.3, 0.5]), np.array([1, 0, 0, 1, 0, 1], bool), list("aaabbc"))
    assert found.value == pytest.approx(0.375) and found.clusters == 2


def vectors(texts):
    """Texts of one word are alike where they share a first letter."""
    found = np.zeros((len(texts), 26), np.float32)
    found[np.arange(len(texts)), [ord(text[0]) - 97 for text in texts]] = 1
    return found


def test_sets_are_matched_one_to_one_within_a_kind():
    def values(*names):
        return [Consideration("value", name) for name in names]

    assert matched(values("Apple", "Bread"), values("avocado", "carrot", "almond"), vectors) == (
        pytest.approx(1 / 3),
        pytest.approx(1 / 2),
        pytest.approx(0.4),
    )
    assert matched([Consideration("duty", "Duty to act")], values("act"), vectors) == (0, 0, 0)
    assert matched([], values("act"), vectors) == (0, 0, 0)
    assert matched(values("b", "a"), values("a", "b"), vectors) == (1, 1, 1)
    with pytest.raises(DataError):
        matched(values("a"), [], vectors)


def test_judgements_that_move_and_stay():
    before, after = np.array([0.5, 0.5, 0.1, 0.2]), np.array([-0.5, 0.7, 0.1, 0.3])
    found = moved(before, after, np.array([-1, -1, 0, 0]), list("abcd"))
    assert found["followed"].value == 0.5
    assert found["moved"].value == pytest.approx(0.6)
    assert found["stayed"].value == pytest.approx(0.05)
    assert "stayed" not in moved(before[:2], after[:2], np.array([1, 1]), list("ab"))


@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=2, max_size=30))
def test_the_best_threshold_by_brute_force(drawn):
    score, positive = (np.array(column) for column in zip(*drawn, strict=True))
    if positive.all() or not positive.any():
        return

    def balanced(threshold):
        called = score >= threshold
        return called[positive].mean() + (~called)[~positive].mean()

    assert balanced(best_threshold(score, positive)) == pytest.approx(max(map(balanced, score)))


def test_accuracy_by_hand():
    p = np.array([[0.7, 0.3], [0.4, 0.6], [0.2, 0.8]])
    assert accuracy(p, np.array([0, 0, 1]), list("abc")).value == pytest.approx(2 / 3)
