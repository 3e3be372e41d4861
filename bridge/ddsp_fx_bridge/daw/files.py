# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes files into a folder, each completely or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ddsp_fx.errors import BoardError
from ddsp_fx.files.replace import write_file


def write_all(folder: Path, files: Mapping[str, str | bytes]) -> list[Path]:
    """Name -> content, written under temporary names and moved into place; raises BoardError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BoardError(f"{folder}: cannot be written: {error.strerror}") from None
    return [write_file(folder / name, content, BoardError) for name, content in files.items()]
