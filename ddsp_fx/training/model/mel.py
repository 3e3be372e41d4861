# SPDX-License-Identifier: GPL-3.0-or-later
"""The encoders' inputs: log mel spectra and cepstra of clips, in pure ``keras.ops``.

Engel et al. 2020, section B.1: FFT 1024 at 16 kHz, mel bins from 20 Hz to 8 kHz, 30 cepstral coefficients. Frame k is
centred on sample k * hop, like every feature here. At other rates, windows have the same duration.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from keras import ops

from ddsp_fx.array_types import Floats

WINDOW_S = 0.064
LOW_HZ, HIGH_HZ = 20.0, 8000.0
FLOOR = 1e-4  # of a magnitude: 80 dB below a full-scale tone, because hiss is not timbre


def mel_of_hz(frequency_hz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return O'Shaughnessy's mel scale, 2595 log10(1 + f / 700)."""
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(frequency_hz, np.float64) / 700.0))


def mel_weights(n_mels: int, window: int, sample_rate: int) -> Floats:
    """Return triangles (window / 2 + 1, n_mels), evenly spaced on the mel scale, each with unit sum.

    Below about 500 Hz they are narrower than a bin. They are interpolated between bins, so that none is empty.
    """
    hertz = np.arange(window // 2 + 1) * sample_rate / window
    low, high = mel_of_hz(LOW_HZ), mel_of_hz(HIGH_HZ)
    corners_hz = 700.0 * (10.0 ** (np.linspace(low, high, n_mels + 2) / 2595.0) - 1.0)
    width_hz = np.maximum(np.diff(corners_hz), sample_rate / window)
    away_hz = hertz[:, None] - corners_hz[None, 1:-1]
    triangles = np.clip(1.0 - np.where(away_hz < 0, -away_hz / width_hz[:-1], away_hz / width_hz[1:]), 0.0, None)
    weights: Floats = (triangles / triangles.sum(axis=0)).astype(np.float32)
    return weights


def log_mel(audio: Any, *, hop: int, sample_rate: int, n_mels: int) -> Any:
    """Return the natural log of Hann mel magnitudes of ``audio`` (B, T): (B, T // hop + 1, n_mels)."""
    window = round(WINDOW_S * sample_rate)
    shape = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)).astype(np.float32) * (4.0 / window)
    starts = np.arange(audio.shape[1] // hop + 1)[:, None] * hop
    padded = ops.pad(audio, ((0, 0), (window // 2, window // 2)))
    frames = ops.take(padded, (starts + np.arange(window)).astype(np.int32), axis=1)
    real, imag = ops.rfft(frames * shape)
    magnitudes = ops.sqrt(real * real + imag * imag + 1e-12)
    return ops.log(ops.matmul(magnitudes, mel_weights(n_mels, window, sample_rate)) + FLOOR)


def mfcc(log_mels: Any, n_coefficients: int) -> Any:
    """Return the first coefficients of the orthonormal DCT-II of ``log_mels`` (..., n_mels)."""
    n_mels = log_mels.shape[-1]
    angle = np.pi / n_mels * (np.arange(n_mels)[:, None] + 0.5) * np.arange(n_coefficients)
    basis = np.sqrt(2.0 / n_mels) * np.cos(angle)
    basis[:, 0] *= np.sqrt(0.5)
    return ops.matmul(log_mels, basis.astype(np.float32))
