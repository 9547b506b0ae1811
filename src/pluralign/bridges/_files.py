"""Writing the files of an export."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from pluralign.errors import RunError, UsageError
from pluralign.runs import write_atomically
from pluralign.suite import Task

_TEMPLATES = Environment(
    loader=PackageLoader("pluralign.bridges", "."),
    undefined=StrictUndefined,
    keep_trailing_newline=True,
    trim_blocks=True,
    autoescape=False,  # programs, settings and plain text; the name of a task is checked
)


def export_name(task: Task) -> str:
    """What a task is called in another tool.

    Raises:
        UsageError: its name cannot be that of a program.
    """
    name = f"pluralign_{task.card.name}"
    if not (name.isascii() and name.isidentifier()):
        raise UsageError("the name of an exported task is made of letters, digits and _", where=task.card.name)
    return name


def write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write JSON lines, and the folder where it is absent.

    Raises:
        RunError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = f"cannot write: {error.strerror or error}"
        raise RunError(problem, where=path.parent, fix="Give another --out.") from None
    write_atomically(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())


def write_program(path: Path, template: str, **values: Any) -> None:
    """Write a file from a template of this package.

    Raises:
        RunError: the file cannot be written.
    """
    write_atomically(path, _TEMPLATES.get_template(template).render(**values).encode())
