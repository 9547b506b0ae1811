import numpy as np
import pytest

from pluralign.raters.lewidi import likeness, standing
from pluralign.raters.lewidi.data import load
from pluralign.raters.lewidi.history import offsets, residuals
from pluralign.raters.lewidi.likeness import Block
from pluralign.raters.lewidi.pairs import pairs_of
from pluralign.raters.lewidi.standing import Evidence, Regression, Strengths
from tests.raters.lewidi import small


def random_evidence(rng, items=14):
    """Two languages, and two items whose language has no block."""

    def alike(n):
        rows = rng.normal(size=(n, 5))
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return (rows @ rows.T).astype(np.float32)

    blocks = [Block(np.arange(0, 8), alike(8), alike(8) ** 2), Block(np.arange(8, 12), alike(4), None)]
    return Evidence(blocks, {"counted": rng.normal(size=(items, 3)).astype(np.float32)})


def test_it_is_the_posterior_mean_of_the_sum_of_its_parts():
    rng = np.random.default_rng(0)
    evidence = random_evidence(rng)
    strengths = Strengths({"counted": 0.4}, last=0.7, first=0.2, both=0.5)
    target, weight = rng.normal(size=(14, 2)), np.array([3, 1, 0, 2, 5, 1, 0, 4, 2, 0, 1, 3, 2, 0.0])
    x = evidence.columns["counted"].astype(float)
    kernel = 0.4 * x @ x.T
    for block in evidence.blocks:
        part = 0.7 * block.last
        if block.first is not None:
            part = part + 0.2 * block.first + 0.5 * block.first * block.last
        kernel[np.ix_(block.items, block.items)] += part
    seen = weight > 0
    mean = np.average(target[seen], axis=0, weights=weight[seen])
    noisy = kernel[np.ix_(seen, seen)] + np.diag(1 / weight[seen])
    wanted = mean + kernel[:, seen] @ np.linalg.solve(noisy, target[seen] - mean)
    found = Regression(evidence, strengths)(np.ones(14, bool), target, weight)
    assert found == pytest.approx(wanted, abs=2e-4)


def test_strengths_that_do_not_help_are_switched_off():
    rng = np.random.default_rng(1)
    useful = rng.normal(size=(300, 1)).astype(np.float32)
    evidence = Evidence([], {"useful": useful, "noise": rng.normal(size=(300, 60)).astype(np.float32)})
    target = 0.5 * useful + rng.normal(0, 0.5, (300, 1))
    item_fold = np.arange(300) % 5

    class Some:
        def __init__(self, folds):
            self.item_fold = folds

        def hidden(self, fold):
            return Some(np.where(self.item_fold == fold, -1, self.item_fold))

    strengths = standing.fit_strengths(Some(item_fold), evidence, lambda p: (target, (p.item_fold >= 0) * 1.0))
    assert strengths.columns["useful"] >= 0.03 > strengths.columns["noise"]


def test_no_item_is_expected_from_its_own_fold(tmp_path):
    pairs = pairs_of(load(small.sarcasm(tmp_path), "CSC"))
    evidence = Evidence([], {"one": np.random.default_rng(0).normal(size=(len(pairs.item_fold), 2))})
    regression = Regression(evidence, Strengths({"one": 1.0}))
    target, weight = standing.targets(pairs, residuals(pairs, offsets(pairs)))
    before = regression.expected(pairs, target, weight)
    own = pairs.item_fold == 1
    target[own] += 1
    after = regression.expected(pairs, target, weight)
    assert np.array_equal(before[own], after[own]) and not np.allclose(before[~own], after[~own])
    assert weight[pairs.item_fold < 0].sum() == 0


def test_texts_are_alike_within_a_language(tmp_path):
    data = load(small.irony(tmp_path), "MP")
    blocks = likeness.blocks(data)
    language = data.train.items["lang"].to_numpy()
    assert [set(language[block.items]) for block in blocks] == [{"ar"}, {"en"}]
    replies = data.train.items["text/reply"].to_numpy()
    for block in blocks:
        same = replies[block.items][:, None] == replies[block.items]
        assert block.last[same] == pytest.approx(1, abs=1e-5) and block.last[~same].max() < 0.6
    vectors = likeness.vectors(blocks, np.zeros((len(language), 0), np.float32))
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    across = vectors @ vectors.T
    assert across[language[:, None] == language].mean() > across[language[:, None] != language].mean() + 0.3
