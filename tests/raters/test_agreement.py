import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralign.errors import DataError
from pluralign.raters.agreement import agreement, pair_agreement, population_agreement


def society(rng, items=200, profiles=60, ratings=8, outcomes=3):
    """A population whose answers are the profiles' own: the prediction is right."""
    middle = rng.dirichlet(np.full(outcomes, 0.7), (items, 1))
    table = rng.dirichlet(np.ones(outcomes), (items, profiles)) * 0.3 + 0.7 * middle
    counts = np.zeros((items, outcomes), int)
    for i in range(items):
        for who in rng.choice(profiles, ratings, replace=False):
            counts[i, rng.choice(outcomes, p=table[i, who] / table[i, who].sum())] += 1
    return table, counts


def test_hand_computed_observed_agreement():
    # Of 5 choose 2 = 10 pairs, 3 + 1 are alike.
    assert pair_agreement(np.array([3, 2])) == pytest.approx(0.4)
    assert pair_agreement(np.array([[4, 0], [1, 1]])).tolist() == [1, 0]
    assert np.isnan(pair_agreement(np.array([1, 0])))


def test_hand_computed_prediction():
    # Three profiles: 0.8 0.8 + 0.2 0.2 = 0.68, 0.8 0.5 + 0.2 0.5 = 0.5 twice; mean 0.56. Without the second: 0.5.
    table = np.array([[[0.8, 0.2], [0.8, 0.2], [0.5, 0.5]]] * 2)
    free = np.array([[True, True, True], [True, False, True]])
    assert population_agreement(table, free).tolist() == pytest.approx([0.56, 0.5])


def test_hand_computed_comparison():
    # Observed: 6/6, 3/6 and 2/6 pairs alike; predicted by two profiles each: 0.82, 0.5, 0.5.
    table = np.array([[[0.9, 0.1]] * 2, [[0.5, 0.5]] * 2, [[0.0, 1.0], [0.5, 0.5]]])
    found = agreement(table, np.array([[4, 0], [3, 1], [2, 2]]), np.zeros((3, 2), bool), draws=20)
    assert found.items["observed"].to_list() == pytest.approx([1, 1 / 2, 1 / 3])
    assert found.items["predicted"].to_list() == pytest.approx([0.82, 0.5, 0.5])
    # Deviations 7/18, -2/18, -5/18 and 0.64/3, -0.32/3, -0.32/3: their product over the root of the squares' product.
    assert found.pearson.value == pytest.approx((7 * 2 + 2 + 5) / np.sqrt((49 + 4 + 25) * 6))
    assert found.spearman.value == pytest.approx(np.sqrt(3) / 2)


def test_hand_computed_ceiling():
    # Pairs of disjoint pairs that are both alike: all 3 of 3 for 4 + 0, 1 of 3 for 2 + 2, none for 3 + 1.
    counts = np.array([[4, 0], [2, 2], [3, 1], [4, 0], [2, 2], [4, 0]])
    observed = np.array([1, 1 / 3, 1 / 2, 1, 1 / 3, 1])
    product = (1 + 1 / 3 + 0 + 1 + 1 / 3 + 1) / 6
    apart = np.mean([a * b for i, a in enumerate(observed) for j, b in enumerate(observed) if i != j])
    table = np.random.default_rng(0).dirichlet(np.ones(2), (6, 3))
    found = agreement(table, counts, np.zeros((6, 3), bool), draws=20, repeats=2)
    assert found.ceiling_split_half == pytest.approx(np.sqrt((product - apart) / observed.var(ddof=1)))


def test_the_ceiling_is_the_correlation_with_the_true_agreement():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.full(3, 0.7), 4000)
    counts = rng.multinomial(rng.integers(4, 9, 4000), p)
    found = agreement(p[:, None].repeat(2, 1), counts, np.zeros((4000, 2), bool), draws=20, repeats=20)
    true = np.corrcoef((p**2).sum(1), pair_agreement(counts))[0, 1]
    assert found.ceiling_split_half == pytest.approx(true, abs=0.02)
    assert found.ceiling_simulated == pytest.approx(true, abs=0.02)
    assert found.pearson.value == pytest.approx(true)


@given(st.integers(0, 500), st.integers(2, 6), st.integers(2, 4))
def test_predicted_agreement_is_the_mean_over_pairs(seed, profiles, outcomes):
    rng = np.random.default_rng(seed)
    table, free = rng.dirichlet(np.ones(outcomes), (3, profiles)), rng.random((3, profiles)) < 0.7
    free[:, :2] = True
    for i, value in enumerate(population_agreement(table, free)):
        kept = np.flatnonzero(free[i])
        pairs = [table[i, a] @ table[i, b] for a in kept for b in kept if a < b]
        assert value == pytest.approx(np.mean(pairs))


def test_observed_agreement_is_unbiased_for_the_predicted_one():
    table, _ = society(np.random.default_rng(0), items=1)
    rng = np.random.default_rng(1)
    found = [pair_agreement(_draw(table[0], 5, rng)) for _ in range(2000)]
    assert np.mean(found) == pytest.approx(population_agreement(table[:1], np.ones((1, 60), bool))[0], abs=0.02)


def _draw(p, ratings, rng):
    who = rng.choice(len(p), ratings, replace=False)
    return np.bincount([rng.choice(p.shape[1], p=p[w] / p[w].sum()) for w in who], minlength=p.shape[1])


def test_a_right_prediction_reaches_its_ceiling_and_a_random_one_does_not():
    rng = np.random.default_rng(2)
    table, counts = society(rng)
    free = np.zeros(table.shape[:2], bool)
    right = agreement(table, counts, free, draws=300)
    assert right.pearson.low < right.ceiling_simulated < right.pearson.high
    assert right.ceiling_split_half == pytest.approx(right.ceiling_simulated, abs=0.12)
    assert right.spearman.low > 0.3
    wrong = agreement(table[rng.permutation(len(table))], counts, free, draws=300)
    assert wrong.pearson.low < 0 < wrong.pearson.high
    assert wrong.ceiling_split_half == pytest.approx(right.ceiling_split_half, abs=0.05)


def test_more_ratings_raise_the_ceiling():
    ceilings = []
    for ratings in (4, 30):
        table, counts = society(np.random.default_rng(3), items=100, ratings=ratings)
        found = agreement(table, counts, np.zeros(table.shape[:2], bool), draws=50)
        ceilings.append((found.ceiling_simulated, found.ceiling_split_half))
    assert ceilings[1][0] > ceilings[0][0] + 0.1 and ceilings[1][1] > ceilings[0][1] + 0.1


def test_profiles_written_from_an_item_do_not_speak_about_it():
    table, counts = society(np.random.default_rng(4), items=10)
    written = np.zeros(table.shape[:2], bool)
    written[:, :5] = True
    changed = table.copy()
    changed[:, :5] = [1, 0, 0]
    one, other = (agreement(t, counts, written, draws=20) for t in (table, changed))
    assert one.items.equals(other.items)
    assert one.items["profiles"].to_list() == [55] * 10


def test_items_left_out_are_counted():
    table, counts = society(np.random.default_rng(5), items=10)
    counts[0] = [3, 0, 0]
    written = np.zeros(table.shape[:2], bool)
    written[:3, 1:] = True
    found = agreement(table, counts, written, draws=20)
    assert (found.few_ratings, found.few_profiles, found.items.height) == (1, 2, 7)
    assert found.items["item"].to_list() == [3, 4, 5, 6, 7, 8, 9]


def test_items_that_all_look_alike_have_no_correlation():
    found = agreement(np.full((5, 4, 2), 0.5), np.array([[2, 2]] * 4 + [[4, 0]]), np.zeros((5, 4), bool), draws=20)
    assert np.isnan(found.pearson.value) and found.pearson.low is None


def test_refusals():
    with pytest.raises(DataError, match="shapes do not fit"):
        agreement(np.full((5, 4, 2), 0.5), np.ones((5, 3)), np.zeros((5, 4), bool))
    with pytest.raises(DataError, match="only 0 items"):
        agreement(np.full((5, 4, 2), 0.5), np.ones((5, 2), int), np.zeros((5, 4), bool))
