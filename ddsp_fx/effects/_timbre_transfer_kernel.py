# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage of timbre transfer: what a frame asks of the model, and how the parts are mixed."""

from typing import NamedTuple

from ddsp_fx.analysis._listening_kernel import next_frame
from ddsp_fx.analysis.pitch import VOICED_FROM
from ddsp_fx.dsp._jit import kernel
from ddsp_fx.dsp._ramp_kernel import Blend, linear_gain, mix_into
from ddsp_fx.dsp.stage import stage
from ddsp_fx.dsp.state import Float2, Record
from ddsp_fx.effects._gate_kernel import Guard, gate_step, guard_step
from ddsp_fx.effects._intonation_kernel import Tune, tune_step
from ddsp_fx.effects._matching_kernel import Levels, Register, hear_level, level_step, register_step
from ddsp_fx.effects._voice_kernel import Voice, hear, level_gate, play, take_parts, write_stems
from ddsp_fx.effects.frame_request import LEVEL_HEAD_ROOM_DB, UNVOICED_DUCK_DB
from ddsp_fx.effects.smoothed import GAIN_RANGE_DB

_SILENT_DB = GAIN_RANGE_DB[0]


class TimbreControls(Record):
    """The parameters, as numbers."""

    pitch_shift: float
    register: int
    loudness_offset: float
    loudness_match: int
    autotune: float
    autotune_key: int
    autotune_scale: int
    voicing: float
    gate: float
    harmonic_gain: float
    noise_gain: float
    room: float
    mix: float
    output_gain: float
    gate_follows: int


class Range(Record):
    """Where the training data lies; beyond these pitches the model is out of its range."""

    level_high_db: float
    lowest_hz: float
    highest_hz: float


class TimbreState(NamedTuple):
    """An instrument, and what timbre transfer decides with. `wet` is a piece of its whole sound."""

    controls: TimbreControls
    trained: Range
    voice: Voice
    guard: Guard
    register: Register
    levels: Levels
    tune: Tune
    blend: Blend
    wet: Float2


@kernel(inline=True)
def _shifted_hz(state: TimbreState, f0_hz: float, gate: float) -> float:
    """The pitch to play."""
    controls = state.controls
    octaves = register_step(state.register, f0_hz, gate) if controls.register else 0
    shifted_hz = f0_hz * 2.0 ** (controls.pitch_shift / 12.0 + octaves)
    correction = tune_step(state.tune, shifted_hz, gate > 0.0, controls.autotune_key, controls.autotune_scale)
    return float(shifted_hz * 2.0 ** (controls.autotune * correction / 12.0))


@kernel(inline=True)
def _model_level_db(state: TimbreState, level_db: float, gate: float) -> float:
    """The level that the model gets."""
    controls = state.controls
    if controls.loudness_match:
        level_db = level_step(state.levels, level_db, gate)
    else:
        hear_level(state.levels, level_db, gate)
    level_db = min(level_db + controls.loudness_offset, state.trained.level_high_db + LEVEL_HEAD_ROOM_DB)
    return max(level_db - (1.0 - gate) * UNVOICED_DUCK_DB, -80.0)


@kernel(inline=True)
def conduct(state: TimbreState) -> None:
    """What the frame in `heard` asks of the model."""
    controls, voice, request = state.controls, state.voice, state.voice.request
    heard_db, confidence = voice.listener.heard.level_db, voice.listener.heard.confidence
    f0_hz = guard_step(state.guard, voice.listener.heard.f0_hz, voice.gate.gain > 0.0, confidence >= VOICED_FROM)
    voiced = confidence >= controls.voicing
    threshold_db = level_gate(voice.threshold, heard_db, voiced, controls.gate, controls.gate_follows == 1)
    gate = gate_step(voice.gate, confidence, heard_db, controls.voicing, threshold_db)
    request.f0_hz = _shifted_hz(state, f0_hz, gate)
    request.level_db = _model_level_db(state, heard_db, gate)
    request.harmonic_gain = gate * linear_gain(controls.harmonic_gain, _SILENT_DB)
    request.noise_gain = gate * linear_gain(controls.noise_gain, _SILENT_DB)
    request.followed, request.too_quiet = int(gate > 0.0), int(heard_db < threshold_db)
    request.out_of_range = int(not state.trained.lowest_hz <= request.f0_hz <= state.trained.highest_hz)


@kernel(inline=True)
def listen(state: TimbreState, block: Float2) -> int:
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
def emit(state: TimbreState, block: Float2, out: Float2) -> None:
    """The sound that is due with a block: mixed, or its parts if `out` has rows for them."""
    pieces, controls = state.voice.pieces, state.controls
    piece, gain = pieces.mono.size, linear_gain(controls.output_gain, _SILENT_DB)
    for start in range(0, block.shape[1], piece):
        n = min(piece, block.shape[1] - start)
        take_parts(state.voice, block, start, n, controls.room)
        if out.shape[0] > block.shape[0]:
            write_stems(pieces.sound, pieces.room, pieces.dry, out, start, n)
            continue
        for c in range(state.wet.shape[0]):
            for i in range(n):
                state.wet[c, i] = pieces.sound[0, i] + pieces.sound[1, i] + pieces.room[c, i]
        mix_into(state.blend, controls.mix, gain, pieces.dry, 0, state.wet, out, start, n)


@stage()
def timbre_transfer(state: TimbreState, block: Float2, out: Float2) -> int:
    """The input's melody, played by the model in its room."""
    status = listen(state, block)
    emit(state, block, out)
    return status
