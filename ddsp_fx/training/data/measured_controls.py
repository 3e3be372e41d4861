# SPDX-License-Identifier: GPL-3.0-or-later
"""Controls measured from a recording: each harmonic's amplitude, and the noise between the harmonics.

The amplitude of harmonic k is the recording demodulated by k times the phase of the known pitch, and averaged over a
window, so that vibrato does not smear it. Noise is the spectrum away from the harmonics. Both are only a first guess
for the decoder, because they include the room; the spectral loss corrects them.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from ddsp_fx.array_types import Floats
from ddsp_fx.training.data.passage import Passage

WINDOW_S = 0.064
UNIFORM_VARIANCE = 1.0 / 3.0  # of the noise in -1..1 that the synthesizer filters


def window_size(sample_rate: int) -> int:
    """Return the length of the analysis window in samples."""
    return round(WINDOW_S * sample_rate)


@numba.njit(cache=True, fastmath=True)
def _demodulate(audio, phase, window, hop, out):  # type: ignore[no-untyped-def]
    frames, harmonics = out.shape
    size = len(window)
    for j in range(frames):
        start = j * hop
        rotor = np.exp(-1j * phase[start : start + size])
        turned = (audio[start : start + size] * window) * rotor
        for k in range(harmonics):
            out[j, k] = 2.0 * np.abs(np.sum(turned))
            turned *= rotor


def harmonic_amplitudes(passage: Passage, *, hop: int, n_harmonics: int, sample_rate: int) -> Floats:
    """Return the linear peak amplitude of each harmonic, (frames, n_harmonics)."""
    size = window_size(sample_rate)
    audio = np.pad(passage.audio, (size // 2, size + hop)).astype(np.float64)
    times = (np.arange(len(audio)) - size // 2) / hop
    f0_hz = np.interp(times, np.arange(passage.frames), passage.f0_hz)
    phase = 2 * np.pi * np.cumsum(f0_hz) / sample_rate
    window = np.hanning(size + 2)[1:-1]
    out = np.zeros((passage.frames, n_harmonics), np.float64)
    _demodulate(audio, phase, window / window.sum(), hop, out)
    return out.astype(np.float32)


def noise_magnitudes(passage: Passage, *, hop: int, n_bands: int, sample_rate: int) -> Floats:
    """Return the noise filter's magnitudes, (frames, n_bands), from spectral bins at least 2.5 bins off any harmonic.

    The mean is that of the logarithm, so that a tail or a sliding pitch counts less than the noise below it.
    """
    size = window_size(sample_rate)
    padded = np.pad(passage.audio, (size // 2, size))
    window = np.hanning(size + 2)[1:-1].astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop][: passage.frames]
    power = np.abs(np.fft.rfft(frames * window)) ** 2 / (window**2).sum() / UNIFORM_VARIANCE
    bins_per_harmonic = np.maximum(passage.f0_hz * size / sample_rate, 1e-3)[:, None]
    position = np.arange(power.shape[1])[None]
    off = np.abs(position - np.round(position / bins_per_harmonic) * bins_per_harmonic)
    free = ((off >= 2.5) | (passage.confidence[:, None] < 0.5)).astype(np.float32)
    bands = _triangles(power.shape[1], n_bands)
    weight = free @ bands
    mean = ((np.log(power + 1e-14) * free) @ bands) / np.maximum(weight, 1e-6)
    magnitudes: Floats = np.exp(0.5 * _bridge(mean, weight > 0.2)).astype(np.float32)
    return magnitudes


def _triangles(n_bins: int, n_bands: int) -> Floats:
    """Return weights (n_bins, n_bands): triangles that extend one band to each side."""
    at = np.arange(n_bins)[:, None] * (n_bands - 1) / (n_bins - 1)
    return np.clip(1.0 - np.abs(at - np.arange(n_bands)), 0.0, 1.0).astype(np.float32)


def _bridge(values: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    """Interpolate the unknown bands of each frame between known ones."""
    out = values.copy()
    axis = np.arange(values.shape[1])
    for row, have in zip(out, known, strict=True):
        if have.any() and not have.all():
            row[:] = np.interp(axis, axis[have], row[have])
    return out


def targets(passage: Passage, *, hop: int, n_harmonics: int, n_bands: int, sample_rate: int) -> Floats:
    """Return log targets and their weights, (frames, 2, n_harmonics + n_bands), for ``autoencoder.ControlFit``."""
    harmonics = harmonic_amplitudes(passage, hop=hop, n_harmonics=n_harmonics, sample_rate=sample_rate)
    noise = noise_magnitudes(passage, hop=hop, n_bands=n_bands, sample_rate=sample_rate)
    audible = passage.f0_hz[:, None] * np.arange(1, n_harmonics + 1) < 0.47 * sample_rate
    voiced = np.where(passage.confidence >= 0.5, 1.0, 0.1)[:, None]
    weight = np.concatenate([voiced * audible, np.ones_like(noise)], axis=1)
    target = np.log(np.concatenate([harmonics, noise], axis=1) + 1e-6)
    return np.stack([target, weight], axis=1).astype(np.float32)
