from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralign.suite.sample import reservoir, subset

lists = st.lists(st.integers(), unique=True, max_size=60)
counts = st.integers(0, 60)


@given(items=lists, most=counts, key=st.text(max_size=5))
def test_a_subset_keeps_order_and_depends_on_its_key_alone(items, most, key):
    kept = subset(items, most, key=key)
    assert len(kept) == min(most, len(items))
    assert kept == [item for item in items if item in kept]
    subset(items, most, key="something else")
    assert subset(items, most, key=key) == subset(items, most, key=(key,)) == kept


def test_a_subset_is_not_the_beginning():
    kept = subset(range(10_000), 1000, key=("task", 1))
    assert 4500 < sum(kept) / 1000 < 5500
    assert kept != subset(range(10_000), 1000, key=("task", 2))


@given(items=lists, size=counts)
def test_a_reservoir_holds_distinct_items_of_the_stream(items, size):
    kept = reservoir(iter(items), size, key="key")
    assert len(kept) == len(set(kept)) == min(size, len(items)) and set(kept) <= set(items)
    assert reservoir(iter(items), size, key="key") == kept


@pytest.mark.parametrize("sample", [reservoir, subset])
def test_every_item_has_the_same_chance_to_stay(sample):
    draws = 3000
    kept = Counter(item for key in range(draws) for item in sample(range(10), 3, key=(key,)))
    # 0.3 of 3,000 draws each, standard deviation 25; six of them leave no room for chance.
    assert all(abs(kept[item] - 900) < 150 for item in range(10))
