import re
from functools import cache

import numpy as np

from pluralign.episode import draw
from pluralign.suite import DataRoot, get
from pluralign.suite.tasks.normal import FORMATS, describe


@cache
def load():
    return get("normal").processes(DataRoot(None))


def test_samples_follow_mean_deviation_and_decimals():
    processes = load()
    assert len(processes) == 1000
    assert len({p.metadata["mean"] for p in processes}) == 1000
    for process in processes[::20]:
        texts = [e.output for e in process.examples]
        assert len(texts) == 512
        decimals = process.metadata["decimals"]
        assert all(re.fullmatch(rf"-?\d+\.\d{{{decimals}}}", text) for text in texts)
        assert all(float(text) != 0 or not text.startswith("-") for text in texts)
        draws = np.array(texts, dtype=float)
        mean, deviation = process.metadata["mean"], process.metadata["deviation"]
        rounding = 0.5 * 10**-decimals
        assert abs(draws.mean() - mean) <= 6 * deviation / np.sqrt(512) + rounding
        assert abs(draws.std() - deviation) <= 0.25 * deviation + 2 * rounding


def test_fewer_episodes_are_described_than_elsewhere():
    shown = [draw(p, task="normal").description for p in load()]
    # 0.4 of 1,000, standard deviation 15.
    assert 310 < sum(text is not None for text in shown) < 490


def test_both_signs_and_many_scales():
    processes = load()
    means = np.array([p.metadata["mean"] for p in processes])
    assert 0.05 < (means < 0).mean() < 0.15  # half of the fifth with the Poisson prior
    scales = np.log10([p.metadata["deviation"] for p in processes])
    assert scales.min() < -4 and scales.max() > 4


def test_three_of_seven_openings_tell_the_parameters():
    for pattern in FORMATS:
        texts = describe(0.000123, 45.6, 3, pattern)
        assert len(texts) == len(set(texts)) == 21
        telling = [text for text in texts if "45.6" in text or "46" in text or "4.56" in text]
        assert len(telling) == 9
        assert not any(re.search(r"\b0\.0+\b", text) for text in texts)
        assert sum("3 decimal places" in text for text in texts) == 14
    assert any("1 decimal place." in text for text in describe(1.0, 1.0, 1, "{:.2f}"))
