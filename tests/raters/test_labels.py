import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralign.errors import DataError
from pluralign.raters.labels import place, scale_of


def placed(cells, **options):
    scale, codes, notes = place(pl.Series(cells, dtype=pl.String), **options)
    return scale.kind, scale.labels, [scale.outcomes[code] for code in codes], notes


@pytest.mark.parametrize(
    ("names", "kind", "labels"),
    [
        (["yes", "no"], "binary", ("no", "yes")),
        (["TRUE", "FALSE"], "binary", ("FALSE", "TRUE")),
        (["hateful", "non-hateful"], "binary", ("non-hateful", "hateful")),
        (["woman", "man"], "binary", ("woman", "man")),
        (["10", "9", "-1"], "ordinal", ("-1", "9", "10")),
        (["agree", "Strongly disagree", "neutral"], "ordinal", ("Strongly disagree", "neutral", "agree")),
        (["often", "never", "almost always", "Rarely"], "ordinal", ("never", "Rarely", "often", "almost always")),
        (
            ["very rude", "rude", "not at all rude", "somewhat rude"],
            "ordinal",
            ("not at all rude", "somewhat rude", "rude", "very rude"),
        ),
        (["2: rather", "10: very", "1: not"], "ordinal", ("1: not", "2: rather", "10: very")),
        (["7 - very", "2", "1 - not at all", "3"], "ordinal", ("1 - not at all", "2", "3", "7 - very")),
        (["Agree", "Disagree", "Pass"], "nominal", ("Agree", "Disagree", "Pass")),
        (["red", "green", "blue"], "nominal", ("red", "green", "blue")),
        (["a", "b", "a, b"], "multilabel", ("a", "b")),
        (["yes, of course", "no, never", "perhaps"], "nominal", ("yes, of course", "no, never", "perhaps")),
    ],
)
def test_scales_of_labels(names, kind, labels):
    scale = scale_of(names)
    assert (scale.kind, scale.labels) == (kind, labels)


def test_an_unknown_order_is_asked_for():
    with pytest.raises(DataError, match=r"order of the labels 'red', 'green', 'blue' is not known.*from low to high"):
        scale_of(["red", "green", "blue"], "ordinal")


def test_ways_to_write_a_number_are_one_label():
    assert placed(["3", "3.0", "03", "1", "2,5", "2.5"]) == (
        "ordinal",
        ("1", "2.5", "3"),
        ["3", "3", "3", "1", "2.5", "2.5"],
        placed(["3", "3.0", "03", "1", "2,5", "2.5"])[3],
    )
    assert [(n.what, n.count) for n in placed(["3", "3.0", "1", "2"])[3]] == [
        ("other spellings of labels taken for the same label", 1)
    ]


def test_the_commonest_spelling_names_a_label():
    kind, labels, outcomes, notes = placed(["Agree", "agree", "Agree", "DISAGREE", "neutral", "Neutral  "])
    assert (kind, labels[2]) == ("ordinal", "Agree")
    assert outcomes[:3] == ["Agree"] * 3
    assert notes[0].count == 2


def test_listed_labels_keep_their_order_and_names():
    assert placed(["ok", "GREAT", "ok"], labels=["bad", "ok", "great"])[:3] == (
        "ordinal",
        ("bad", "ok", "great"),
        ["ok", "great", "ok"],
    )
    assert placed(["2.0", "3"], labels=["1", "2", "3"], kind="nominal")[2] == ["2", "3"]


def test_a_label_outside_the_scale_is_named_with_its_place():
    with pytest.raises(DataError, match=r"label '6' is none of 1, 2, 3, 4, 5 \(line 3\)"):
        placed(["1", "6", "6"], labels=list("12345"), where=lambda row: f"line {row + 2}")
    with pytest.raises(DataError, match=r"'maybe' is a third label of a binary scale \(4\)"):
        placed(["no", "no", "yes", "No", "maybe"], kind="binary", where=lambda row: row)


def test_measurements_are_put_into_named_bins():
    kind, labels, outcomes, notes = placed([str(n) for n in range(101)])
    assert (kind, labels[0], labels[-1], len(labels)) == ("ordinal", "0 to 14", "86 to 100", 7)
    assert (outcomes[14], outcomes[15], outcomes[100]) == ("0 to 14", "15 to 28", "86 to 100")
    assert notes[0].count == 101 and "15 to 28" in str(notes[0])
    assert placed([str(n) for n in range(21)], kind="ordinal")[1] == tuple(str(n) for n in range(21))
    assert placed([str(n) for n in range(11)])[1] == tuple(str(n) for n in range(11))


@given(st.lists(st.floats(-1e6, 1e6), min_size=12, unique=True))
def test_bins_keep_the_order_of_numbers(numbers):
    cells = pl.Series([repr(n) for n in numbers])
    scale, codes, _ = place(cells, kind=None)
    assert len(scale.labels) == 7
    assert (np.diff(codes.to_numpy()[np.argsort(numbers)]) >= 0).all()


def test_sets_of_labels():
    cells = ["neutral", "entailment|neutral", "neutral; entailment", "contradiction", "Neutral,entailment"]
    both = "entailment,neutral"
    assert placed(cells, kind="multilabel")[:3] == (
        "multilabel",
        ("contradiction", "entailment", "neutral"),
        ["neutral", both, both, "contradiction", both],
    )
    assert placed(["a", "b", "b|a"])[0] == "multilabel"
    assert placed(["a", "c|a"], kind="multilabel", labels=["c", "b", "a"])[2] == ["a", "c,a"]
    with pytest.raises(DataError, match=r"label 'a\|x' is not made of a, b"):
        placed(["a", "a|x"], kind="multilabel", labels=["a", "b"])
    with pytest.raises(DataError, match="7 different labels in sets"):
        placed(["a|b|c|d", "e|f|g"], kind="multilabel")


def test_what_is_no_scale_is_refused():
    with pytest.raises(DataError, match=r"64 different labels are no closed scale \(here\)"):
        placed([f"I think {n}" for n in range(64)], where=lambda row: "here")
    with pytest.raises(DataError, match=r"all labels are '4'.*List all labels"):
        placed(["4", "4.0"])
    assert placed(["4", "4.0"], labels=["3", "4"])[2] == ["4", "4"]
