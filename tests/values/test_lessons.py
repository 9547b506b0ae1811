import json

import numpy as np
import polars as pl
import pytest

from pluralign.errors import DataError, ModelError
from pluralign.suite.data import DataRoot
from pluralign.values.acts import Acts
from pluralign.values.bank import Entry
from pluralign.values.consideration import Pair
from pluralign.values.embedded import EmbeddedModel
from pluralign.values.lessons import GRADES, lessons
from pluralign.values.system import maps
from pluralign.values.training import train
from pluralign.values.weights import load
from tests.raters.bags import bag
from tests.values.example import write_sources

BANK = tuple(
    Entry(
        ("value", "right", "duty")[k % 3],
        f"{('', 'Right to ', 'Duty to ')[k % 3]}{name}",
        "own",
        f"To hold {name} dear.",
        tuple(f"Doing {name} {n}" for n in range(4)),
        tuple(f"Leaving {name} {n}" for n in range(4)),
    )
    for k, name in enumerate(["apples", "bread", "carrots", "dates", "eggs", "figs", "grapes", "hops", "iris", "jam"])
)


ACTS = tuple(
    Acts(f"Giving plum {k}", f"Keeping plum {k}", f"Give away {k}.", f"Never give away {k}.", f"Save {k}.")
    for k in range(12)
)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return DataRoot(write_sources(tmp_path_factory.mktemp("data"), stories=20, situations=40))


def test_negatives_are_of_no_cluster_that_the_situation_has_and_stay_in_their_part(root):
    frame = lessons(root, bag, entries=BANK, written=ACTS)
    assert set(frame["part"]) >= {"seen", "development", "new situation", "new consideration"}
    made = frame.filter(pl.col("grade").is_not_null())
    assert set(made["grade"]) <= set(GRADES) and set(made["grade"]) >= {"random", "same topic"}
    assert not made["relevant"].any()
    assert made["valence"].null_count() == made.height
    right = frame.filter(pl.col("relevant"))
    has = right.group_by("source", "group").agg(pl.col("cluster").unique())
    both = made.join(has, on=["source", "group"], suffix="_had")
    assert both.height == made.height
    assert not both.select(pl.col("cluster_had").list.contains(pl.col("cluster"))).to_series().any()
    # A negative's consideration comes from the same part, so that a hold-out stays one.
    parts = frame.filter(pl.col("relevant")).group_by("source", "text").agg(pl.col("part").unique())
    back = made.join(parts, on=["source", "text"], suffix="_of")
    assert back.height == made.height
    assert back.select(pl.col("part_of").list.contains(pl.col("part"))).to_series().all()


def test_half_of_the_banks_pairs_are_told_with_the_gloss(root):
    own = lessons(root, bag, entries=BANK, written=ACTS).filter(source="bank")
    shown = own["told"].str.contains("To hold").mean()
    assert 0.3 < shown < 0.7
    plain = own.filter(~pl.col("told").str.contains("To hold"))
    assert (plain["told"] == plain["text"]).all()


def test_lessons_are_the_same_again_and_others_with_another_seed(root):
    one, two, other = (lessons(root, bag, entries=BANK, written=ACTS, seed=seed) for seed in (0, 0, 1))
    assert one.equals(two) and not one.equals(other)


def test_absent_data_is_named(tmp_path):
    with pytest.raises(DataError, match="absent"):
        lessons(DataRoot(tmp_path), bag, entries=BANK, written=ACTS)


def test_rules_that_read_like_an_entry_bring_their_situations_to_it(root):
    frame = lessons(root, bag, entries=BANK, written=ACTS)
    plain = frame.filter((pl.col("source") != "bank") & pl.col("grade").is_null())
    alike = Entry("duty", "You should do thing 3", "own", "To do it.", ("Doing it now",), ("Leaving it be",))
    found = lessons(root, bag, entries=(*BANK, alike), written=ACTS).filter(source="linked")
    kept = found.filter(relevant=True, text=alike.text)
    assert set(kept["situation"]) <= set(plain["situation"]) and kept.height >= 2
    story = kept.filter(pl.col("group") == "moral_stories S3")
    assert dict(story.select("situation", "valence").iter_rows()) == {
        "The person feeds the birds on day 3.": "supports",
        "The person sleeps all day 3.": "opposes",
    }


def test_a_model_is_trained_saved_and_draws_maps(root, tmp_path):
    about = train(root, tmp_path / "model", epochs=1, most=48, entries=BANK, written=ACTS)
    learned = about["training"]
    assert {sum(learned[name].values()) for name in ("relevance", "sides")} == {48}
    assert learned["norms"].keys() == {"moral_stories"} and 0 < learned["norms"]["moral_stories"] <= 48
    model = EmbeddedModel(BANK, tmp_path / "model", candidates=5)
    pairs = [Pair("Doing figs 2", entry.kind, entry.text) for entry in BANK] + [Pair("Resting", "value", "Rest")]
    relevance, valence = model.relevance(pairs), model.valence(pairs)
    assert ((relevance > 0) & (relevance < 1)).all()
    np.testing.assert_allclose(valence.sum(1), 1)
    alone = EmbeddedModel(BANK, tmp_path / "model")
    np.testing.assert_allclose(alone.relevance(pairs[3:4]), relevance[3:4], atol=1e-5)
    np.testing.assert_allclose(alone.valence(pairs[::-1]), valence[::-1], atol=1e-5)
    everything = dict.fromkeys(("value", "right", "duty"), 0.0)
    [found] = maps(model, ["Doing figs 2"], thresholds=everything)
    assert found.candidates == 5
    assert any("figs" in one.text for one in found.considerations)
    explained = model.explain(pairs[:3] + pairs[-1:])
    assert all(text.startswith("To hold") for text in explained[:3]) and explained[-1] == ""


def test_damaged_models_are_named(root, tmp_path):
    folder = tmp_path / "model"
    with pytest.raises(ModelError, match="no readable kaleidoscope"):
        load(folder)
    train(root, folder, epochs=1, most=8, entries=BANK, written=ACTS)
    config = json.loads((folder / "kaleidoscope.json").read_text())
    (folder / "kaleidoscope.json").write_text(json.dumps(config | {"encoder": "other"}))
    with pytest.raises(ModelError, match="another encoder"):
        load(folder)
    (folder / "kaleidoscope.json").write_text(json.dumps(config))
    (folder / "bank.safetensors").write_bytes(b"broken")
    with pytest.raises(ModelError, match="vectors of the bank"):
        EmbeddedModel(BANK, folder).generate(["Doing figs"])
