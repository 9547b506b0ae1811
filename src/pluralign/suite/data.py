"""Where source data lies on this machine, and reading it with errors that name the place."""

import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pluralign.errors import DataError

ENVIRONMENT = "PLURALIGN_DATA"


def find_root(explicit: str | Path | None = None) -> Path | None:
    """The data root: ``explicit``, then $PLURALIGN_DATA, then ../shared/data beside a checkout, then the user cache.

    Returns None when none of the implied places exists.

    Raises:
        DataError: the root asked for by argument or environment is not a folder.
    """
    for asked, origin in ((explicit, "--data-root"), (os.environ.get(ENVIRONMENT), f"${ENVIRONMENT}")):
        if asked:
            if not Path(asked).is_dir():
                raise DataError("data root is not a folder", where=f"{origin} {asked}", fix="Give an existing folder.")
            return Path(asked)
    checkout = Path(__file__).resolve().parents[3]
    for implied in (checkout.parent / "shared" / "data", pulled_folder()):
        if implied.is_dir():
            return implied
    return None


def cache_folder() -> Path:
    """The per-user cache of Pluralign, following the XDG base directory convention."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pluralign"


def pulled_folder() -> Path:
    """The folder of the user cache that takes what is pulled where the data root in use cannot be written."""
    return cache_folder() / "data"


@dataclass(frozen=True)
class DataRoot:
    """A folder of source data (or none), from which task loaders read; the user cache stands in for what it lacks."""

    path: Path | None

    def find(self, *alternatives: str) -> Path | None:
        """The first of ``alternatives`` that exists under the root, else the first under the user cache, or None."""
        folders = [folder for folder in (self.path, pulled_folder()) if folder is not None]
        return next((folder / name for folder in folders for name in alternatives if (folder / name).exists()), None)

    def file(self, *alternatives: str) -> Path:
        """Like :meth:`find`, but an absent file is an error.

        Raises:
            DataError: none of the alternatives exists under the root or the user cache.
        """
        found = self.find(*alternatives)
        if found is None:
            where = f"{alternatives[0]} under {self.path}" if self.path else f"{alternatives[0]}, no data root found"
            raise DataError("source data is absent", where=where, fix=f"Set --data-root or ${ENVIRONMENT}.")
        return found


def read_parquet(path: Path) -> pl.DataFrame:
    """Read a Parquet file.

    Raises:
        DataError: the file is not a readable Parquet file.
    """
    try:
        return pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(
            f"not a readable Parquet file: {first_line(error)}", where=path, fix="Fetch it again."
        ) from None


def read_csv(path: Path, **options) -> pl.DataFrame:
    """Read a CSV file with polars; ``options`` go to ``polars.read_csv``.

    Raises:
        DataError: the file is not readable as CSV.
    """
    try:
        return pl.read_csv(path, **options)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"not a readable CSV file: {first_line(error)}", where=path, fix="Fetch it again.") from None


def read_json(path: Path) -> object:
    """Read a JSON document, gzipped if its name ends in .gz.

    Raises:
        DataError: the file is not readable JSON.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            return json.load(file)
    except (ValueError, OSError, EOFError) as error:
        raise DataError(f"not readable JSON: {first_line(error)}", where=path, fix="Fetch it again.") from None


def read_jsonl(path: Path) -> Iterator[dict]:
    """Yield the objects of a JSON-lines file, gzipped if its name ends in .gz.

    Raises:
        DataError: a line is not a JSON object; names the line.
    """
    number = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):  # noqa: B007 (named in the error)
                if line.strip():
                    row = json.loads(line)
                    if not isinstance(row, dict):
                        raise ValueError("not an object")
                    yield row
    except (ValueError, OSError, EOFError) as error:
        place = f"{path}, line {max(number, 1)}"
        fix = "Put one JSON object on the line; if the file was downloaded, fetch it again."
        raise DataError(f"not readable JSON: {first_line(error)}", where=place, fix=fix) from None


def first_line(error: Exception) -> str:
    """The first line of what a library says about an error, or the name of its kind if it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
