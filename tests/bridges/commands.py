"""Run commands of installed packages one after the other in one process, so that what they share is imported once.

    python -m tests.bridges.commands FILE

reads a JSON list of commands, each a list of the command's name and its arguments, and stops at the first that fails.
"""

import json
import sys
from importlib.metadata import entry_points
from pathlib import Path


def run(name: str, *arguments: str) -> None:
    """Run a command as its script does."""
    (script,) = entry_points(group="console_scripts", name=name)
    sys.argv = [name, *arguments]
    try:
        ended = script.load()()
    except SystemExit as error:
        ended = error.code
    if ended:
        sys.exit(f"{name} failed: {ended}")


if __name__ == "__main__":
    for command in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
        run(*command)
