# SPDX-License-Identifier: GPL-3.0-or-later
"""The sinusoids of a clip, made once outside the graph.

A supervised pitch is data, not a weight, so sin(k phi(t)) is a constant of the clip. Given it as an input, additive
synthesis is a batched matrix product of (2, harmonics) amplitudes at a segment's two ends with its (harmonics, hop)
sinusoids, and so is its gradient: no phase, sine or cumulative sum is ever differentiated.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


@numba.njit(cache=True, fastmath=True, nogil=True)
def _fill(f0_hz, sample_rate, phase, out):  # type: ignore[no-untyped-def]
    segments, harmonics, hop = out.shape
    sine = np.empty(hop, np.float64)
    twice_cosine = np.empty(hop, np.float32)
    for j in range(segments):
        start, step = f0_hz[j], (f0_hz[j + 1] - f0_hz[j]) / hop
        for n in range(hop):
            sine[n] = phase
            phase += 2.0 * np.pi * (start + step * (n + 0.5)) / sample_rate
        phase %= 2.0 * np.pi
        ceiling = max(start, f0_hz[j + 1])
        for n in range(hop):
            out[j, 0, n] = np.sin(sine[n])
            twice_cosine[n] = 2.0 * np.cos(sine[n])
        for k in range(1, harmonics):
            if (k + 1) * ceiling >= 0.5 * sample_rate:
                out[j, k:, :] = 0.0
                break
            for n in range(hop):
                below = out[j, k - 2, n] if k > 1 else np.float32(0.0)
                out[j, k, n] = twice_cosine[n] * out[j, k - 1, n] - below
    return phase


def harmonic_basis(f0_hz: npt.ArrayLike, *, hop: int, n_harmonics: int, sample_rate: int) -> Array:
    """Return sin(k phi(t)) between frames, (clips, frames - 1, n_harmonics, hop); rows at or above Nyquist are zero.

    ``f0_hz`` (clips, frames) is interpolated linearly between frames. Phase runs in double, the recurrence over
    harmonics (Chebyshev's, sin k x = 2 cos x sin (k-1) x - sin (k-2) x) in float32: about -90 dB of error at the 60th.
    """
    pitch = np.asarray(f0_hz, np.float64)
    out = np.empty((pitch.shape[0], pitch.shape[1] - 1, n_harmonics, hop), np.float32)
    for clip, track in zip(out, pitch, strict=True):
        _fill(track, float(sample_rate), 0.0, clip)
    return out


def audible(f0_hz: npt.ArrayLike, *, n_harmonics: int, sample_rate: int) -> Array:
    """Return 1 where harmonic k of ``f0_hz`` (..., frames) lies below Nyquist, else 0: (..., frames, n_harmonics)."""
    partials = np.asarray(f0_hz, np.float64)[..., None] * np.arange(1, n_harmonics + 1)
    return (partials < 0.5 * sample_rate).astype(np.float32)


def noise_spectra(rng: np.random.Generator, clips: int, frames: int, *, hop: int) -> Array:
    """Return spectra of one hop of white noise a frame, to be filtered: (clips, frames, 2, hop + 1) real, imaginary.

    Uniform noise in -1..1, as the paper's; one hop of it lies in the middle of two, so that a zero-phase filter of up
    to ``hop`` taps spreads to both sides without wrapping.
    """
    padded = np.zeros((clips, frames, 2 * hop), np.float32)
    padded[..., hop // 2 : hop // 2 + hop] = 2.0 * rng.random((clips, frames, hop), np.float32) - 1.0
    spectrum = np.fft.rfft(padded)
    return np.stack([spectrum.real, spectrum.imag], axis=2).astype(np.float32)
