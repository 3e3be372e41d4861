# SPDX-License-Identifier: GPL-3.0-or-later
"""The compiled inner loops of `convolution`."""

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.array_types import Floats
from ddsp_fx.dsp._fft_kernel import fft
from ddsp_fx.dsp._jit import compiled


# Without fastmath, the additions keep the order of the taps, so that a sample's value cannot depend on its block.
@compiled("void(float32[::1], float32[::1], float32[::1])")
def add_fir(samples: Floats, taps: Floats, out: Floats) -> None:
    """out[i] += sum over t of taps[t] * samples[taps.size - 1 + i - t]; samples begin taps.size - 1 early.

    Takes four taps at a time, which halves the memory traffic.
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


@compiled("void(float32[:, ::1], float32[:, :, ::1], float32[:, :, ::1], int64)")
def _split_pair(work: Floats, left: Floats, right: Floats, newest: int) -> None:
    """From the transform of left + i right, the spectra (part, block, bin) of the two real signals."""
    n = work.shape[1]
    left_r, left_i, right_r, right_i = left[0, newest], left[1, newest], right[0, newest], right[1, newest]
    for k in range(n // 2 + 1):
        mirror = (n - k) & (n - 1)
        left_r[k] = np.float32(0.5) * (work[0, k] + work[0, mirror])
        left_i[k] = np.float32(0.5) * (work[1, k] - work[1, mirror])
        right_r[k] = np.float32(0.5) * (work[1, k] + work[1, mirror])
        right_i[k] = np.float32(0.5) * (work[0, mirror] - work[0, k])


@compiled("void(float32[:, ::1], float32[:, ::1], float32[:, ::1])")
def _join_pair(left: Floats, right: Floats, work: Floats) -> None:
    """The transform of left + i right from two spectra (part, bin), with parts swapped so that `fft` inverts it."""
    n = work.shape[1]
    for k in range(n // 2 + 1):
        work[1, k], work[0, k] = left[0, k] - right[1, k], left[1, k] + right[0, k]
    for k in range(1, n // 2):
        work[1, n - k], work[0, n - k] = left[0, k] + right[1, k], right[0, k] - left[1, k]


@compiled("void(float32[:, :, ::1], int64, float32[:, :, ::1], float32[:, ::1])", fastmath={"contract"})
def _add_products(inputs: Floats, newest: int, partitions: Floats, total: Floats) -> None:
    """total (part, bin) += sum over p of partitions[:, p] * inputs[:, newest - p], where inputs is a ring of blocks."""
    count = partitions.shape[1]
    total_r, total_i = total[0], total[1]
    for p in range(count):
        block = (newest - p) % count
        hr, hi, xr, xi = partitions[0, p], partitions[1, p], inputs[0, block], inputs[1, block]
        for k in range(total_r.size):
            total_r[k] += hr[k] * xr[k] - hi[k] * xi[k]
            total_i[k] += hr[k] * xi[k] + hi[k] * xr[k]


@compiled(
    "void(float32[:, ::1], float32[:, :, :, ::1], int64, float32[:, :, :, ::1], int64[:, ::1],"
    " float32[:, :, ::1], float32[:, ::1], float32[:, ::1], float32[:, ::1], float32[:, ::1])"
)
def turn_block(  # noqa: PLR0913, PLR0917
    audio: Floats,
    spectra: Floats,
    newest: int,
    partitions: Floats,
    routes: NDArray[np.int64],
    totals: Floats,
    work: Floats,
    roots: Floats,
    first: Floats,
    pending: Floats,
) -> None:
    """Overlap-save of one block: takes the last two blocks of `audio`, puts the next block of output into `pending`.

    Channels are transformed in pairs, as real and imaginary part, so their number must be even.
    """
    channels, size = pending.shape
    for c in range(0, channels, 2):
        work[0], work[1] = audio[c], audio[c + 1]
        fft(work, roots, first)
        _split_pair(work, spectra[c], spectra[c + 1], newest)
    totals[:] = 0.0
    for r in range(routes.shape[0]):
        _add_products(spectra[routes[r, 0]], newest, partitions[routes[r, 2]], totals[routes[r, 1]])
    for c in range(0, channels, 2):
        _join_pair(totals[c], totals[c + 1], work)
        fft(work, roots, first)
        pending[c], pending[c + 1] = work[1, size:], work[0, size:]
    for c in range(channels):
        audio[c, :size] = audio[c, size:]
