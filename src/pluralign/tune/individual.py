"""The second stage: episodes in which one rater of one data set says everything, and is described by what is known.

After Sorensen and Choi 2025, arXiv 2510.07105: meta-learning on the raters of the data set whose other answers are to
be predicted.
"""

from collections.abc import Iterator
from dataclasses import replace

from pluralign.episode import Process
from pluralign.suite import DataRoot, Task


def individual(task: Task) -> Task:
    """The task with all examples of each process in an episode, and the descriptions that tell most about a rater."""

    def load(root: DataRoot) -> Iterator[Process]:
        return (replace(process, descriptions=telling(process)) for process in task.load(root))

    return replace(task, load=load, law=None)


def telling(process: Process) -> tuple[str, ...]:
    """The descriptions that show the largest number of the facts in the metadata of a process; all where none does."""

    def shown(description: str) -> int:
        text = description.casefold()
        return sum(str(value).casefold() in text for value in process.metadata.values())

    most = max(map(shown, process.descriptions), default=0)
    return tuple(description for description in process.descriptions if shown(description) == most)
