# SPDX-License-Identifier: GPL-3.0-or-later
"""Apple's Core Audio Format: chunks with 64-bit sizes; -1 means up to the end of the file."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import BinaryIO

from ddsp_fx.files.containers.core_audio import layout_of
from ddsp_fx.files.containers.ending import CUT, GOES_ON, after_the_end
from ddsp_fx.files.pieces import Piece
from ddsp_fx.files.structure import MOST_ITEMS, Survey

_MOST_OF_HEADER = 4096
# Size of a chunk's header, and of the edit count before the samples, in bytes.
_HEAD, _EDITS = 12, 4


@dataclass
class _Found:
    """What has been found so far. `packet` is (bytes, frames); `data` is the start of that chunk, -1 if not found."""

    end: int
    chunks: list[tuple[bytes, int, int]] = field(default_factory=list)
    layout: tuple[int | None, tuple[int, ...] | None] = (None, None)
    packet: tuple[int, int] = (0, 0)
    data: int = -1
    claimed: int = 0


def survey_caf(file: BinaryIO, start: int, size: int) -> Survey:
    """Compare promised and present frames of uncompressed samples; for others, only the decoder knows."""
    found = _Found(start + 8)
    while found.end + _HEAD <= size and len(found.chunks) < MOST_ITEMS and _chunk(file, found, size):
        pass
    mask, order = found.layout
    whole: list[Piece] = [(start, size)]
    if found.data < 0 or not all(found.packet):
        return Survey([whole], "caf", mask=mask, order=order, chunks=found.chunks)
    begin, promised = found.data + _HEAD + _EDITS, None
    stated, fault = size, ""
    if found.claimed >= 0:
        promised = (found.claimed - _EDITS) // found.packet[0] * found.packet[1]
        stated = begin + found.claimed - _EDITS
        fault = CUT if stated > size else after_the_end(file, found.end, size)
    if fault == GOES_ON and found.end > stated:
        fault = ""
    if fault or promised is None:
        end = min(stated, size) if fault != GOES_ON else size
        whole = [(start, found.data + 4), struct.pack(">q", end - begin + _EDITS), (found.data + _HEAD, end)]
    return Survey([whole], "caf", promised if fault else None, None, fault, mask, order, chunks=found.chunks)


def _chunk(file: BinaryIO, found: _Found, size: int) -> bool:
    """Read the next chunk; False if there is none."""
    file.seek(found.end)
    name, length = struct.unpack(">4sq", file.read(_HEAD))
    begin = found.end + _HEAD
    if name == b"data" and (length == -1 or length >= _EDITS):
        found.data, found.claimed = found.end, length
        found.end = size if length == -1 else min(begin + length, size)
        return True
    if length < 0 or begin + length > size or not all(32 <= byte < 127 for byte in name):
        return False
    content = file.read(min(length, _MOST_OF_HEADER))
    if name == b"desc" and len(content) >= 32:
        found.packet = struct.unpack(">II", content[16:24])
    elif name == b"chan":
        found.layout = layout_of(content)
    found.chunks.append((name, begin, begin + length))
    found.end = begin + length
    return True
