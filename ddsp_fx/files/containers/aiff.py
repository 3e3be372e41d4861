# SPDX-License-Identifier: GPL-3.0-or-later
"""AIFF and AIFF-C: big-endian chunks, and a COMM chunk that counts the sample frames."""

from __future__ import annotations

import struct
from typing import BinaryIO

from ddsp_fx.files.layout import BC, BL, BR, FC, FL, FLC, FR, FRC, LFE, SL, SR
from ddsp_fx.files.pieces import Piece
from ddsp_fx.files.survey import MOST_ITEMS, Survey

Chunk = tuple[bytes, int, int]

# Bytes a sample of AIFF-C's plain encodings; None: as COMM's bit depth says.
_PLAIN = {
    b"NONE": None, b"twos": None, b"sowt": None, b"in24": 3, b"in32": 4, b"42ni": 3, b"23ni": 4,
    b"fl32": 4, b"FL32": 4, b"fl64": 8, b"FL64": 8, b"ulaw": 1, b"ULAW": 1, b"alaw": 1, b"ALAW": 1, b"raw ": 1,
}  # fmt: skip
# CoreAudio's CHAN chunk: this tag says that a bitmap follows, whose bits are those of WAVE_FORMAT_EXTENSIBLE.
_BITMAP = 0x10000
# CoreAudio's tags of whole layouts (CoreAudioBaseTypes.h), by their upper half: the speakers in order.
_TAGS = {
    108: (FL, FR, BL, BR), 113: (FL, FR, FC), 114: (FC, FL, FR), 115: (FL, FR, FC, BC), 116: (FC, FL, FR, BC),
    117: (FL, FR, FC, SL, SR), 118: (FL, FR, SL, SR, FC), 119: (FL, FC, FR, SL, SR), 120: (FC, FL, FR, SL, SR),
    121: (FL, FR, FC, LFE, SL, SR), 122: (FL, FR, SL, SR, FC, LFE), 123: (FL, FC, FR, SL, SR, LFE),
    124: (FC, FL, FR, SL, SR, LFE), 125: (FL, FR, FC, LFE, SL, SR, BC), 126: (FL, FR, FC, LFE, SL, SR, FLC, FRC),
    127: (FC, FLC, FRC, FL, FR, SL, SR, LFE), 128: (FL, FR, FC, LFE, SL, SR, BL, BR), 133: (FL, FR, LFE),
}  # fmt: skip
_UNKNOWN = 0x7F000000


def survey_aiff(file: BinaryIO, start: int, size: int) -> Survey:
    """FORM AIFF or AIFC."""
    file.seek(start)
    kind = file.read(12)[8:12]
    chunks, sound, claimed = _walk(file, start + 12, size)
    common = next(((begin, end) for name, begin, end in chunks if name == b"COMM" and end - begin >= 18), None)
    if common is None or sound is None:
        return Survey([[(start, size)]], "aiff")
    file.seek(common[0])
    comm = file.read(common[1] - common[0])
    channels, frames, bits = struct.unpack(">hIh", comm[:8])
    code = comm[18:22] if kind == b"AIFC" else b"NONE"
    width = _PLAIN.get(code, 0)
    align = channels * ((bits + 7) // 8 if width is None else width)
    if align <= 0:
        return Survey([[(start, size)]], "aiff", frames or None, chunks=chunks)
    begin, end = sound
    present = (end - begin) // align
    unknown = frames == 0 or frames >= _UNKNOWN // align or claimed <= 8
    promised = None if unknown and present != frames else frames
    present = present if promised is None else min(present, promised)
    fault = "the file ends before its samples do (cut short?)" if promised is not None and present < promised else ""
    raw = (begin, begin + present * align, align)
    parts = [_as_aiff(kind, comm[:2] + struct.pack(">I", present) + comm[6:], *raw[:2])]
    mask, order = _layout(file, chunks)
    return Survey(parts, "aiff", promised, present, fault, mask, order, chunks=chunks, samples_at=begin, raw=raw)


def _as_aiff(kind: bytes, comm: bytes, begin: int, end: int) -> list[Piece]:
    """An AIFF of that COMM chunk and these samples; every size in it is true."""
    head = kind + _chunk(b"COMM", comm) + b"SSND" + struct.pack(">III", 8 + end - begin, 0, 0)
    whole = b"FORM" + struct.pack(">I", min(len(head) + end - begin, 0xFFFFFFFF)) + head
    return [whole, (begin, end), b"\0" * ((end - begin) % 2)]


def _walk(file: BinaryIO, position: int, size: int) -> tuple[list[Chunk], tuple[int, int] | None, int]:
    """The chunks beside the sound, where the sound lies, and what SSND claims."""
    chunks: list[Chunk] = []
    sound, claimed_sound = None, 0
    while position + 8 <= size and len(chunks) < MOST_ITEMS:
        file.seek(position)
        name, claimed = struct.unpack(">4sI", file.read(8))
        begin, end = position + 8, position + 8 + claimed
        if name == b"SSND" and begin + 8 <= size:
            offset = struct.unpack(">I", file.read(4))[0]
            sound = (min(begin + 8 + offset, size), size if claimed <= 8 else min(end, size))
            claimed_sound = claimed
        elif end > size or not all(32 <= byte < 127 for byte in name):
            break
        else:
            chunks.append((name, begin, end))
        position = end + claimed % 2
    return chunks, sound, claimed_sound


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack(">I", len(content)) + content + b"\0" * (len(content) % 2)


def _layout(file: BinaryIO, chunks: list[Chunk]) -> tuple[int | None, tuple[int, ...] | None]:
    """CHAN's mask, or its order."""
    place = next((begin for name, begin, end in chunks if name == b"CHAN" and end - begin >= 12), None)
    if place is None:
        return None, None
    file.seek(place)
    tag, bitmap = struct.unpack(">II", file.read(8))
    return (bitmap, None) if tag == _BITMAP else (None, _TAGS.get(tag >> 16))
