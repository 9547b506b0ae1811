from collections.abc import Iterator
from dataclasses import replace

import pytest

from pluralign.episode import Example, Process, Target
from pluralign.errors import DataError, UsageError
from pluralign.suite import DataRoot, Task, all_tasks, get, select, task
from pluralign.suite.registry import collecting, without_overlap
from pluralign.suite.synthetic import SYNTHETIC

NOWHERE = DataRoot(None)
CARD = replace(SYNTHETIC, name="made_up", summary="numbers", generated=("number",))


def numbers(root: DataRoot) -> Iterator[Process]:
    for i in range(200):
        yield Process(f"p{i}", (Example(str(i)), Example("x")), metadata={"overlap": int(i < 50)})


def test_a_limit_takes_a_random_part_that_depends_on_the_name_alone():
    """The first in file order were once taken, who may have been asked other things than the rest."""
    made_up = Task(CARD, numbers)
    ids = [int(p.id[1:]) for p in made_up.processes(NOWHERE, limit=40)]
    assert len(ids) == 40 and ids == sorted(set(ids)) and 60 < sum(ids) / 40 < 140
    assert [int(p.id[1:]) for p in made_up.processes(NOWHERE, limit=40)] == ids
    other = Task(replace(CARD, name="other"), numbers).processes(NOWHERE, limit=40)
    assert [int(p.id[1:]) for p in other] != ids
    assert len(made_up.processes(NOWHERE, limit=500)) == len(made_up.processes(NOWHERE)) == 200


def test_processes_that_overlap_with_held_out_tasks_can_be_left_out():
    made_up = Task(CARD, numbers)
    kept = without_overlap(made_up)
    assert [p.id for p in kept.processes(NOWHERE)] == [f"p{i}" for i in range(50, 200)]
    assert list(kept.episodes(NOWHERE)) == list(made_up.episodes(NOWHERE))[50:]
    assert kept.card == made_up.card


@pytest.mark.parametrize(
    ("kind", "process", "what"),
    [
        ("steer", Process("p"), "lacks what kind steer needs"),
        ("cover", Process("p", (Example("a"),)), "lacks what kind cover needs"),
        ("align", Process("p", choices=("a", "b")), "lacks what kind align needs"),
        ("align", Process("p", choices=("a", "b"), target=Target((1.0,))), "target and choices differ in length"),
    ],
)
def test_a_process_that_does_not_fit_its_kind_is_named(kind, process, what):
    broken = Task(replace(CARD, kind=kind), lambda root: iter([process]))
    with pytest.raises(DataError, match=rf"{what} \(made_up: p\)"):
        broken.processes(NOWHERE)


def test_tasks_are_selected_by_kind_and_split():
    assert {t.card.name for t in select(kind="align", split="heldout")} >= {"urn", "states", "mpi"}
    assert [t.card.name for t in select(["urn", "coinflip"], split="train")] == ["coinflip"]
    assert list(all_tasks()) == sorted(all_tasks())


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UsageError, match=r"unknown task 'coinflp'.*Did you mean coinflip"):
        get("coinflp")


def test_a_name_belongs_to_one_file():
    with pytest.raises(UsageError, match=r"two tasks are named coinflip"):
        task(replace(CARD, name="coinflip"))(numbers)


def test_collected_tasks_are_not_registered():
    with collecting() as found:
        task(CARD)(numbers)
    assert [t.card.name for t in found] == ["made_up"] and "made_up" not in all_tasks()
