import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance

from pluralign.errors import UsageError
from pluralign.raters.lewidi import metrics
from pluralign.raters.lewidi.bits import bits, marginals, proper
from pluralign.raters.lewidi.data import Queries
from pluralign.raters.scale import Scale

CSC = Scale("ordinal", ("1", "2", "3", "4", "5", "6"))
PAR = Scale("ordinal", tuple(str(n) for n in range(-5, 6)))
MP = Scale("binary", ("0", "1"))
VEN = Scale("multilabel", ("contradiction", "entailment", "neutral"))


def queries(item, label):
    item = np.array(item)
    return Queries(np.unique(item), item, np.arange(len(item)), np.array(label))


def test_bits():
    assert bits(CSC)[[0, 3, 5]].tolist() == [[0, 0, 0, 0, 0], [1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]
    assert bits(MP).tolist() == [[0], [1]]
    assert bits(VEN).tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    with pytest.raises(UsageError, match="nominal"):
        bits(Scale("nominal", ("a", "b")))


def test_ordinal_by_hand():
    """Two items: answers 1 and 4 told as 2 and 4; answers 6, 6, 6 told as 6, 5, 3."""
    told = queries([0, 0, 1, 1, 1], [0, 3, 5, 5, 5])
    said = bits(CSC)[[1, 3, 5, 4, 2]]
    assert metrics.perspectivist(told, said, CSC) == pytest.approx([(1 + 0) / 2 / 6, (0 + 1 + 3) / 3 / 6])
    # the divisor is the number of points
    assert metrics.perspectivist(queries([0], [0]), bits(PAR)[[10]], PAR) == pytest.approx([10 / 11])
    # soft label (1/2 at 1, 1/2 at 4) against all at 3: 2 * 1/2 + 1 * 1/2
    shares = bits(CSC)[[2, 5]]
    assert metrics.soft(told, shares, CSC) == pytest.approx([1.5, 0])


def test_binary_by_hand():
    told = queries([0, 0, 0, 0, 1], [1, 0, 0, 0, 1])
    said = np.array([[1], [1], [0], [0], [0]])
    assert metrics.perspectivist(told, said, MP) == pytest.approx([0.25, 1])
    # |.5 - .25| for the one label and |.5 - .75| for the other
    assert metrics.soft(told, np.array([[0.5], [0.8]]), MP) == pytest.approx([0.5, 0.4])


def test_sets_of_labels_by_hand():
    """One item: {contradiction} and {entailment, neutral}, told as nothing and as {neutral}."""
    told = queries([0, 0], [0, 5])
    said = np.array([[0, 0, 0], [0, 0, 1]])
    assert metrics.perspectivist(told, said, VEN) == pytest.approx([(0.5 + 0.5 + 0) / 3])
    shares = np.array([[0.5, 0.25, 1.0]])
    assert metrics.soft(told, shares, VEN) == pytest.approx([(0 + 0.5 + 1.0) / 3])


@given(st.lists(st.integers(0, 10), min_size=1, max_size=6), st.lists(st.floats(0.01, 1), min_size=11, max_size=11))
def test_ordinal_distances_are_those_of_the_labels(labels, weights):
    told = queries([0] * len(labels), labels)
    p = np.array(weights) / sum(weights)
    points = np.arange(11)
    expected = wasserstein_distance(points, points, np.bincount(labels, minlength=11), p)
    assert metrics.soft(told, marginals(p[None], PAR), PAR)[0] == pytest.approx(expected, abs=1e-9)
    assert metrics.perspectivist(told, bits(PAR)[[3] * len(labels)], PAR)[0] == pytest.approx(
        np.abs(np.array(labels) - 3).mean() / 11
    )


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_proper_bits_belong_to_some_distribution(shares):
    falling = proper(np.array([shares]), Scale("ordinal", ("a", "b", "c", "d")))[0]
    assert (np.diff(falling) <= 0).all() and sorted(falling) == pytest.approx(sorted(shares))
    sets = proper(np.array([shares]), VEN)[0]
    assert (sets <= 1).all() and (sum(shares) < 1e-8 or sets.sum() >= 1 - 1e-9)
    if sum(shares) >= 1:
        assert sets == pytest.approx(shares)
