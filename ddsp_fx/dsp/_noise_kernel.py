# SPDX-License-Identifier: GPL-3.0-or-later
"""The compiled inner loop of `noise`."""

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.dsp._jit import compiled


@compiled(
    "void(float32[::1], float32[::1], float32[::1], float64, float64, float32[::1])",
    fastmath={"reassoc", "contract"},
)
def crossfaded_fir(  # noqa: PLR0913, PLR0917
    samples: NDArray[np.float32],
    start_taps: NDArray[np.float32],
    end_taps: NDArray[np.float32],
    weight: float,
    weight_step: float,
    out: NDArray[np.float32],
) -> None:
    """out[i] = sum of samples[i + t] times taps that move linearly from start_taps to end_taps.

    The taps are symmetric, so correlation is convolution.
    """
    for i in range(out.size):
        start_sum = np.float32(0.0)
        end_sum = np.float32(0.0)
        for t in range(start_taps.size):
            start_sum += start_taps[t] * samples[i + t]
            end_sum += end_taps[t] * samples[i + t]
        mix = np.float32(weight + i * weight_step)
        out[i] = start_sum + mix * (end_sum - start_sum)
