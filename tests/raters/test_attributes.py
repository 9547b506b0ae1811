import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralign.errors import UsageError
from pluralign.raters.attributes import checked, facts, groups
from pluralign.raters.ratings import Ratings
from pluralign.raters.scale import Scale


def people(**columns):
    raters = pl.DataFrame(columns, strict=False)
    raters = raters.select(pl.int_range(pl.len()).cast(pl.String).alias("rater"), pl.all())
    none = pl.DataFrame(schema=dict.fromkeys(("rater", "item", "label"), pl.Int32))
    return Ratings("some", "", Scale("binary", ("no", "yes")), none, raters, pl.DataFrame({"item": [], "text": []}))


def test_numbers_are_put_into_ranges_of_similar_size():
    ages = [18, 19, 24, 30, 31, 33, 40, 52, 80, None]
    ratings = people(age=ages)
    found = groups(ratings, "age", 3)
    assert found.to_list() == ["18–24"] * 3 + ["30–33"] * 3 + ["40–80"] * 3 + ["not known"]
    assert found.dtype.categories.to_list() == ["18–24", "30–33", "40–80", "not known"]
    assert groups(people(wave=[2, 1, 2]), "wave").to_list() == ["2", "1", "2"]
    assert groups(people(score=[-1.5, -0.5, 0.25]), "score", 2).to_list() == ["-1.5 to -0.5", "-1.5 to -0.5", "0.25"]


@given(st.lists(st.integers(-50, 50) | st.none(), min_size=1, max_size=80), st.integers(2, 8))
def test_ranges_do_not_overlap_and_are_few(values, most):
    found = groups(people(age=pl.Series(values, dtype=pl.Int64)), "age", most)
    known = [(v, g) for v, g in zip(values, found.to_physical(), strict=True) if v is not None]
    assert len({g for _, g in known}) <= most
    assert all((a < b) <= (g <= h) and (g < h) <= (a < b) for a, g in known for b, h in known)
    assert all((v is None) == (g == "not known") for v, g in zip(values, found, strict=True))
    assert set(found.dtype.categories) == set(found)


def test_rare_texts_are_pooled():
    countries = ["NL"] * 4 + ["DE"] * 3 + ["FR", "Other", None, "ES"]
    found = groups(people(country=countries), "country", 3)
    assert found.to_list() == ["NL"] * 4 + ["DE"] * 3 + ["other", "other", "not known", "other"]
    assert found.dtype.categories.to_list() == ["NL", "DE", "other", "not known"]
    assert groups(people(country=["NL", "DE"]), "country").dtype.categories.to_list() == ["DE", "NL"]
    assert groups(people(x=pl.Series([None, None], dtype=pl.String)), "x").to_list() == ["not known"] * 2


def test_facts_in_words():
    ratings = people(age=[31, None], score=[1.5, 2.0], gender=["woman", None])
    assert facts(ratings, [1, 0]) == [
        (("score", "2.0"),),
        (("age", "31"), ("score", "1.5"), ("gender", "woman")),
    ]
    assert facts(ratings, np.array([0]), ("gender", "age")) == [(("gender", "woman"), ("age", "31"))]
    assert facts(people(), [0, 0]) == [(), ()]


def test_an_unknown_attribute_names_the_nearest():
    ratings = people(gender=["a"], age=[3])
    with pytest.raises(UsageError, match=r"no attribute 'Gender'.*Did you mean gender"):
        groups(ratings, "Gender")
    with pytest.raises(UsageError, match=r"no attribute 'xyz'.*There are gender, age"):
        facts(ratings, [0], ("age", "xyz"))
    assert checked(ratings, ["age"]) == ("age",)
