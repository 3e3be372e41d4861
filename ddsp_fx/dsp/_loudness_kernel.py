# SPDX-License-Identifier: GPL-3.0-or-later
"""The A-weighted power of frames, compiled: half the time of NumPy's (benchmarks/at_rest.py)."""

import numpy as np

from ddsp_fx.array_types import Floats
from ddsp_fx.dsp._fft_kernel import fft
from ddsp_fx.dsp._jit import compiled


@compiled(
    "void(float32[:, ::1], float32[::1], float32[::1], float32[:, ::1], float32[:, ::1], float32[:, ::1],float32[::1])",
    fastmath={"reassoc", "contract"},
)
def weighted_powers(  # noqa: PLR0913, PLR0917
    frames: Floats, window: Floats, weights: Floats, work: Floats, roots: Floats, first: Floats, powers: Floats
) -> None:
    """Frames (n, frame), frame a power of 2 -> the mean over bins of each frame's weighted power (n,).

    `work` is scratch of (4, frame); `roots` and `first` come from `fft_tables`.
    """
    for k in range(frames.shape[0]):
        frame = frames[k]
        for i in range(frame.size):
            work[0, i] = frame[i] * window[i]
            work[1, i] = np.float32(0.0)
        fft(work, roots, first)
        total = np.float32(0.0)
        for b in range(weights.size):
            total += (work[0, b] * work[0, b] + work[1, b] * work[1, b]) * weights[b]
        powers[k] = total / np.float32(weights.size)
