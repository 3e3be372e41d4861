# SPDX-License-Identifier: GPL-3.0-or-later
"""Wavetable positions for a learned pitch: like `phase_and_noise.table_places`, but in the graph.

The entry is an integer and has no gradient. The fraction between two entries has one: it moves with the position, and
the table's slope there gives the change of the sound. So gradients reach the pitch through the same table access.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops


def hz_of_midi(midi: Any) -> Any:
    """Return 440 Hz * 2^((midi - 69) / 12)."""
    return 440.0 * ops.exp((midi - 69.0) * (np.log(2.0) / 12.0))


def table_places(f0_hz: Any, *, hop: int, size: int, sample_rate: int) -> tuple[Any, Any]:
    """Return (entry, fraction), (B, F - 1, hop) each, at which a table of ``size`` is read for ``f0_hz`` (B, F).

    Whole cycles are dropped frame by frame before frames are added up: float32 then loses 1e-5 cycles in 3 s, where the
    plain sum would lose 1e-4, and sixty times that at the highest harmonic.
    """
    pitch = f0_hz / sample_rate
    start = pitch[:, :-1, None]
    slope = (pitch[:, 1:, None] - start) / hop
    sample = np.arange(hop, dtype=np.float32)
    advance = _wrap(0.5 * (pitch[:, :-1] + pitch[:, 1:]) * hop)
    before = _wrap(ops.cumsum(advance, axis=1) - advance)[..., None]
    place = _wrap(before + start * sample + 0.5 * slope * sample**2) * size
    entry = ops.clip(ops.floor(ops.stop_gradient(place)), 0.0, size - 1.0)
    return ops.cast(entry, "int32"), place - entry


def audible(f0_hz: Any, *, n_harmonics: int, sample_rate: int) -> Any:
    """Return 1 where harmonic k of ``f0_hz`` (B, F) lies below Nyquist, else 0: (B, F, n_harmonics)."""
    numbers = np.arange(1, n_harmonics + 1, dtype=np.float32)
    return ops.cast(f0_hz[..., None] * numbers < 0.5 * sample_rate, "float32")


def _wrap(cycles: Any) -> Any:
    """Return the fractional part; its gradient is 1."""
    return cycles - ops.stop_gradient(ops.floor(cycles))
