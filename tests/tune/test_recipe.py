from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralign.errors import DataError, UsageError
from pluralign.tune.recipe import Lora, Recipe, change, load, names

NUMBERS = {"learning_rate": 1e-4, "epochs": 2.0, "seed": 7, "save_steps": 3, "warmup": 0.5}


def written(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return str(path)


def test_a_recipe_is_read_by_name():
    assert "nano" in names()
    found = load("nano")
    assert (found.name, found.method) == ("nano", "spectrum")


def test_a_recipe_is_read_from_a_file(tmp_path):
    text = 'method = "instruct"\nbatch_tokens = 64\ntasks = ["coinflip"]\ntemperature = 2\n[lora]\nr = 4\nalpha = 8\n'
    assert load(written(tmp_path, text)) == Recipe(
        "mine", method="instruct", batch_tokens=64, tasks=("coinflip",), temperature=2, lora=Lora(4, 8)
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("batch_tokens = 64\nlearningrate = 1", "learningrate"),
        ('batch_tokens = "64"', "batch_tokens"),
        ("batch_tokens = 64\nseed = 1.5", "whole number"),
        ("batch_tokens = 64\ncapability = 1", "true or false"),
        ('batch_tokens = 64\nmethod = "magic"', "'spectrum' or 'instruct' or 'individual'"),
        ("batch_tokens = 64\ntasks = [1]", "tasks"),
        ("batch_tokens = 64\n[weights]\ncoinflip = true", "weights"),
        ("batch_tokens = 64\n[lora]\nrank = 2", "rank"),
        ("batch_tokens = ", "TOML"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path, text, named):
    with pytest.raises(DataError, match=named) as caught:
        load(written(tmp_path, text))
    assert "mine.toml" in str(caught.value)


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(UsageError, match="nano"):
        load("nanoo")


@pytest.mark.parametrize(
    "values",
    [
        {"batch_tokens": None},
        {"batch_sequences": 4},
        {"weights": {"coinflip": -1.0}},
        {"weights": {"coinflip": 1.0}, "tasks": ("cards",)},
        {"weights": {"coinflip": 1.0}, "temperature": 2.0},
        {"weights": {"coinflip": 1.0}, "capability": True},
        {"temperature": 0.0},
        {"learning_rate": 0.0},
        {"description_probability": 1.1},
        {"max_length": 0},
        {"row_length": 10},
        {"lora": Lora(0, 1)},
    ],
)
def test_values_that_contradict_each_other_are_refused(values):
    with pytest.raises(UsageError, match="recipe mine"):
        Recipe("mine", **{"batch_tokens": 64, **values})


@given(st.dictionaries(st.sampled_from(sorted(NUMBERS)), st.none() | st.just(0)))
def test_only_given_values_change(chosen):
    recipe = Recipe("mine", batch_tokens=64)
    values = {name: None if value is None else NUMBERS[name] for name, value in chosen.items()}
    changed = change(recipe, **values)
    for field in fields(Recipe):
        expected = values.get(field.name)
        assert getattr(changed, field.name) == (getattr(recipe, field.name) if expected is None else expected)


def test_a_value_takes_the_place_of_what_it_excludes():
    recipe = Recipe("mine", batch_tokens=64, weights={"coinflip": 1.0}, max_length=32, row_length=32)
    assert change(recipe, batch_sequences=8).batch_tokens is None
    assert change(recipe, tasks=("cards",)).weights == {}
    assert change(recipe, max_length=64).row == 64
    assert change(recipe, lora=8).lora == Lora(8, 16)
    assert change(change(recipe, lora=8), lora=0).lora is None
