# SPDX-License-Identifier: GPL-3.0-or-later
"""CAF and AU: whether their samples are all there."""

from __future__ import annotations

import struct
from typing import BinaryIO

from ddsp_fx.files.pieces import Piece
from ddsp_fx.files.survey import MOST_ITEMS, Survey

_CUT = "the file ends before its samples do (cut short?)"
# Bytes a sample by AU's encodings of plain samples.
_AU_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}


def survey_caf(file: BinaryIO, start: int, size: int) -> Survey:
    """Apple's Core Audio Format: chunks with 64-bit sizes, -1 for one that goes to the end."""
    position, per_packet = start + 8, (0, 0)
    for _ in range(MOST_ITEMS):
        file.seek(position)
        head = file.read(12)
        if len(head) < 12:
            break
        name, length = struct.unpack(">4sq", head)
        if name == b"desc":
            desc = file.read(32)
            per_packet = struct.unpack(">II", desc[16:24]) if len(desc) == 32 else (0, 0)
        elif name == b"data" and length >= 4:
            # An edit count of 4 bytes comes before the samples.
            there = size - position - 16
            whole = struct.pack(">q", there + 4)
            parts: list[Piece] = [(start, position + 4), whole, (position + 12, size)]
            return _counted((start, size), parts, length - 4 - there, length - 4, per_packet)
        if length < 0:
            break
        position += 12 + length
    return Survey([[(start, size)]])


def survey_au(file: BinaryIO, start: int, size: int) -> Survey:
    """Sun's AU: one header, all ones for an unknown size."""
    file.seek(start)
    head = file.read(24)
    if len(head) < 24:
        return Survey([[(start, size)]])
    offset, length, encoding, _, channels = struct.unpack(">5I", head[4:])
    if length == 0xFFFFFFFF:
        return Survey([[(start, size)]])
    missing = start + offset + length - size
    return _counted((start, size), [(start, size)], missing, length, (_AU_WIDTHS.get(encoding, 0) * channels, 1))


def _counted(whole: tuple[int, int], cut: list[Piece], missing: int, length: int, packet: tuple[int, int]) -> Survey:
    """`whole` as it is, or, where bytes of `length` are missing, `cut` for the decoder; packets in bytes and frames."""
    if missing <= 0 or not all(packet):
        return Survey([[whole]])
    return Survey([cut], promised=length // packet[0] * packet[1], fault=_CUT)
