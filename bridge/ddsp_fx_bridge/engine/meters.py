# SPDX-License-Identifier: GPL-3.0-or-later
"""A track's meters: peak and RMS in windows of 50 ms, and the latest samples."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.array_types import Audio
from ddsp_fx.dsp.state import new

WINDOW_S = 0.05
SILENCE_DB = -120.0
# 170 ms at 48 kHz: enough for a pitch of 50 Hz after the rate conversion to 16 kHz.
SCOPE_SAMPLES = 8192


def level_db(linear: float) -> float:
    """Linear amplitude -> dBFS, at least -120."""
    return max(SILENCE_DB, 20.0 * math.log10(linear)) if linear > 0.0 else SILENCE_DB


def _for_compiled(block: Audio) -> Audio:
    """The block, or a copy of one that compiled code can't read as it is."""
    block = np.ascontiguousarray(block, np.float32)
    return block if block.flags.writeable else block.copy()


def compile_meters() -> None:
    """Compile what is not in the cache, so that the first track need not wait for it."""
    Meter(48000.0)
    Scope()


class Meter:
    """Peak and RMS over all channels of the last complete window of 50 ms, whatever the block size."""

    def __init__(self, sample_rate: float) -> None:
        # Imports numba, which `ddsp-fx --help` need not wait for.
        from ddsp_fx.dsp._jit import loaded
        from ddsp_fx_bridge.engine._meter_kernel import Window, measure

        self._window, self._measure = new(Window, samples=max(1, round(WINDOW_S * sample_rate))), loaded(measure)

    def push(self, block: Audio) -> None:
        """Add (channels, n), in the audio thread."""
        self._measure(self._window, _for_compiled(block))

    @property
    def levels_db(self) -> tuple[float, float]:
        """Peak and RMS in dBFS."""
        window = self._window
        return level_db(float(window.last_peak)), level_db(math.sqrt(float(window.last_energy) / int(window.samples)))


class Scope:
    """The latest samples, with averaged channels, in a ring that the audio thread writes and any thread may read."""

    def __init__(self) -> None:
        from ddsp_fx.dsp._jit import loaded
        from ddsp_fx_bridge.engine._meter_kernel import Head, Trace, trace

        self._state, self._trace = Trace(new(Head), np.zeros(SCOPE_SAMPLES, np.float32)), loaded(trace)

    def push(self, block: Audio) -> None:
        """Add (channels, n), in the audio thread."""
        self._trace(self._state, _for_compiled(block))

    def latest(self, n: int) -> NDArray[np.float32]:
        """The last n samples (n,), n at most SCOPE_SAMPLES; one block may be partly written."""
        return np.roll(self._state.ring, -int(self._state.head.position))[SCOPE_SAMPLES - n :]
