import numpy as np
import pytest
import torch

from pluralign.lm.halves import prepare
from pluralign.values.learning import Pairs, Settings, learn
from pluralign.values.learning_sides import SideSettings, learn_sides
from pluralign.values.reader import Reader, read, vectors
from pluralign.values.sides import Sides, take

TEXTS = [f"thing {k} is {'good' if k % 2 else 'bad'} for case {k % 7}" for k in range(40)]
SETTINGS = Settings(steps=10, epochs=3, batch=40)
SIDED = SideSettings(epochs=3, batch=8)


@pytest.fixture(scope="module")
def texts():
    return prepare([(text,) for text in TEXTS], 64)


def pairs(seed):
    rng, n = np.random.default_rng(seed), 120
    one, other, group = rng.integers(40, size=n), rng.integers(40, size=n), rng.integers(30, size=n)
    return Pairs(one, other, rng.integers(2, size=n), group)


def stopping(stop):
    """Told of progress, stops a training after so many pairs."""
    seen = 0

    def progress(count):
        nonlocal seen
        seen += count
        if stop is not None and seen >= stop:
            raise KeyboardInterrupt

    return progress


def trained(texts, own, kept=None, stop=None):
    """A trained reader; None where it was stopped after so many pairs."""
    reader = Reader()
    try:
        learn(reader, texts, own, SETTINGS, kept, stopping(stop))
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


def test_the_first_step_alone_learns_what_bears_on_what():
    acts = ["feeding the birds", "painting the door", "washing the car", "mending the roof"]
    norms = ["A well-kept house", "A warm meal", "Care for animals", "Clean streets"]
    rows = [(4 + norm, act, int(norm != act)) for norm in range(4) for act in range(4)]
    one, other, bears = map(np.array, zip(*rows, strict=True))
    reader, every = Reader(), [*acts, *norms]
    own = Pairs(one, other, bears, np.arange(len(rows)))
    learn(reader, prepare([(text,) for text in every], 64), own, Settings(steps=100, epochs=0))
    found = vectors(reader, every)
    assert (((read(reader, found[one], found[other]) > 0) == bears) | (bears == 0)).all()


STORIES = (
    ("help others", "Helping an old man up", "Leaving an old man lying"),
    ("tell the truth", "Telling her what happened", "Lying to her about it"),
)
CASES = [
    (norm.format(asked), act, way if sign else 1 - way)
    for asked, keeps, breaks in STORIES
    for norm, sign in (("You should {}.", True), ("It is wrong to {}.", False))
    for act, way in ((keeps, 0), (breaks, 1))
]
"""Consideration, situation and number of the valence: norms, and the same turned around."""


def sided(kept=None, stop=None):
    sides = Sides()
    texts = prepare([case[:2] for case in CASES], 64)
    ways = np.array([case[2] for case in CASES])
    try:
        learn_sides(sides, texts, ways, np.ones(len(ways)), SIDED, kept, stopping(stop))
    except KeyboardInterrupt:
        return None
    return sides


def test_a_stopped_training_of_sides_goes_on_and_ends_the_same(tmp_path):
    kept = tmp_path / "sides.pt"
    assert sided(kept, stop=12) is None
    for one, other in zip(sided(kept).state_dict().values(), sided().state_dict().values(), strict=True):
        assert torch.equal(one, other)


def test_a_norm_turned_around_turns_the_side_around():
    """A score of the act alone, or of the norm alone, would get half of them right."""
    sides, ways = Sides(), np.array([case[2] for case in CASES])
    settings = SideSettings(epochs=30, rate=5e-4, batch=8, dropout=0.0)
    learn_sides(sides, prepare([case[:2] for case in CASES], 64), ways, np.ones(len(ways)), settings)
    found = take(sides, [case[:2] for case in CASES])
    assert (found.argmax(1) == ways).all()
    alone = np.concatenate([take(sides, [case[:2]]) for case in CASES])
    np.testing.assert_allclose(found, alone, atol=1e-4)


def test_pairs_that_weigh_nothing_teach_nothing():
    ways = np.array([case[2] for case in CASES])
    weight = np.where(np.arange(len(ways)) < 4, 1.0, 0.0)
    sides, texts = Sides(), prepare([case[:2] for case in CASES], 64)
    flipped = np.where(weight > 0, ways, 1 - ways)
    learn_sides(sides, texts, flipped, weight, SIDED)
    other = Sides()
    learn_sides(other, texts, ways, weight, SIDED)
    for one, two in zip(sides.state_dict().values(), other.state_dict().values(), strict=True):
        assert torch.equal(one, two)


def test_no_pairs_have_no_sides():
    assert take(Sides(), []).shape == (0, 3)
