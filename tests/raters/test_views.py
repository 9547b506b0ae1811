from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralign.errors import UsageError
from pluralign.raters.society import society
from pluralign.raters.views import ALL, Telling, matched, parse, usual

RATINGS = society(6, 8, 1)[0]
ODD = replace(
    RATINGS, raters=RATINGS.raters.with_columns(pl.lit("x").alias("town+country"), pl.lit("y").alias("profile"))
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("none", {}),
        ("demographics", {"demographics": ("district", "age")}),
        ("demographics:age", {"demographics": ("age",)}),
        ("demographics:age+district", {"demographics": ("age", "district")}),
        ("demographics:age+profile-8", {"demographics": ("age",), "profile": 8}),
        ("profile+demographics:age+district", {"demographics": ("age", "district"), "profile": ALL}),
        ("demonstrations-8", {"demonstrations": 8}),
        ("demonstrations-all+profile", {"demonstrations": ALL, "profile": ALL}),
        ("demographics+cluster-4", {"demographics": ("district", "age"), "cluster": 4}),
    ],
)
def test_names(name, expected):
    assert parse(name, RATINGS) == Telling(name, **expected)


def test_attributes_may_hold_a_plus_sign_or_the_name_of_a_part():
    assert parse("demographics:town+country+age", ODD).demographics == ("town+country", "age")
    found = parse("demographics:age+profile", ODD)
    assert (found.demographics, found.profile) == (("age",), ALL)
    assert parse("demographics:profile", ODD).demographics == ("profile",)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("demonstration-8", "Use none, demographics"),
        ("demonstrations-0", "no representation"),
        ("demonstrations-08", "no representation"),
        ("profile+", "no representation ''"),
        ("none+profile", "no representation 'none'"),
        ("demographics:Age", "Did you mean age"),
        ("demographics:age+age", "named twice"),
        ("profile+profile-4", "twice"),
        ("profile+cluster-2", "two profiles"),
        ("cluster-all", "number of clusters"),
    ],
)
def test_wrong_names_say_what_is_right(name, says):
    with pytest.raises(UsageError, match=says):
        parse(name, RATINGS)


@given(st.text(max_size=30))
def test_any_text_is_a_name_or_a_clear_error(name):
    try:
        assert parse(name, RATINGS).name == name
    except UsageError as error:
        assert str(error)


def test_without_attributes_there_are_no_demographics():
    bare = replace(RATINGS, raters=RATINGS.raters.select("rater"))
    assert not [name for name in usual(bare) if "demographics" in name]
    with pytest.raises(UsageError, match="nothing is known"):
        parse("demographics", bare)


def test_the_usual_ones_can_be_read_and_profiles_are_matched_with_the_ratings_they_come_from():
    names = usual(RATINGS)
    assert [parse(name, RATINGS).name for name in names] == names
    assert matched(names) == {
        "profile": "demonstrations-all",
        "profile-4": "demonstrations-4",
        "profile-8": "demonstrations-8",
        "profile-16": "demonstrations-16",
        "profile-32": "demonstrations-32",
        "cluster-2": "demonstrations-all",
        "cluster-4": "demonstrations-all",
        "cluster-8": "demonstrations-all",
    }
    assert matched(["none", "profile", "profile-3", "demonstrations-3"]) == {"profile-3": "demonstrations-3"}
