# SPDX-License-Identifier: GPL-3.0-or-later
"""Phase and noise of a clip, computed once, outside the graph.

A supervised pitch is data, not a weight, so the phase phi(t) is a constant of the clip, and no phase, sine or
cumulative sum is ever differentiated. Each frame's harmonics become one cycle of a wavetable, which is read at phi
(`synthesis.harmonic`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ddsp_fx.array_types import Floats

Places = npt.NDArray[np.int32]
# Linear interpolation between entries has an error of (2 pi k / size)^2 / 8 at harmonic k: -46 dB at the highest of 100
# harmonics, -125 dB at the first.
ENTRIES_PER_HARMONIC = 32


def table_size(n_harmonics: int) -> int:
    """Return the wavetable's length, a power of two."""
    return 1 << (ENTRIES_PER_HARMONIC * n_harmonics - 1).bit_length()


def table_places(f0_hz: npt.ArrayLike, *, hop: int, size: int, sample_rate: int) -> tuple[Places, Floats]:
    """Return the positions at which a table of ``size`` is read, as (entry, fraction), (clips, frames - 1, hop) each.

    ``f0_hz`` (clips, frames) is linear between frames, so its integral is exact. Computed in double precision.
    """
    pitch = np.asarray(f0_hz, np.float64)[..., None] / sample_rate
    start, slope = pitch[:, :-1], np.diff(pitch, axis=1) / hop
    sample = np.arange(hop)
    whole = np.cumsum(start[..., 0] + 0.5 * slope[..., 0] * hop, axis=1) * hop
    before = np.concatenate([np.zeros((len(pitch), 1)), whole[:, :-1]], axis=1)[..., None]
    place = (before + start * sample + 0.5 * slope * sample**2) % 1.0 * size
    entry = place.astype(np.int32) % size
    return entry, np.clip(place - entry, 0.0, 1.0).astype(np.float32)


def audible(f0_hz: npt.ArrayLike, *, n_harmonics: int, sample_rate: int) -> Floats:
    """Return 1 where harmonic k of ``f0_hz`` (..., frames) lies below Nyquist, else 0: (..., frames, n_harmonics)."""
    partials = np.asarray(f0_hz, np.float64)[..., None] * np.arange(1, n_harmonics + 1)
    return (partials < 0.5 * sample_rate).astype(np.float32)


def noise_spectra(rng: np.random.Generator, clips: int, frames: int, *, hop: int) -> Floats:
    """Return spectra of white noise, one hop per frame, to be filtered: (clips, frames, 2, hop + 1) real, imaginary.

    The noise is uniform in -1..1, as in the paper. A hop of it lies in the middle of two, so that a zero-phase filter
    of up to ``hop`` taps does not wrap.
    """
    padded = np.zeros((clips, frames, 2 * hop), np.float32)
    padded[..., hop // 2 : hop // 2 + hop] = 2.0 * rng.random((clips, frames, hop), np.float32) - 1.0
    spectrum = np.fft.rfft(padded)
    return np.stack([spectrum.real, spectrum.imag], axis=2).astype(np.float32)
