# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of a run. One training at a time holds it, and files that a run did not make are never overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ddsp_fx.errors import TrainingError
from ddsp_fx.files.replace import PREFIX
from ddsp_fx.leftovers import sweep

CHECKPOINT = "checkpoint.npz"
# The subfolder with the checkpoint of an unsupervised run's pitch encoder.
PITCH = "pitch"
MARK = "run.json"
LOCK = ".lock"
# The folders that a run creates before its first checkpoint.
_EARLY = {"cache", "previews"}


@contextmanager
def opened(folder: Path, resume: bool) -> Iterator[None]:
    """Lock the folder for one training, and remove the leftovers of a killed one.

    Raises TrainingError for a folder with other files, with a run but without `resume`, or in use.
    """
    _require_ours(folder)
    if not resume and has_run(folder):
        raise TrainingError(
            f"{folder}: contains a run already; continue it with --resume, or start another with --run-dir or --name"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / LOCK, timeout=0):
            for place in (folder, folder / "cache", folder / PITCH):
                sweep(place, PREFIX, 0.0)
            yield
    except Timeout:
        raise TrainingError(f"{folder}: another training is running in it; wait, or choose another --run-dir") from None
    except OSError as error:
        raise TrainingError(f"{error.filename or folder}: {error.strerror or error}") from error


def has_run(folder: Path) -> bool:
    """Whether there is something to resume."""
    return (folder / CHECKPOINT).is_file() or (folder / PITCH / CHECKPOINT).is_file()


def _require_ours(folder: Path) -> None:
    if not folder.is_dir():
        if folder.exists():
            raise TrainingError(f"{folder}: not a folder; choose another --run-dir")
        return
    if has_run(folder) or (folder / MARK).is_file():
        return
    foreign = sorted(
        path.name for path in folder.iterdir() if not path.name.startswith(".") and path.name not in _EARLY
    )
    if foreign:
        raise TrainingError(
            f"{folder}: contains {foreign[0]!r}, which no training made; choose an empty or a new folder as --run-dir"
        )
