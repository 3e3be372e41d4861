# SPDX-License-Identifier: GPL-3.0-or-later
"""A track's meters: peak and RMS in windows of 50 ms, and the latest samples."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.array_types import Audio

WINDOW_S = 0.05
SILENCE_DB = -120.0
# 170 ms at 48 kHz: enough for a pitch of 50 Hz after the rate conversion to 16 kHz.
SCOPE_SAMPLES = 8192


def level_db(linear: float) -> float:
    """Linear amplitude -> dBFS, at least -120."""
    return max(SILENCE_DB, 20.0 * math.log10(linear)) if linear > 0.0 else SILENCE_DB


class Meter:
    """Peak and RMS over all channels of the last complete window of 50 ms, whatever the block size."""

    def __init__(self, sample_rate: float) -> None:
        self._window = max(1, round(WINDOW_S * sample_rate))
        self._peak, self._energy, self._count = 0.0, 0.0, 0
        self.levels_db = (SILENCE_DB, SILENCE_DB)

    def push(self, block: Audio) -> None:
        """Add (channels, n), in the audio thread."""
        start = 0
        while start < block.shape[1]:
            stop = min(block.shape[1], start + self._window - self._count)
            piece = block[:, start:stop]
            self._peak = max(self._peak, float(np.abs(piece).max()))
            self._energy += float(np.square(piece, dtype=np.float64).sum()) / block.shape[0]
            self._count += stop - start
            start = stop
            if self._count == self._window:
                self._publish()

    def _publish(self) -> None:
        self.levels_db = (level_db(self._peak), level_db(math.sqrt(self._energy / self._window)))
        self._peak, self._energy, self._count = 0.0, 0.0, 0


class Scope:
    """The latest samples, with averaged channels, in a ring that the audio thread writes and any thread may read."""

    def __init__(self) -> None:
        self._ring = np.zeros(SCOPE_SAMPLES, np.float32)
        self._at = 0

    def push(self, block: Audio) -> None:
        """Add (channels, n), in the audio thread."""
        # In double precision, because a sum of the largest floats would overflow in single.
        mono = block[:, -SCOPE_SAMPLES:].mean(axis=0, dtype=np.float64)
        first = min(mono.size, SCOPE_SAMPLES - self._at)
        self._ring[self._at : self._at + first] = mono[:first]
        self._ring[: mono.size - first] = mono[first:]
        self._at = (self._at + mono.size) % SCOPE_SAMPLES

    def latest(self, n: int) -> NDArray[np.float32]:
        """The last n samples (n,), n at most SCOPE_SAMPLES; one block may be partly written."""
        return np.roll(self._ring, -self._at)[SCOPE_SAMPLES - n :]
