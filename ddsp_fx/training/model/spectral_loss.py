# SPDX-License-Identifier: GPL-3.0-or-later
"""The multi-scale spectral loss. It ignores phase, so a resynthesis may sound right without matching the waveform."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

FFT_SIZES = (2048, 1024, 512, 256, 128, 64)
MATMUL_BELOW = 512  # up to this size, a matrix product is faster here than an FFT and its gradient
LOG_FLOOR = 1e-5


def fft_sizes(sample_rate: int) -> tuple[int, ...]:
    """Return six scales with about the durations of the paper's at 16 kHz: twice the samples from 32 kHz on."""
    return tuple(size << int(np.log2(max(sample_rate, 16000) / 16000)) for size in FFT_SIZES)


def frames_of(audio: Any, size: int) -> Any:
    """Cut ``audio`` (B, T) into frames of ``size`` at 75 % overlap: (B, frames, size); the rest of T is dropped."""
    quarter = size // 4
    whole = audio.shape[1] // quarter
    blocks = ops.reshape(audio[:, : whole * quarter], (-1, whole, quarter))
    parts = [blocks[:, i : whole - 3 + i] for i in range(4)]
    return ops.concatenate(parts, axis=-1)


def magnitude(audio: Any, size: int) -> Any:
    """Return the Hann STFT magnitude of ``audio`` (B, T): (B, frames, size/2 + 1)."""
    frames = frames_of(audio, size)
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)
    if size < MATMUL_BELOW:
        basis = np.fft.rfft(np.eye(size)) * window[:, None]
        real = ops.matmul(frames, ops.convert_to_tensor(basis.real.astype(np.float32)))
        imag = ops.matmul(frames, ops.convert_to_tensor(basis.imag.astype(np.float32)))
    else:
        real, imag = ops.rfft(frames * window)
    return ops.sqrt(real * real + imag * imag + LOG_FLOOR**2)


def spectral_loss(target: Any, audio: Any, sizes: tuple[int, ...] = FFT_SIZES) -> Any:
    """Return the mean over ``sizes``, summed, of L1 magnitude plus L1 log magnitude between (B, T) signals."""
    total = ops.zeros(())
    for size in sizes:
        wanted, got = magnitude(target, size), magnitude(audio, size)
        total = total + ops.mean(ops.abs(wanted - got)) + ops.mean(ops.abs(ops.log(wanted) - ops.log(got)))
    return total
