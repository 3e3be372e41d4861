# SPDX-License-Identifier: GPL-3.0-or-later
"""RIFF, RF64, BW64, RIFX and Wave64: finds the samples, whatever the sizes in the headers say."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from ddsp_fx.files.containers.ending import CHUNKS, CUT, GOES_ON, after_the_end
from ddsp_fx.files.pieces import Piece
from ddsp_fx.files.structure import MOST_ITEMS, Survey

Chunk = tuple[bytes, int, int]

_EXTENSIBLE = 0xFFFE
# Uncompressed samples: integer, float, A-law, mu-law. Their number follows from the bytes alone.
_PLAIN = (1, 3, 6, 7)
# Values written for an unknown size: ffmpeg all ones, sox 0x7ffff000, arecord 0x80000000, each possibly rounded down to
# whole frames or reduced by a header. No recording has one of these lengths by chance.
_UNKNOWN = ((0x7FFFEF00, 0x80001000), (0xFFFFEF00, 0xFFFFFFFF))
_LOOK = 1 << 20


@dataclass
class Found:
    """What the walk through the chunks has found; `order` is the byte order as in `struct`."""

    chunks: list[Chunk]
    data: list[Chunk]
    fmt: bytes = b""
    long_data: int | None = None
    claimed: int = 0
    end: int = 0
    order: str = "<"


def survey_wave(file: BinaryIO, start: int, size: int) -> Survey:
    """Survey RIFF and its 64-bit forms."""
    file.seek(start)
    head = file.read(12)
    found = Found([], [], end=start + 12, order=">" if head[:4] == b"RIFX" else "<")
    while found.end + 8 <= size and len(found.chunks) + len(found.data) < MOST_ITEMS:
        if not _chunk(file, found, size):
            break
    if not found.fmt or len(found.fmt) < 16 or not found.data:
        return Survey([[(start, size)]], "wav")
    # RIFX's chunks have the other byte order, and cannot be copied unchanged.
    seen = survey_found(file, found, size)
    return replace(seen, container="rifx") if found.order == ">" else seen


def _chunk(file: BinaryIO, found: Found, size: int) -> bool:
    if _no_pad_before(file, found, size):
        found.end -= 1
    file.seek(found.end)
    name, claimed = struct.unpack(f"{found.order}4sI", file.read(8))
    if not _is_name(name):
        return False
    begin = found.end + 8
    if name in (b"RIFF", b"RF64", b"FORM"):
        return False
    if name == b"data":
        return _data(file, found, begin, claimed, size)
    if begin + claimed > size and not (found.data and name in CHUNKS):
        return False
    file.seek(begin)
    if name == b"fmt ":
        found.fmt = file.read(min(claimed, 64))
    elif name == b"ds64" and claimed >= 16:
        found.long_data = struct.unpack("<Q", file.read(16)[8:])[0]
    found.chunks.append((name, begin, begin + claimed))
    found.end = begin + claimed + claimed % 2
    return True


def _data(file: BinaryIO, found: Found, begin: int, claimed: int, size: int) -> bool:
    if found.long_data is not None and claimed == 0xFFFFFFFF:
        claimed = found.long_data
        unknown = claimed == 0 or claimed >= 1 << 62
    else:
        unknown = any(low <= claimed <= high for low, high in _UNKNOWN) and begin + claimed > size
    if claimed == 0 and begin < size:
        unknown = not _chunks_to_the_end(file, begin, size, found.order)
    end = size if unknown else min(begin + claimed, size)
    found.data.append((b"data", begin, end))
    found.claimed = -1 if unknown or found.claimed < 0 else found.claimed + claimed
    found.end = end + (end - begin) % 2
    return True


def _is_name(name: bytes) -> bool:
    return len(name) == 4 and all(32 <= byte < 127 for byte in name)


def _no_pad_before(file: BinaryIO, found: Found, size: int) -> bool:
    """Whether a chunk of odd length lacks its pad byte."""
    if not found.chunks or (found.chunks[-1][2] - found.chunks[-1][1]) % 2 == 0:
        return False
    file.seek(found.end - 1)
    head = file.read(8)
    return len(head) == 8 and _is_name(head[:4]) and found.end + 7 <= size


def _chunks_to_the_end(file: BinaryIO, begin: int, size: int, order: str) -> bool:
    """Whether a chain of chunks leads from here to the end. If so, a data chunk of size 0 is really empty."""
    position = begin
    while position + 8 <= size:
        file.seek(position)
        name, length = struct.unpack(f"{order}4sI", file.read(8))
        if not _is_name(name):
            return False
        position += 8 + length + length % 2
    return size <= position <= size + 1


def survey_found(file: BinaryIO, found: Found, size: int) -> Survey:
    """The survey from the chunks, for all forms of WAV."""
    tag, channels, _rate, _, _, bits = struct.unpack(f"{found.order}HHIIHH", found.fmt[:16])
    mask: int | None = None
    if tag == _EXTENSIBLE and len(found.fmt) >= 26:
        mask, tag = struct.unpack(f"{found.order}IH", found.fmt[20:26])
    if tag not in _PLAIN or not channels or not bits:
        return _compressed(file, found, mask)
    align, fmt = _true_width(file, found, tag)
    promised = None if found.claimed < 0 else found.claimed // align
    fault, data = _beyond(file, found, size) if promised is not None else ("", found.data)
    present = sum(end - begin for _, begin, end in data) // align
    if promised is not None and present < promised:
        fault = CUT
    last = data[-1]
    return Survey(
        [_as_wave(fmt, data, (), found.order)],
        "wav",
        promised,
        present,
        fault,
        mask,
        chunks=found.chunks,
        samples_at=data[0][1],
        raw=(last[1], last[2], align) if len(data) == 1 else None,
    )


def _true_width(file: BinaryIO, found: Found, tag: int) -> tuple[int, bytes]:
    """Bytes per frame, and a fmt chunk that states them.

    Block align is wrong in many files; the bit depth then decides. If block align is wider and the sound agrees (24
    bits in 4 bytes, with the lowest byte zero), the samples are that wide.
    """
    channels, align, bits = (struct.unpack_from(f"{found.order}H", found.fmt, at)[0] for at in (2, 12, 14))
    width, stated = (bits + 7) // 8, align // channels
    if tag == 1 and 2 <= width < stated <= 4 and align % channels == 0 and _is_padded(file, found, stated, width):
        wide = struct.pack(f"{found.order}HH", align, 8 * stated)
        return align, found.fmt[:12] + wide + found.fmt[16:]
    true = struct.pack(f"{found.order}H", min(channels * width, 0xFFFF))
    return channels * width, found.fmt[:12] + true + found.fmt[14:]


def _is_padded(file: BinaryIO, found: Found, stated: int, width: int) -> bool:
    """Whether the low bytes of all samples are zero, but not all high bytes. Silence at the start is skipped."""
    begin, end = found.data[0][1:]
    low = range(stated - width) if found.order == "<" else range(width, stated)
    step = _LOOK // stated * stated
    for place in range(begin, end, step):
        file.seek(place)
        block = file.read(min(step, end - place))
        if any(any(block[at::stated]) for at in low):
            return False
        if any(block):
            return True
    return False


def _beyond(file: BinaryIO, found: Found, size: int) -> tuple[str, list[Chunk]]:
    """What follows the stated end: sound, if a recorder never updated its header, or a second file."""
    data = list(found.data)
    if found.end < data[-1][2]:
        return "", data
    fault = after_the_end(file, found.end, size)
    if fault == GOES_ON and found.end >= data[-1][2] + 8:
        return "", data
    if fault == GOES_ON:
        data[-1] = (b"data", data[-1][1], size)
    return fault, data


def _compressed(file: BinaryIO, found: Found, mask: int | None) -> Survey:
    """ADPCM, GSM, MP3 in WAV: the decoder determines the length; a fact chunk, if any, states the promised one."""
    cut = found.claimed > sum(end - begin for _, begin, end in found.data)
    fact = next((begin for name, begin, end in found.chunks if name == b"fact" and end - begin >= 4), None)
    promised: int | None = None
    if fact is not None and found.claimed >= 0:
        file.seek(fact)
        promised = struct.unpack(f"{found.order}I", file.read(4))[0] or None
    fault = CUT if cut else ""
    # fact counts the original samples. Blocks are padded, and MP3 in WAV starts with its encoder's delay.
    is_mp3 = struct.unpack(f"{found.order}H", found.fmt[:2])[0] in (0x50, 0x55)
    facts: list[Piece] = []
    for name, begin, end in found.chunks:
        if name == b"fact":
            facts += [name + struct.pack(f"{found.order}I", end - begin), (begin, end), b"\0" * ((end - begin) % 2)]
    return Survey(
        [_as_wave(found.fmt, found.data, facts, found.order)],
        "wav",
        promised if cut else None,
        None,
        fault,
        mask,
        delay_known=not is_mp3,
        chunks=found.chunks,
        samples_at=found.data[0][1],
    )


def _as_wave(fmt: bytes, data: Sequence[Chunk], facts: Sequence[Piece], order: str) -> list[Piece]:
    """A plain WAV of these bytes, RF64 from 4 GiB on, with correct sizes throughout."""
    length = sum(end - begin for _, begin, end in data)
    ranges: list[Piece] = [(begin, end) for _, begin, end in data]
    fmt_chunk = b"fmt " + struct.pack(f"{order}I", len(fmt)) + fmt + b"\0" * (len(fmt) % 2)
    extra = sum(len(piece) if isinstance(piece, bytes) else piece[1] - piece[0] for piece in facts)
    riff = 4 + len(fmt_chunk) + extra + 8 + length + length % 2
    if riff < 0xFFFFFFFF:
        head = (b"RIFF" if order == "<" else b"RIFX") + struct.pack(f"{order}I", riff) + b"WAVE"
        return [head + fmt_chunk, *facts, b"data" + struct.pack(f"{order}I", length), *ranges, b"\0" * (length % 2)]
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, riff + 36, length, 0, 0)
    head = b"RF64" + struct.pack("<I", 0xFFFFFFFF) + b"WAVE" + ds64
    return [head + fmt_chunk, *facts, b"data" + struct.pack("<I", 0xFFFFFFFF), *ranges, b"\0" * (length % 2)]
