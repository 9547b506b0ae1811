import json

import numpy as np
import pytest

from pluralign.errors import DataError
from pluralign.raters.lewidi import submission
from pluralign.raters.lewidi.bits import bits
from pluralign.raters.lewidi.data import load
from pluralign.raters.lewidi.evaluate import Decided, Prediction, decide
from tests.raters.lewidi import small


def lines(path):
    return [(key, json.loads(told)) for key, told in (line.split("\t") for line in path.read_text().splitlines())]


def test_ordinal(tmp_path):
    data = load(small.sarcasm(tmp_path), "CSC")
    answers = bits(data.scale)[np.arange(24) % 6]
    shares = np.tile([1.0, 0.75, 0.5, 0.25, 0.0], (6, 1))
    pe, soft = submission.write(tmp_path / "out", data, Decided(answers, shares))
    assert (pe.name, soft.name) == ("CSC_test_pe.tsv", "CSC_test_soft.tsv")
    assert lines(pe)[:2] == [("2000", [1, 2, 3, 4]), ("2001", [5, 6, 1, 2])]
    # a bin for 0 that nobody answers comes first
    assert lines(soft)[0] == ("2000", [0, 0, 0.25, 0.25, 0.25, 0.25, 0])


def test_other_ordinal_names_have_no_empty_bin(tmp_path):
    data = load(small.sarcasm(tmp_path, name="NEW"), "NEW")
    _, soft = submission.write(tmp_path, data, Decided(np.zeros((24, 5)), np.zeros((6, 5))))
    assert lines(soft)[0][1] == [1, 0, 0, 0, 0, 0]


def test_binary(tmp_path):
    data = load(small.irony(tmp_path), "MP")
    pe, soft = submission.write(tmp_path, data, Decided(np.arange(12)[:, None] % 2, np.full((4, 1), 1 / 3)))
    assert lines(pe)[0] == ("200", [0, 1, 0])
    assert lines(soft)[0] == ("200", [0.6666666667, 0.3333333333])


def test_sets_of_labels(tmp_path):
    data = load(small.inference(tmp_path), "VariErrNLI")
    answers = np.tile([[1, 0, 0], [0, 1, 1]], (4, 1))
    pe, soft = submission.write(tmp_path, data, Decided(answers, np.tile([0.5, 0.5, 0.25], (4, 1))))
    # a vector over the raters for each label; the second rater counts once although the file names it per label
    assert lines(pe)[0] == ("200", [[1, 0], [0, 1], [0, 1]])
    assert lines(soft)[0] == ("200", [[0.5, 0.5], [0.5, 0.5], [0.75, 0.25]])


def test_decisions_of_any_decoder(tmp_path):
    data = load(small.irony(tmp_path), "MP")
    given = Prediction.of_answers(data, np.tile([0.9, 0.1], (18, 1)), np.tile([0.2, 0.8], (12, 1)))
    decided = decide(data, given, "test")
    assert (decided.perspectivist == 1).all() and (decided.soft == 1).all()
    assert (decide(data, given, "dev").perspectivist == 0).all()


@pytest.mark.parametrize(
    ("old", "new", "task", "message"),
    [
        ("2001\t", "2002\t", "perspectivist", "line 2.*|expected the item 2001"),
        ("[1, 1, 1, 1]", "[1, 1, 1]", "perspectivist", "labels of 4 raters"),
        ("[1, 1, 1, 1]", "[1, 1, 1, 7]", "perspectivist", "labels of 4 raters"),
        ("[0.0, 1.0, ", "[1.0, ", "soft", "sum to 1"),
        ("[0.0, 1.0, ", "[0.5, 1.0, ", "soft", "sum to 1"),
        ("\n2005", "", "soft", "5 lines for 6"),
        ("[0.0, 1.0, ", "0.0, 1.0, ", "soft", "sum to 1"),
    ],
)
def test_faults_are_found(tmp_path, old, new, task, message):
    data = load(small.sarcasm(tmp_path), "CSC")
    paths = submission.write(tmp_path, data, Decided(np.zeros((24, 5)), np.zeros((6, 5))))
    path = paths[task == "soft"]
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1) if new else text[: text.index(old)] + "\n")
    with pytest.raises(DataError, match=message):
        submission.check(path, data, task)
