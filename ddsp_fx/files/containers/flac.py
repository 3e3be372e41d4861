# SPDX-License-Identifier: GPL-3.0-or-later
"""FLAC: STREAMINFO promises; every frame has checksums, so the decoder itself finds all damage."""

from __future__ import annotations

from typing import BinaryIO

from ddsp_fx.files.survey import MOST_ITEMS, Survey

# The type of a metadata block, which has 7 bits beside the mark of the last one.
_COMMENTS = 4


def survey_flac(file: BinaryIO, start: int, size: int) -> Survey:
    """A native FLAC stream."""
    file.seek(start)
    head = file.read(42)
    # STREAMINFO: 20 bits rate, 3 channels, 5 depth, 36 total samples, from byte 10 of its content on.
    total = (int.from_bytes(head[18:26], "big") & ((1 << 36) - 1)) if len(head) >= 26 else 0
    file.seek(max(start, size - 128))
    end = size - 128 if size - 128 > start and file.read(3) == b"TAG" else size
    return Survey([[(start, end)]], "flac", total or None, mask=_mask(file, start, end))


def _mask(file: BinaryIO, start: int, end: int) -> int | None:
    """The comment WAVEFORMATEXTENSIBLE_CHANNEL_MASK=0x..., by which FLAC states any other layout than its own."""
    text = _comments(file, start, end).upper()
    key = b"WAVEFORMATEXTENSIBLE_CHANNEL_MASK=0X"
    place = text.find(key)
    if place < 0:
        return None
    digits = text[place + len(key) : place + len(key) + 8]
    number = bytes(byte for byte in digits if byte in b"0123456789ABCDEF")
    return int(number, 16) if number and digits.startswith(number) else None


def _comments(file: BinaryIO, start: int, end: int) -> bytes:
    """The block of comments, wherever it stands among the blocks: taggers put covers of megabytes before it."""
    position = start + 4
    for _ in range(MOST_ITEMS):
        file.seek(position)
        head = file.read(4)
        if len(head) < 4 or position >= end:
            break
        length = int.from_bytes(head[1:], "big")
        if head[0] & 0x7F == _COMMENTS:
            return file.read(min(length, end - position))
        if head[0] & 0x80:
            break
        position += 4 + length
    return b""
