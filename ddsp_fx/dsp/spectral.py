# SPDX-License-Identifier: GPL-3.0-or-later
"""Distance between the spectrograms of two sounds: independent of phase, sensitive to pitch, noise and timing."""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ddsp_fx.array_types import Floats
from ddsp_fx.errors import AudioError

FFT_SIZES = (2048, 1024, 512, 256, 128, 64)
_LOWEST_MAGNITUDE = 1e-5


def stft_magnitudes(audio: Floats, fft_size: int) -> Floats:
    """Audio (samples,) -> Hann STFT magnitudes (frames, fft_size / 2 + 1) at 75 % overlap.

    Frame k starts at sample k * fft_size / 4; there are ceil(4 samples / fft_size) frames, padded with zeros.
    """
    hop = fft_size // 4
    frames = -(-audio.size // hop)
    padded = np.pad(np.asarray(audio, np.float32), (0, fft_size))
    window = (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(fft_size) / fft_size)).astype(np.float32)
    spectrum = np.fft.rfft(sliding_window_view(padded, fft_size)[::hop][:frames] * window)
    return np.abs(spectrum).astype(np.float32)


def spectral_distance(
    target: Floats, prediction: Floats, fft_sizes: Sequence[int] = FFT_SIZES, log_weight: float = 1.0
) -> float:
    """Multi-scale spectral distance of DDSP (Engel et al. 2020, section 4.2.1).

    The sum over `fft_sizes` of the mean absolute difference of magnitudes, plus `log_weight` times that of their
    natural logarithms (magnitudes below 1e-5 count as 1e-5).

    Args:
        target, prediction: (samples,), of one length.

    Raises:
        AudioError: if the lengths differ, or there are no samples.
    """
    if target.shape != prediction.shape or target.ndim != 1 or not target.size:
        raise AudioError(
            f"spectral_distance: got shapes {target.shape} and {prediction.shape}; give two equal (samples,)"
        )
    return sum(_distance_at(target, prediction, size, log_weight) for size in fft_sizes)


def _distance_at(target: Floats, prediction: Floats, fft_size: int, log_weight: float) -> float:
    wanted, found = (stft_magnitudes(audio, fft_size) for audio in (target, prediction))
    distance = float(np.mean(np.abs(wanted - found), dtype=np.float64))
    log_wanted, log_found = (np.log(np.maximum(m, _LOWEST_MAGNITUDE)) for m in (wanted, found))
    return distance + log_weight * float(np.mean(np.abs(log_wanted - log_found), dtype=np.float64))
