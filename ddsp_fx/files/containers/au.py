# SPDX-License-Identifier: GPL-3.0-or-later
"""Sun's AU: one header, with all bits set for an unknown size."""

from __future__ import annotations

import struct
from typing import BinaryIO

from ddsp_fx.files.containers.ending import CUT, after_the_end
from ddsp_fx.files.pieces import Piece
from ddsp_fx.files.structure import Survey

# Bytes per sample of the uncompressed encodings.
_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}
_UNKNOWN = 0xFFFFFFFF


def survey_au(file: BinaryIO, start: int, size: int) -> Survey:
    """Check whether all samples are there, and nothing after them."""
    file.seek(start)
    head = file.read(24)
    if len(head) < 24:
        return Survey([[(start, size)]])
    offset, length, encoding, _, channels = struct.unpack(">5I", head[4:])
    end = start + offset + length
    # Some writers leave zero because they never return to the header.
    unknown = length == _UNKNOWN or (length == 0 and end < size)
    streamed: list[Piece] = [head[:8] + struct.pack(">I", _UNKNOWN) + head[12:], (start + 24, size)]
    align = _WIDTHS.get(encoding, 0) * channels
    if unknown or not align:
        return Survey([streamed if unknown else [(start, size)]])
    fault = CUT if end > size else after_the_end(file, end, size)
    return Survey([streamed if fault else [(start, size)]], promised=length // align if fault else None, fault=fault)
