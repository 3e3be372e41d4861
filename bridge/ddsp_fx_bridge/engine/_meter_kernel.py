# SPDX-License-Identifier: GPL-3.0-or-later
"""The compiled part of `meters`, which every track runs twice a block."""

from typing import NamedTuple

import numpy as np

from ddsp_fx.dsp._jit import kernel
from ddsp_fx.dsp.state import Float1, Float2, Record


class Window(Record):
    """The current window's length, samples so far, peak and energy, and peak and energy of the last complete one."""

    samples: int
    count: int
    peak: float
    energy: float
    last_peak: float
    last_energy: float


@kernel()
def measure(window: Window, block: Float2) -> None:
    """Add (channels, n) to a meter."""
    start = 0
    while start < block.shape[1]:
        stop = min(block.shape[1], start + window.samples - window.count)
        peak, energy = np.float32(0.0), 0.0
        for c in range(block.shape[0]):
            for i in range(start, stop):
                peak = max(peak, abs(block[c, i]))
                energy += float(block[c, i]) * float(block[c, i])
        window.peak = max(window.peak, float(peak))
        window.energy += energy / block.shape[0]
        window.count += stop - start
        start = stop
        if window.count == window.samples:
            window.last_peak, window.last_energy = window.peak, window.energy
            window.peak, window.energy, window.count = 0.0, 0.0, 0


class Head(Record):
    """Where a ring is written next."""

    position: int


class Trace(NamedTuple):
    """The latest samples of a stream."""

    head: Head
    ring: Float1


@kernel()
def trace(state: Trace, block: Float2) -> None:
    """Add (channels, n), averaged over the channels in double precision: a sum of the largest floats would overflow."""
    size, at = state.ring.size, state.head.position
    for i in range(max(0, block.shape[1] - size), block.shape[1]):
        total = 0.0
        for c in range(block.shape[0]):
            total += float(block[c, i])
        state.ring[at] = np.float32(total / block.shape[0])
        at = at + 1 if at + 1 < size else 0
    state.head.position = at
