"""What is written for other tools: the questions of the measures, and scores by the same definitions."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pluralign.bridges import EXPORTS, questions
from pluralign.cli import main
from pluralign.episode import Example, Process, Target
from pluralign.errors import UsageError
from pluralign.lm.scripted import ScriptedModel
from pluralign.measure import steer
from pluralign.measure.per_question import DISTANCES
from pluralign.suite import Card, DataRoot, Task, get

NOWHERE = DataRoot(None)
SCALE = ("never", "at times", "always")


def card(name: str, kind: str) -> Card:
    return Card(name, kind, "Made up.", "made here", "synthetic", "none", "none", "heldout", "person")


def survey(*targets: tuple[float, ...], name: str = "survey", ordered: bool = True) -> Task:
    def load(root):
        for k, target in enumerate(targets):
            yield Process(f"q{k}", (), ("Somebody.",), SCALE, f"Question {k}?", Target(target, 40, ordered))

    return Task(card(name, "align"), load)


def people(choices: tuple[str, ...] | None = ("yes", "no")) -> Task:
    def load(root):
        yield Process("p", tuple(Example(y, x) for x, y in [("a", "yes"), ("b", "no"), ("c", "yes")]), (), choices)

    return Task(card("people", "steer"), load)


def rows(folder: Path, name: str) -> list[dict]:
    return [json.loads(line) for line in (folder / f"pluralign_{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def test_questions_of_a_steer_task_are_the_outputs_after_an_example() -> None:
    first, second = questions(people(), NOWHERE)
    assert [len(one.prompt.examples) for one in (first, second)] == [1, 2]
    given = {"a": "yes", "b": "no", "c": "yes"}
    assert [one.choices[one.answer] for one in (first, second)] == [given[q.prompt.input] for q in (first, second)]


def test_the_answer_of_an_align_task_is_what_most_say() -> None:
    (question,) = questions(survey((0.2, 0.5, 0.3)), NOWHERE)
    assert question.choices[question.answer] == "at times"


def test_what_has_no_closed_answers_is_refused() -> None:
    with pytest.raises(UsageError, match="no closed list of at most 20"):
        questions(people(None), NOWHERE)
    with pytest.raises(UsageError, match="judged by a rule"):
        questions(get("weekdays_full"), NOWHERE)


@pytest.mark.parametrize("tool", EXPORTS)
def test_a_name_that_is_no_program_is_refused(tool: str, tmp_path: Path) -> None:
    task = survey((0.2, 0.5, 0.3), name='x"""\nimport os')
    with pytest.raises(UsageError, match="letters, digits and _"):
        EXPORTS[tool](task, questions(task, NOWHERE), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_harness_gets_the_template_colon_and_the_end_mark(tmp_path: Path) -> None:
    task = people()
    EXPORTS["lm-eval"](task, questions(task, NOWHERE), tmp_path)
    first, _ = rows(tmp_path, "people")
    assert first["prompt"].startswith("Input: ") and first["prompt"].endswith("\n\nOutput:")
    assert first["choices"] == [" yes\n", " no\n"]


def test_inspect_gets_messages_that_end_with_the_question(tmp_path: Path) -> None:
    task = people()
    EXPORTS["inspect"](task, questions(task, NOWHERE), tmp_path)
    first, second = rows(tmp_path, "people")
    assert [message["role"] for message in first["input"]] == ["system", "user", "assistant", "user"]
    assert second["target"] in second["choices"] == ["yes", "no"]
    compile((tmp_path / "pluralign_people.py").read_text(encoding="utf-8"), "people", "exec")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[ModuleType, dict]:
    """The program of an exported task, and its only question."""
    task, folder = survey((0.2, 0.5, 0.3)), tmp_path_factory.mktemp("export")
    EXPORTS["lm-eval"](task, questions(task, NOWHERE), folder)
    program = module(folder / "pluralign_survey.py")
    (doc,) = program.data()["test"]
    return program, doc


@given(st.lists(st.integers(0, 9), min_size=3, max_size=3), st.lists(st.floats(-9, -0.5), min_size=3, max_size=3))
def test_distances_in_the_harness_are_those_of_the_measure(
    exported: tuple[ModuleType, dict], counts: list[int], logs: list[float]
) -> None:
    program, doc = exported
    assert doc["target"] == [0.2, 0.5, 0.3]
    target = (np.array(counts) + 1e-9) / (np.array(counts) + 1e-9).sum()
    logs = [log - np.log(3) for log in logs]  # no more than 1 together
    found = program.scores(doc | {"target": target.tolist()}, [(log, False) for log in logs])
    q = np.exp(logs) / np.exp(logs).sum()
    expected = {name: float(distance(target, q)) for name, (distance, _) in DISTANCES.items()}
    expected["mass_outside"] = 1 - np.exp(logs).sum()
    assert found == pytest.approx(expected, abs=1e-7)


def test_without_an_order_there_is_no_wasserstein_distance(tmp_path: Path) -> None:
    task = survey((0.2, 0.5, 0.3), ordered=False)
    EXPORTS["lm-eval"](task, questions(task, NOWHERE), tmp_path)
    settings = (tmp_path / "pluralign_survey.yaml").read_text(encoding="utf-8")
    listed = [one["metric"] for one in yaml.safe_load(settings.replace("!function", ""))["metric_list"]]
    assert "wasserstein" not in listed and "total_variation" in listed
    (doc,) = rows(tmp_path, "survey")
    assert set(module(tmp_path / "pluralign_survey.py").scores(doc, [(-2.0, True)] * 3)) == set(listed)


def test_accuracy_in_the_harness_is_that_of_the_measure(tmp_path: Path) -> None:
    task = people()
    EXPORTS["lm-eval"](task, questions(task, NOWHERE), tmp_path)
    model = ScriptedModel(lambda prompt: {"yes": 0.5, "no": 0.3, "perhaps": 0.2})
    known = steer.rows(model, "people", list(task.episodes(NOWHERE)), ("yes", "no"))[1:]
    results = [(np.log(0.5), True), (np.log(0.3), False)]
    scores = module(tmp_path / "pluralign_people.py").scores
    found = [scores(doc, results) for doc in rows(tmp_path, "people")]
    assert [one["acc"] for one in found] == known["choice_correct"].to_list()
    assert [one["choice_loss"] for one in found] == pytest.approx(known["choice_loss"].to_list())
    assert [one["choice_mass"] for one in found] == pytest.approx(known["choice_mass"].to_list())


def test_the_command_says_how_the_task_is_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["suite", "export", "urn", "--to", "lm-eval", "--out", str(tmp_path), "--limit", "3", "--json"])
    assert ended.value.code == 0
    said = json.loads(capsys.readouterr().out)
    assert said["questions"] == len(rows(tmp_path, "urn")) == 3
    assert said["command"].endswith(f"--tasks pluralign_urn --include_path {tmp_path}")
    assert "Licence of the data" in (tmp_path / "pluralign_urn.md").read_text(encoding="utf-8")
