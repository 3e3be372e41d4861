# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads files from untrusted sources: only regular files, and only up to a size limit."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO

from ddsp_fx.errors import DdspFxError

_PIECE = 1 << 20


def open_regular(path: Path, most_bytes: int, error: type[DdspFxError]) -> BinaryIO:
    """Open for reading, in binary.

    Opening a FIFO would block and reading a device would never end, so only regular files are opened. The size is
    checked before a byte is read.

    Raises `error` for a file that is missing, of another kind, unreadable, or larger than `most_bytes`.
    """
    try:
        # O_NONBLOCK, because a file that was found may have been replaced by a FIFO since.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as reason:
        raise error(f"{path}: cannot be read: {getattr(reason, 'strerror', None) or reason}") from None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise error(f"{path}: not a regular file; folders, devices and FIFOs are not read")
    if found.st_size > most_bytes:
        os.close(descriptor)
        raise error(f"{path}: has {found.st_size} bytes, more than the limit of {most_bytes}")
    return os.fdopen(descriptor, "rb")


def read_bytes(path: Path, most_bytes: int, error: type[DdspFxError]) -> bytes:
    """The whole file; raises `error` like `open_regular`."""
    with open_regular(path, most_bytes, error) as file:
        # One byte beyond the limit reveals a file that grew after its size was checked.
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise error(f"{path}: grew beyond {most_bytes} bytes while it was read")
    return data


def sha256_of(path: Path, most_bytes: int, error: type[DdspFxError]) -> str:
    """Hex digest of the file's bytes, read in chunks; raises `error` like `open_regular`."""
    digest, left = hashlib.sha256(), most_bytes
    with open_regular(path, most_bytes, error) as file:
        while piece := file.read(min(_PIECE, left + 1)):
            left -= len(piece)
            if left < 0:
                raise error(f"{path}: grew beyond {most_bytes} bytes while it was read")
            digest.update(piece)
    return digest.hexdigest()
