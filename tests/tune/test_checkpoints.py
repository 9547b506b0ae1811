import errno
import json
from pathlib import Path

import pytest

from pluralign.errors import RunError
from pluralign.tune import checkpoints


def made(folder: Path, step: int, minutes: float = 0.0) -> Path:
    path = folder / f"checkpoint-{step}"
    path.mkdir(parents=True)
    (path / "trainer_state.json").write_text(json.dumps({"log_history": [{"loss": 1.0}, {"minutes": minutes}]}))
    return path


def test_only_a_sealed_checkpoint_counts(tmp_path):
    assert checkpoints.last(tmp_path) is None
    checkpoints.seal(made(tmp_path, 9))
    made(tmp_path, 10)
    assert checkpoints.last(tmp_path) == tmp_path / "checkpoint-9"
    checkpoints.sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-9"]


def test_a_sealed_checkpoint_replaces_those_before(tmp_path):
    for step in (9, 10, 100):
        checkpoints.seal(made(tmp_path, step))
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-100"]


def test_time_is_counted_on(tmp_path):
    assert checkpoints.minutes(None) == 0
    assert checkpoints.minutes(made(tmp_path, 1, minutes=2.5)) == 2.5


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (RuntimeError("writing failed\nat some line"), "writing failed"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_what_could_not_be_written_is_removed_and_named(tmp_path, error, reason):
    place = made(tmp_path, 3)
    with (
        pytest.raises(
            RunError,
            match=rf"cannot write, with [\d.]+ MB left on the disk: .*{reason}.*checkpoint-3.*free disk space",
        ),
        checkpoints.explained(place),
    ):
        raise error
    assert not place.exists()
