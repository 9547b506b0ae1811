"""Checkpoints that are whole or not there: a kill or a full disk while one is written leaves the one before."""

import json
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from pluralign.errors import RunError

_WHOLE = "whole"
"""An empty file that is put into a checkpoint when all the rest is there."""


def last(folder: Path) -> Path | None:
    """The newest whole checkpoint."""
    whole = [path for path in _all(folder) if (path / _WHOLE).exists()]
    return whole[-1] if whole else None


def minutes(checkpoint: Path | None) -> float:
    """Minutes of training behind a checkpoint; none behind none."""
    if checkpoint is None:
        return 0.0
    history = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))["log_history"]
    return max((entry["minutes"] for entry in history if "minutes" in entry), default=0.0)


def seal(checkpoint: Path) -> None:
    """Declare a checkpoint whole, and remove those before it.

    Raises:
        RunError: the disk does not take it.
    """
    with explained(checkpoint):
        (checkpoint / _WHOLE).touch()
        for path in _all(checkpoint.parent):
            if path.name != checkpoint.name:
                shutil.rmtree(path)


def sweep(folder: Path) -> None:
    """Remove what a kill left unfinished.

    Raises:
        RunError: it cannot be removed.
    """
    with explained(folder):
        for path in _all(folder):
            if not (path / _WHOLE).exists():
                shutil.rmtree(path)


@contextmanager
def explained(place: Path) -> Generator[None]:
    """What fails while a checkpoint or model is written becomes one message, and what was written of it goes.

    Raises:
        RunError: writing failed; the reason is named.
    """
    try:
        yield
    except (OSError, RuntimeError, SafetensorError) as error:  # how the libraries that write here say so
        free = shutil.disk_usage(next(folder for folder in place.resolve().parents if folder.exists())).free
        shutil.rmtree(place, ignore_errors=True)
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise RunError(
            f"cannot write, with {free / 1e6:.1f} MB left on the disk: {reason.rstrip('.')}",
            where=place,
            fix="What was saved before is whole: free disk space and give the same command again.",
        ) from error


def _all(folder: Path) -> list[Path]:
    """Checkpoints, whole or not, by step."""
    return sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))
