# SPDX-License-Identifier: GPL-3.0-or-later
"""The reason why a tracker cannot follow a frame: too low, too high, noise, or too faint."""

from __future__ import annotations

from enum import IntEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.analysis.pitch import SILENCE_POWER
from ddsp_fx.array_types import Floats

# The range of the trackers, in Hz: McLeod 50 to 2200, swift-f0 47 to 2093.
MIN_HZ, MAX_HZ = 50.0, 2200.0
# A part of the spectrum with this share of the power is what a listener hears.
MOST_OF_IT = 0.7
# Up to nine tenths of a bright note's power can lie above a tracker's range, but never the fundamental too.
ALL_OF_IT = 0.98
# Spectral flatness (geometric over arithmetic mean of the power): white noise has 0.56 in one frame, pink noise about
# 0.1, sung vowels and chords under 0.01.
NOISE_FROM = 0.05
# Every so many frames are analysed: a quarter of the cost, and nothing of 40 ms is lost.
EVERY = 4


class Character(IntEnum):
    """What the spectrum shows; `TONAL` is anything with one or several pitches in the trackers' range."""

    TONAL = 0
    LOW = 1
    HIGH = 2
    NOISE = 3
    FAINT = 4


@cache
def spectrum_tables(size: int, sample_rate: float) -> tuple[Floats, int, int, int]:
    """The window, and the first bins above the low part, of the audible part, and above the trackers' range."""
    bin_hz = sample_rate / size
    # The low part includes two bins more, for the window's main lobe.
    edges = (MIN_HZ + 2.0 * bin_hz, MIN_HZ, MAX_HZ)
    low, audible, high = (int(np.ceil(edge / bin_hz)) for edge in edges)
    return np.hanning(size).astype(np.float32), low, audible, high


def character(frame: Floats, sample_rate: float) -> Character:
    """The `Character` of one frame (n,)."""
    if float(np.dot(frame, frame)) < SILENCE_POWER * frame.size:
        return Character.FAINT
    window, low, audible, high = spectrum_tables(frame.size, sample_rate)
    spectrum = np.fft.rfft(frame * window)
    power = spectrum.real**2 + spectrum.imag**2 + 1e-20
    total = float(power.sum())
    if float(power[:low].sum()) > MOST_OF_IT * total:
        return Character.LOW
    heard = power[audible:]
    if float(np.exp(np.log(heard).mean())) > NOISE_FROM * float(heard.mean()):
        return Character.NOISE
    return Character.HIGH if float(power[high:].sum()) > ALL_OF_IT * total else Character.TONAL


class Characters:
    """The characters of a stream, of which every fourth frame is analysed."""

    def __init__(self, sample_rate: float) -> None:
        self._sample_rate = sample_rate
        self.reset()

    def reset(self) -> None:
        """Back to frame 0."""
        self._count, self._last = 0, int(Character.FAINT)

    def process(self, frames: Floats) -> NDArray[np.int8]:
        """The stream's next frames (n, frame) -> a `Character` for each (n,)."""
        found = np.empty(len(frames), np.int8)
        for index, frame in enumerate(frames):
            if self._count % EVERY == 0:
                self._last = int(character(frame, self._sample_rate))
            self._count += 1
            found[index] = self._last
        return found
