import numpy as np
import pytest

from pluralign.raters.compact import Settings
from pluralign.raters.lewidi.data import load
from pluralign.raters.lewidi.evaluate import Prediction, decide
from pluralign.raters.lewidi.in_context import answers
from pluralign.raters.lewidi.material import Material
from pluralign.raters.lewidi.pieces import Pieces
from pluralign.suite.data import DataRoot
from tests.raters.lewidi import small


def test_the_compact_decoder_predicts_the_first_fold_and_the_queries(tmp_path):
    data = load(small.sarcasm(tmp_path / "data"), "CSC")
    material = Material(data, DataRoot(None), Pieces(tmp_path / "pieces"), print)
    found = answers(material, settings=Settings(steps=30, width=16, factors=4, batch=4))
    assert set(found) == {"examples-demographics", "examples-none", "none-demographics"}
    pairs = material.pairs
    for p in found.values():
        assert (np.isnan(p).any(axis=1) == (pairs.fold > 0)).all()
        told = p[pairs.fold <= 0]
        assert ((told >= 0) & (told <= 1)).all() and (np.diff(told, axis=1) <= 1e-6).all()
    assert not np.allclose(found["examples-demographics"], found["examples-none"], equal_nan=True)

    # ratings that were not predicted do not count when the agreement of raters is measured
    train, dev = len(data.train), len(data.train) + len(data.dev)
    p = found["examples-none"]
    decided = decide(data, Prediction(p[:train], p[train:dev], p[dev:]), "dev")
    assert decided.soft.shape == (len(data.dev.items), 5) and not np.isnan(decided.soft).any()


def test_without_text_all_items_are_alike(tmp_path):
    data = load(small.sarcasm(tmp_path), "CSC")
    material = Material(data, DataRoot(None), Pieces(None), print)
    (p,) = answers(material, text=False, settings=Settings(steps=10, width=16, factors=4, batch=4)).values()
    queries = p[~material.pairs.known]
    rater = material.pairs.rater[~material.pairs.known]
    for one in np.unique(rater):
        assert queries[rater == one] == pytest.approx(
            np.tile(queries[rater == one][0], ((rater == one).sum(), 1)), abs=1e-4
        )
