"""The files that the shared task takes: ``NAME_test_pe.tsv`` and ``NAME_test_soft.tsv``.

One line per item in the order of the test file: its id, a tab, a list. Perspectivist: the label of each rater in the
order of the file (a rater named twice counts once); for a set of labels one such list of 0 and 1 per label. Soft: the
share of each label from the first to the last; for a set of labels ``[share without, share with]`` per label. The
labels of a set are in alphabetical order (contradiction, entailment, neutral). The CSC file is taken with a bin for 0
before those from 1 to 6, which its readme's example has too; no rater answers 0, and it holds 0.
"""

import json
import math
from pathlib import Path

import numpy as np

from pluralign.errors import DataError, RunError
from pluralign.raters.lewidi.data import LewidiSet
from pluralign.raters.lewidi.evaluate import Decided
from pluralign.runs import write_atomically

TASKS = {"perspectivist": "pe", "soft": "soft"}
_FROM_ZERO = "CSC"
_DIGITS = 10


def write(folder: Path, data: LewidiSet, decided: Decided) -> list[Path]:
    """Write both files of a data set and check them.

    Args:
        folder: where to; made where it is absent.
        data: the data set.
        decided: the decisions for its test part.

    Returns:
        the paths of the files.

    Raises:
        RunError: a file cannot be written.
    """
    queries = data.test
    lines: dict[str, list[list]] = {task: [] for task in TASKS}
    ends = np.cumsum(np.bincount(queries.row, minlength=len(queries.items)))
    for answers, shares in zip(np.split(decided.perspectivist, ends[:-1]), decided.soft, strict=True):
        lines["perspectivist"].append(_answers(data, answers))
        lines["soft"].append(_shares(data, shares))
    ids = data.train.items["id"].gather(queries.items).to_list()
    paths = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fix = "Give another --out."
        raise RunError(f"the folder cannot be written: {error.strerror}", where=folder, fix=fix) from None
    for task, lists in lines.items():
        path = folder / f"{data.name}_test_{TASKS[task]}.tsv"
        text = "".join(f"{key}\t{json.dumps(one)}\n" for key, one in zip(ids, lists, strict=True))
        write_atomically(path, text.encode())
        check(path, data, task)
        paths.append(path)
    return paths


def check(path: Path, data: LewidiSet, task: str) -> None:
    """Compare a submission file with what the shared task takes.

    Args:
        path: the file.
        data: the data set that it is about.
        task: ``perspectivist`` or ``soft``.

    Raises:
        DataError: a line is absent, too many or not in the form; names the first.
    """
    ids = data.train.items["id"].gather(data.test.items).to_list()
    raters = np.bincount(data.test.row, minlength=len(ids))
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise DataError("the submission file cannot be read", where=path) from None
    if len(lines) != len(ids):
        raise DataError(f"{len(lines)} lines for {len(ids)} test items", where=path)
    for number, (line, key, count) in enumerate(zip(lines, ids, raters, strict=True), 1):
        name, tab, rest = line.partition("\t")
        try:
            told = json.loads(rest)
        except ValueError:
            told = None
        fault = None
        if not tab or name != key:
            fault = f"expected the item {key}"
        elif task == "perspectivist" and not _is_answers(told, data, int(count)):
            fault = f"expected the labels of {count} raters"
        elif task == "soft" and not _is_shares(told, data):
            fault = "expected shares that sum to 1"
        if fault:
            raise DataError(fault, where=f"{path}, line {number}")


def _answers(data: LewidiSet, answers: np.ndarray) -> list:
    if data.scale.kind == "multilabel":
        return answers.T.astype(int).tolist()
    return [int(data.scale.labels[place]) for place in answers.sum(axis=1).astype(int)]


def _shares(data: LewidiSet, shares: np.ndarray) -> list:
    if data.scale.kind == "multilabel":
        return [_rounded([1 - share, share]) for share in shares]
    ends = np.concatenate([[1.0], shares, [0.0]])
    bins = (ends[:-1] - ends[1:]).tolist()
    return _rounded([0.0] * _empty(data) + bins)


def _rounded(shares: list[float]) -> list[float]:
    """Shares with few digits that still sum to 1: what rounding took goes to the largest."""
    found = [round(share, _DIGITS) for share in shares]
    largest = max(range(len(found)), key=found.__getitem__)
    found[largest] = round(found[largest] + 1 - sum(found), _DIGITS)
    return found


def _empty(data: LewidiSet) -> int:
    return int(data.name == _FROM_ZERO)


def _is_answers(told: object, data: LewidiSet, count: int) -> bool:
    labels = data.scale.labels
    if data.scale.kind == "multilabel":
        return (
            isinstance(told, list)
            and len(told) == len(labels)
            and all(isinstance(one, list) and len(one) == count and set(one) <= {0, 1} for one in told)
        )
    return isinstance(told, list) and len(told) == count and all(str(one) in labels for one in told)


def _is_shares(told: object, data: LewidiSet) -> bool:
    lists, size = [told], len(data.scale.labels) + _empty(data)
    if data.scale.kind == "multilabel":
        if not isinstance(told, list) or len(told) != size:
            return False
        lists, size = told, 2
    return all(
        isinstance(one, list)
        and len(one) == size
        and all(isinstance(share, float | int) and 0 <= share <= 1 for share in one)
        and math.isclose(sum(one), 1, abs_tol=1e-6)
        for one in lists
    )
