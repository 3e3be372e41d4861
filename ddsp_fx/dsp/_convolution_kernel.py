# SPDX-License-Identifier: GPL-3.0-or-later
"""The compiled inner loops of `convolution`."""

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.dsp._jit import compiled


# Without fastmath: one add per tap in the order of the taps, so that a sample's value cannot depend on its
# block.
@compiled("void(float32[::1], float32[::1], float32[::1])")
def add_fir(samples: NDArray[np.float32], taps: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """out[i] += sum over t of taps[t] * samples[taps.size - 1 + i - t]; samples begin taps.size - 1 early."""
    for t in range(taps.size):
        tap = taps[t]
        delayed = samples[taps.size - 1 - t : taps.size - 1 - t + out.size]
        for i in range(out.size):
            out[i] += tap * delayed[i]


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
