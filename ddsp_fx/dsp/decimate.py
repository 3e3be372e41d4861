# SPDX-License-Identifier: GPL-3.0-or-later
"""Converts host audio to the model's rate with 1.5 ms of look-ahead, for features only.

soxr's streaming mode holds back 20 ms (LQ) to 79 ms (HQ, VHQ) of audio, which would double the latency of a live
instrument. A pitch tracker or a loudness meter does not need its stop band of 100 dB. A linear-phase FIR of 3 ms
suffices: flat to 6.8 kHz, and 60 dB down from 8 kHz on, so that aliases stay below the noise of a recording. Audio
that people hear goes through `resample`.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ddsp_fx.array_types import Floats
from ddsp_fx.errors import ParameterError

if TYPE_CHECKING:
    from ddsp_fx.dsp._decimate_kernel import Decimator

_HALF_LENGTH_S = 1.5e-3
_STOP_DB = 60.0
# Kaiser's estimate: the transition of a filter of length L seconds is (A - 7.95) / (14.36 L) Hz wide.
_TRANSITION_HZ = (_STOP_DB - 7.95) / (14.36 * 2 * _HALF_LENGTH_S)
_KAISER_BETA = 0.1102 * (_STOP_DB - 8.7)
# Every integer host rate has at most 16000 phases relative to 16 kHz. For other rates, the nearest of 16000 phases is
# 3e-5 samples off, an error below -80 dB.
_MOST_PHASES = 16000


def _phase_table(sample_rate: float, cutoff_hz: float, half: int, phases: int) -> Floats:
    """Row r: the kernel at distances r / phases - half + t for t = 0..2 half - 1, each row normalised to sum 1."""
    fraction = np.arange(phases + 1)[:, np.newaxis] / phases
    distance = fraction - half + np.arange(2 * half)[np.newaxis, :]
    window = np.i0(_KAISER_BETA * np.sqrt(np.maximum(0.0, 1.0 - (distance / half) ** 2)))
    kernel = np.sinc(2.0 * cutoff_hz / sample_rate * distance) * window
    table: Floats = (kernel / kernel.sum(axis=1, keepdims=True)).astype(np.float32)
    return table


class AnalysisDecimator:
    """A streaming converter whose output j is the band-limited input at exactly time j / out_rate.

    Args:
        sample_rate: of the host, in Hz.
        out_rate: in Hz.

    Attributes:
        look_ahead: in host samples; 0 at equal rates. Output j is emitted as soon as sample
            ceil(j * sample_rate / out_rate) + look_ahead is in.

    Raises:
        ParameterError: if a rate is not positive.
    """

    def __init__(self, sample_rate: float, out_rate: int = 16000) -> None:
        if not 0 < sample_rate < math.inf or out_rate <= 0:
            raise ParameterError(f"AnalysisDecimator: rates {sample_rate!r}, {out_rate!r} Hz must be positive")
        ratio = Fraction(sample_rate).limit_denominator(1000) / out_rate
        self._num, self._den = ratio.numerator, ratio.denominator
        self._phases = 1
        self._half = 0 if ratio == 1 else math.ceil(_HALF_LENGTH_S * sample_rate)
        self.look_ahead = max(0, self._half - 1)
        if self._half:
            self._load_kernel(sample_rate, out_rate)
        self.reset()

    def _load_kernel(self, sample_rate: float, out_rate: int) -> None:
        from ddsp_fx.dsp._decimate_kernel import interpolate

        cutoff_hz = min(out_rate / 2 - _TRANSITION_HZ / 2, sample_rate / 2)
        self._phases = min(self._den, _MOST_PHASES)
        self._table = _phase_table(sample_rate, cutoff_hz, self._half, self._phases)
        self._interpolate = interpolate

    def new_state(self, longest: int) -> Decimator:
        """This converter for compiled code, at its start, for blocks of up to `longest` samples."""
        from ddsp_fx.dsp._decimate_kernel import Decimator, DecimatorNumbers
        from ddsp_fx.dsp.state import new

        table = self._table if self._half else np.zeros((1, 0), np.float32)
        numbers = new(DecimatorNumbers, num=self._num, den=self._den, half=self._half, phases=self._phases)
        # What the filter still needs, and the distance of two outputs.
        kept = 2 * self._half + -(-self._num // self._den) + 2
        state = Decimator(numbers, np.zeros(kept + longest, np.float32), table)
        self.restart(state)
        return state

    def restart(self, state: Decimator) -> None:
        """Return a state of this converter to its start."""
        state.numbers.received = state.numbers.emitted = 0
        state.numbers.first_pending, state.numbers.pending = -self._half, self._half
        state.pending[:] = 0.0

    def reset(self) -> None:
        """Forget all audio: the next sample is at time 0, with silence before it."""
        self._pending = np.zeros(self._half, np.float32)
        self._first_pending = -self._half
        self._received = 0
        self._emitted = 0

    def process(self, mono: Floats) -> Floats:
        """Samples (n,) at the host's rate -> the outputs (m,) that they complete, m >= 0."""
        mono = np.ascontiguousarray(mono, np.float32)
        self._received += mono.size
        if not self._half:
            self._emitted += mono.size
            return mono.copy()
        complete = self._received - self._half
        ready = complete * self._den // self._num + 1 if complete >= 0 else 0
        return self._emit(mono, ready)

    def flush(self) -> Floats:
        """The outputs at times before the end of the input, as if silence followed it. Then resets."""
        end = self._outputs_before(self._received)
        silence = np.zeros(self._half, np.float32)
        out = self._emit(silence, end) if self._half else silence
        self.reset()
        return out

    def _outputs_before(self, n_samples: int) -> int:
        """The number of outputs at times before sample `n_samples`."""
        return max(0, -(-n_samples * self._den // self._num))

    def _emit(self, mono: Floats, end: int) -> Floats:
        samples = np.concatenate([self._pending, mono])
        out = np.empty(max(0, end - self._emitted), np.float32)
        if out.size:
            self._interpolate(
                samples,
                self._first_pending,
                self._emitted,
                self._num,
                self._den,
                self._table,
                self._phases,
                out,
            )
            self._emitted = end
        needed_from = -(-self._emitted * self._num // self._den) - self._half
        drop = min(needed_from - self._first_pending, samples.size)
        self._pending = samples[drop:].copy()
        self._first_pending += drop
        return out
