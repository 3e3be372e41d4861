# SPDX-License-Identifier: GPL-3.0-or-later
"""Harmonics plus noise: the synthesizer that turns a model's controls into sound."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.array_types import Floats
from ddsp_fx.dsp.frames import FrameGrid
from ddsp_fx.dsp.harmonic import HarmonicOscillator
from ddsp_fx.dsp.noise import FilteredNoise


class HarmonicPlusNoise:
    """The two synthesizers of DDSP, frame by frame, with separate outputs.

    Args:
        grid: the positions of the frames on the host's clock.
        n_harmonics: amplitudes per frame.
        n_bands: noise magnitudes per frame.
        seed: of the noise.
        ceiling_hz: harmonics at or above min(this, Nyquist) are silent. Default: half the model's rate, the upper limit
            of its training data; `math.inf` leaves only Nyquist.
    """

    def __init__(
        self,
        grid: FrameGrid,
        n_harmonics: int,
        n_bands: int,
        seed: int = 0,
        ceiling_hz: float | None = None,
    ) -> None:
        self.grid = grid
        self._oscillator = HarmonicOscillator(grid, n_harmonics, ceiling_hz)
        self._noise = FilteredNoise(grid, n_bands, seed)

    def push(
        self,
        f0_hz: float,
        amplitudes: NDArray[np.floating[Any]],
        noise_magnitudes: NDArray[np.floating[Any]],
    ) -> tuple[Floats, Floats]:
        """Frame k -> (harmonic, noise), the samples from start(k - 1) up to start(k); both empty for k = 0.

        Args:
            f0_hz: 0 if unvoiced.
            amplitudes: (n_harmonics,), linear, of each harmonic.
            noise_magnitudes: (n_bands,), linear, from 0 Hz to half the model's rate.

        Raises:
            ParameterError: if an array has another shape.
        """
        return self._oscillator.push(f0_hz, amplitudes), self._noise.push(noise_magnitudes)

    def reset(self) -> None:
        """Return to frame 0: the same frames give the same samples again."""
        self._oscillator.reset()
        self._noise.reset()
