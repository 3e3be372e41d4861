# SPDX-License-Identifier: GPL-3.0-or-later
"""Dereverb: remove the room from a recording of the learned instrument.

The model predicts the dry sound, and the learned room predicts the tail of that sound. Method `suppress` keeps the
recording and attenuates what is mostly tail (`dsp.tail_mask`). Method `resynthesise` plays the prediction without the
room (Engel et al. 2020, section 4.3). The first keeps the player's own sound; the second leaves no room at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ddsp_fx.array_types import Audio
from ddsp_fx.dsp.delay import DelayLine
from ddsp_fx.effects.frame_request import FrameRequest
from ddsp_fx.effects.instrument import STEMS, InstrumentEffect
from ddsp_fx.effects.parameters import Parameter
from ddsp_fx.effects.smoothed import GAIN_RANGE_DB, gain_ramp
from ddsp_fx.effects.source import Source

if TYPE_CHECKING:
    from ddsp_fx.dsp.stage import Stage
    from ddsp_fx.dsp.tail_mask import TailMask
    from ddsp_fx.effects._dereverb_kernel import DereverbState
    from ddsp_fx.effects.voice import CompiledVoice


class Dereverb(InstrumentEffect):
    """Removes the room from an instrument. `stems` gives the predicted dry sound and the removed room separately."""

    kind: ClassVar[str] = "dereverb"
    _state: DereverbState

    amount = Parameter("Amount", 0, 1, 1, description="0 is the input, 1 the dry sound")
    method = Parameter(
        "Method",
        default="suppress",
        scale="choices",
        choices=("suppress", "resynthesise"),
        description="suppress: removes the tail from the recording; resynthesise: the model plays it again",
    )
    gate = Parameter(
        "Level gate", -80, 0, -60, "dB", "dB", description="Input level below which nothing sounds", acts="frame"
    )
    noise_gain = Parameter(
        "Noise gain", *GAIN_RANGE_DB, 0, "dB", "dB", description="Level of bow, breath and hiss", acts="frame"
    )
    output_gain = Parameter("Output gain", *GAIN_RANGE_DB, 0, "dB", "dB")
    gate_follows = Parameter(
        "Level gate follows",
        default=True,
        scale="toggle",
        description="A quiet input lowers the level gate",
        acts="frame",
    )

    def __init__(self, source: Source, **values: float | str | bool) -> None:
        super().__init__(source, **values)
        self._mask: TailMask | None = None
        self._aligned: DelayLine | None = None

    @property
    def latency_samples(self) -> int:
        """The model's latency plus one window of tail suppression, with either method."""
        return super().latency_samples + (self._mask.latency_samples if self._mask else 0)

    @property
    def tail_samples(self) -> int:
        """The tails of the model and the room, plus the window in which they end."""
        return super().tail_samples + (self._mask.latency_samples if self._mask else 0)

    def _conduct(self, f0_hz: float, confidence: float, level_db: float) -> FrameRequest:
        del confidence
        # The model learned from voiced and unvoiced frames what is tail and what is note, so only the level gates.
        threshold_db = self._level_gate(level_db, True)
        gate = self._gate.step(1.0, level_db, 0.0, threshold_db)
        too_quiet = level_db < threshold_db
        return FrameRequest(f0_hz, level_db, gate, gate * gain_ramp(self.noise_gain), gate > 0.0, too_quiet)

    def _prepare(self) -> None:
        from ddsp_fx.dsp.tail_mask import TailMask

        self._mask = TailMask(self.channels, self.sample_rate, self._source.trained.sample_rate / 2.0)
        super()._prepare()
        # Tone and noise have one channel, the room one or all.
        rows = 2 + (self._room.channels if self._room else 1) + self.channels
        self._aligned = DelayLine(rows, self._mask.latency_samples)

    def _stage_around(self, voice: CompiledVoice) -> Stage:
        from ddsp_fx.dsp._delay_kernel import new_delay
        from ddsp_fx.dsp._ramp_kernel import new_blend, new_ramp
        from ddsp_fx.dsp.stage import Stage
        from ddsp_fx.dsp.state import PIECE, new
        from ddsp_fx.effects._dereverb_kernel import DereverbControls, DereverbState, dereverb

        assert self._mask is not None
        rows = 2 + voice.state.pieces.room.shape[0] + self.channels
        parts, aligned = np.zeros((2, rows, PIECE), np.float32)
        clean, wet, dry = np.zeros((3, self.channels, PIECE), np.float32)
        self._controls = new(DereverbControls)
        self._state = DereverbState(
            self._controls,
            voice.state,
            self._mask.new_state(),
            new_delay(rows, self._mask.latency_samples),
            new_ramp(self.sample_rate),
            new_blend(self.sample_rate),
            parts,
            aligned,
            clean,
            wet,
            dry,
            np.zeros(PIECE, np.float32),
        )
        return Stage(dereverb, self._state)

    def _reset(self) -> None:
        if self._chain is not None:
            self._reset_stage()
        for part in (self._mask, self._aligned):
            if part is not None:
                part.reset()
        super()._reset()

    def _reset_stage(self) -> None:
        from ddsp_fx.dsp._delay_kernel import clear_delay
        from ddsp_fx.dsp._ramp_kernel import restart_blend

        assert self._mask is not None
        self._mask.restart(self._state.mask)
        clear_delay(self._state.alignment)
        restart_blend(self._state.blend)
        self._state.method.has_begun = 0

    def _room_send(self) -> float:
        return 1.0

    def _parts(self, block: Audio) -> dict[str, Audio]:
        assert self._mask is not None
        assert self._aligned is not None
        parts = super()._parts(block)
        voice = (parts["harmonic"] + parts["noise"])[0]
        suppressed = self._mask.process(parts["dry"], voice, parts["room"].mean(axis=0))
        delayed = self._aligned.process(np.concatenate([parts[name] for name in STEMS]))
        ends = np.cumsum([parts[name].shape[0] for name in STEMS])[:-1]
        parts = dict(zip(STEMS, np.split(delayed, ends), strict=True))
        share = self._ramp("method", float(self.method == "suppress"), block.shape[1])
        parts["room"] = parts["room"] * (1.0 - share) + (parts["dry"] - suppressed) * share
        parts["sound"] = (parts["harmonic"] + parts["noise"]) * (1.0 - share) + suppressed * share
        return parts

    def _combine(self, parts: dict[str, Audio]) -> Audio:
        return self._blended(parts["dry"], parts["sound"], "amount")
