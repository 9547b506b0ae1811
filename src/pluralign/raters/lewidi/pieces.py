"""Results of long steps, kept in a folder so that a command that was stopped goes on where it was."""

import hashlib
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np

from pluralign.errors import RunError
from pluralign.runs import write_atomically

Arrays = dict[str, np.ndarray]


class Pieces:
    """Arrays by name and what determines them.

    Args:
        folder: where they are kept; None keeps nothing.
    """

    def __init__(self, folder: Path | None):
        self.folder = folder

    def get(self, name: str, key: object, make: Callable[[], Arrays]) -> Arrays:
        """The arrays of an earlier call with the same name and key, or those that ``make`` gives.

        Args:
            name: what they are, fit for a file name.
            key: all that determines them; told apart by its ``repr``.
            make: computes them.

        Raises:
            RunError: they cannot be kept, or what was kept is damaged.
        """
        if self.folder is None:
            return make()
        digest = hashlib.blake2b(repr(key).encode(), digest_size=8).hexdigest()
        path = self.folder / f"{name}-{digest}.npz"
        if path.exists():
            try:
                with np.load(path, allow_pickle=False) as kept:
                    return dict(kept)
            except (OSError, ValueError, zipfile.BadZipFile) as error:
                fix = "Delete this file and run the command again."
                raise RunError("a kept result is damaged", where=path, fix=fix) from error
        arrays = make()
        content = BytesIO()
        np.savez_compressed(content, allow_pickle=False, **arrays)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            fix = "Give another --out."
            raise RunError(f"the folder cannot be written: {error.strerror}", where=self.folder, fix=fix) from None
        write_atomically(path, content.getvalue())
        return arrays
