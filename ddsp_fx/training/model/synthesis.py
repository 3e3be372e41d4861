# SPDX-License-Identifier: GPL-3.0-or-later
"""Differentiable synthesis in pure ``keras.ops``: additive harmonics, filtered noise, exp_sigmoid.

Shapes: B clips, F frames, H harmonics, M noise magnitudes, ``hop`` samples per frame; audio has (F - 1) * hop samples.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

LN10 = 2.302585092994046


def exp_sigmoid(x: Any) -> Any:
    """Map the real line to (1e-7, 2): 2 sigmoid(x) ** ln 10 + 1e-7 (Engel et al. 2020, equation in section B.5)."""
    return 2.0 * ops.exp(LN10 * ops.log_sigmoid(x)) + 1e-7


def normalise(distribution: Any, mask: Any) -> Any:
    """Zero the entries of ``distribution`` (B, F, H) outside ``mask`` (B, F, H), and make each frame sum to 1."""
    kept = distribution * mask
    return kept / ops.maximum(ops.sum(kept, axis=-1, keepdims=True), 1e-7)


def harmonic(amplitudes: Any, entry: Any, fraction: Any, size: int) -> Any:
    """Sum harmonics at ``amplitudes`` (B, F, H), linear between frames: (B, samples).

    Each frame's harmonics become a table of ``size`` by one irfft; ``entry`` and ``fraction`` (B, F-1, hop) are the
    positions at which it is read (:func:`phase_and_noise.table_places`). The gradient is the scatter and the rfft. At
    48 kHz and 120 harmonics, this takes a twelfth of the time of a matrix product of sinusoids (200 MB) and amplitudes.
    """
    spectrum = ops.pad(amplitudes, ((0, 0), (0, 0), (1, size // 2 - amplitudes.shape[-1])))
    table = ops.irfft((ops.zeros_like(spectrum), spectrum * (-0.5 * size)), fft_length=size)
    table = ops.concatenate([table, table[..., :1]], axis=-1)
    start, stop = (_read(part, entry, fraction) for part in (table[:, :-1], table[:, 1:]))
    hop = entry.shape[-1]
    ramp = ops.convert_to_tensor((np.arange(hop) / hop).astype(np.float32))
    return ops.reshape(start + (stop - start) * ramp, (-1, entry.shape[1] * hop))


def _read(table: Any, entry: Any, fraction: Any) -> Any:
    """Read the table with linear interpolation."""
    here, after = (ops.take_along_axis(table, place, axis=-1) for place in (entry, entry + 1))
    return here + (after - here) * fraction


def filter_response(n_bands: int, hop: int) -> np.ndarray:
    """Return the matrix (n_bands, hop + 1) from magnitudes to the real response of their windowed zero-phase FIR.

    Magnitudes -> irfft -> Hann -> 2 (n_bands - 1) taps, as in the paper's noise filter, at FFT size 2 hop.
    """
    taps = 2 * (n_bands - 1)
    impulses = np.fft.fftshift(np.fft.irfft(np.eye(n_bands), taps), axes=-1)
    impulses *= 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(taps) / taps)
    padded = np.zeros((n_bands, 2 * hop))
    padded[:, :taps] = impulses
    return np.fft.rfft(np.roll(padded, -taps // 2, axis=-1)).real.astype(np.float32)


def filtered_noise(magnitudes: Any, spectra: Any, response: Any) -> Any:
    """Filter one hop of noise per frame, centred on the frame, by ``magnitudes`` (B, F, M): (B, (F-1) * hop).

    ``spectra`` (B, F, 2, hop+1) is from :func:`phase_and_noise.noise_spectra`, ``response`` (M, hop+1) from
    :func:`filter_response`. Frame k's block of two hops begins at (k-1) * hop, so two shifted sums add the blocks up.
    """
    gain = ops.matmul(magnitudes, response)
    hop = response.shape[1] - 1
    blocks = ops.irfft((spectra[:, :, 0] * gain, spectra[:, :, 1] * gain), fft_length=2 * hop)
    summed = blocks[:, :-1, hop:] + blocks[:, 1:, :hop]
    return ops.reshape(summed, (-1, summed.shape[1] * hop))


def convolve(audio: Any, impulse_response: Any) -> Any:
    """Convolve ``audio`` (B, T) with ``impulse_response`` (L,), causal, cut to T samples."""
    length = audio.shape[1]
    size = fast_size(length + impulse_response.shape[0])
    real, imag = ops.rfft(audio, fft_length=size)
    ir_real, ir_imag = ops.rfft(impulse_response[None], fft_length=size)
    wet = ops.irfft((real * ir_real - imag * ir_imag, real * ir_imag + imag * ir_real), fft_length=size)
    return wet[:, :length]


def fast_size(minimum: int) -> int:
    """Return the smallest 2**a, 3 * 2**a or 5 * 2**a that is at least ``minimum``: a cheap FFT length."""
    power = 1 << (minimum - 1).bit_length()
    return min(size for size in (power, power * 3 // 4, power * 5 // 8) if size >= minimum)
