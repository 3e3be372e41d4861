# SPDX-License-Identifier: GPL-3.0-or-later
"""The compiled inner loops of `convolution`."""

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.dsp._jit import compiled


# Without fastmath: the adds go in the order of the taps, so that a sample's value cannot depend on its block.
@compiled("void(float32[::1], float32[::1], float32[::1])")
def add_fir(samples: NDArray[np.float32], taps: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """out[i] += sum over t of taps[t] * samples[taps.size - 1 + i - t]; samples begin taps.size - 1 early.

    Four taps at a time, which halves the memory traffic.
    """
    n, whole = out.size, taps.size // 4 * 4
    for t in range(0, whole, 4):
        tap0, tap1, tap2, tap3 = taps[t], taps[t + 1], taps[t + 2], taps[t + 3]
        newest = taps.size - 1 - t
        x0, x1 = samples[newest : newest + n], samples[newest - 1 : newest - 1 + n]
        x2, x3 = samples[newest - 2 : newest - 2 + n], samples[newest - 3 : newest - 3 + n]
        for i in range(n):
            out[i] += tap0 * x0[i] + tap1 * x1[i] + tap2 * x2[i] + tap3 * x3[i]
    for t in range(whole, taps.size):
        tap0, x0 = taps[t], samples[taps.size - 1 - t : taps.size - 1 - t + n]
        for i in range(n):
            out[i] += tap0 * x0[i]


@compiled("void(complex64[:, ::1], int64, complex64[:, ::1], complex64[::1])", fastmath={"contract"})
def add_products(
    inputs: NDArray[np.complex64],
    newest: int,
    partitions: NDArray[np.complex64],
    out: NDArray[np.complex64],
) -> None:
    """out += sum over p of partitions[p] * inputs[newest - p], with the inputs a ring."""
    count = partitions.shape[0]
    for p in range(count):
        row = (newest - p) % count
        for b in range(out.size):
            out[b] += partitions[p, b] * inputs[row, b]
