# SPDX-License-Identifier: GPL-3.0-or-later
"""One window of the tail mask, compiled. Two real signals share each complex transform.

The spectrum of a + ib holds the spectra of a and b as its even and odd parts, which gives the two predictions. A gain
that is real and the same at k and -k acts on a and b alike, so that two channels need not be taken apart at all.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.array_types import Floats
from ddsp_fx.dsp._delay_kernel import Queue, dequeue, enqueue, written
from ddsp_fx.dsp._fft_kernel import fft
from ddsp_fx.dsp._jit import compiled, kernel
from ddsp_fx.dsp.state import Float1, Float2, Int1, Record


@compiled("void(float32[:, ::1], float32[:, ::1], float32)", fastmath={"contract"})
def _smoothed_powers(work: Floats, powers: Floats, scale: float) -> None:
    """Powers (2, bins) of the two signals in a transform, each bin the mean with its neighbours, end bins repeated.

    A prediction has no detail finer than three bins; unsmoothed, a bin's random phase would make the gain flutter. A
    sine of amplitude a has a^2 / 4 at its peak.
    """
    size, bins = work.shape[1], powers.shape[1]
    half, third = np.float32(0.5), np.float32(1.0 / 3.0)
    for k in range(bins):
        mirror = (size - k) % size
        even_r, odd_r = half * (work[0, k] + work[0, mirror]), half * (work[1, k] + work[1, mirror])
        even_i, odd_i = half * (work[1, k] - work[1, mirror]), half * (work[0, mirror] - work[0, k])
        powers[0, k] = (even_r * even_r + even_i * even_i) * scale
        powers[1, k] = (odd_r * odd_r + odd_i * odd_i) * scale
    for row in powers:
        before = row[0]
        for k in range(bins):
            now, after = row[k], row[min(k + 1, bins - 1)]
            row[k] = (before + now + after) * third
            before = now


@compiled("void(float32[:, ::1], int64[::1], float32, float32)", fastmath={"contract"})
def _gains(powers: Floats, bounds: NDArray[np.int64], exponent: float, silence: float) -> None:
    """The gains of all bins, into row 0: above bounds[2] the mean of bins bounds[0] to bounds[1]."""
    for k in range(powers.shape[1]):
        powers[0, k] = (powers[0, k] / (powers[0, k] + powers[1, k] + silence)) ** exponent
    if bounds[2] < powers.shape[1]:
        total = np.float32(0.0)
        for k in range(bounds[0], bounds[1]):
            total += powers[0, k]
        powers[0, bounds[2] :] = total / np.float32(bounds[1] - bounds[0])


@compiled("void(float32[::1], int64, float32[::1], float32[::1])")
def _windowed(samples: Floats, at: int, window: Floats, out: Floats) -> None:
    for i in range(window.size):
        out[i] = samples[at + i] * window[i]


@compiled(
    "void(float32[:, ::1], int64, float32[::1], float32[:, ::1], float32[:, ::1], float32[:, ::1], float32[:, ::1],"
    "int64[::1], float32, float32, float32[:, ::1])",
    fastmath={"contract"},
)
def add_masked_window(  # noqa: PLR0913, PLR0917
    rows: Floats,
    at: int,
    window: Floats,
    work: Floats,
    roots: Floats,
    first: Floats,
    powers: Floats,
    bounds: NDArray[np.int64],
    exponent: float,
    silence: float,
    total: Floats,
) -> None:
    """Add one masked window of (channels + 2, n) to `total` (channels, size).

    Args:
        rows: the recording's channels, then the predictions of dry sound and tail.
        at: the first sample of the window in `rows`.
        window: applied before and after the gain.
        work, powers: scratch of (4, size) and (2, size / 2 + 1).
        roots, first: from `fft_tables`.
        bounds: first and last + 1 of the bins below the predictions' ceiling, and the first bin above it.
        exponent, silence: of the gain (dry / (dry + tail + silence)) ^ exponent.
        total: the sum of overlapping windows so far.
    """
    channels, size = total.shape
    bins = powers.shape[1]
    _windowed(rows[channels], at, window, work[0])
    _windowed(rows[channels + 1], at, window, work[1])
    fft(work, roots, first)
    _smoothed_powers(work, powers, 4.0 / (size * size))
    _gains(powers, bounds, exponent, silence)
    gain = powers[0]
    # Hann applied twice at 75 % overlap adds up to 1.5.
    scale = np.float32(1.0 / 1.5) / np.float32(size)
    for c in range(0, channels, 2):
        _windowed(rows[c], at, window, work[0])
        if c + 1 < channels:
            _windowed(rows[c + 1], at, window, work[1])
        else:
            work[1] = np.float32(0.0)
        fft(work, roots, first)
        # With real and imaginary parts exchanged, a forward transform is the inverse one.
        for k in range(size):
            g = gain[k] if k < bins else gain[size - k]
            work[0, k], work[1, k] = work[1, k] * g, work[0, k] * g
        fft(work, roots, first)
        for i in range(size):
            total[c, i] += work[1, i] * window[i] * scale
        if c + 1 < channels:
            for i in range(size):
                total[c + 1, i] += work[0, i] * window[i] * scale


class MaskNumbers(Record):
    """How many samples wait for a window, the samples from window to window, and the exponent and floor of the gain."""

    held: int
    hop: int
    exponent: float
    silence: float


class Mask(NamedTuple):
    """The tail mask of a stream. `held` has the recording's channels, then the two predictions."""

    numbers: MaskNumbers
    held: Float2
    window: Float1
    work: Float2
    roots: Float2
    first: Float2
    powers: Float2
    bounds: Int1
    total: Float2
    ready: Queue


@kernel()
def _finish(mask: Mask) -> None:
    """Queue the hop that no later window overlaps."""
    hop, total = mask.numbers.hop, mask.total
    for c in range(total.shape[0]):
        enqueue(mask.ready, c, total[c, :hop])
        for i in range(total.shape[1] - hop):
            total[c, i] = total[c, hop + i]
        total[c, total.shape[1] - hop :] = np.float32(0.0)
    written(mask.ready, hop)


@kernel(inline=True)
def suppress(mask: Mask, n: int, out: Float2) -> None:
    """The n samples that were added behind `held` -> the recording without its tail, a window later, into `out`."""
    numbers, held, size = mask.numbers, mask.held, mask.window.size
    numbers.held += n
    at = 0
    while numbers.held - at >= size:
        add_masked_window(
            held,
            at,
            mask.window,
            mask.work,
            mask.roots,
            mask.first,
            mask.powers,
            mask.bounds,
            numbers.exponent,
            numbers.silence,
            mask.total,
        )
        _finish(mask)
        at += numbers.hop
    for row in range(held.shape[0]):
        for i in range(numbers.held - at):
            held[row, i] = held[row, at + i]
    numbers.held -= at
    dequeue(mask.ready, n, out)
