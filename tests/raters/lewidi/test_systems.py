import numpy as np
import pytest

from pluralign.errors import DataError, UsageError
from pluralign.raters.lewidi import baselines
from pluralign.raters.lewidi.auxiliary import auxiliary, normal
from pluralign.raters.lewidi.data import load
from pluralign.raters.lewidi.evaluate import evaluate, predict, score
from pluralign.raters.lewidi.material import Material
from pluralign.raters.lewidi.pieces import Pieces
from pluralign.raters.lewidi.systems import SYSTEMS
from pluralign.suite.data import DataRoot
from tests.raters.lewidi import small

QUICK = ["all raters", "rater mode", "rater median", "item mean", "matrix factorisation", "boosted trees"]


def scores(rows, task):
    return {row.system: row.score for row in rows if row.task == task and row.part == "dev"}


def test_text_and_rater_both_help_where_both_count(tmp_path):
    """In the planted set the word of the reply and the severity of the rater decide nearly all."""
    small.sarcasm(tmp_path)
    said = []
    rows, materials = evaluate(tmp_path, systems=[*QUICK, "stacked, no second stage"], report=said.append)
    found = scores(rows, "perspectivist")
    assert found["stacked, no second stage"] < min(found["rater median"], found["all raters"]) - 0.05
    assert found["matrix factorisation"] < found["rater median"]
    assert found["stacked, no second stage"] < 0.14
    assert scores(rows, "soft")["stacked, no second stage"] < scores(rows, "soft")["rater median"]
    assert said and list(materials) == ["CSC"]
    assert {row.part for row in rows} == {"dev"}
    assert all(len(row.per_item) == len(row.items) == 15 for row in rows)


def test_sets_of_labels_and_two_labels_take_the_same_path(tmp_path):
    small.irony(tmp_path / "a")
    small.inference(tmp_path / "b")
    systems = [*QUICK, "demographics", "stacked, no text", "stacked, no second stage"]
    rows, materials = evaluate(tmp_path, systems=systems)
    assert {row.dataset for row in rows} == {"MP", "VariErrNLI"}
    assert all(0 <= row.score <= 1 for row in rows if row.task == "perspectivist")
    for name, bits in (("MP", 1), ("VariErrNLI", 3)):
        data = materials[name].data
        found = predict(materials[name], "boosted trees")
        assert found.train.shape == (len(data.train), bits) and found.test.shape == (len(data.test), bits)


def test_official_baseline_is_each_raters_own_mode(tmp_path):
    small.irony(tmp_path)
    rows, materials = evaluate(tmp_path, systems=["rater mode"])
    pairs = materials["MP"].pairs
    # Ann1 always says 0, Ann2 always 1, Ann0 mostly 1; of 6 dev items Ann0 says 0 to 2
    assert scores(rows, "perspectivist")["rater mode"] == pytest.approx(2 / 6 / 3)
    assert set(baselines.rater_mode(pairs, False)[~pairs.known & (pairs.rater == 1), 0]) == {0}


def test_long_steps_are_kept_and_a_damaged_one_is_named(tmp_path):
    small.irony(tmp_path / "data")
    args = (tmp_path / "data", ["MP"], ["rater mode", "boosted trees"], tmp_path / "run")
    said = []
    first, _ = evaluate(*args, report=said.append)
    assert "MP: comparing texts" in said
    said.clear()
    again, _ = evaluate(*args, report=said.append)
    assert not said
    assert [row.score for row in again] == [row.score for row in first]
    kept = next((tmp_path / "run").glob("MP-boosted-trees-*.npz"))
    kept.write_bytes(kept.read_bytes()[:100])
    with pytest.raises(Exception, match="damaged"):
        evaluate(*args)


def test_unknown_names_are_refused(tmp_path):
    with pytest.raises(DataError, match="no LeWiDi data set"):
        evaluate(tmp_path)
    small.irony(tmp_path)
    with pytest.raises(DataError, match=r"'CSC'.*Found: MP"):
        evaluate(tmp_path, ["CSC"])
    with pytest.raises(UsageError, match="no system 'best'"):
        evaluate(tmp_path, systems=["best"])


def test_labelled_test_files_are_scored(tmp_path):
    items = {str(n): small.item("x", {"words": f"w {n}"}, {"Ann1": n % 2, "Ann2": 1}, "x") for n in range(12)}
    small.write(tmp_path, "NEW", {"train": items, "dev": items, "test": items}, "{}")
    data = load(tmp_path, "NEW")
    material = Material(data, DataRoot(None), Pieces(None), print)
    rows = score(data, "rater mode", predict(material, "rater mode"))
    assert {row.part for row in rows} == {"dev", "test"}


def test_no_pair_that_shares_a_text_with_the_set_is_used_to_train_on(tmp_path):
    import gzip
    import json

    data = load(small.inference(tmp_path / "set"), "VariErrNLI")
    taken = data.train.items.filter(part="test")
    same = {"premise": taken["text/context"][0].upper() + "!", "hypothesis": "It is new.", "source": ""}
    also = {"premise": "It is new too.", "hypothesis": taken["text/statement"][1], "source": ""}
    free = {"premise": "A dog runs.", "hypothesis": "It moves.", "source": ""}
    rows = [
        {"uid": str(n), "label_counter": {"e": 3, "n": 1}, "example": one} for n, one in enumerate((same, also, free))
    ]
    (tmp_path / "chaosnli").mkdir()
    text = "\n".join(map(json.dumps, rows))
    (tmp_path / "chaosnli/chaosNLI_mnli_m.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    found = auxiliary(data, DataRoot(tmp_path))
    assert found.texts == [("A dog runs.", "It moves.")] and found.left_out == 2
    assert found.shares.tolist() == [[0, 0.75, 0.25]]
    assert normal("Don't, STOP ") == "dontstop"
    # other labels, or nothing there
    assert auxiliary(load(small.irony(tmp_path / "mp"), "MP"), DataRoot(tmp_path)) is None


def test_every_system_has_a_name_that_fits_a_file():
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz ,") for name in SYSTEMS)
    assert len(np.unique([name.replace(", ", "-").replace(" ", "-") for name in SYSTEMS])) == len(SYSTEMS)
