# SPDX-License-Identifier: GPL-3.0-or-later
"""FLAC: STREAMINFO states the length. All frames have checksums, so the decoder itself finds damage."""

from __future__ import annotations

from typing import BinaryIO

from ddsp_fx.files.structure import MOST_ITEMS, Survey

# A metadata block's type has 7 bits; the eighth marks the last block.
_COMMENTS = 4


def survey_flac(file: BinaryIO, start: int, size: int) -> Survey:
    """Survey a native FLAC stream."""
    file.seek(start)
    head = file.read(42)
    # STREAMINFO from byte 10 of its content: 20 bits rate, 3 channels, 5 depth, 36 total samples.
    total = (int.from_bytes(head[18:26], "big") & ((1 << 36) - 1)) if len(head) >= 26 else 0
    file.seek(max(start, size - 128))
    end = size - 128 if size - 128 > start and file.read(3) == b"TAG" else size
    return Survey([[(start, end)]], "flac", total or None, mask=_mask(file, start, end))


def _mask(file: BinaryIO, start: int, end: int) -> int | None:
    """The comment WAVEFORMATEXTENSIBLE_CHANNEL_MASK=0x..., by which FLAC states a layout other than its default."""
    text = _comments(file, start, end).upper()
    key = b"WAVEFORMATEXTENSIBLE_CHANNEL_MASK=0X"
    place = text.find(key)
    if place < 0:
        return None
    digits = text[place + len(key) : place + len(key) + 8]
    number = bytes(byte for byte in digits if byte in b"0123456789ABCDEF")
    return int(number, 16) if number and digits.startswith(number) else None


def _comments(file: BinaryIO, start: int, end: int) -> bytes:
    """The block of comments, at any position: taggers may put covers of several megabytes before it."""
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
