"""Tasks of the suite as files that other evaluation tools read on their own."""

from collections.abc import Callable, Sequence
from pathlib import Path

from pluralign.bridges import inspect, lm_eval
from pluralign.bridges.questions import Question, questions
from pluralign.suite import Task

EXPORTS: dict[str, Callable[[Task, Sequence[Question], Path], str]] = {
    "inspect": inspect.write,
    "lm-eval": lm_eval.write,
}
"""What writes a folder for a tool, by the tool's name; it returns the command that runs the task there."""

__all__ = ["EXPORTS", "Question", "questions"]
