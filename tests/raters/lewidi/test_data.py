import json

import numpy as np
import pytest

from pluralign.errors import DataError
from pluralign.raters.lewidi.data import find, load
from pluralign.suite.data import find_root
from tests.raters.lewidi import small


def test_sets_are_found_in_both_layouts_and_the_published_one_wins(tmp_path):
    compact = small.sarcasm(tmp_path / "csc_sarcasm")
    published = tmp_path / "git/Le-Wi-Di/le-wi-di.github.io/LeWiDi_3-2025"
    small.irony(published / "MP")
    assert find(tmp_path) == {"MP": published / "MP", "CSC": compact}
    small.sarcasm(published / "CSC", compact=False)
    assert find(tmp_path)["CSC"] == published / "CSC"
    (published / "CSC" / "CSC_dev.json").unlink()
    assert find(tmp_path)["CSC"] == compact


def test_both_layouts_give_the_same_ratings(tmp_path):
    one = load(small.sarcasm(tmp_path / "a"), "CSC")
    other = load(small.sarcasm(tmp_path / "b", compact=False), "CSC")
    assert one.train.table.equals(other.train.table) and one.train.items.equals(other.train.items)


def test_ordinal_set(tmp_path):
    data = load(small.sarcasm(tmp_path), "CSC")
    assert data.scale.kind == "ordinal" and data.scale.labels == ("1", "2", "3", "4", "5", "6")
    assert data.fields == ("text/context", "text/response")
    # a fact that joins two is taken apart
    assert data.facts == ("lang", "info/context", "info/speaker")
    assert data.train.items["info/speaker"].n_unique() == 5
    # the part is the file's, whatever the items say of themselves
    assert data.train.items["part"].value_counts(sort=True)["part"].to_list()[0] == "train"
    assert data.test.label is None and len(data.test.items) == 6 and len(data.test) == 24
    assert data.train.raters.filter(rater="Ann5")["age"].to_list() == [None]
    assert data.dev.label is not None and data.dev.item.min() == data.train.item.max() + 1
    assert np.array_equal(data.dev.items[data.dev.row], data.dev.item)


def test_binary_set_with_numbered_facts(tmp_path):
    data = load(small.irony(tmp_path), "MP")
    assert data.scale.kind == "binary" and data.scale.labels == ("0", "1")
    assert data.train.raters["rater"].to_list() == ["Ann0", "Ann1", "Ann2"]
    assert data.train.raters["age"].to_list() == ["30", "31", "32"]
    assert "employment status" not in data.train.attributes
    assert set(data.facts) == {"lang", "info/source", "info/level", "info/language_variety"}


def test_sets_of_labels_with_repeated_raters(tmp_path):
    data = load(small.inference(tmp_path), "VariErrNLI")
    assert data.scale.kind == "multilabel" and data.scale.labels == ("contradiction", "entailment", "neutral")
    assert len(data.train) == 72 and len(data.dev) == 12
    first = data.train.table.row(1, named=True)
    assert data.scale.outcomes[first["label"]] == "entailment,neutral"
    assert data.train.raters["gender"].to_list() == ["Female", "Male"]


def test_explanations_of_dev_and_test_are_not_read_nor_how_often_a_rater_is_named(tmp_path):
    data = load(small.inference(tmp_path), "VariErrNLI")
    assert all("why" in reason for reason in data.train.table["reason"])
    written = json.dumps([data.train.items.to_dicts(), data.train.raters.to_dicts(), data.train.table.to_dicts()])
    assert "hidden" not in written
    assert np.bincount(data.test.row).tolist() == [2, 2, 2, 2]
    # item 0 of dev was answered with two labels by its second rater: nothing but the label tells
    assert np.bincount(data.dev.row).tolist() == [2] * 6


def test_a_new_set_needs_no_code(tmp_path):
    """Numbers that are not a run from 1, ids with blanks, integers as labels, one field of text."""
    parts = {
        part: {f"{part}{n}": small.item("x", {"words": f"w {n}"}, {" 7": n % 3 - 4, "8 ": 0}, part) for n in range(5)}
        for part in ("train", "dev", "test")
    }
    data = load(small.write(tmp_path, "NEW", parts, "{}"), "NEW")
    assert data.scale.labels == ("-4", "-3", "-2", "-1", "0")
    assert data.train.raters["rater"].to_list() == ["7", "8"]
    assert data.test.label is not None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda item: item.pop("annotators"), "lacks text, lang, annotators"),
        (lambda item: item["annotations"].pop("Ann1"), "annotators and annotations differ"),
        (lambda item: item.update(text="plain"), "lacks text"),
        (lambda item: item.pop("annotations"), "lack annotations"),
    ],
)
def test_a_broken_item_is_named(tmp_path, change, message):
    folder = small.irony(tmp_path)
    items = json.loads((folder / "MP_dev.json").read_text())
    change(items["103"])
    (folder / "MP_dev.json").write_text(json.dumps(items))
    with pytest.raises(DataError, match=message) as error:
        load(folder, "MP")
    assert "lack annotations" in message or "MP_dev.json, item 103" in str(error.value)


def test_labels_between_numbers_and_absent_files_are_refused(tmp_path):
    parts = {p: {"1": small.item("x", {"words": "w"}, {"a": "1.5"}, p)} for p in ("train", "dev", "test")}
    small.write(tmp_path, "NEW", parts, "{}")
    with pytest.raises(DataError, match="not whole"):
        load(tmp_path, "NEW")
    (tmp_path / "NEW_train.json").unlink()
    with pytest.raises(DataError, match="no NEW_train"):
        load(tmp_path, "NEW")


COUNTS = {
    "CSC": ((5628, 704, 704), (25574, 3186, 3224), 872),
    "MP": ((12017, 3005, 3756), (60471, 15178, 18693), 506),
    "Paraphrase": ((400, 50, 50), (1600, 200, 200), 4),
    "VariErrNLI": ((388, 50, 50), (1443, 181, 192), 4),
}


def present() -> dict:
    root = find_root()
    return find(root) if root else {}


@pytest.mark.parametrize("name", sorted(COUNTS.keys() & present().keys()))
def test_counts_of_the_released_files(name):
    data = load(present()[name], name)
    items, ratings, raters = COUNTS[name]
    assert data.train.items["part"].value_counts().sort("part")["count"].to_list() == [items[1], items[2], items[0]]
    assert (len(data.train), len(data.dev), len(data.test)) == ratings
    assert len(set(data.train.rater)) == raters
    assert set(data.test.rater) <= set(data.train.rater)
