# SPDX-License-Identifier: GPL-3.0-or-later
"""Files into a folder, each whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ddsp_fx.errors import BoardError


def write_all(folder: Path, files: Mapping[str, str | bytes]) -> list[Path]:
    """Name -> content, written under temporary names and moved into place; raises BoardError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_write(folder / name, content) for name, content in files.items()]
    except OSError as error:
        raise BoardError(f"{folder}: cannot be written: {error.strerror}") from None


def _write(path: Path, content: str | bytes) -> Path:
    data = content.encode("utf-8") if isinstance(content, str) else content
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path
