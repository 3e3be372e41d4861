# SPDX-License-Identifier: GPL-3.0-or-later
"""Dereverb: a recording of the learned instrument, resynthesised with the room bypassed."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ddsp_fx.effects.gate import VoicingGate
from ddsp_fx.effects.instrument import InstrumentEffect
from ddsp_fx.effects.offline import Audio
from ddsp_fx.effects.parameters import Parameter
from ddsp_fx.effects.resynthesis import FrameRequest
from ddsp_fx.effects.smoothed import GAIN_RANGE_DB, gain_ramp
from ddsp_fx.effects.source import Source

_FRAME_PARAMETERS = frozenset({"gate", "noise_gain"})


class Dereverb(InstrumentEffect):
    """The instrument without its room. `stems` gives the dry sound and the room that was removed, apart."""

    kind: ClassVar[str] = "dereverb"

    amount = Parameter("Amount", 0, 1, 1, description="0 is the input, 1 the dry resynthesis")
    gate = Parameter("Level gate", -80, 0, -60, "dB", "dB", description="Input level below which nothing sounds")
    noise_gain = Parameter("Noise gain", *GAIN_RANGE_DB, 0, "dB", "dB", description="Level of bow, breath and hiss")
    output_gain = Parameter("Output gain", *GAIN_RANGE_DB, 0, "dB", "dB")

    def __init__(self, source: Source, **values: float | str | bool) -> None:
        super().__init__(source, **values)
        self._gate = VoicingGate()

    def automation_delay(self, symbol: str) -> int:
        """Frame-rate parameters act one look-ahead after the input, the rest at the output."""
        if symbol in _FRAME_PARAMETERS:
            return self._resynthesizer.look_ahead_samples if self._resynthesizer else 0
        return self.latency_samples

    def _conduct(self, f0_hz: float, confidence: float, level_db: float) -> FrameRequest:
        del confidence
        # The model has learned what is tail and what is note from voiced and unvoiced frames alike: only level gates.
        gate = self._gate.step(1.0, level_db, 0.0, self.gate)
        return FrameRequest(f0_hz, level_db, gate, gate * gain_ramp(self.noise_gain))

    def _reset(self) -> None:
        self._gate.reset()
        super()._reset()

    def _room_send(self) -> float:
        return 1.0

    def _combine(self, parts: dict[str, Audio]) -> Audio:
        n = parts["dry"].shape[1]
        amount = self._smooth("amount", n)
        gain = self._smooth("output_gain", n, gain_ramp)
        resynthesis = parts["harmonic"] + parts["noise"]
        return np.asarray((parts["dry"] * (1.0 - amount) + resynthesis * amount) * gain, np.float32)
