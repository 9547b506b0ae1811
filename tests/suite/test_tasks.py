"""What holds for every registered task; new tasks are taken in without an entry here."""

import fnmatch
import json
import re

import pytest

from pluralign.episode import draw
from pluralign.errors import DataError
from pluralign.suite import DataRoot, all_tasks, find_root, get

ROOT = DataRoot(find_root())
PRESENT = [name for name, task in all_tasks().items() if task.present(ROOT)]
PLACEHOLDER = re.compile(r"\{[A-Za-z_.]*\}")


@pytest.fixture(scope="module", params=PRESENT)
def loaded(request):
    task = get(request.param)
    return task, task.processes(ROOT, limit=3)


@pytest.mark.parametrize("name", all_tasks())
def test_card_is_complete(name):
    card = get(name).card
    for field in ("name", "summary", "source", "access", "licence", "citation", "unit"):
        assert getattr(card, field).strip() == getattr(card, field) != ""
    assert card.generated
    assert not (card.ships and ("NC" in card.licence or card.licence == "none stated"))
    assert set(card.overlaps) <= set(all_tasks()) - {name}
    assert all(name in get(other).card.overlaps for other in card.overlaps)


@pytest.mark.parametrize("name", [name for name, task in all_tasks().items() if task.card.files])
def test_absent_data_says_what_is_absent(name, tmp_path):
    task = get(name)
    assert not task.present(DataRoot(tmp_path))
    with pytest.raises(DataError, match=f"no data for task {name}: .* is absent"):
        task.processes(DataRoot(tmp_path))


@pytest.mark.parametrize("name", [name for name, task in all_tasks().items() if task.card.files])
def test_a_source_can_be_got(name):
    """By a program, which then fetches every file that the task needs, or by a person who is told how."""
    card = get(name).card
    assert card.fetch or card.steps
    if card.fetch:
        got = [f"{card.fetch.folder}/{pattern}" for pattern in card.fetch.files]
        for entry in card.files:
            assert any(
                fnmatch.fnmatchcase(path, pattern) or pattern.startswith(f"{path}/")
                for path in entry.split("|")
                for pattern in got
            ), f"{entry} is not among what is fetched"


def test_tasks_that_need_no_data_root_are_always_present():
    assert {"anes96", "anes96_individual"} <= set(PRESENT)


def test_processes_are_unique_and_stable(loaded):
    task, processes = loaded
    assert 1 <= len(processes) <= 3
    assert len({p.id for p in processes}) == len(processes)
    assert [p.id for p in task.processes(ROOT, limit=3)] == [p.id for p in processes]


def test_episodes_depend_on_the_process_alone(loaded):
    task, processes = loaded
    name, law = task.card.name, task.law
    straight = [draw(p, task=name, index=i, law=law) for p in processes for i in (0, 1)]
    backwards = [draw(p, task=name, index=i, law=law) for p in reversed(processes) for i in (1, 0)]
    assert straight == backwards[::-1]
    assert len({episode.id for episode in straight}) == len(straight)
    for process in processes:
        episode = draw(process, task=name, law=law)
        assert set(episode.examples) <= set(process.examples)
        assert episode.description is None or episode.description in process.descriptions


def test_texts_are_filled_in(loaded):
    _, processes = loaded
    for process in processes:
        for text in process.descriptions:
            assert text.strip() == text != ""
            assert not PLACEHOLDER.search(text), text
        for text in [e.output for e in process.examples] + [process.question or "-"]:
            assert text.strip()
            assert "np." not in text and "NaN" not in text


def test_structured_inputs_parse(loaded):
    task, processes = loaded
    # Without given variables, or with one, an input is text as it stands, and may begin like JSON.
    several = len(task.card.given) > 1
    for process in processes if several else ():
        for text in [process.question, *(e.input for e in process.examples)]:
            if text and text.startswith("{"):
                assert set(json.loads(text)) <= set(task.card.given)


def test_outputs_are_among_the_choices(loaded):
    _, processes = loaded
    for process in processes:
        if process.choices:
            assert len(set(process.choices)) == len(process.choices)
            assert {e.output for e in process.examples} <= set(process.choices)
