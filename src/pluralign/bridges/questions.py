"""The questions of a task, one answer each, as the measures ask them."""

from dataclasses import dataclass

from pluralign.episode import Prompt, Target
from pluralign.errors import DataError, UsageError
from pluralign.measure import asking
from pluralign.measure.steer import MOST_CHOICES
from pluralign.suite import DataRoot, Task


@dataclass(frozen=True, slots=True)
class Question:
    """One prompt with a closed list of answers.

    Attributes:
        prompt: what is asked; its id is unique within the task.
        process: id of the process that is asked about.
        cluster: what intervals are clustered by.
        choices: the answers that can be given.
        answer: number of the right one: what the process said, or what most of the population say.
        target: how the population answers (kind ``align``), or None (kind ``steer``).
    """

    prompt: Prompt
    process: str
    cluster: str
    choices: tuple[str, ...]
    answer: int
    target: Target | None = None


def questions(task: Task, root: DataRoot, *, limit: int | None = 100, seed: int = 0) -> list[Question]:
    """The questions that an audit with the same limit and seed asks.

    Of a ``steer`` task these are the outputs with at least one example before them, of an ``align`` task the question
    of each process.

    Args:
        limit: at most this many processes, a fixed random subset; None takes all.
        seed: seed of the episodes of a ``steer`` task.

    Raises:
        UsageError: answers of the task are no closed list of at most 20.
        DataError: the data of the task is absent or broken, or holds no question.
    """
    if task.card.kind == "cover":
        raise UsageError(
            "answers of a cover task are judged by a rule, which cannot be written down for another tool",
            where=task.card.name,
            fix="Choose a task of kind align or steer.",
        )
    found = _align(task, root, limit) if task.card.kind == "align" else _steer(task, root, limit, seed)
    if not found:
        raise DataError("there is no question to be asked", where=task.card.name, fix="Take more processes.")
    return found


def _align(task: Task, root: DataRoot, limit: int | None) -> list[Question]:
    found = []
    for process in task.processes(root, limit):
        target, choices = process.target, process.choices
        assert target is not None and choices is not None  # the registry refuses such processes
        answer = target.probabilities.index(max(target.probabilities))
        cluster = str(process.metadata.get("cluster", process.id))
        found.append(Question(asking.prompt(process), process.id, cluster, choices, answer, target))
    return found


def _steer(task: Task, root: DataRoot, limit: int | None, seed: int) -> list[Question]:
    found = []
    for episode in task.episodes(root, seed=seed, limit=limit):
        choices = episode.choices
        if choices is None or len(choices) > MOST_CHOICES:
            raise UsageError(
                f"answers are no closed list of at most {MOST_CHOICES}",
                where=f"{task.card.name}: {episode.process}",
                fix="Choose a task with choices.",
            )
        found += [
            Question(episode.prompt(j), episode.process, episode.process, choices, choices.index(example.output))
            for j, example in enumerate(episode.examples)
            if j
        ]
    return found
