"""The judges: embeddings and their calibration, a language model that is asked."""

import numpy as np
import pytest

from pluralign.errors import DataError
from pluralign.lm.protocol import Capabilities
from pluralign.lm.scripted import ScriptedModel
from pluralign.measure.overton.asked import AskedJudge
from pluralign.measure.overton.embedding import Calibration, EmbeddingJudge, calibrate
from pluralign.measure.overton.judge import WrittenJudge, judged

PAIRS = [
    ("The library should open on Sundays.", "The library should open on Sundays."),
    ("The library should open on Sundays.", "Open the library on Sunday."),
    ("Bread is baked in an oven.", "Open the library on Sunday."),
]


def test_embedding_judge_orders_by_likeness():
    found = EmbeddingJudge()(PAIRS)
    assert found.strengths[0] == pytest.approx(1, abs=1e-5)
    assert found.strengths[0] > found.strengths[1] > 0.5 > found.strengths[2] >= 0
    assert EmbeddingJudge()(PAIRS[::-1]).strengths.tolist() == found.strengths[::-1].tolist()
    fitted = EmbeddingJudge(Calibration(10, -5))
    assert fitted(PAIRS).strengths[1] == pytest.approx(1 / (1 + np.exp(5 - 10 * found.strengths[1])))
    assert fitted.facts["digest"] == EmbeddingJudge().facts["digest"]
    assert fitted.facts != EmbeddingJudge().facts


def test_calibration_finds_the_curve_that_made_the_labels():
    rng = np.random.default_rng(0)
    cosines = rng.uniform(-1, 1, 20000)
    truth = Calibration(4.0, -1.0)
    found = calibrate(cosines, rng.random(20000) < truth(cosines))
    assert (found.slope, found.intercept) == pytest.approx((4, -1), abs=0.15)


def test_calibration_refuses_what_is_not_monotone():
    cosines = np.linspace(0, 1, 50)
    with pytest.raises(DataError, match="do not rise"):
        calibrate(cosines, cosines < 0.5)
    with pytest.raises(DataError, match="alike"):
        calibrate(cosines, cosines < 2)


def answering(answers, **capabilities):
    return ScriptedModel(answers, name="m", capabilities=Capabilities(**capabilities))


def test_asked_judge_reads_probabilities():
    judge = AskedJudge(answering(lambda prompt: {"Yes": 0.3, "No": 0.1, "Perhaps": 0.6}))
    found = judge(PAIRS)
    assert found.strengths == pytest.approx(0.75)
    assert found.failed.tolist() == [0, 0, 0]
    assert judge.facts["read_out"] == "logprob"


def test_asked_judge_shows_text_and_view():
    judge = AskedJudge(answering(lambda p: {"Yes": 1.0, "No": 0.0} if "Bread" in p.input else {"Yes": 0.0, "No": 1.0}))
    assert judge(PAIRS).strengths.tolist() == [0, 0, 1]


def test_asked_judge_without_either_choice_has_no_answer():
    found = AskedJudge(answering(lambda prompt: {"Perhaps": 1.0}))(PAIRS[:1])
    assert np.isnan(found.strengths[0])
    assert found.failed[0] == 1


def test_asked_judge_samples_where_there_are_no_probabilities():
    model = answering(lambda prompt: {"Yes, it does.": 0.5, "no": 0.25, "Hard to say": 0.25}, logprobs=False)
    pairs = [(f"text {i}", "view") for i in range(200)]
    found = AskedJudge(model, samples=20)(pairs)
    assert found.strengths.mean() == pytest.approx(2 / 3, abs=0.03)
    assert found.failed.mean() == pytest.approx(1 / 4, abs=0.03)
    backwards = AskedJudge(model, samples=20)(pairs[::-1])
    assert backwards.strengths[::-1].tolist() == found.strengths.tolist()
    mute = AskedJudge(answering(lambda prompt: {"Hm": 1.0}, logprobs=False))(pairs[:2])
    assert np.isnan(mute.strengths).all()
    assert mute.failed.tolist() == [1, 1]


def test_each_pair_is_judged_once():
    seen = []
    judge = WrittenJudge(lambda text, view: seen.append((text, view)) or 0.5)
    found = judged(judge, [PAIRS[0], PAIRS[1], PAIRS[0]])
    assert len(found.strengths) == 3
    assert seen == PAIRS[:2]
