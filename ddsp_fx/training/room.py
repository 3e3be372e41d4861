# SPDX-License-Identifier: GPL-3.0-or-later
"""The two learnable rooms: decaying filtered noise (a few dozen numbers), and the paper's free impulse response.

Adam moves a weight by about the learning rate a step whatever its gradient. So each parameter is stored in a unit of
its own, and the unit, not another optimizer, gives the room its faster pace: at 3e-4 a step, ``DB_STEP`` = 200 is
0.06 dB and ``LOG_STEP`` = 30 is 0.9 % of a decay time.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

Array = npt.NDArray[np.float32]

DB_STEP, LOG_STEP = 200.0, 30.0
EARLY_RT60_S = 0.12
BAND_CENTRES_HZ = tuple(float(f) for f in 125.0 * 2.0 ** (np.arange(10) * 2 / 3))  # 125 Hz .. 8 kHz, 2/3 octave


def band_noise(seed: int, length: int, sample_rate: int, centres_hz: tuple[float, ...] = BAND_CENTRES_HZ) -> Array:
    """Return Gaussian noise split into bands that sum to all of it, unit deviation in total: (bands, length).

    Neighbours cross over by a raised cosine in log frequency; the first and last band reach to 0 and to Nyquist.
    """
    white = np.random.default_rng(seed).standard_normal(length)
    spectrum = np.fft.rfft(white)
    frequency = np.maximum(np.fft.rfftfreq(length, 1 / sample_rate), 1.0)
    position = np.interp(np.log2(frequency), np.log2(centres_hz), np.arange(len(centres_hz)))
    distance = np.abs(position[None] - np.arange(len(centres_hz))[:, None])
    weight = np.cos(0.5 * np.pi * np.clip(distance, 0, 1))  # squares of neighbours sum to 1: power is kept
    return np.fft.irfft(spectrum[None] * weight, length).astype(np.float32)


class DecayingNoiseRoom(keras.layers.Layer):  # type: ignore[misc]
    """Noise of each band under an early and a late exponential decay: level and RT60 a band, early RT60 fixed.

    The noise is frozen by ``seed``, so the same weights render the same room anywhere.
    """

    def __init__(
        self, length: int, sample_rate: int, *, rt60_s: Any = 0.6, level_db: float = -38.0, early_db: float = -34.0,
        seed: int = 0, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(**options)
        bands = len(BAND_CENTRES_HZ)
        self.noise = band_noise(seed, length, sample_rate)
        self.time_s = (np.arange(length) / sample_rate).astype(np.float32)
        self.start_rt60 = np.broadcast_to(np.asarray(rt60_s, np.float32), (bands,)).copy()
        self.start_db = {"late": level_db, "early": early_db}
        self.late = self.add_weight(shape=(bands,), initializer="zeros", name="late")
        self.early = self.add_weight(shape=(bands,), initializer="zeros", name="early")
        self.decay = self.add_weight(shape=(bands,), initializer="zeros", name="decay")

    def levels_db(self) -> tuple[Any, Any]:
        """Return late and early level at t = 0 in dB a sample of band noise, (bands,) each."""
        return self.start_db["late"] + DB_STEP * self.late, self.start_db["early"] + DB_STEP * self.early

    def rt60_s(self) -> Any:
        """Return the decay time of the late part, seconds, (bands,)."""
        return self.start_rt60 * ops.exp(LOG_STEP * self.decay)

    def impulse_response(self) -> Any:
        """Render the wet part of the room, (length,); the first sample is 0 (the direct sound is not the room's)."""
        late_db, early_db = self.levels_db()
        late = ops.exp(0.1151293 * late_db)[:, None] * ops.exp(-6.9078 * self.time_s / self.rt60_s()[:, None])
        early = ops.exp(0.1151293 * early_db)[:, None] * np.exp(-6.9078 * self.time_s / EARLY_RT60_S)
        response = ops.sum((late + early) * self.noise, axis=0)
        return response * (self.time_s > 0).astype(np.float32)


class FreeRoom(keras.layers.Layer):  # type: ignore[misc]
    """The paper's room: every sample of the impulse response is a weight, begun at ``start`` (length,)."""

    def __init__(self, start: Array, step: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
        self.start, self.step = np.asarray(start, np.float32), step
        self.taps = self.add_weight(shape=self.start.shape, initializer="zeros", name="taps")
        self.mask = (np.arange(len(self.start)) > 0).astype(np.float32)

    def impulse_response(self) -> Any:
        """Return the wet part of the room, (length,), first sample 0."""
        return (self.start + self.step * self.taps) * self.mask


class FixedRoom(keras.layers.Layer):  # type: ignore[misc]
    """A room that is known before the decoder is trained: (length,) taps, none of them a weight."""

    def __init__(self, response: Array, **options: Any) -> None:
        super().__init__(**options)
        self.response = np.asarray(response, np.float32)

    def impulse_response(self) -> Any:
        """Return the wet part of the room, (length,)."""
        return ops.convert_to_tensor(self.response)
