import numpy as np
import pytest
import torch

from pluralign.lm.embed import embed
from pluralign.lm.finetune import Marks, Reader, Settings, read, train
from pluralign.lm.halves import prepare

ITEMS = [(f"You meet at {place}.", f"{word} {place}") for place in ("noon", "the old bridge", "six") for word in
         ("Great, thanks a lot", "Sorry", "I am tired", "Wonderful, as always")]  # fmt: skip


@pytest.fixture(scope="module")
def texts():
    return prepare(ITEMS, 64)


def marks(items, raters=2):
    """Both raters say yes to praise; the second one to everything else instead."""
    item = np.repeat(items, raters)
    rater = np.tile(np.arange(raters), len(items))
    praise = np.array([number % 4 in (0, 3) for number in item])
    bits = np.where(rater == 0, praise, ~praise).astype(float)[:, None]
    return Marks(item, rater, bits, np.zeros((len(item), 1)), np.zeros(1, dtype=int), raters)


def test_each_text_is_read_alone_as_the_encoder_was_trained_to(texts):
    last = texts.pooled[texts.place, -1]
    last /= np.linalg.norm(last, axis=2, keepdims=True)
    for field in (0, 1):
        assert np.allclose(last[:, field], embed([item[field] for item in ITEMS]), atol=1e-4)
    assert len(texts.states) == 15 and texts.pooled.shape == (15, 3, 384)


def test_what_is_said_of_an_item_does_not_depend_on_the_others(texts):
    reader = Reader(2, 1, 1, 2, Settings())
    torch.nn.init.normal_(reader.heads.weight)
    whole = read(reader, texts).scores
    some = read(reader, prepare([ITEMS[7], ITEMS[2]], 64)).scores
    assert np.allclose(whole[[7, 2]], some, atol=2e-2 * np.abs(whole).max())


def test_fields_are_cut_where_they_are_far_from_the_last_one():
    long = " ".join(map(str, range(1, 60)))
    cut = prepare([(f"{long} end", f"start {long}")], 5)
    alone = prepare([("58 59 end", "start 1 2 3 4")], 5)
    assert [len(state) for state in cut.states] == [7, 7]
    assert np.allclose(cut.pooled[1], alone.pooled[1], atol=1e-4)


def test_training_learns_the_text_and_each_raters_own_direction(texts):
    """The raters are opposite, so that only their own directions can tell anything."""
    settings = Settings(epochs=12, rate=2e-4, batch=4)
    seen = np.arange(8)
    reader = Reader(2, 1, 1, 2, settings)
    before = read(reader, texts)
    assert (before.scores == 0).all() and (before.directions == 0).all()
    done = []
    train(reader, texts, marks(seen), settings, done.append)
    assert sum(done) == 12 * 8
    found = read(reader, texts)
    new = marks(np.arange(8, 12))
    odds = found.scores[new.item] + found.personal(new.item, new.rater)
    assert ((odds > 0) == (new.bits > 0.5)).all()
    again = Reader(2, 1, 1, 2, settings)
    train(again, texts, marks(seen), settings)
    assert np.array_equal(read(again, texts).scores, found.scores)


def test_the_text_is_asked_for_what_the_offsets_do_not_say(texts):
    """Half of the answers are yes: scores rise where the offsets expect fewer, and fall where they expect more."""
    settings = Settings(epochs=4, batch=4)
    known = marks(np.arange(12))
    means = []
    for offset in (-3.0, 3.0):
        reader = Reader(2, 1, 1, 2, settings)
        told = Marks(known.item, known.rater, known.bits, known.offsets + offset, known.channels, known.raters)
        train(reader, texts, told, settings)
        means.append(read(reader, texts).scores.mean())
    assert means[0] > 0.3 and means[1] < -0.3


def test_nobody_in_particular_has_no_direction(texts):
    settings = Settings(epochs=2, batch=4)
    known = marks(np.arange(12))
    nobody = Marks(known.item, np.full(24, -1), known.bits, known.offsets, known.channels, known.raters)
    reader = Reader(2, 1, 1, 2, settings)
    train(reader, texts, nobody, settings)
    assert (read(reader, texts).directions == 0).all()
