# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes temporary files left by killed processes."""

from __future__ import annotations

import os
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path

# Longer than any single write takes, except in training, which holds a lock and passes 0.
AGE_S = 6 * 3600.0


def sweep(folder: Path, prefix: str | re.Pattern[str], older_than_s: float = AGE_S) -> None:
    """Remove files directly in a folder that begin with `prefix`, are owned by this user, and are older than that.

    Args:
        folder: may be missing.
        prefix: of temporary names that only ddsp-fx uses.
        older_than_s: in seconds; 0 if the caller holds a lock, so that nobody else can be writing.
    """
    begins = re.compile(re.escape(prefix)) if isinstance(prefix, str) else prefix
    with suppress(OSError):
        # Lazy, because this runs before each file is written, even in a folder of a hundred thousand files.
        with os.scandir(folder) as entries:
            left = [entry.name for entry in entries if begins.match(entry.name)]
        for name in left:
            with suppress(OSError):
                _remove_if_left(folder / name, older_than_s)


def _remove_if_left(path: Path, older_than_s: float) -> None:
    found = path.lstat()
    if hasattr(os, "getuid") and found.st_uid != os.getuid():
        return
    if time.time() - found.st_mtime < older_than_s:
        return
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
