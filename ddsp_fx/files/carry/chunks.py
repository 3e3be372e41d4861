# SPDX-License-Identifier: GPL-3.0-or-later
"""Inserts chunks into a finished WAV or AIFF, before or after its samples."""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

Chunk = tuple[bytes, bytes]
_COPY = 1 << 20


def add_chunks(path: Path, before: Sequence[Chunk], after: Sequence[Chunk]) -> None:
    """Add chunks to a RIFF, RF64 or FORM file; raises OSError, and ValueError if its sizes would overflow.

    Chunks before the samples cost a copy of the file; EBU Tech 3285 requires that place for bext.
    """
    with path.open("rb") as file:
        order = ">" if file.read(4) == b"FORM" else "<"
    ahead, behind = (b"".join(_packed(order, *chunk) for chunk in chunks) for chunks in (before, after))
    if ahead:
        _insert(path, ahead, order)
    with path.open("rb+") as file:
        end = file.seek(0, os.SEEK_END)
        file.write(b"\0" * (end % 2) + behind)
        _state_size(file, file.tell() - 8, order)


def _packed(order: str, name: bytes, content: bytes) -> bytes:
    return name + struct.pack(f"{order}I", len(content)) + content + b"\0" * (len(content) % 2)


def _insert(path: Path, ahead: bytes, order: str) -> None:
    """Insert before the chunk of samples; a ds64 chunk stays first, as RF64 requires."""
    other = path.with_name(f"{path.stem}-chunks{path.suffix}")
    try:
        with path.open("rb") as source, other.open("wb") as sink:
            place = _before_samples(source, order)
            source.seek(0)
            sink.write(source.read(place))
            sink.write(ahead)
            shutil.copyfileobj(source, sink, _COPY)
        os.replace(other, path)  # noqa: PTH105 - both are ours, side by side
    finally:
        other.unlink(missing_ok=True)


def _before_samples(file: BinaryIO, order: str) -> int:
    position = 12
    while True:
        file.seek(position)
        head = file.read(8)
        if len(head) < 8 or head[:4] in (b"data", b"SSND"):
            return position
        length = struct.unpack(f"{order}I", head[4:])[0]
        position += 8 + length + length % 2


def _state_size(file: BinaryIO, size: int, order: str) -> None:
    file.seek(0)
    if file.read(4) == b"RF64":
        file.seek(20)
        file.write(struct.pack("<Q", size))
        return
    if size > 0xFFFFFFFF:
        raise ValueError("over 4 GiB with its metadata")
    file.seek(4)
    file.write(struct.pack(f"{order}I", size))
