# SPDX-License-Identifier: GPL-3.0-or-later
"""RIFF, RF64, BW64, RIFX and Wave64: where the samples are, whatever the sizes in the headers say."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from ddsp_fx.files.pieces import Piece
from ddsp_fx.files.survey import MOST_ITEMS, Survey

Chunk = tuple[bytes, int, int]

W64_RIFF = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_W64_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")
_EXTENSIBLE = 0xFFFE
# Plain samples: integer, float, A-law, mu-law. Of these the bytes alone say how many there are.
_PLAIN = (1, 3, 6, 7)
# What writers put where they cannot know the size: ffmpeg all ones, sox 0x7ffff000, arecord 0x80000000, each rounded
# down to whole frames or less a header. No recording has one of these lengths by chance.
_UNKNOWN = ((0x7FFFEF00, 0x80001000), (0xFFFFEF00, 0xFFFFFFFF))
# Taggers append ID3v1 (128 bytes) or a little padding; more than this past the end is sound, or another file.
_TRAILER = 4096


@dataclass
class _Found:
    """What the walk along the chunks has met."""

    chunks: list[Chunk]
    data: list[Chunk]
    fmt: bytes = b""
    long_data: int | None = None
    claimed: int = 0
    end: int = 0


def survey_wave(file: BinaryIO, start: int, size: int) -> Survey:
    """RIFF and its 64-bit forms."""
    file.seek(start)
    head = file.read(12)
    big = head[:4] == b"RIFX"
    found = _Found([], [], end=start + 12)
    while found.end + 8 <= size and len(found.chunks) + len(found.data) < MOST_ITEMS:
        if not _chunk(file, found, size, ">" if big else "<"):
            break
    if big or not found.fmt or len(found.fmt) < 16 or not found.data:
        return Survey([[(start, size)]], "wav")
    return _survey(file, found, size)


def _chunk(file: BinaryIO, found: _Found, size: int, order: str) -> bool:
    if _no_pad_before(file, found, size):
        found.end -= 1
    file.seek(found.end)
    name, claimed = struct.unpack(f"{order}4sI", file.read(8))
    if not _is_name(name):
        return False
    begin = found.end + 8
    if name in (b"RIFF", b"RF64", b"FORM"):
        return False
    if name == b"data":
        return _data(file, found, begin, claimed, size)
    if begin + claimed > size:
        return False
    file.seek(begin)
    if name == b"fmt ":
        found.fmt = file.read(min(claimed, 64))
    elif name == b"ds64" and claimed >= 16:
        found.long_data = struct.unpack("<Q", file.read(16)[8:])[0]
    found.chunks.append((name, begin, begin + claimed))
    found.end = begin + claimed + claimed % 2
    return True


def _data(file: BinaryIO, found: _Found, begin: int, claimed: int, size: int) -> bool:
    if found.long_data is not None and claimed == 0xFFFFFFFF:
        claimed = found.long_data
        unknown = claimed == 0 or claimed >= 1 << 62
    else:
        unknown = any(low <= claimed <= high for low, high in _UNKNOWN) and begin + claimed > size
    if claimed == 0 and begin < size:
        unknown = not _chunks_to_the_end(file, begin, size)
    end = size if unknown else min(begin + claimed, size)
    found.data.append((b"data", begin, end))
    found.claimed = -1 if unknown or found.claimed < 0 else found.claimed + claimed
    found.end = end + (end - begin) % 2
    return True


def _is_name(name: bytes) -> bool:
    return len(name) == 4 and all(32 <= byte < 127 for byte in name)


def _no_pad_before(file: BinaryIO, found: _Found, size: int) -> bool:
    """A chunk of odd length whose writer forgot the pad byte."""
    if not found.chunks or (found.chunks[-1][2] - found.chunks[-1][1]) % 2 == 0:
        return False
    file.seek(found.end - 1)
    head = file.read(8)
    return len(head) == 8 and _is_name(head[:4]) and found.end + 7 <= size


def _chunks_to_the_end(file: BinaryIO, begin: int, size: int) -> bool:
    """Does a chain of chunks go from here to the end? Then a data chunk of size 0 is just that."""
    position = begin
    while position + 8 <= size:
        file.seek(position)
        name, length = struct.unpack("<4sI", file.read(8))
        if not _is_name(name):
            return False
        position += 8 + length + length % 2
    return size <= position <= size + 1


def _survey(file: BinaryIO, found: _Found, size: int) -> Survey:
    tag, channels, _rate, _, align, bits = struct.unpack("<HHIIHH", found.fmt[:16])
    mask: int | None = None
    if tag == _EXTENSIBLE and len(found.fmt) >= 26:
        mask, tag = struct.unpack("<IH", found.fmt[20:26])
    align = align if align and tag not in _PLAIN else channels * ((bits + 7) // 8)
    if tag not in _PLAIN or not align:
        return _compressed(file, found, mask)
    promised = None if found.claimed < 0 else found.claimed // align
    fault, data = _beyond(file, found, size) if promised is not None else ("", found.data)
    present = sum(end - begin for _, begin, end in data) // align
    if promised is not None and present < promised:
        fault = "the file ends before its samples do (cut short?)"
    last = data[-1]
    return Survey(
        [_as_wave(found.fmt, data)],
        "wav",
        promised,
        present,
        fault,
        mask,
        chunks=found.chunks,
        samples_at=data[0][1],
        raw=(last[1], last[2], align) if len(data) == 1 else None,
    )


def _beyond(file: BinaryIO, found: _Found, size: int) -> tuple[str, list[Chunk]]:
    """Sound past the stated end: a recorder that never came back to its header, or a second file."""
    data = list(found.data)
    if size - found.end < _TRAILER or found.end < data[-1][2]:
        return "", data
    file.seek(found.end)
    after = file.read(_TRAILER)
    if after[:4] in (b"RIFF", b"RF64", b"FORM"):
        return "another file follows its end, and is not read", data
    if not any(after) or found.end > data[-1][2] + 1 or after[:3] in (b"TAG", b"ID3", b"APE"):
        return "", data
    data[-1] = (b"data", data[-1][1], size)
    return "it goes on after the end that its header states (still being recorded?)", data


def _compressed(file: BinaryIO, found: _Found, mask: int | None) -> Survey:
    """ADPCM, GSM, MP3 in WAV: the decoder counts; the fact chunk is the promise where there is one."""
    cut = found.claimed > sum(end - begin for _, begin, end in found.data)
    fact = next((begin for name, begin, end in found.chunks if name == b"fact" and end - begin >= 4), None)
    promised: int | None = None
    if fact is not None and found.claimed >= 0:
        file.seek(fact)
        promised = struct.unpack("<I", file.read(4))[0] or None
    fault = "the file ends before its samples do (cut short?)" if cut else ""
    # fact counts what was meant; blocks are padded, and MP3 in WAV begins with its encoder's delay.
    is_mp3 = struct.unpack("<H", found.fmt[:2])[0] in (0x50, 0x55)
    facts = [piece for name, begin, end in found.chunks if name == b"fact" for piece in _chunk_pieces(name, begin, end)]
    return Survey(
        [_as_wave(found.fmt, found.data, facts)],
        "wav",
        promised if cut else None,
        None,
        fault,
        mask,
        delay_known=not is_mp3,
        chunks=found.chunks,
        samples_at=found.data[0][1],
    )


def _chunk_pieces(name: bytes, begin: int, end: int) -> list[Piece]:
    return [name + struct.pack("<I", end - begin), (begin, end), b"\0" * ((end - begin) % 2)]


def _as_wave(fmt: bytes, data: Sequence[Chunk], facts: Sequence[Piece] = ()) -> list[Piece]:
    """A plain WAV of these bytes, RF64 from 4 GiB on; every size in it is true."""
    length = sum(end - begin for _, begin, end in data)
    ranges: list[Piece] = [(begin, end) for _, begin, end in data]
    fmt_chunk = b"fmt " + struct.pack("<I", len(fmt)) + fmt + b"\0" * (len(fmt) % 2)
    extra = sum(len(piece) if isinstance(piece, bytes) else piece[1] - piece[0] for piece in facts)
    riff = 4 + len(fmt_chunk) + extra + 8 + length + length % 2
    if riff < 0xFFFFFFFF:
        head = b"RIFF" + struct.pack("<I", riff) + b"WAVE"
        return [head + fmt_chunk, *facts, b"data" + struct.pack("<I", length), *ranges, b"\0" * (length % 2)]
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, riff + 36, length, 0, 0)
    head = b"RF64" + struct.pack("<I", 0xFFFFFFFF) + b"WAVE" + ds64
    return [head + fmt_chunk, *facts, b"data" + struct.pack("<I", 0xFFFFFFFF), *ranges, b"\0" * (length % 2)]


def survey_w64(file: BinaryIO, start: int, size: int) -> Survey:
    """Sony's Wave64: GUIDs for names, 64-bit sizes that count their own headers, 8-byte alignment."""
    found = _Found([], [], end=start + 40)
    while found.end + 24 <= size:
        file.seek(found.end)
        guid, claimed = struct.unpack("<16sQ", file.read(24))
        begin, length = found.end + 24, claimed - 24
        if guid[:4] == b"data" and guid[4:] == _W64_TAIL:
            unknown = claimed <= 24 or claimed >= 1 << 62
            found.claimed = -1 if unknown else length
            found.data.append((b"data", begin, size if unknown else min(begin + length, size)))
            break
        if claimed < 24 or begin + length > size:
            break
        if guid[:4] == b"fmt ":
            file.seek(begin)
            found.fmt = file.read(min(length, 64))
        found.end += (claimed + 7) // 8 * 8
    if len(found.fmt) < 16 or not found.data:
        return Survey([[(start, size)]], "wav")
    # Whatever follows is no RIFF chunk: nothing is looked for past the samples.
    found.end = size
    found.chunks = []
    return replace(_survey(file, found, size), container="w64")
