# SPDX-License-Identifier: GPL-3.0-or-later
"""White noise, filtered by a magnitude response that a network sets frame by frame."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.array_types import Floats
from ddsp_fx.dsp.frames import FrameGrid
from ddsp_fx.dsp.sanitize import replace_non_finite
from ddsp_fx.errors import ParameterError


def _cosine_basis(n_bands: int, model_rate: float, sample_rate: float) -> NDArray[np.float64]:
    """(taps, n_bands): the windowed zero-phase impulse response of each band, sampled at `sample_rate`.

    Band b is centred on b * model_rate / (2 (n_bands - 1)). Its response is the inverse real DFT over 2
    (n_bands - 1) points times a Hann window, both as functions of continuous time. So the filter has the same duration
    and the same response in Hz at every rate. Bands at or above the host's Nyquist are left out.
    """
    n_fft = 2 * (n_bands - 1)
    half = math.ceil(n_fft / 2 * sample_rate / model_rate) - 1
    time = np.arange(-half, half + 1)[:, np.newaxis] * (model_rate / sample_rate)
    band = np.arange(n_bands)[np.newaxis, :]
    band_hz, nyquist_hz = band * model_rate / n_fft, min(model_rate, sample_rate) / 2
    # Each band except the first and last also represents its negative frequency.
    count = np.where((band == 0) | (band_hz == nyquist_hz), 1.0, 2.0) * (band_hz <= nyquist_hz)
    window = 0.5 + 0.5 * np.cos(2.0 * np.pi * time / n_fft)
    basis: NDArray[np.float64] = count / n_fft * np.cos(2.0 * np.pi * band * time / n_fft) * window
    return basis * (model_rate / sample_rate)


def frequency_impulse_response(magnitudes: NDArray[np.floating[Any]]) -> Floats:
    """Magnitudes (..., n_bands) from 0 to Nyquist -> Hann-windowed zero-phase taps (..., 2 (n_bands - 1)).

    Time 0 is at tap n_bands - 1; the first tap is 0 because the window is periodic.
    """
    basis = _cosine_basis(magnitudes.shape[-1], 1.0, 1.0)
    taps = np.asarray(magnitudes, np.float64) @ basis.T
    silent = np.zeros((*taps.shape[:-1], 1))
    return np.concatenate([silent, taps], axis=-1).astype(np.float32)


def frequency_filter(audio: Floats, magnitudes: NDArray[np.floating[Any]]) -> Floats:
    """Audio (samples,) through one filter per frame, magnitudes (frames, n_bands) -> (samples,), zero phase.

    As in DDSP, the audio is cut into as many equal stretches as there are frames, each is filtered by its frame's
    response, and the results overlap and add. The reference's output is 2 samples late for 65 bands (it compensates
    (taps - 1) / 2 - 1 samples); this one is aligned.

    Raises:
        ParameterError: if the frames do not divide the samples.
    """
    frames = magnitudes.shape[0]
    if frames < 1 or audio.size % frames:
        raise ParameterError(
            f"frequency_filter: {audio.size} samples cannot be cut into {frames} equal frames; pad the audio"
        )
    responses = frequency_impulse_response(magnitudes)
    hop, taps = audio.size // frames, responses.shape[1]
    out = np.zeros(audio.size + taps, np.float32)
    for k, response in enumerate(responses):
        out[k * hop : k * hop + hop + taps - 1] += np.convolve(audio[k * hop : k * hop + hop], response)
    return out[taps // 2 : taps // 2 + audio.size]


class FilteredNoise:
    """Seeded white noise, filtered by magnitudes that move linearly between frames. Zero phase, no latency.

    The noise is known ahead of time, so half a filter of look-ahead adds no latency. Its spectral density, and so its
    loudness, is that of uniform noise in -1..1 at the model's rate, whatever the host's rate. Above the model's
    Nyquist there is none.

    Args:
        grid: the positions of the frames on the host's clock.
        n_bands: magnitudes per frame, from 0 Hz to half the model's rate.
        seed: the same seed gives the same samples.
    """

    def __init__(self, grid: FrameGrid, n_bands: int, seed: int = 0) -> None:
        if n_bands < 2:
            raise ParameterError(f"FilteredNoise: n_bands is {n_bands}; it must be at least 2")
        from ddsp_fx.dsp._noise_kernel import crossfaded_fir

        self._filter = crossfaded_fir
        self.grid = grid
        self.n_bands = n_bands
        self.seed = seed
        # Uniform noise at rate R spreads its variance of 1/3 over R / 2 Hz: scale it to the same density.
        density = math.sqrt(grid.sample_rate / grid.model_rate)
        self._basis = _cosine_basis(n_bands, grid.model_rate, grid.sample_rate) * density
        self.reset()

    def reset(self) -> None:
        """Return to frame 0 and the first random number."""
        self._frame = 0
        self._random = self.seeded()
        self._taps = np.zeros(len(self._basis), np.float32)
        self._white = self.white(self._random, len(self._basis) - 1)

    @property
    def half_basis(self) -> Floats:
        """The impulse response of each band from its middle tap on, (taps + 1) / 2 by n_bands, in float32."""
        return np.ascontiguousarray(self._basis[len(self._basis) // 2 :], np.float32)

    def seeded(self) -> np.random.Generator:
        """A generator of the white noise, at its start."""
        return np.random.default_rng(self.seed)

    @staticmethod
    def white(generator: np.random.Generator, n: int) -> Floats:
        """The generator's next n samples, uniform in -1..1."""
        return generator.random(n, np.float32) * np.float32(2.0) - np.float32(1.0)

    def push(self, magnitudes: NDArray[np.floating[Any]]) -> Floats:
        """Frame k's linear magnitudes (n_bands,) -> the samples from frame k - 1 to k (none for k = 0).

        Raises:
            ParameterError: if there are not n_bands magnitudes.
        """
        if np.shape(magnitudes) != (self.n_bands,):
            raise ParameterError(
                f"FilteredNoise: magnitudes have shape {np.shape(magnitudes)}, expected ({self.n_bands},)"
            )
        finite, _ = replace_non_finite(np.asarray(magnitudes, np.float64))
        taps = (self._basis @ finite).astype(np.float32)
        segment = self._segment(taps) if self._frame else np.zeros(0, np.float32)
        self._taps = taps
        self._frame += 1
        return segment

    def _segment(self, taps: Floats) -> Floats:
        k = self._frame - 1
        n = self.grid.start(k + 1) - self.grid.start(k)
        white = np.concatenate([self._white, self.white(self._random, n)])
        out = np.zeros(n, np.float32)
        if taps.any() or self._taps.any():
            weight, step = self.grid.weights(k)
            self._filter(white, self._taps, taps, weight, step, out)
        self._white = white[n:]
        return out
