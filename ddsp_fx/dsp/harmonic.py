# SPDX-License-Identifier: GPL-3.0-or-later
"""A bank of harmonic oscillators at the host's rate, driven by frames of f0 and amplitudes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.dsp.frames import FrameGrid
from ddsp_fx.errors import ParameterError

# The last 2.5 % below the ceiling (200 Hz of 8 kHz) fade linearly with frequency. The reference switches a harmonic
# off when it crosses the ceiling, which clicks on every glide and vibrato.
_FADE_OF_CEILING = 0.025
LOWEST_HZ = 1.0


class HarmonicOscillator:
    """Sum over h of amplitude_h * sin(2 pi h * integral of f0), with f0 and amplitudes linear between frames.

    Sample 0 has phase f0 / rate, as in the reference (an inclusive cumulative sum). The phase is a double and is
    wrapped at each frame: in float32, an hour of increments would drift to -66 dB. Harmonics come from the Chebyshev
    recurrence, one multiply-add per harmonic and sample.

    A frame is unvoiced if its f0 is below 1 Hz or all its amplitudes are 0. On the way to and from it, f0 stays at the
    voiced frame's while the amplitudes ramp, so that no note starts with a sweep from 0 Hz.

    Args:
        grid: the positions of the frames on the host's clock.
        n_harmonics: amplitudes per frame.
        ceiling_hz: harmonics at or above min(this, Nyquist) are silent. Default: half the model's rate.
        fade_hz: width of the fade below the ceiling. Default: 2.5 % of it. 0 gives the reference's hard mask.
    """

    def __init__(
        self,
        grid: FrameGrid,
        n_harmonics: int,
        ceiling_hz: float | None = None,
        fade_hz: float | None = None,
    ) -> None:
        if n_harmonics < 1:
            raise ParameterError(f"HarmonicOscillator: n_harmonics is {n_harmonics}; it must be at least 1")
        from ddsp_fx.dsp._harmonic_kernel import new_strips, render_segment, silence_non_finite

        self._render, self._silence_non_finite = render_segment, silence_non_finite
        self._strips = new_strips()
        self.grid = grid
        self.n_harmonics = n_harmonics
        limit_hz = min(grid.model_rate / 2 if ceiling_hz is None else ceiling_hz, grid.sample_rate / 2)
        fade_hz = _FADE_OF_CEILING * limit_hz if fade_hz is None else fade_hz
        self._limit = limit_hz / grid.sample_rate
        # Never 0, because the kernel divides by it. 1e-12 cycles per sample act as a hard mask.
        self._fade = max(fade_hz / grid.sample_rate, 1e-12)
        self.reset()

    @property
    def ceiling_cycles(self) -> tuple[float, float]:
        """Where harmonics are silent, and the width of the fade below it, in cycles per sample."""
        return self._limit, self._fade

    def reset(self) -> None:
        """Back to frame 0, phase 0 and silence."""
        self._frame = 0
        self._phase = 0.0
        self._cycles = 0.0
        self._amplitudes = np.zeros(self.n_harmonics)
        self._voiced = False

    def push(self, f0_hz: float, amplitudes: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Frame k's f0 and amplitudes (n_harmonics,) -> the samples from frame k - 1 to k (none for k = 0).

        A non-finite f0 counts as unvoiced, a non-finite amplitude as 0.

        Raises:
            ParameterError: if there are not n_harmonics amplitudes.
        """
        if np.shape(amplitudes) != (self.n_harmonics,):
            raise ParameterError(
                f"HarmonicOscillator: amplitudes have shape {np.shape(amplitudes)}, expected ({self.n_harmonics},)"
            )
        target = np.array(amplitudes, np.float64)
        voiced = self._silence_non_finite(target) and LOWEST_HZ <= f0_hz < math.inf
        if not voiced:
            target = np.zeros(self.n_harmonics)
        held = self._cycles
        cycles = float(f0_hz) / self.grid.sample_rate if voiced else held
        segment = self._segment(held if self._voiced else cycles, cycles, target, voiced or self._voiced)
        self._cycles, self._amplitudes, self._voiced = cycles, target, voiced
        self._frame += 1
        return segment

    def _segment(self, start: float, end: float, target: NDArray[np.float64], sounds: bool) -> NDArray[np.float32]:
        k = self._frame - 1
        n = self.grid.start(k + 1) - self.grid.start(k) if k >= 0 else 0
        out = np.zeros(n, np.float32)
        if n and sounds:
            weight, step = self.grid.weights(k)
            self._phase = self._render(
                self._phase,
                start,
                end,
                weight,
                step,
                self._limit,
                self._fade,
                self._amplitudes,
                target,
                self._strips,
                out,
            )
        return out
