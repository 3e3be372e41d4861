# SPDX-License-Identifier: GPL-3.0-or-later
"""Sony's Wave64: GUIDs for names, 64-bit sizes that count their own headers, 8-byte alignment."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import BinaryIO

from ddsp_fx.files.containers.wave import Found, survey_found
from ddsp_fx.files.structure import MOST_ITEMS, Survey

RIFF = bytes.fromhex("726966662e91cf11a5d628db04c10000")
# The end of a GUID that starts with the four letters of a WAV chunk; other GUIDs are Sony's own.
_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")
_OWN = {
    bytes.fromhex("5662f7ab2d39d21186c700c04f8edb8a"): b"markers",
    bytes.fromhex("bc945f925a52d21186dc00c04f8edb8a"): b"summary",
    bytes.fromhex("6c6973742f91cf11a5d628db04c10000"): b"LIST",
}


def survey_w64(file: BinaryIO, start: int, size: int) -> Survey:
    """Survey it like WAV, including what follows the samples."""
    found = Found([], [], end=start + 40)
    while found.end + 24 <= size and len(found.chunks) < MOST_ITEMS and _chunk(file, found, size):
        pass
    if len(found.fmt) < 16 or not found.data:
        return Survey([[(start, size)]], "w64")
    return replace(survey_found(file, found, size), container="w64")


def _chunk(file: BinaryIO, found: Found, size: int) -> bool:
    """Read the next chunk; False if there is none."""
    file.seek(found.end)
    guid, claimed = struct.unpack("<16sQ", file.read(24))
    name = guid[:4] if guid[4:] == _TAIL else _OWN.get(guid)
    begin, length = found.end + 24, claimed - 24
    if name == b"data":
        unknown = claimed <= 24 or claimed >= 1 << 62
        found.claimed = -1 if unknown else length
        found.data = [(name, begin, size if unknown else min(begin + length, size))]
    elif name is None or claimed < 24 or (begin + length > size and not found.data):
        return False
    else:
        found.chunks.append((name, begin, begin + length))
    if name == b"fmt ":
        file.seek(begin)
        found.fmt = file.read(min(length, 64))
    # Chunks start at multiples of 8 bytes; the last one needs no padding.
    found.end = size if name == b"data" and unknown else min(found.end + (claimed + 7) // 8 * 8, size)
    return True
