import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pluralign.errors import DataError
from pluralign.lm.protocol import ChoiceScores
from pluralign.measure.distances import js_divergence_nats
from pluralign.raters.interpretability import (
    direction_judge,
    embedding_judge,
    interpretability,
    language_model_judge,
    most_divergent_pairs,
    random_pairs,
    stated,
)
from pluralign.raters.representation import Profile, Statement
from pluralign.raters.scale import Scale

SCALE = Scale("ordinal", ("1", "2", "3"))


def profile(shift):
    return Profile((Statement(f"Answers {shift:+.2f} from others.", (("shift", shift),)),))


def faithful(rng, items=60, people=12):
    """Predictions that move up the scale by just what profiles state."""
    shifts = rng.normal(0, 1, people)
    logits = rng.normal(0, 1, (items, 1, 3)) + shifts[:, None] * np.array([-1, 0, 1])
    table = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    return table, [profile(round(float(s), 3)) for s in shifts], [f"Item {i}" for i in range(items)]


@given(arrays(float, st.tuples(st.integers(1, 4), st.integers(2, 6), st.just(3)), elements=st.floats(0.01, 1)))
def test_the_most_divergent_pair_by_brute_force(raw):
    table = raw / raw.sum(-1, keepdims=True)
    pairs, values = most_divergent_pairs(table)
    for p, (a, b), value in zip(table, pairs, values, strict=True):
        best = max(js_divergence_nats(p[i], p[j]) for i in range(len(p)) for j in range(i))
        assert value == pytest.approx(best, abs=1e-12)
        assert js_divergence_nats(p[a], p[b]) == pytest.approx(best, abs=1e-12)


def test_random_pairs_are_two_different_profiles():
    table = np.random.default_rng(0).dirichlet(np.ones(3), (500, 4))
    pairs, values = random_pairs(table, np.random.default_rng(1))
    assert (pairs[:, 0] != pairs[:, 1]).all()
    assert set(map(tuple, np.sort(pairs, 1).tolist())) == {(a, b) for b in range(4) for a in range(b)}
    assert values[0] == pytest.approx(js_divergence_nats(*table[0, pairs[0]]))


def test_predictions_that_follow_the_stated_direction():
    table, profiles, texts = faithful(np.random.default_rng(0))
    judge = direction_judge(SCALE.values, stated("shift"))
    found = interpretability(table, profiles, texts, judge)
    assert found["kind"].to_list() == ["most divergent", "random"]
    assert found["accuracy"].to_list() == [1, 1]
    assert (found["accuracy_low"] > 0.9).all() and (found["left_out"] == 0).all()
    assert found["js_divergence_nats"][0] > found["js_divergence_nats"][1]
    against = interpretability(table[..., ::-1], profiles, texts, judge)
    assert against["accuracy"].to_list() == [0, 0]


def test_predictions_that_have_nothing_to_do_with_profiles_are_at_chance():
    table, profiles, texts = faithful(np.random.default_rng(1), items=400)
    rng = np.random.default_rng(2)
    shuffled = np.stack([p[rng.permutation(len(p))] for p in table])
    found = interpretability(shuffled, profiles, texts, direction_judge(SCALE.values, stated("shift")))
    assert (found["accuracy_low"] < 0.5).all() and (found["accuracy_high"] > 0.5).all()


def test_a_judge_without_a_view_tosses_a_coin():
    table, profiles, texts = faithful(np.random.default_rng(3), items=400)
    found = interpretability(table, profiles, texts, direction_judge(SCALE.values, stated("mood")))
    assert found["undecided"].to_list() == [400, 400]
    assert (found["accuracy_low"] < 0.5).all() and (found["accuracy_high"] > 0.5).all()


def test_judges_do_not_see_which_prediction_is_whose():
    table, profiles, texts = faithful(np.random.default_rng(4), items=400)
    found = interpretability(table, profiles, texts, lambda cases: np.ones(len(cases)))
    assert (found["accuracy_low"] < 0.5).all() and (found["accuracy_high"] > 0.5).all()


def test_pairs_that_cannot_be_told_apart_are_left_out():
    same = np.full((3, 2, 3), 1 / 3)
    found = interpretability(same, [profile(1.0), profile(-1.0)], ["a", "b", "c"], lambda cases: np.ones(len(cases)))
    assert found["left_out"].to_list() == [3, 3] and found["accuracy"].to_list() == [None, None]
    table, _, texts = faithful(np.random.default_rng(5), people=2)
    alike = interpretability(table, [profile(1.0)] * 2, texts, lambda cases: np.ones(len(cases)))
    assert alike["cases"].to_list() == [0, 0]


def test_embeddings_match_a_profile_with_the_answer_that_it_names():
    scale = Scale("nominal", ("red", "blue"))

    def embed(texts):
        return np.array([["red" in t, "blue" in t] for t in texts], float)

    profiles = [Profile((Statement("Likes red."),)), Profile((Statement("Likes blue."),))]
    table = np.tile([[0.8, 0.2], [0.3, 0.7]], (5, 1, 1))
    found = interpretability(table, profiles, list("abcde"), embedding_judge(embed, scale))
    assert found["accuracy"].to_list() == [1, 1]


class Reader:
    """Answers from the prompt's own text, with a strong favour for A, and a limit on the length of items."""

    def __init__(self):
        self.prompts = []

    def choices(self, prompts, choices, progress=None):
        self.prompts += prompts
        found = []
        for prompt, options in zip(prompts, choices, strict=True):
            assert options == ("A", "B")
            lines = dict(line.split(": ", 1) for line in prompt.input.splitlines())
            shift = {name: float(lines[f"Person {name}"].split()[1]) for name in "AB"}
            share = [float(lines[f"Forecast {k}"].split("3 ")[1].rstrip("%")) for k in (1, 2)]
            fits = np.sign(shift["A"] - shift["B"]) * np.sign(share[0] - share[1])
            found.append(None if "long" in prompt.input else ChoiceScores((5.0 + fits, 0.0), 0.0))
        return found


def test_a_language_model_is_asked_both_ways_round():
    table, profiles, texts = faithful(np.random.default_rng(6), items=20)
    model = Reader()
    found = interpretability(table, profiles, texts, language_model_judge(model, "How much?", SCALE))
    assert found["accuracy"][0] == 1
    assert len(model.prompts) == 2 * found["cases"].sum()
    assert len({prompt.id for prompt in model.prompts[:40]}) == 40
    assert "Question: How much?" in model.prompts[0].input and "Item: Item 0" in model.prompts[0].input
    too_long = interpretability(table, profiles, ["long"] * 20, language_model_judge(model, "How much?", SCALE))
    assert too_long["undecided"].to_list() == too_long["cases"].to_list()


def test_refusals():
    with pytest.raises(DataError, match="2 items and 1 profiles"):
        interpretability(np.full((2, 1, 3), 1 / 3), [profile(1.0)], ["a", "b"], lambda cases: np.ones(len(cases)))
