# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder that a command fills with files. A folder with files that the command did not make is refused."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ddsp_fx.errors import AudioError
from ddsp_fx.files.names import printable
from ddsp_fx.files.replace import write_file

# Records what was made, by size and time, so that the next run may replace only that.
MARK = ".ddsp-fx-made.json"


@contextmanager
def made_folder(folder: Path, what: str, replace: bool = False) -> Iterator[None]:
    """Create the folder if needed; files written into it within the block are recorded as the command's.

    Args:
        folder: may be missing.
        what: the name of the maker in messages: "demo".
        replace: the user allows files of the same names to be overwritten.

    Raises AudioError for a folder that cannot be written or, without `replace`, one with files that `what` did not
    make, or that were changed since.
    """
    if not replace:
        _require_ours(folder, what)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AudioError(f"{printable(folder)}: cannot be created: {error.strerror}; name another folder") from None
    if not os.access(folder, os.W_OK):
        raise AudioError(f"{printable(folder)}: no permission to write; name another folder")
    before = _files(folder)
    try:
        yield
    finally:
        now = _files(folder)
        made = _noted(folder) | {name: state for name, state in now.items() if before.get(name) != state}
        with suppress(AudioError):
            write_file(folder / MARK, json.dumps({name: made[name] for name in sorted(made) if name in now}) + "\n")


def _require_ours(folder: Path, what: str) -> None:
    if not folder.is_dir():
        return
    noted = _noted(folder)
    others = [name for name, state in _files(folder).items() if noted.get(name) != state]
    if others:
        raise AudioError(
            f"{printable(folder)}: contains {printable(sorted(others)[0])!r}, which {what} did not make, or which was "
            "changed since; choose an empty or a new folder, or use --replace to overwrite files of the same names"
        )


def _files(folder: Path) -> dict[str, list[int]]:
    """(size, time in ns) by path, without hidden files."""
    found = {}
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        if not path.is_dir() and not any(part.startswith(".") for part in relative.parts):
            state = path.lstat()
            found[relative.as_posix()] = [state.st_size, state.st_mtime_ns]
    return found


def _noted(folder: Path) -> dict[str, list[int]]:
    try:
        noted = json.loads((folder / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return dict(noted) if isinstance(noted, dict) else {}
