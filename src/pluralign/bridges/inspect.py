"""Export to Inspect: a folder with the task's program and its data.

Inspect talks to chat models, so questions are written as messages, as this package sends them to a chat server, and
answers are read off what the model says.
"""

from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from pluralign.bridges._files import export_name, write_program, write_rows
from pluralign.bridges.questions import Question
from pluralign.suite import Task
from pluralign.template import messages


def write(task: Task, questions: Sequence[Question], folder: Path) -> str:
    """Write the folder.

    Returns:
        the command that runs the task.

    Raises:
        RunError: a file cannot be written.
    """
    name = export_name(task)
    rows = [
        {
            "id": one.prompt.id,
            "input": messages(one.prompt),
            "choices": list(one.choices),
            "target": one.choices[one.answer],
            "metadata": {
                "process": one.process,
                "cluster": one.cluster,
                "target": one.target and list(one.target.probabilities),
            },
        }
        for one in questions
    ]
    longest = max(len(choice) for one in questions for choice in one.choices)
    values = {
        "name": name,
        "align": task.card.kind == "align",
        "ordered": all(one.target is not None and one.target.ordered for one in questions),
        # A token has a byte at least and a character four at most; and some room for an answer outside the list.
        "max_tokens": 4 * longest + 8,
    }
    write_rows(folder / f"{name}.jsonl", rows)
    write_program(folder / f"{name}.py", "inspect.py.j2", **values)
    command = f"inspect eval {name}.py --model PROVIDER/MODEL"
    write_program(folder / f"{name}.md", "readme.md.j2", card=task.card, command=command, tool="Inspect")
    # With the task's name, since Inspect takes a path alone for a pattern below the current folder.
    return f"inspect eval {quote(f'{folder / name}.py@{name}')} --model PROVIDER/MODEL"
