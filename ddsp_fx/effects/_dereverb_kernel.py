# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage of dereverb: what a frame asks of the model, and how the tail is taken from the recording."""

from typing import NamedTuple

import numpy as np

from ddsp_fx.analysis._listening_kernel import next_frame
from ddsp_fx.dsp._copy_kernel import copy
from ddsp_fx.dsp._delay_kernel import delay
from ddsp_fx.dsp._jit import kernel
from ddsp_fx.dsp._ramp_kernel import Blend, Ramp, aim, follow, linear_gain, mix_into
from ddsp_fx.dsp._tail_mask_kernel import Mask, suppress
from ddsp_fx.dsp.delay import Delay
from ddsp_fx.dsp.stage import stage
from ddsp_fx.dsp.state import Float1, Float2, Record
from ddsp_fx.effects._gate_kernel import gate_step
from ddsp_fx.effects._voice_kernel import Voice, hear, level_gate, play, take_parts, write_stems
from ddsp_fx.effects.smoothed import GAIN_RANGE_DB

_SILENT_DB = GAIN_RANGE_DB[0]


class DereverbControls(Record):
    """The parameters, as numbers."""

    amount: float
    method: int
    gate: float
    noise_gain: float
    output_gain: float
    gate_follows: int


class DereverbState(NamedTuple):
    """An instrument, its mask, and all its parts a window later: two of sound, the room, and the input.

    `parts` and `aligned` are pieces of these, before and after the delay; `clean` is a piece of the recording without
    its tail, `wet` of the sound without the room, and `shares` of the ramp between the two methods.
    """

    controls: DereverbControls
    voice: Voice
    mask: Mask
    alignment: Delay
    method: Ramp
    blend: Blend
    parts: Float2
    aligned: Float2
    clean: Float2
    wet: Float2
    dry: Float2
    shares: Float1


@kernel(inline=True)
def conduct(state: DereverbState) -> None:
    """What the frame in `heard` asks of the model.

    It learned from voiced and unvoiced frames what is tail and what is note, so only the level gates.
    """
    controls, voice, request = state.controls, state.voice, state.voice.request
    heard_db = voice.listener.heard.level_db
    threshold_db = level_gate(voice.threshold, heard_db, True, controls.gate, controls.gate_follows == 1)
    gate = gate_step(voice.gate, 1.0, heard_db, 0.0, threshold_db)
    request.f0_hz, request.level_db = voice.listener.heard.f0_hz, heard_db
    request.harmonic_gain = gate
    request.noise_gain = gate * linear_gain(controls.noise_gain, _SILENT_DB)
    request.followed, request.too_quiet = int(gate > 0.0), int(heard_db < threshold_db)
    request.out_of_range = 0


@kernel(inline=True)
def listen(state: DereverbState, block: Float2) -> int:
    """Play the frames that a block completes; returns the model's status."""
    piece = state.voice.pieces.mono.size
    for start in range(0, block.shape[1], piece):
        hear(state.voice, block, start, min(piece, block.shape[1] - start))
        while next_frame(state.voice.listener):
            conduct(state)
            status = play(state.voice)
            if status != 0:
                return status
    return 0


@kernel(inline=True)
def _predict(state: DereverbState, n: int) -> None:
    """Give the mask the recording, the dry sound and its tail, and the delay all parts."""
    pieces, mask, parts = state.voice.pieces, state.mask, state.parts
    channels, rooms, held = pieces.dry.shape[0], pieces.room.shape[0], mask.numbers.held
    for c in range(channels):
        copy(pieces.dry[c, :n], mask.held[c, held : held + n])
        copy(pieces.dry[c, :n], parts[2 + rooms + c, :n])
    copy(pieces.sound[0, :n], parts[0, :n])
    copy(pieces.sound[1, :n], parts[1, :n])
    for r in range(rooms):
        copy(pieces.room[r, :n], parts[2 + r, :n])
    for i in range(n):
        mask.held[channels, held + i] = pieces.sound[0, i] + pieces.sound[1, i]
        total = np.float32(0.0)
        for r in range(rooms):
            total += pieces.room[r, i]
        mask.held[channels + 1, held + i] = total / np.float32(rooms)


@kernel(inline=True)
def _by_method(state: DereverbState, n: int) -> None:
    """The sound without the room into `wet`, and the room that is left out, over `clean`, by the method's share."""
    aligned, channels = state.aligned, state.clean.shape[0]
    rooms = aligned.shape[0] - 2 - channels
    aim(state.method, 1.0 if state.controls.method == 0 else 0.0)
    follow(state.method, state.shares[:n])
    for c in range(channels):
        room = aligned[2 + min(c, rooms - 1)]
        for i in range(n):
            share, clean, dry = state.shares[i], state.clean[c, i], aligned[2 + rooms + c, i]
            rest = np.float32(1.0) - share
            state.wet[c, i] = (aligned[0, i] + aligned[1, i]) * rest + clean * share
            state.clean[c, i] = room[i] * rest + (dry - clean) * share
            state.dry[c, i] = dry


@kernel(inline=True)
def emit(state: DereverbState, block: Float2, out: Float2) -> None:
    """The sound that is due with a block: mixed, or its parts if `out` has rows for them."""
    controls, piece = state.controls, state.voice.pieces.mono.size
    gain = linear_gain(controls.output_gain, _SILENT_DB)
    for start in range(0, block.shape[1], piece):
        n = min(piece, block.shape[1] - start)
        take_parts(state.voice, block, start, n, 1.0)
        _predict(state, n)
        suppress(state.mask, n, state.clean)
        delay(state.alignment, state.parts, 0, n, state.aligned)
        _by_method(state, n)
        if out.shape[0] > block.shape[0]:
            write_stems(state.aligned, state.clean, state.dry, out, start, n)
        else:
            mix_into(state.blend, controls.amount, gain, state.dry, 0, state.wet, out, start, n)


@stage()
def dereverb(state: DereverbState, block: Float2, out: Float2) -> int:
    """The input without its room."""
    status = listen(state, block)
    emit(state, block, out)
    return status
