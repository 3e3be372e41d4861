# SPDX-License-Identifier: GPL-3.0-or-later
"""Measured rooms as the reference: reading them, playing in them, and their level by octave."""

from pathlib import Path

import numpy as np
import soundfile

from ddsp_fx.array_types import Doubles, Floats
from ddsp_fx.dsp.decay import octave_energies_db
from ddsp_fx.dsp.resample import resample

RATE = 16000
OCTAVES_HZ = (250.0, 500.0, 1000.0, 2000.0, 4000.0)
# A blind estimate cannot separate the direct sound from the next 20 ms; 2.5 ms hold less than one period at 250 Hz.
SPLIT_MS = 20.0
DIRECT_MS = 2.5


def measured_room(path: Path) -> Doubles:
    """First channel at 16 kHz from its strongest tap on, scaled so that this tap is 1: (taps,)."""
    taps, rate = soundfile.read(path, dtype="float32", always_2d=True)
    response = resample(np.ascontiguousarray(taps[:, 0]), rate, RATE).astype(np.float64)
    peak = int(np.argmax(np.abs(response)))
    return response[peak:] / response[peak]


def in_room(dry: Floats, response: Doubles) -> tuple[Floats, Floats]:
    """(direct, wet) at the dry length, scaled by the same factor so that the wet sound peaks at 0.5.

    Direct is the dry sound through the response's first 2.5 ms: the sound at the microphone without the room, with the
    level and the colour that it has in the wet sound.
    """
    direct, wet = convolve(dry, response[: round(DIRECT_MS * RATE / 1000.0)]), convolve(dry, response)
    scale = 0.5 / np.abs(wet).max()
    return (direct * scale).astype(np.float32), (wet * scale).astype(np.float32)


def convolve(dry: Floats, response: Doubles) -> Doubles:
    """(samples,), cut to the dry length."""
    size = len(dry) + len(response)
    return np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(response, size), size)[: len(dry)]


def wet_db(response: Doubles, split_ms: float = SPLIT_MS) -> Doubles:
    """Energy after the split over the energy before it, dB in each of OCTAVES_HZ: (octaves,)."""
    split = round(split_ms * RATE / 1000.0)
    before, after = response.copy(), response.copy()
    before[split:], after[:split] = 0.0, 0.0
    energies = octave_energies_db(before, RATE), octave_energies_db(after, RATE)
    return np.array([energies[1][c] - energies[0][c] for c in OCTAVES_HZ])
