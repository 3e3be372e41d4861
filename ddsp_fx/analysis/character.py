# SPDX-License-Identifier: GPL-3.0-or-later
"""What a frame is like when no tracker can follow it: too low, too high, noise, or too faint."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.analysis.mcleod import SILENCE_POWER

Floats = NDArray[np.float32]
# What trackers reach, in Hz: McLeod 50 to 2200, swift-f0 47 to 2093.
MIN_HZ, MAX_HZ = 50.0, 2200.0
# Of the power, in one stretch of the spectrum, for that stretch to be what is heard.
MOST_OF_IT = 0.7
# A bright note has as much as nine tenths above a tracker's reach, but never its fundamental too.
ALL_OF_IT = 0.98
# Spectral flatness (geometric over arithmetic mean of the power): white noise has 0.56 in one frame, pink noise about
# 0.1, sung vowels and chords under 0.01.
NOISE_FROM = 0.05


class Character(IntEnum):
    """What the spectrum says; `TONAL` is anything with a pitch or several in the tracker's reach."""

    TONAL = 0
    LOW = 1
    HIGH = 2
    NOISE = 3
    FAINT = 4


def characters(frames: Floats, sample_rate: float) -> NDArray[np.int8]:
    """Frames (n, frame) -> a `Character` each (n,)."""
    count, size = frames.shape
    window = np.hanning(size).astype(np.float32)
    power = np.abs(np.fft.rfft(frames * window)) ** 2 + 1e-20
    frequency = np.fft.rfftfreq(size, 1.0 / sample_rate)
    total = power.sum(axis=1)
    # Two bins of the window's main lobe count to either side.
    width = 2.0 * sample_rate / size
    low = power[:, frequency < MIN_HZ + width].sum(axis=1) / total
    high = power[:, frequency > MAX_HZ].sum(axis=1) / total
    audible = power[:, frequency > MIN_HZ]
    flatness = np.exp(np.log(audible).mean(axis=1)) / audible.mean(axis=1)
    found = np.zeros(count, np.int8)
    found[flatness > NOISE_FROM] = Character.NOISE
    found[(high > ALL_OF_IT) & (flatness <= NOISE_FROM)] = Character.HIGH
    found[low > MOST_OF_IT] = Character.LOW
    found[np.mean(np.square(frames), axis=1) < SILENCE_POWER] = Character.FAINT
    return found
