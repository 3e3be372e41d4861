# SPDX-License-Identifier: GPL-3.0-or-later
"""The compiled inner loop of `decimate`."""

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.dsp._jit import compiled


# Reassociation only vectorises the sum over the taps. Their number is fixed, so the order never changes.
@compiled(
    "void(float32[::1], int64, int64, int64, int64, float32[:, ::1], int64, float32[::1])",
    fastmath={"reassoc", "contract"},
)
def interpolate(  # noqa: PLR0913, PLR0917
    samples: NDArray[np.float32],
    first_sample: int,
    first_output: int,
    num: int,
    den: int,
    phases: NDArray[np.float32],
    scale: int,
    out: NDArray[np.float32],
) -> None:
    """Output j is the band-limited signal at sample time j * num / den, from phases[(ceil - time) * scale]."""
    taps = phases.shape[1]
    for i in range(out.size):
        position = (first_output + i) * num
        after = -(-position // den)
        row = ((after * den - position) * scale + den // 2) // den
        start = after - taps // 2 - first_sample
        window, kernel = samples[start : start + taps], phases[row]
        total = np.float32(0.0)
        for t in range(taps):
            total += kernel[t] * window[t]
        out[i] = total
