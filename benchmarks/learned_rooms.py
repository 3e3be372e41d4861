# SPDX-License-Identifier: GPL-3.0-or-later
"""Rooms that the spectral loss trains together with the decoder, for benchmarks/room_kinds.py."""

from typing import Any

import keras
import numpy as np
from keras import ops

from ddsp_fx.array_types import Floats
from ddsp_fx.training.room.bands import BAND_CENTRES_HZ, band_noise

START_RT60_S = 0.7
START_WET_DB = -20.0
# Adam moves a weight by at most the learning rate per step, 1e-3. In these units, 500 steps reach 10 dB and an octave.
DB_A_UNIT, OCTAVES_A_UNIT = 20.0, 2.0


def decaying(length: int, sample_rate: int, seed: int = 1) -> Floats:
    """Noise that decays by 60 dB in 0.7 s, with 20 dB less energy than a unit impulse: (length,)."""
    taps = np.random.default_rng(seed).standard_normal(length)
    taps *= 10.0 ** (-3.0 * np.arange(length) / (START_RT60_S * sample_rate))
    taps *= 10.0 ** (START_WET_DB / 20.0) / np.sqrt(np.sum(taps**2))
    return taps.astype(np.float32)


class FreeRoom(keras.layers.Layer):  # type: ignore[misc]
    """The paper's room: every tap is a weight except the first, which is 0.

    Args:
        start: taps (length,).
        pace: how far a tap moves per step of 1 of its weight.
    """

    def __init__(self, start: Floats, pace: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
        self.pace = pace
        self.taps = self.add_weight(shape=start.shape, initializer="zeros", name="taps")
        self.taps.assign(start / pace)
        self.built = True

    def impulse_response(self) -> Any:
        """Return the wet part of the room, (length,)."""
        return ops.concatenate([ops.zeros(1), self.pace * self.taps[1:]])


class DecayingRoom(keras.layers.Layer):  # type: ignore[misc]
    """The estimate's form, noise with a decay per band, where each band's level and decay time is a weight."""

    def __init__(self, length: int, sample_rate: int, **options: Any) -> None:
        super().__init__(**options)
        bands = len(BAND_CENTRES_HZ)
        self.noise = np.stack([band_noise(bands + b, length, sample_rate)[b] for b in range(bands)])
        self.time_s = (np.arange(length) / sample_rate).astype(np.float32)
        # Energy of 10^(-6 s/T) summed over samples is T rate / 13.8 (Polack).
        self.start_db = START_WET_DB - 10.0 * np.log10(START_RT60_S * sample_rate / 13.8155)
        self.level = self.add_weight(shape=(bands, 1), initializer="zeros", name="level")
        self.decay = self.add_weight(shape=(bands, 1), initializer="zeros", name="decay")
        self.built = True

    def impulse_response(self) -> Any:
        """Return the wet part of the room, (length,)."""
        rt60_s = START_RT60_S * 2.0 ** (OCTAVES_A_UNIT * self.decay)
        level_db = self.start_db + DB_A_UNIT * self.level - 60.0 * self.time_s / rt60_s
        taps = ops.sum(10.0 ** (level_db / 20.0) * self.noise, axis=0)
        return ops.concatenate([ops.zeros(1), taps[1:]])
