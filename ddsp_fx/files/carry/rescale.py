# SPDX-License-Identifier: GPL-3.0-or-later
"""Converts positions in samples to another sample rate: time reference, cue points, loops, labels, markers."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence

_TIME_REFERENCE = 338
_LOUDNESS = 412


def rescaled(name: bytes, content: bytes, ratio: float) -> bytes:
    """A RIFF or AIFF chunk's content for audio at `ratio` times the rate; unchanged if it has no positions."""
    change = _CHANGES.get(name)
    return content if change is None or ratio == 1.0 else change(content, ratio)


def without_loudness(bext: bytes) -> bytes:
    """bext version 2 stores loudness, which an effect changes: set it to 0x7FFF, "not measured" (EBU Tech 3285 s2)."""
    if len(bext) < _LOUDNESS + 10 or struct.unpack_from("<H", bext, 346)[0] < 2:
        return bext
    return bext[:_LOUDNESS] + struct.pack("<5h", *[0x7FFF] * 5) + bext[_LOUDNESS + 10 :]


def _scaled(content: bytes, layout: str, offsets: Sequence[int], ratio: float) -> bytes:
    """Multiply the numbers at these offsets, of that `struct` layout, and clip them to its range."""
    data, most = bytearray(content), (1 << 8 * struct.calcsize(layout)) - 1
    for offset in offsets:
        if offset + struct.calcsize(layout) <= len(data):
            value = struct.unpack_from(layout, data, offset)[0]
            struct.pack_into(layout, data, offset, min(round(value * ratio), most))
    return bytes(data)


def _bext(content: bytes, ratio: float) -> bytes:
    return _scaled(content, "<Q", [_TIME_REFERENCE], ratio)


def _cue(content: bytes, ratio: float) -> bytes:
    """Each point: id, position, chunk, chunk start, block start, sample offset."""
    places = range(4, len(content) - 23, 24)
    return _scaled(content, "<I", [place + at for place in places for at in (4, 20)], ratio)


def _smpl(content: bytes, ratio: float) -> bytes:
    """The period of a sample in ns, then loops of 24 bytes from byte 36 on, with start and end in samples."""
    ends = [place + at for place in range(36, len(content) - 23, 24) for at in (8, 12)]
    return _scaled(_scaled(content, "<I", ends, ratio), "<I", [8], 1.0 / ratio)


def _plst(content: bytes, ratio: float) -> bytes:
    return _scaled(content, "<I", [place + 4 for place in range(4, len(content) - 11, 12)], ratio)


def _adtl(content: bytes, ratio: float) -> bytes:
    """Labels of cue points; `ltxt` has a length in samples."""
    if content[:4] != b"adtl":
        return content
    offsets, position = [], 4
    while position + 8 <= len(content):
        name, length = struct.unpack_from("<4sI", content, position)
        offsets += [position + 12] if name == b"ltxt" else []
        position += 8 + length + length % 2
    return _scaled(content, "<I", offsets, ratio)


def _mark(content: bytes, ratio: float) -> bytes:
    """AIFF's markers: id, position, a Pascal string padded to even length."""
    offsets, position = [], 2
    while position + 7 <= len(content):
        offsets.append(position + 2)
        length = content[position + 6] + 1
        position += 6 + length + length % 2
    return _scaled(content, ">I", offsets, ratio)


def _ixml(content: bytes, ratio: float) -> bytes:
    """Sample rates, and the time since midnight in samples, stored as two halves of 32 bits."""
    for rate in (b"FILE_SAMPLE_RATE", b"TIMESTAMP_SAMPLE_RATE", b"DIGITIZER_SAMPLE_RATE"):
        content = _element(content, rate, lambda value: round(value * ratio))
    pairs = (
        (b"TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI", b"TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO"),
        (b"BWF_TIME_REFERENCE_HIGH", b"BWF_TIME_REFERENCE_LOW"),
    )
    for high, low in pairs:
        found = [re.search(rb"<%s>\s*(\d+)\s*</" % name, content) for name in (high, low)]
        if all(found):
            upper, lower = (int(match[1]) for match in found if match)
            samples = round(((upper << 32) + lower) * ratio)
            content = _element(content, high, lambda _, n=samples: n >> 32)  # type: ignore[misc]
            content = _element(content, low, lambda _, n=samples: n & 0xFFFFFFFF)  # type: ignore[misc]
    return content


def _element(content: bytes, name: bytes, change: Callable[[int], int]) -> bytes:
    def new(match: re.Match[bytes]) -> bytes:
        return match[1] + str(change(int(match[2]))).encode() + match[3]

    return re.sub(rb"(<%s>\s*)(\d+)(\s*</%s>)" % (name, name), new, content)


_CHANGES: dict[bytes, Callable[[bytes, float], bytes]] = {
    b"bext": _bext,
    b"cue ": _cue,
    b"smpl": _smpl,
    b"plst": _plst,
    b"LIST": _adtl,
    b"iXML": _ixml,
    b"MARK": _mark,
}
