import csv
import json
from dataclasses import dataclass, replace

import polars as pl
import pytest

from pluralign.errors import ContextError, ModelError, RunError, UsageError
from pluralign.lm.scripted import ScriptedModel
from pluralign.values import lines, prism
from pluralign.values.build import Settings, build, plan

KINDS = {"Value": "", "Right": "Right to ", "Duty": "Duty to "}
FULL = "\n".join(
    f"{kind} | {opening}{name} | {valence} | It bears on it."
    for kind, opening in KINDS.items()
    for name, valence in (("rest", "Supports"), ("peace", "Opposes"))
)
SITUATIONS = [f"Doing thing {i}" for i in range(12)]


def answers(prompt):
    """Full answers about even things; about odd ones now and then nothing of use."""
    if int(prompt.input.split()[-1]) % 2 == 0:
        return {FULL: 1.0}
    return {FULL: 0.5, "I cannot say.\nValue | rest | Supports | It bears on it.": 0.5}


@dataclass(frozen=True)
class Failing:
    """A model that is lost after so many calls, or finds some prompts too long."""

    model: ScriptedModel
    calls: list
    most: int = 1_000
    long: str = "nothing"
    name: str = "scripted"

    @property
    def facts(self):
        return self.model.facts

    def sample(self, prompts, n, **settings):
        for prompt in prompts:
            if self.long in prompt.input:
                raise ContextError("a prompt is too long", where=prompt.id)
        if len(self.calls) == self.most:
            raise ModelError("the server cannot be reached")
        self.calls.append([prompt.input for prompt in prompts])
        return self.model.sample(prompts, n, **settings)


@pytest.fixture
def model():
    return ScriptedModel(answers)


def files(folder):
    """What a run wrote, without the time of writing."""
    table = pl.read_csv(folder / "prism.csv").drop("made")
    aside = [json.loads(line) for line in (folder / "malformed.jsonl").read_text().splitlines()]
    return table.rows(), aside, (folder / "quality.csv").read_text()


def metrics(found):
    return {one["metric"]: one for one in found}


def test_a_prism_is_built_with_provenance_and_cost(model, tmp_path):
    found = metrics(build(SITUATIONS, model, tmp_path, batch=5))
    table = prism.read(tmp_path / "prism.csv")
    assert list(table.by_situation()) == SITUATIONS
    assert len(table.by_situation()[SITUATIONS[0]]) == 6
    rows = pl.read_csv(tmp_path / "prism.csv")
    assert rows.columns == [*prism.COLUMNS, "model", "seed", "try", "prompt", "made"]
    assert set(rows["model"]) == {"scripted"} and set(rows["prompt"]) == {lines.digest()}

    run = pl.read_parquet(tmp_path / "rows.parquet")
    asked = run.filter(pl.col("status") == "asked")
    tries = dict(asked.group_by("situation").len().iter_rows())
    assert all(tries[name] == 1 for name in SITUATIONS[::2])
    assert max(tries.values()) > 1
    assert found["requests"]["value"] == asked.height
    assert found["characters_answered"]["value"] == asked["characters_answered"].sum()
    assert found["prompt_tokens"]["value"] is None  # this model counts none
    assert found["considerations"]["value"] == rows.height
    shares = [one for one in found.values() if one["unit"] == "share"]
    assert len(shares) == 10 and all(0 <= one["low"] <= one["value"] <= one["high"] <= 1 for one in shares)
    # What was asked again for is what had come short, and no more often than allowed.
    kept = dict(rows.group_by("situation").len().iter_rows())
    assert all(tries[name] == 3 or kept[name] >= 4 for name in SITUATIONS)
    few = sum(kept[name] < 4 for name in SITUATIONS)
    assert found["situations_with_too_few"]["value"] == few / len(SITUATIONS)


def test_what_is_not_kept_stands_aside_with_the_reason(model, tmp_path):
    found = metrics(build(SITUATIONS, model, tmp_path))
    _, aside, _ = files(tmp_path)
    run = pl.read_parquet(tmp_path / "rows.parquet")
    spoiled = [one for one in aside if one["line"] == "I cannot say."]
    assert spoiled and {(one["status"], one["reason"]) for one in spoiled} == {("malformed", "not four fields")}
    read = run.filter(pl.col("line").is_not_null())
    assert found["lines_malformed"]["value"] == pytest.approx(len(spoiled) / read.height)
    repeated = [one for one in aside if one["status"] == "duplicate"]
    assert repeated and all(
        one["line"] == "Value | rest | Supports | It bears on it." or one["try"] for one in repeated
    )
    kept = read.filter(pl.col("status") == "kept")
    assert kept.height + len(aside) == read.height


@pytest.mark.parametrize("batch", [1, 5, 32])
def test_batches_and_order_change_nothing(model, tmp_path, batch):
    build(SITUATIONS, model, tmp_path / "one")
    build(SITUATIONS, model, tmp_path / "two", batch=batch)
    assert files(tmp_path / "one") == files(tmp_path / "two")
    build(SITUATIONS[::-1], model, tmp_path / "three")
    assert sorted(files(tmp_path / "three")[0]) == sorted(files(tmp_path / "one")[0])


def test_another_seed_gives_other_draws(model, tmp_path):
    build(SITUATIONS, model, tmp_path / "one")
    build(SITUATIONS, model, tmp_path / "two", Settings(seed=1))
    assert files(tmp_path / "one")[1] != files(tmp_path / "two")[1]


def test_a_run_that_was_stopped_asks_about_the_rest_only(model, tmp_path):
    build(SITUATIONS, model, tmp_path / "whole")
    calls = []
    with pytest.raises(ModelError):
        build(SITUATIONS, Failing(model, calls, most=4), tmp_path / "run", batch=2)
    assert not (tmp_path / "run" / "prism.csv").exists()
    first = {text for call in calls for text in call}
    calls.clear()
    build(SITUATIONS, Failing(model, calls), tmp_path / "run", batch=3)
    second = {text for call in calls for text in call}
    # The batch under way when the model was lost is all that is asked about again.
    assert len(first & second) <= 2 and first | second == set(SITUATIONS) and len(second) < len(SITUATIONS)
    assert files(tmp_path / "run") == files(tmp_path / "whole")

    calls.clear()
    (tmp_path / "run" / "quality.csv").write_text("filled in by a person")
    build(SITUATIONS, Failing(model, calls), tmp_path / "run")
    assert calls == [] and (tmp_path / "run" / "quality.csv").read_text() == "filled in by a person"
    with pytest.raises(RunError, match="situations"):
        build(SITUATIONS[1:], model, tmp_path / "run")


def test_a_situation_that_is_too_long_for_the_model_is_named_and_the_rest_goes_on(model, tmp_path):
    found = metrics(build(SITUATIONS, Failing(model, [], long="thing 4"), tmp_path))
    table, aside, _ = files(tmp_path)
    assert {row[0] for row in table} == set(SITUATIONS) - {"Doing thing 4"}
    (failed,) = [one for one in aside if one["status"] == "failed"]
    assert (failed["situation"], failed["reason"]) == ("Doing thing 4", "too long for the model")
    assert (found["situations"]["value"], found["situations_too_long"]["value"]) == (12, 1)


def test_another_way_to_find_repetitions(model, tmp_path):
    build(SITUATIONS[:2], model, tmp_path, dedup=lambda found: [0])
    assert len(files(tmp_path)[0]) == 2


def test_a_model_that_gives_nothing_of_use_leaves_an_empty_prism(tmp_path):
    found = metrics(build(SITUATIONS, ScriptedModel(lambda prompt: {"Well.": 1.0}), tmp_path))
    assert prism_rows(tmp_path) == [] and not (tmp_path / "quality.csv").exists()
    assert found["requests"]["value"] == 36 and found["lines_malformed"]["value"] == 1
    assert found["considerations_supports"]["value"] is None


def prism_rows(folder):
    with (folder / "prism.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_plan_counts_what_would_be_asked():
    settings = Settings(tries=2)
    whole = plan(SITUATIONS, settings)
    assert (whole.requests, whole.requests_most) == (12, 24)
    one, other = plan(["ab"], settings), plan(["abcd"], settings)
    assert other.characters - one.characters == 2
    asked = lines.prompt("ab")
    assert one.characters == len(asked.description) + 2 + sum(len(e.input + e.output) for e in asked.examples)
    assert whole.tokens_about == whole.characters // 4


def test_requests_that_cannot_be_met_are_refused(model, tmp_path):
    with pytest.raises(UsageError, match="distinct"):
        build(["A", "A"], model, tmp_path)
    with pytest.raises(UsageError, match="at least 1"):
        replace(Settings(), tries=0)
