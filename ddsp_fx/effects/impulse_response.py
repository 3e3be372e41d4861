# SPDX-License-Identifier: GPL-3.0-or-later
"""Impulse responses as arrays: reading, resampling, and the changes that a room's parameters make."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ddsp_fx.array_types import Floats
from ddsp_fx.errors import AudioError, BundleError
from ddsp_fx.files.input import InputFile, read_some

PIVOT_HZ = 1000.0
DECORRELATION_S = 0.02
MAX_SECONDS = 20.0


def read_response(path: Path) -> tuple[Floats, float]:
    """(paths, taps) and its rate in Hz; raises BundleError when the file is not a usable impulse response.

    A truncated or damaged file is refused, because nobody would hear that a part of the room is missing.
    """
    try:
        with InputFile(path, channels="keep") as file:
            most = int(MAX_SECONDS * file.sample_rate)
            fits = file.channels in (1, 2, 4)
            response = read_some(file, most + 1) if fits else np.zeros((file.channels, 0), np.float32)
            rate = file.sample_rate
    except AudioError as error:
        raise BundleError(f"not a usable impulse response: {error}") from None
    if not fits or not 0 < response.shape[1] <= most:
        length = f"over {MAX_SECONDS:g} s" if response.shape[1] else "not read"
        raise BundleError(
            f"{file.name}: an impulse response has 1, 2 or 4 channels and at most {MAX_SECONDS:g} s, "
            f"got {file.channels} channels, {length}, at {rate:g} Hz"
        )
    return response, rate


def at_rate(response: Floats, from_rate: float, to_rate: float) -> Floats:
    """The same room at another sample rate. Taps scale with the rate, so that convolution keeps its gain."""
    if from_rate == to_rate:
        return response
    from ddsp_fx.dsp.resample import resample

    return np.asarray(resample(response, from_rate, to_rate) * (from_rate / to_rate), np.float32)


def scale_decay(response: Floats, rate: float, factor: float, rt60_s: float) -> Floats:
    """Stretch (factor > 1) or shorten the decay: multiply by the exponential that turns rt60 into factor * rt60."""
    if factor == 1.0 or rt60_s <= 0.0:
        return response
    time_s = np.arange(response.shape[1]) / rate
    # 6.91 = ln(1000), 60 dB. Stretching would amplify a measured response's noise floor without limit, hence the cap.
    exponent = 6.91 * time_s / rt60_s * (1.0 - 1.0 / factor)
    return np.asarray(response * np.exp(np.minimum(exponent, 6.91)), np.float32)


def tilt(response: Floats, rate: float, gain_db: float) -> Floats:
    """Tilt the spectrum around 1 kHz by gain_db, half above and half below, with zero phase, over +-3 octaves."""
    if gain_db == 0.0:
        return response
    taps = response.shape[1]
    # Padding for the zero-phase ringing on both sides, so that nothing wraps into the tail.
    size = 1 << int(np.ceil(np.log2(taps + 4096)))
    octaves = np.log2(np.maximum(np.fft.rfftfreq(size, 1.0 / rate), 1.0) / PIVOT_HZ)
    gain = 10.0 ** (gain_db / 2.0 * np.clip(octaves / 3.0, -1.0, 1.0) / 20.0)
    return np.asarray(np.fft.irfft(np.fft.rfft(response, size, axis=1) * gain, size, axis=1)[:, :taps], np.float32)


def widen(response: Floats, rate: float, width: float, seed: int = 1) -> Floats:
    """One response -> two with the same spectrum and energy: uncorrelated at width 1, identical at width 0.

    The second is the first through a 20 ms all-pass of random phase. Left and right are mid-side rotations of the two,
    so the mono sum keeps the original sound.
    """
    return rotate(response, decorrelated(response, rate, seed), width)


def decorrelated(response: Floats, rate: float, seed: int = 1) -> Floats:
    """The first path (1, taps) through a 20 ms all-pass of random phase: the slow part of `widen`."""
    taps = response.shape[1]
    n = max(int(DECORRELATION_S * rate), 8)
    phase = np.random.default_rng(seed).uniform(-np.pi, np.pi, n // 2 + 1)
    phase[0] = 0.0
    allpass = np.fft.irfft(np.exp(1j * phase), n)
    size = 1 << int(np.ceil(np.log2(taps + n)))
    side = np.fft.irfft(np.fft.rfft(response[0], size) * np.fft.rfft(allpass, size), size)[:taps]
    return np.asarray(side[np.newaxis])


def rotate(response: Floats, side: Floats, width: float) -> Floats:
    """Mid and side (1, taps) -> left and right (2, taps), identical at width 0."""
    mono = response[:1]
    if width <= 0.0:
        return np.repeat(mono, 2, axis=0)
    angle = width * np.pi / 4.0
    left = np.cos(angle) * mono[0] + np.sin(angle) * side[0]
    right = np.cos(angle) * mono[0] - np.sin(angle) * side[0]
    return np.stack([left, right]).astype(np.float32)


def decay_time_s(response: Floats, rate: float) -> float:
    """RT60 of the strongest path in seconds, 0 if the response has no measurable decay."""
    from ddsp_fx.dsp.decay import decay_times

    strongest = response[int(np.argmax((response**2).sum(axis=1)))]
    value = decay_times(strongest, rate).rt60_s if strongest.any() else 0.0
    return value if np.isfinite(value) else 0.0
