import numpy as np
import polars as pl
import pytest
from statsmodels.stats.inter_rater import fleiss_kappa

from pluralign.stats import wilson
from pluralign.values import approval

# Answers of up to four people about three considerations in two situations, and what they find missing.
ANSWERS = {("A1", "A"): "yyy", ("A2", "A"): "yyn", ("B1", "B"): "yynn", ("B2", "B"): "y"}


def rows(answers=ANSWERS, missing=()):
    records = [
        {
            "id": item,
            "situation": situation,
            "annotator": f"p{person}",
            "missing": "the view of children" if (situation, person) in missing else None,
            **dict.fromkeys(("relevant", "explanation_sound", "valence_correct", "candidate"), given == "y"),
        }
        for (item, situation), all_given in answers.items()
        for person, given in enumerate(all_given)
    ]
    return pl.DataFrame(records, schema_overrides={"missing": pl.String})


def test_shares_and_coefficients_by_hand():
    found = approval.approval(rows(), "candidate")
    assert (found.items, found.situations, found.annotators, found.judged_twice) == (4, 2, 4, 3)
    assert found.yes.value == pytest.approx(8 / 11)
    assert found.by_majority.value == 3 / 4  # two of four is no majority
    assert found.by_all.value == 2 / 4
    # Pairs alike: 3/3, 1/3 and 2/6. Shares of yes: 1, 2/3, 1/2, with mean 13/18.
    assert found.agreement.value == pytest.approx(5 / 9)
    assert found.kappa.value == pytest.approx(-14 / 130)
    assert found.ac1.value == pytest.approx(50 / 194)


def test_kappa_is_that_of_statsmodels_where_all_have_as_many_raters():
    yes = np.random.default_rng(0).binomial(5, 0.8, 60)
    _, kappa, _ = approval.coefficients(yes.astype(float), np.full(60, 5.0), list(range(60)))
    assert kappa.value == pytest.approx(fleiss_kappa(np.stack([yes, 5 - yes], 1)))
    assert kappa.low < kappa.value < kappa.high


def test_the_kappa_paradox_shows_side_by_side():
    answers = {(f"i{i}", f"s{i // 4}"): "yyn" if i % 20 == 0 else "yyy" for i in range(200)}
    found = approval.approval(rows(answers), "relevant")
    assert found.agreement.value > 0.96 and found.ac1.value > 0.96
    assert found.kappa.value == pytest.approx(-1 / 59)
    assert found.kappa.high < 0.1 < found.ac1.low


def test_where_all_say_yes_kappa_is_undefined_and_ac1_is_not():
    answers = {(f"i{i}", f"s{i}"): "yyy" for i in range(10)}
    found = approval.approval(rows(answers), "relevant")
    assert np.isnan(found.kappa.value) and found.kappa.low is None
    assert (found.agreement.value, found.ac1.value) == (1, 1)
    assert found.by_all.value == found.by_all.high == 1
    assert 0.6 < found.by_all.low < 0.8


def test_without_two_answers_there_is_no_agreement():
    found = approval.approval(rows({("A1", "A"): "y", ("B1", "B"): "n"}), "relevant")
    assert found.judged_twice == 0 and np.isnan(found.agreement.value)
    assert found.by_all.value == 0.5


def test_share_by_hand_and_within_its_bounds():
    t = 3.182446305
    found = approval.share([True, True, False, True], "abcd")
    # The ends solve (p - 3/4)^2 = spread p (1 - p), where spread is t^2 / 3.
    assert (np.array([found.low, found.high]) - 0.75) ** 2 == pytest.approx(
        t**2 / 3 * np.array([found.low * (1 - found.low), found.high * (1 - found.high)]), rel=1e-6
    )
    alike = approval.share([True] * 4, "abcd")
    assert alike.low == pytest.approx(1 / (1 + t**2 / 4)) and alike.high == 1
    # Many independent rows: as if they had been counted.
    many = approval.share([True] * 970 + [False] * 30, list(range(1000)))
    counted = wilson(970, 1000)
    assert (many.low, many.high) == pytest.approx((counted.low, counted.high), abs=2e-4)
    # The same rows in ten blocks tell less.
    blocks = approval.share([True] * 970 + [False] * 30, [i // 100 for i in range(1000)])
    assert blocks.low < many.low


def test_intervals_hold_the_true_share_of_clustered_rows():
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(300):
        truth = rng.beta(18, 2, 50)
        values = rng.random((50, 5)) < truth[:, None]
        found = approval.share(values.ravel(), np.repeat(np.arange(50), 5).tolist())
        held += found.low <= 0.9 <= found.high
    assert held / 300 == pytest.approx(0.95, abs=0.04)


def test_missing_is_a_share_of_situations():
    found = approval.missing(rows(missing={("A", 2)}))
    assert (found.value, found.n) == (0.5, 2)
    assert approval.missing(rows()).value == 0


def test_metrics_name_question_and_measure():
    found = {(one.model, one.metric): one for one in approval.metrics(rows())}
    assert len(found) == 4 * 6 + 1
    assert found["candidate", "ac1"].value == pytest.approx(50 / 194)
    assert found["missing", "situations"].value == 0
