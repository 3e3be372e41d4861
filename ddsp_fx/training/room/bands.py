# SPDX-License-Identifier: GPL-3.0-or-later
"""The frequency bands of room estimates, their noise, and the absorption of air above them."""

from __future__ import annotations

import numpy as np

from ddsp_fx.array_types import Floats

BAND_CENTRES_HZ = tuple(float(f) for f in 125.0 * 2.0 ** (np.arange(10) * 2 / 3))  # 125 Hz .. 8 kHz, 2/3 octave
# RT60 from air absorption alone, at 20 C and 50 % humidity: 60 dB over the absorption of ISO 9613-1 times 343 m/s.
AIR_CENTRES_HZ, AIR_RT60_S = (8000.0, 12700.0, 20160.0), (1.66, 0.716, 0.330)


def with_air(
    centres_hz: tuple[float, ...], rt60_s: tuple[float, ...], sample_rate: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return bands and decay times, extended by bands up to Nyquist; the last given band must be the 8 kHz one.

    Decay rates add up: the walls' part of the rate at 8 kHz, 1/T - 1/T_air, is kept above.
    """
    walls = max(1.0 / rt60_s[-1] - 1.0 / AIR_RT60_S[0], 0.0)
    above = [
        (centre, 1.0 / (walls + 1.0 / air))
        for centre, air in zip(AIR_CENTRES_HZ[1:], AIR_RT60_S[1:], strict=True)
        if centres_hz[-1] < centre and centre / 2.0 ** (1 / 3) < sample_rate / 2
    ]
    return centres_hz + tuple(c for c, _ in above), rt60_s + tuple(t for _, t in above)


def band_noise(seed: int, length: int, sample_rate: int, centres_hz: tuple[float, ...] = BAND_CENTRES_HZ) -> Floats:
    """Return Gaussian noise of unit deviation, split into bands that add up to it: (bands, length).

    Neighbours cross over by a raised cosine in log frequency; the first and last band reach to 0 and to Nyquist.
    """
    white = np.random.default_rng(seed).standard_normal(length)
    spectrum = np.fft.rfft(white)
    frequency = np.maximum(np.fft.rfftfreq(length, 1 / sample_rate), 1.0)
    position = np.interp(np.log2(frequency), np.log2(centres_hz), np.arange(len(centres_hz)))
    distance = np.abs(position[None] - np.arange(len(centres_hz))[:, None])
    weight = np.cos(0.5 * np.pi * np.clip(distance, 0, 1))  # squares of neighbours sum to 1, which keeps the power
    return np.fft.irfft(spectrum[None] * weight, length).astype(np.float32)
