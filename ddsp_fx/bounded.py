# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading files that somebody else wrote: only regular files, and only up to a size limit."""

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

    A FIFO would be waited for and a device read for ever, so nothing but a regular file is opened, and the size is
    asked before a byte is read.

    Raises `error` for a file that is missing, of another kind, unreadable, or larger than `most_bytes`.
    """
    try:
        # Not waiting matters for what was a file when it was found and is a FIFO now.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as reason:
        raise error(f"{path}: cannot be read: {getattr(reason, 'strerror', None) or reason}") from None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise error(f"{path}: is no regular file; a folder, device or FIFO is not read")
    if found.st_size > most_bytes:
        os.close(descriptor)
        raise error(f"{path}: has {found.st_size} bytes; at most {most_bytes} are read of such a file")
    return os.fdopen(descriptor, "rb")


def read_bytes(path: Path, most_bytes: int, error: type[DdspFxError]) -> bytes:
    """The whole file; raises `error` as `open_regular` does."""
    with open_regular(path, most_bytes, error) as file:
        # One byte more than agreed tells a file that grew since its size was asked.
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise error(f"{path}: grew beyond {most_bytes} bytes while it was read")
    return data


def sha256_of(path: Path, most_bytes: int, error: type[DdspFxError]) -> str:
    """Hex digest of the file's bytes, read piece by piece; raises `error` as `open_regular` does."""
    digest, left = hashlib.sha256(), most_bytes
    with open_regular(path, most_bytes, error) as file:
        while piece := file.read(min(_PIECE, left + 1)):
            left -= len(piece)
            if left < 0:
                raise error(f"{path}: grew beyond {most_bytes} bytes while it was read")
            digest.update(piece)
    return digest.hexdigest()
