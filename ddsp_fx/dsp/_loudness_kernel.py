# SPDX-License-Identifier: GPL-3.0-or-later
"""The levels of frames, compiled."""

import math
from typing import NamedTuple

import numpy as np

from ddsp_fx.array_types import Floats
from ddsp_fx.dsp._fft_kernel import fft
from ddsp_fx.dsp._jit import compiled, kernel
from ddsp_fx.dsp.scaling import FLOOR_DB
from ddsp_fx.dsp.state import Float1, Float2


class Level(NamedTuple):
    """A meter of frames of a power of 2; without weights it measures power, else loudness."""

    window: Float1
    weights: Float1
    work: Float2
    roots: Float2
    first: Float2


@kernel(fastmath={"reassoc", "contract"})
def _weighted_power(level: Level, frame: Float1) -> float:
    """The mean over bins of the weighted power of the frame's spectrum."""
    work, weights = level.work, level.weights
    for i in range(frame.size):
        work[0, i] = frame[i] * level.window[i]
        work[1, i] = np.float32(0.0)
    fft(work, level.roots, level.first)
    total = np.float32(0.0)
    for b in range(weights.size):
        total += (work[0, b] * work[0, b] + work[1, b] * work[1, b]) * weights[b]
    return float(total / np.float32(weights.size))


@kernel(fastmath={"reassoc", "contract"})
def _power(frame: Float1) -> float:
    total = np.float32(0.0)
    for i in range(frame.size):
        total += frame[i] * frame[i]
    return float(total / np.float32(frame.size))


@kernel()
def level_db(level: Level, frame: Float1) -> float:
    """The level of a frame in dB, never below FLOOR_DB."""
    power = _weighted_power(level, frame) if level.weights.size else _power(frame)
    return float(np.float32(max(10.0 * math.log10(max(power, 1e-30)), FLOOR_DB)))


@compiled(
    "void(float32[:, ::1], float32[::1], float32[::1], float32[:, ::1], float32[:, ::1], float32[:, ::1],float32[::1])"
)
def weighted_powers(  # noqa: PLR0913, PLR0917
    frames: Floats, window: Floats, weights: Floats, work: Floats, roots: Floats, first: Floats, powers: Floats
) -> None:
    """Frames (n, frame), frame a power of 2 -> the mean over bins of each frame's weighted power (n,).

    `work` is scratch of (4, frame); `roots` and `first` come from `fft_tables`.
    """
    level = Level(window, weights, work, roots, first)
    for k in range(frames.shape[0]):
        powers[k] = _weighted_power(level, frames[k])
