# SPDX-License-Identifier: GPL-3.0-or-later
"""Learned reverb: the room of one recording, applied to any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.array_types import Audio
from ddsp_fx.effects import impulse_response as ir
from ddsp_fx.effects.parameters import Parameter
from ddsp_fx.effects.room import NEVER, Room
from ddsp_fx.effects.smoothed import GAIN_RANGE_DB, gain_ramp
from ddsp_fx.effects.source import Source
from ddsp_fx.effects.staged import StagedEffect
from ddsp_fx.errors import AudioError

if TYPE_CHECKING:
    import pedalboard

    from ddsp_fx.dsp._ramp_kernel import Blend
    from ddsp_fx.dsp.stage import Stage

# JUCE's convolution scales every impulse response so that its loudest channel has this norm.
_JUCE_NORM = 0.125
_SHAPING = frozenset({"pre_delay", "decay", "tone", "width"})


class LearnedReverb(StagedEffect):
    """A room reverb with zero latency. `impulse_response` and `to_pedalboard` export the room exactly as it sounds."""

    kind: ClassVar[str] = "learned_reverb"

    mix = Parameter("Mix", 0, 1, 0.3, description="0 is dry, 1 only the room")
    pre_delay = Parameter("Pre-delay", 0, 250, 0, "ms", description="Delay before the room sounds")
    decay = Parameter("Decay", 0.25, 2, 1, "x", "log", description="Stretches the decay time")
    tone = Parameter("Tone", -12, 12, 0, "dB", "dB", description="Tilts the room's spectrum around 1 kHz")
    width = Parameter("Width", 0, 1, 0.7, description="0 is mono, 1 uncorrelated left and right")
    output_gain = Parameter("Output gain", *GAIN_RANGE_DB, 0, "dB", "dB")

    def __init__(self, source: Source, **values: float | str | bool) -> None:
        self._source = source
        self._original = np.zeros((1, 1), np.float32)
        self._rt60_s = 0.0
        self._room: Room | None = None
        self._blend: Blend | None = None
        super().__init__(**values)

    @classmethod
    def from_source(cls, source: Source, **values: float | str | bool) -> LearnedReverb:
        """Make an effect from a bundle; raises ParameterError for a bad value. No file is opened before `prepare`."""
        return cls(source, **values)

    @classmethod
    def from_response(cls, response: NDArray[np.float32], sample_rate: float, **values: float | str) -> LearnedReverb:
        """A reverb around an array (taps,) or (1 | 2 | 4, taps); 4 paths are LL, LR, RL, RR."""
        effect = cls(Source(options={"response": np.atleast_2d(response), "rate": sample_rate}), **values)
        effect.name = "response"
        return effect

    @property
    def tail_samples(self) -> int:
        """Length of the room, pre-delay included."""
        return self._room.tail_samples if self._room else 0

    def _make_stage(self) -> Stage:
        from ddsp_fx.dsp._ramp_kernel import new_blend
        from ddsp_fx.dsp.stage import Stage
        from ddsp_fx.dsp.state import PIECE, new
        from ddsp_fx.effects._learned_reverb_kernel import ReverbControls, ReverbState, learned_reverb

        self._load()
        self._room = Room(self.channels, self.sample_rate, self._shaped())
        self._controls, self._blend = new(ReverbControls), new_blend(self.sample_rate)
        wet = np.zeros((self.channels, PIECE), np.float32)
        return Stage(learned_reverb, ReverbState(self._controls, self._room.state, self._blend, wet))

    def _load(self) -> None:
        if "response" in self._source.options:
            response, rate = self._source.options["response"], float(self._source.options["rate"])
        else:
            response, rate = ir.read_response(self._source.file("room"))
        self._original = ir.at_rate(np.asarray(response, np.float32), rate, self.sample_rate)
        self._rt60_s = -1.0
        self._made: tuple[tuple[float, float], Audio, Audio | None] | None = None

    def _shaped(self) -> Audio:
        """The response with all parameters applied, (paths, taps) for self.channels."""
        rate = self.sample_rate
        key = (self.decay, self.tone)
        if self._made is None or self._made[0] != key:
            self._made = (key, *self._mid_and_side())
        _, response, side = self._made
        if side is not None:
            response = ir.rotate(response, side, self.width)
        silence = np.zeros((response.shape[0], round(self.pre_delay * 1e-3 * rate)), np.float32)
        return np.concatenate([silence, response], axis=1)

    def _mid_and_side(self) -> tuple[Audio, Audio | None]:
        """The response with decay and tone and, for widening, its decorrelated copy. Takes three FFTs of the whole."""
        rate, response = self.sample_rate, self._original
        if self.decay != 1.0:
            self._rt60_s = self._rt60_s if self._rt60_s >= 0.0 else ir.decay_time_s(response, rate)
            response = ir.scale_decay(response, rate, self.decay, self._rt60_s)
        response = ir.tilt(response, rate, self.tone)
        is_widened = response.shape[0] == 1 and self.channels == 2
        return response, ir.decorrelated(response, rate) if is_widened else None

    def _value_changed(self, symbol: str) -> None:
        super()._value_changed(symbol)
        if symbol in _SHAPING and self._room:
            self._room.set_response(self._shaped)

    def _reset(self) -> None:
        from ddsp_fx.dsp._ramp_kernel import restart_blend

        if self._room and self._blend:
            self._room.reset(self._waits)
            restart_blend(self._blend)

    def _samples_ahead(self) -> int:
        return self._room.ready(self._waits) if self._room else NEVER

    def impulse_response(self, sample_rate: float, channels: int = 2) -> Audio:
        """Impulse response, as shaped by pre_delay, decay, tone and width: (paths, taps) float32 at `sample_rate`."""
        self.prepare(sample_rate, max(self._max_block_size, 1), channels)
        return self._shaped()

    def to_pedalboard(self, sample_rate: float, channels: int = 2) -> pedalboard.Plugin:
        """The same sound from pedalboard's own plugins: Mix([dry, Convolution -> Gain]) with exact gains.

        Raises AudioError for a true-stereo room, which pedalboard's Convolution cannot hold.
        """
        from pedalboard import Chain, Convolution, Gain, Mix

        response = self.impulse_response(sample_rate, channels)
        if response.shape[0] > 2:
            raise AudioError(
                f"{self.name}: pedalboard's Convolution takes 1 or 2 paths, this room has {response.shape[0]}"
            )
        norm = float(np.sqrt((response.astype(np.float64) ** 2).sum(axis=1)).max())
        output = gain_ramp(self.output_gain)
        wet = Convolution(np.ascontiguousarray(response), mix=1.0, sample_rate=sample_rate)
        return Mix(
            [
                Gain(_to_db((1.0 - self.mix) * output)),
                Chain([wet, Gain(_to_db(self.mix * output * norm / _JUCE_NORM))]),
            ]
        )


def _to_db(gain: float) -> float:
    return float(20.0 * np.log10(max(gain, 1e-7)))
