from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from pluralign.raters.lewidi import decisions, metrics
from pluralign.raters.lewidi.bits import bits, marginals
from pluralign.raters.lewidi.data import Queries
from pluralign.raters.scale import Scale

PAR = Scale("ordinal", ("0", "1", "2", "3"))
MP = Scale("binary", ("0", "1"))


def queries(sizes, label=None):
    item = np.repeat(np.arange(len(sizes)), sizes)
    return Queries(np.arange(len(sizes)), item, np.arange(len(item)), label)


def expected(p, scale, score):
    """Expected score of independent raters of one item, by enumeration."""
    outcomes = range(len(scale.outcomes))
    total = 0.0
    for answers in product(outcomes, repeat=len(p)):
        weight = np.prod([p[place, answer] for place, answer in enumerate(answers)])
        total += weight * score(queries([len(p)], np.array(answers)))
    return total


simplex = st.lists(st.floats(0.01, 1), min_size=4, max_size=4).map(lambda w: np.array(w) / sum(w))


@settings(deadline=None, max_examples=25)
@given(st.lists(simplex, min_size=1, max_size=3))
def test_no_other_decision_is_better(rows):
    p = np.array(rows)
    own = marginals(p, PAR)
    answers = decisions.perspectivist(own)
    best = expected(p, PAR, lambda q: metrics.perspectivist(q, answers, PAR)[0])
    for other in product(range(4), repeat=len(p)):
        said = bits(PAR)[list(other)]
        assert best <= expected(p, PAR, lambda q, said=said: metrics.perspectivist(q, said, PAR)[0]) + 1e-9
    shares = decisions.soft(own, queries([len(p)]))
    best = expected(p, PAR, lambda q: metrics.soft(q, shares, PAR)[0])
    rng = np.random.default_rng(0)
    mean = own.mean(axis=0)
    for other in (mean, *np.clip(mean + rng.normal(0, 0.2, (20, 3)), 0, 1)):
        assert best <= expected(p, PAR, lambda q, other=other: metrics.soft(q, other[None], PAR)[0]) + 1e-9


def test_median_of_the_share_is_not_its_mean():
    """Three raters who each say yes with .4: at most one yes has probability .648."""
    assert decisions.soft(np.full((3, 1), 0.4), queries([3]))[0, 0] == pytest.approx(1 / 3)
    # with .25 each, nobody says yes with probability .42 if they decide apart; together it is more
    assert decisions.soft(np.full((3, 1), 0.25), queries([3]))[0, 0] == pytest.approx(1 / 3)
    assert decisions.soft(np.full((3, 1), 0.25), queries([3]), 0.6)[0, 0] == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6), st.floats(0, 0.9))
def test_dependence_leaves_the_expected_number_of_yes_alone(p, dependence):
    """The copula couples raters and leaves each one's probability as it is: a lone rater's median never moves."""
    own = np.array(p)[:, None]
    alone = decisions.soft(own, queries([1] * len(p)), dependence)
    clear = np.abs(own - 0.5) > 1e-3
    assert np.array_equal(alone[clear], (own > 0.5)[clear].astype(float))


def test_soft_decisions_fall_along_an_ordinal_scale():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(4), 30)
    shares = decisions.soft(marginals(p, PAR), queries([5] * 6), 0.4)
    assert (np.diff(shares, axis=1) <= 0).all()


def test_dependence_of_planted_ratings_is_found():
    rng = np.random.default_rng(0)
    for planted, low, high in ((0.0, 0.0, 0.3), (0.8, 0.5, 0.9)):
        common = rng.normal(size=(1500, 1))
        z = np.sqrt(planted) * common + np.sqrt(1 - planted) * rng.normal(size=(1500, 5))
        p = rng.uniform(0.05, 0.95, (1500, 5))
        told = queries([5] * 1500, (z < ndtri(p)).astype(int).ravel())
        assert low <= decisions.fit_dependence(p.reshape(-1, 1), told, MP) <= high
