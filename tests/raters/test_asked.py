"""The comparison with a language model that is asked as it is."""

import numpy as np
import pytest

from pluralign.errors import RunError, UsageError
from pluralign.lm.scripted import ScriptedModel
from pluralign.raters.asked import cost
from pluralign.raters.society import society
from pluralign.raters.splits import split
from pluralign.raters.study import compare
from pluralign.raters.views import parse
from tests.raters.bags import bag

RATINGS = society(16, 20, 1, severity=3.0, stretch=0.0)[0]
"""Raters who differ in nothing but how high they rate everything."""

VIEWS = ["demonstrations-4", "demographics", "profile"]


def severe(prompt):
    """Answers near the mean of what is shown, and says something else once in ten times."""
    shown = [float(example.output) for example in prompt.examples]
    near = np.exp(-((np.arange(1, 6) - (np.mean(shown) if shown else 3.0)) ** 2) / (6 if shown else 30))
    return {str(k + 1): 0.9 * p for k, p in enumerate(near / near.sum())} | {"?": 0.1}


def test_a_model_that_reads_demonstrations_has_information_from_them(tmp_path):
    metrics = compare([RATINGS], tmp_path, VIEWS, seeds=2, model=ScriptedModel(severe), embed=bag)
    cells = {(m["model"], m["metric"]): m for m in metrics}
    assert cells["demonstrations-4", "information_nats"]["low"] > 0.05
    for name in ("demographics", "profile"):
        assert cells[name, "information_nats"]["value"] == pytest.approx(0, abs=1e-9)
        assert cells[name, "mass_outside"]["value"] == pytest.approx(0.1)
    assert ("habits-all", "mass_outside") not in cells
    assert {model for model, metric in cells if metric == "nll_nats"} == {"none", *VIEWS, "habits-all"}


def test_clusters_are_not_told_to_a_language_model(tmp_path):
    with pytest.raises(UsageError, match="no clusters: 'cluster-2'"):
        compare([RATINGS], tmp_path, ["cluster-2"], model=ScriptedModel(severe), embed=bag)


def test_a_run_with_another_model_is_another_run(tmp_path):
    given = {"seeds": 1, "embed": bag}
    compare([RATINGS], tmp_path, ["demographics"], model=ScriptedModel(severe), **given)
    with pytest.raises(RunError, match="another configuration: model"):
        compare([RATINGS], tmp_path, ["demographics"], model=ScriptedModel(severe, name="other"), **given)


def test_questions_are_counted_before_they_are_asked(tmp_path):
    asked = []

    def counted(prompt):
        asked.append(prompt)
        return severe(prompt)

    names = ["none", "demonstrations-4", "demonstrations-all"]
    part = split(RATINGS, "raters", 0)
    requests, characters = cost(RATINGS, part, [parse(name, RATINGS) for name in names])
    compare([RATINGS], tmp_path, names[1:], seeds=1, model=ScriptedModel(counted), embed=bag)
    assert requests == len(asked)
    assert characters == sum(len(p.input) + sum(len(e.input) for e in p.examples) for p in asked)
