import numpy as np

from pluralign.raters.lewidi.data import load
from pluralign.raters.lewidi.surface import surface
from tests.raters.lewidi import small


def test_what_is_counted(tmp_path):
    first, second = "Is it 5 or 6 degrees in Oslo?!", "It isn't 7 degrees in Rome... hahaha #cold"
    text = {"a": first, "b": second}
    parts = {
        p: {"1": small.item("x", text, {"r": "1"}, p), "2": small.item("x", {"a": "x", "b": "x"}, {"r": "2"}, p)}
        for p in ("train", "dev", "test")
    }
    names, values = surface(load(small.write(tmp_path, "NEW", parts, "{}"), "NEW").train)
    found = dict(zip(names, values[0].tolist(), strict=True))
    assert found["questions of text/a"] == 1 and found["exclamations of text/a"] == 1
    assert found["laughter of text/b"] == 1 and found["dots of text/b"] == 1 and found["tags of text/b"] == 1
    assert found["numbers differ of text/a and text/b"] == 1 and found["names differ of text/a and text/b"] == 2
    assert found["negation differs of text/a and text/b"] == 1
    same = dict(zip(names, values[1].tolist(), strict=True))
    assert same["overlap of text/a and text/b"] == 1 and same["length ratio of text/a and text/b"] == 0
    assert np.isfinite(values).all() and values.shape == (6, len(names))
