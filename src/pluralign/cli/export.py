"""``pluralign suite export``: a task as files for another evaluation tool."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from pluralign.cli.common import messages, print_json


def export(
    name: str,
    *,
    to: Literal["inspect", "lm-eval"],
    out: Path | None = None,
    limit: Annotated[int, Parameter(negative=())] = 100,
    seed: int = 0,
    data_root: Path | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Write a task with closed answers as a folder that Inspect or the LM Evaluation Harness runs by itself.

    Parameters
    ----------
    name
        A task of kind align or steer; see `pluralign suite list`.
    to
        inspect or lm-eval.
    out
        Folder to write into; the default is exports/TOOL.
    limit
        At most this many processes.
    seed
        Seed of episodes.
    data_root
        Folder of source data; default $PLURALIGN_DATA, then ../shared/data beside the checkout.
    json
        Print one JSON document.
    """
    from pluralign.bridges import EXPORTS, questions
    from pluralign.suite import DataRoot, find_root, get

    task = get(name)
    asked = questions(task, DataRoot(find_root(data_root)), limit=limit, seed=seed)
    folder = out or Path("exports") / to
    command = EXPORTS[to](task, asked, folder)
    if json:
        return print_json({"task": name, "folder": str(folder), "questions": len(asked), "command": command})
    messages.print(f"{len(asked):,} questions; licence of the data: {task.card.licence}")
    print(command)
