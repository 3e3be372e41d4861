# SPDX-License-Identifier: GPL-3.0-or-later
"""Timbre transfer: any monophonic sound played on a learned instrument, in its learned room."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ddsp_fx.analysis.pitch import VOICED_FROM
from ddsp_fx.array_types import Audio
from ddsp_fx.effects.frame_request import LEVEL_HEAD_ROOM_DB, UNVOICED_DUCK_DB, FrameRequest
from ddsp_fx.effects.instrument import InstrumentEffect
from ddsp_fx.effects.intonation import Autotune
from ddsp_fx.effects.matching import LevelMatch, RegisterMatch
from ddsp_fx.effects.octave_guard import OctaveGuard
from ddsp_fx.effects.parameters import Parameter
from ddsp_fx.effects.scales import KEYS, SCALES
from ddsp_fx.effects.smoothed import GAIN_RANGE_DB, gain_ramp

if TYPE_CHECKING:
    from ddsp_fx.dsp._ramp_kernel import Blend
    from ddsp_fx.dsp.stage import Stage
    from ddsp_fx.effects.voice import CompiledVoice

# Up to three semitones beyond its recordings, a decoder extrapolates well.
BEYOND = 2.0 ** (3.0 / 12.0)


class TimbreTransfer(InstrumentEffect):
    """Follows pitch and loudness and plays the instrument. `stems` gives harmonics, noise and room separately."""

    kind: ClassVar[str] = "timbre_transfer"
    _blend: Blend

    pitch_shift = Parameter(
        "Pitch shift", -48, 48, 0, "semitones", description="Transposes; fractions are allowed", acts="frame"
    )
    register = Parameter(
        "Register",
        default="as played",
        scale="choices",
        choices=("as played", "match"),
        description="match: transposes by whole octaves into the trained range",
        acts="frame",
    )
    loudness_offset = Parameter(
        "Loudness offset", -40, 40, 0, "dB", "dB", description="How hard the instrument is played", acts="frame"
    )
    loudness_match = Parameter(
        "Loudness match",
        default=False,
        scale="toggle",
        description="Maps the input's dynamics to the trained range",
        acts="frame",
    )
    autotune = Parameter(
        "Autotune", 0, 1, 0, description="Pulls notes to the scale; keeps vibrato and glides", acts="frame"
    )
    autotune_key = Parameter("Autotune key", default="C", scale="choices", choices=KEYS, acts="frame")
    autotune_scale = Parameter(
        "Autotune scale", default="chromatic", scale="choices", choices=tuple(SCALES), acts="frame"
    )
    voicing = Parameter(
        "Voicing gate", 0, 1, 0.5, description="Tracker confidence needed to sound; 0 always sounds", acts="frame"
    )
    gate = Parameter(
        "Level gate", -80, 0, -60, "dB", "dB", description="Input level below which nothing sounds", acts="frame"
    )
    harmonic_gain = Parameter(
        "Harmonic gain", *GAIN_RANGE_DB, 0, "dB", "dB", description="Level of the tone", acts="frame"
    )
    noise_gain = Parameter(
        "Noise gain", *GAIN_RANGE_DB, 0, "dB", "dB", description="Level of bow, breath and hiss", acts="frame"
    )
    room = Parameter("Room", default=True, scale="toggle", description="The room the instrument was recorded in")
    mix = Parameter("Mix", 0, 1, 1, description="0 is the input, 1 the instrument")
    output_gain = Parameter("Output gain", *GAIN_RANGE_DB, 0, "dB", "dB")
    gate_follows = Parameter(
        "Level gate follows",
        default=True,
        scale="toggle",
        description="A quiet input lowers the level gate",
        acts="frame",
    )

    def _prepare(self) -> None:
        trained = self._source.trained
        self._register = RegisterMatch(trained.f0_min_hz, trained.f0_max_hz, trained.frame_s)
        self._level = LevelMatch(trained.level_low_db, trained.level_median_db, trained.level_high_db, trained.frame_s)
        self._guard = OctaveGuard(trained.frame_s)
        self._autotune = Autotune(trained.frame_s)
        super()._prepare()

    def _stage_around(self, voice: CompiledVoice) -> Stage:
        from ddsp_fx.dsp._ramp_kernel import new_blend
        from ddsp_fx.dsp.stage import Stage
        from ddsp_fx.dsp.state import PIECE, new
        from ddsp_fx.effects._timbre_transfer_kernel import Range, TimbreControls, TimbreState, timbre_transfer

        trained = self._source.trained
        self._controls, self._blend = new(TimbreControls), new_blend(self.sample_rate)
        state = TimbreState(
            controls=self._controls,
            trained=new(
                Range,
                level_high_db=trained.level_high_db,
                lowest_hz=trained.f0_min_hz / BEYOND,
                highest_hz=trained.f0_max_hz * BEYOND,
            ),
            voice=voice.state,
            guard=self._guard.state,
            register=self._register.state,
            levels=self._level.state,
            tune=self._autotune.state,
            blend=self._blend,
            wet=np.zeros((voice.state.pieces.room.shape[0], PIECE), np.float32),
        )
        return Stage(timbre_transfer, state)

    def _conduct(self, f0_hz: float, confidence: float, level_db: float) -> FrameRequest:
        heard_db = level_db
        f0_hz = self._guard.step(f0_hz, self._gate.is_open, confidence >= VOICED_FROM)
        threshold_db = self._level_gate(level_db, confidence >= self.voicing)
        gate = self._gate.step(confidence, level_db, self.voicing, threshold_db)
        shifted_hz = self._shifted(f0_hz, gate)
        if self.loudness_match:
            level_db = self._level.step(level_db, gate)
        else:
            self._level.hear(level_db, gate)
        level_db += self.loudness_offset
        level_db = min(level_db, self._source.trained.level_high_db + LEVEL_HEAD_ROOM_DB)
        level_db = max(level_db - (1.0 - gate) * UNVOICED_DUCK_DB, -80.0)
        gains = (gate * gain_ramp(self.harmonic_gain), gate * gain_ramp(self.noise_gain))
        trained = self._source.trained
        low_hz, high_hz = trained.f0_min_hz / BEYOND, trained.f0_max_hz * BEYOND
        out_of_range = not low_hz <= shifted_hz <= high_hz
        return FrameRequest(shifted_hz, level_db, *gains, gate > 0.0, heard_db < threshold_db, out_of_range)

    def _shifted(self, f0_hz: float, gate: float) -> float:
        """The pitch to play, Hz."""
        octaves = self._register.step(f0_hz, gate) if self.register == "match" else 0
        shifted_hz = f0_hz * 2.0 ** (self.pitch_shift / 12.0 + octaves)
        correction = self._autotune.step(shifted_hz, gate > 0.0, self.autotune_key, self.autotune_scale)
        return float(shifted_hz * 2.0 ** (self.autotune * correction / 12.0))

    def _reset(self) -> None:
        if self._chain is not None:
            from ddsp_fx.dsp._ramp_kernel import restart_blend

            restart_blend(self._blend)
        self._guard.reset()
        self._autotune.reset()
        self._register.reset()
        self._level.reset()
        super()._reset()

    def _room_send(self) -> float:
        return float(self.room)

    def _combine(self, parts: dict[str, Audio]) -> Audio:
        return self._blended(parts["dry"], parts["harmonic"] + parts["noise"] + parts["room"], "mix")
