# SPDX-License-Identifier: GPL-3.0-or-later
"""AIFF and AIFF-C: big-endian chunks, and a COMM chunk that counts the sample frames."""

from __future__ import annotations

import struct
from typing import BinaryIO

from ddsp_fx.files.containers.core_audio import layout_of
from ddsp_fx.files.containers.ending import CHUNKS, CUT, GOES_ON, TRAILER, after_the_end
from ddsp_fx.files.pieces import Piece
from ddsp_fx.files.structure import MOST_ITEMS, Survey

Chunk = tuple[bytes, int, int]

# Bytes per sample of AIFF-C's uncompressed encodings; None: by COMM's bit depth.
_PLAIN = {
    b"NONE": None, b"twos": None, b"sowt": None, b"in24": 3, b"in32": 4, b"42ni": 3, b"23ni": 4,
    b"fl32": 4, b"FL32": 4, b"fl64": 8, b"FL64": 8, b"ulaw": 1, b"ULAW": 1, b"alaw": 1, b"ALAW": 1, b"raw ": 1,
}  # fmt: skip
_UNKNOWN = 0x7F000000
_MOST_OF_HEADER = 4096


def survey_aiff(file: BinaryIO, start: int, size: int) -> Survey:
    """Survey an AIFF or AIFF-C file."""
    file.seek(start)
    kind = file.read(12)[8:12]
    chunks, sound, claimed = _walk(file, start + 12, size)
    common = next(((begin, end) for name, begin, end in chunks if name == b"COMM" and end - begin >= 18), None)
    if common is None or sound is None:
        return Survey([[(start, size)]], "aiff")
    file.seek(common[0])
    comm = file.read(min(common[1] - common[0], _MOST_OF_HEADER))
    channels, frames, bits = struct.unpack(">hIh", comm[:8])
    code = comm[18:22] if kind == b"AIFC" else b"NONE"
    width = _PLAIN.get(code, 0)
    align = channels * ((bits + 7) // 8 if width is None else width)
    if align <= 0:
        return Survey([[(start, size)]], "aiff", frames or None, chunks=chunks)
    unknown = frames == 0 or frames >= _UNKNOWN // align or claimed <= 8
    promised = None if unknown and (sound[1] - sound[0]) // align != frames else frames
    (begin, end), fault = (sound, "") if promised is None else _whole(file, sound, chunks, size)
    present, fault = _judged((end - begin) // align, promised, fault, align)
    raw = (begin, begin + present * align, align)
    parts = [_as_aiff(kind, comm[:2] + struct.pack(">I", present) + comm[6:], *raw[:2])]
    mask, order = _layout(file, chunks)
    return Survey(parts, "aiff", promised, present, fault, mask, order, chunks=chunks, samples_at=begin, raw=raw)


def _whole(file: BinaryIO, sound: tuple[int, int], chunks: list[Chunk], size: int) -> tuple[tuple[int, int], str]:
    """The range of the sound, extended if more sound follows its stated end, and a fault in what follows."""
    last = max([sound[1], *(end for *_, end in chunks)])
    fault = after_the_end(file, last + last % 2, size)
    return ((sound[0], size) if fault == GOES_ON and last == sound[1] else sound), fault


def _judged(there: int, promised: int | None, fault: str, align: int) -> tuple[int, str]:
    """The number of frames to read, and the fault. A writer may have failed to update either COMM or SSND."""
    if promised is None:
        return there, ""
    if there < promised:
        return there, CUT
    if (there - promised) * align >= TRAILER:
        return there, GOES_ON
    return promised, "" if fault == GOES_ON else fault


def _as_aiff(kind: bytes, comm: bytes, begin: int, end: int) -> list[Piece]:
    """An AIFF with that COMM chunk and these samples, with correct sizes throughout."""
    head = kind + _chunk(b"COMM", comm) + b"SSND" + struct.pack(">III", 8 + end - begin, 0, 0)
    whole = b"FORM" + struct.pack(">I", min(len(head) + end - begin, 0xFFFFFFFF)) + head
    return [whole, (begin, end), b"\0" * ((end - begin) % 2)]


def _walk(file: BinaryIO, position: int, size: int) -> tuple[list[Chunk], tuple[int, int] | None, int]:
    """All chunks except the sound, the sound's range, and the length that SSND claims."""
    chunks: list[Chunk] = []
    sound, claimed_sound = None, 0
    while position + 8 <= size and len(chunks) < MOST_ITEMS:
        file.seek(position)
        name, claimed = struct.unpack(">4sI", file.read(8))
        begin, end = position + 8, position + 8 + claimed
        if name == b"SSND" and begin + 8 <= size:
            offset = struct.unpack(">I", file.read(4))[0]
            first = min(begin + 8 + offset, size)
            sound = (first, size if claimed <= 8 else max(first, min(end, size)))
            claimed_sound = claimed
        elif not _is_chunk(name) or (end > size and not (sound and name in CHUNKS)):
            break
        else:
            chunks.append((name, begin, end))
        position = end + claimed % 2
    return chunks, sound, claimed_sound


def _is_chunk(name: bytes) -> bool:
    return name not in (b"FORM", b"RIFF") and all(32 <= byte < 127 for byte in name)


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack(">I", len(content)) + content + b"\0" * (len(content) % 2)


def _layout(file: BinaryIO, chunks: list[Chunk]) -> tuple[int | None, tuple[int, ...] | None]:
    """CHAN's speaker mask, or its order of speakers."""
    place = next(((begin, end) for name, begin, end in chunks if name == b"CHAN"), None)
    if place is None:
        return None, None
    file.seek(place[0])
    return layout_of(file.read(min(place[1] - place[0], _MOST_OF_HEADER)))
