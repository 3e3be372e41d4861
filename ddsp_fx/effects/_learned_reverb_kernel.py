# SPDX-License-Identifier: GPL-3.0-or-later
"""The learned reverb's stage: the room, mixed with the input."""

from typing import NamedTuple

from ddsp_fx.dsp._ramp_kernel import Blend, linear_gain, mix_into
from ddsp_fx.dsp.stage import stage
from ddsp_fx.dsp.state import Float2, Record
from ddsp_fx.effects._room_kernel import RoomState, in_room
from ddsp_fx.effects.smoothed import GAIN_RANGE_DB

_SILENT_DB = GAIN_RANGE_DB[0]


class ReverbControls(Record):
    """The parameters that act on each sample."""

    mix: float
    output_gain: float


class ReverbState(NamedTuple):
    """`wet` is a piece of the room's sound."""

    controls: ReverbControls
    room: RoomState
    blend: Blend
    wet: Float2


@stage()
def learned_reverb(state: ReverbState, block: Float2, out: Float2) -> int:
    """The input and its sound in the room."""
    controls, piece = state.controls, state.wet.shape[1]
    gain = linear_gain(controls.output_gain, _SILENT_DB)
    for start in range(0, block.shape[1], piece):
        n = min(piece, block.shape[1] - start)
        in_room(state.room, block, start, n, state.wet)
        mix_into(state.blend, controls.mix, gain, block, start, state.wet, out, start, n)
    return 0
