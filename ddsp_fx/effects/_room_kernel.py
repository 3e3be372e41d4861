# SPDX-License-Identifier: GPL-3.0-or-later
"""The compiled part of `room`: the current response, and those that it has replaced, ringing out."""

from typing import NamedTuple

import numpy as np

from ddsp_fx.dsp._convolution_kernel import Convolver, convolve
from ddsp_fx.dsp._jit import compiled_type, kernel
from ddsp_fx.dsp._view import viewer
from ddsp_fx.dsp.state import Float1, Float2, Int1, Record

_convolver = viewer(compiled_type(Convolver))


class RoomNumbers(Record):
    """The length of a fade in samples, and how many rooms ring."""

    fade: int
    ringing: int


class RoomState(NamedTuple):
    """Seat 0 has the current room, the next ones the ringing rooms, oldest first."""

    numbers: RoomNumbers
    tables: Int1  # the address of each seat's Convolver
    positions: Int1  # samples since each was replaced
    taps: Int1
    ramp: Float1
    send: Float2
    part: Float2


@kernel()
def _leave_silent(room: RoomState) -> None:
    """Free the seats of rooms whose tails have ended."""
    kept = 0
    for seat in range(1, room.numbers.ringing + 1):
        if room.numbers.fade + room.taps[seat] > room.positions[seat]:
            kept += 1
            room.tables[kept] = room.tables[seat]
            room.positions[kept] = room.positions[seat]
            room.taps[kept] = room.taps[seat]
    room.numbers.ringing = kept


@kernel()
def _fade(room: RoomState, block: Float2, start: int, n: int) -> None:
    """The part of the input that goes to the current room, into `send`."""
    newest, fade = room.numbers.ringing, room.numbers.fade
    for i in range(n):
        room.ramp[i] = np.float32(min((room.positions[newest] + 1 + i) / fade, 1.0))
    for c in range(room.send.shape[0]):
        for i in range(n):
            room.send[c, i] = block[c, start + i] * room.ramp[i]


@kernel()
def _ring_out(  # noqa: PLR0913, PLR0917
    room: RoomState, seat: int, block: Float2, start: int, n: int, out: Float2
) -> None:
    """Add a replaced room: the newest gets the rest of the input, older ones silence."""
    is_newest = seat == room.numbers.ringing
    for c in range(out.shape[0]):
        for i in range(n):
            rest = np.float32(1.0) - room.ramp[i] if is_newest else np.float32(0.0)
            room.send[c, i] = block[c, start + i] * rest
    convolve(_convolver(room.tables[seat]), room.send, 0, n, room.part)
    audible = min(n, room.numbers.fade + room.taps[seat] - room.positions[seat])
    for c in range(out.shape[0]):
        for i in range(audible):
            out[c, i] += room.part[c, i]
    room.positions[seat] += n


@kernel(inline=True)
def in_room(room: RoomState, block: Float2, start: int, n: int, out: Float2) -> None:
    """A piece of a block, no longer than `ramp`, -> the wet sound into the first n of `out`."""
    current = _convolver(room.tables[0])
    if room.numbers.ringing == 0:
        convolve(current, block, start, n, out)
        return
    _fade(room, block, start, n)
    convolve(current, room.send, 0, n, out)
    for seat in range(1, room.numbers.ringing + 1):
        _ring_out(room, seat, block, start, n, out)
    _leave_silent(room)
