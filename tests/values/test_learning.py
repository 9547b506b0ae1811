import numpy as np
import pytest
import torch

from pluralign.lm.halves import prepare
from pluralign.values.learning import Pairs, Settings, balance, learn
from pluralign.values.reader import Reader, read, vectors

TEXTS = [f"thing {k} is {'good' if k % 2 else 'bad'} for case {k % 7}" for k in range(40)]
SETTINGS = Settings(steps=10, epochs=3, batch=40)


@pytest.fixture(scope="module")
def texts():
    return prepare([(text,) for text in TEXTS], 64)


def pairs(seed):
    rng, n = np.random.default_rng(seed), 120
    one, other, group = rng.integers(40, size=n), rng.integers(40, size=n), rng.integers(30, size=n)
    return Pairs(one, other, rng.integers(2, size=n), rng.integers(-1, 3, size=n), np.ones(n), group)


def trained(texts, own, kept=None, stop=None):
    """A trained reader; None where it was stopped after so many pairs."""
    reader, seen = Reader(), 0

    def progress(count):
        nonlocal seen
        seen += count
        if stop is not None and seen >= stop:
            raise KeyboardInterrupt

    try:
        learn(reader, texts, own, SETTINGS, kept, progress)
    except KeyboardInterrupt:
        return None
    return reader


def test_a_stopped_training_goes_on_and_ends_the_same_and_other_pairs_begin_anew(texts, tmp_path):
    kept = tmp_path / "learning.pt"
    assert trained(texts, pairs(0), kept, stop=200) is None
    resumed, whole = trained(texts, pairs(0), kept), trained(texts, pairs(0))
    for (name, one), other in zip(resumed.state_dict().items(), whole.state_dict().values(), strict=True):
        assert (one == other).all(), name
    other, alone = trained(texts, pairs(1), kept), trained(texts, pairs(1))
    assert (other.known.both == alone.known.both).all()
    kept.write_bytes(b"broken")
    again = trained(texts, pairs(1), kept)
    assert (again.known.both == alone.known.both).all()


def test_a_norm_turned_around_turns_the_side_around(texts):
    """Trained on acts that keep or break norms and their opposites, the sides of both follow the likeness."""
    acts = ["feeding the birds", "painting the door", "washing the car", "mending the roof"]
    norms = [f"You should be {act}." for act in acts] + [f"It is wrong to be {act}." for act in acts]
    every = [*acts, *norms]
    rows = [
        (4 + turn * 4 + k, act, int((k == act) == bool(turn))) for turn in (0, 1) for k in range(4) for act in range(4)
    ]
    one, other, way = map(np.array, zip(*rows, strict=True))
    own = Pairs(one, other, np.full(len(rows), -1), way, np.ones(len(rows)), np.arange(len(rows)))
    reader = Reader()
    learn(reader, prepare([(text,) for text in every], 64), own, Settings(steps=100, epochs=0))
    found = vectors(reader, every)
    sides = read(reader, found[one], found[other])[1]
    assert ((sides[:, 0] > sides[:, 1]) == (way == 0)).mean() == 1
    np.testing.assert_allclose(sides[:, 0], -sides[:, 1])


def test_goodness_spreads_as_much_as_asked_beside_all_else():
    reader, found = Reader(), vectors(Reader(), TEXTS)
    rng = np.random.default_rng(0)
    with torch.no_grad():
        for part in (reader.known, reader.own):
            part.situation.normal_(0, 0.1)
            part.consideration.normal_(0, 0.1)
    one, other = found[rng.permutation(40)], found
    before = read(reader, one, other)[1][:, 0]
    good = reader.goodness(torch.from_numpy(other)).detach().numpy()
    balance(reader, one, other, 0.5)
    after = reader.goodness(torch.from_numpy(other)).detach().numpy()
    rest = before - good
    assert after.std() == pytest.approx(0.5 * rest.std(), rel=1e-4)
    np.testing.assert_allclose(read(reader, one, other)[1][:, 0], rest + after, atol=1e-4)
    assert np.corrcoef(good, after)[0, 1] == pytest.approx(1)
