# SPDX-License-Identifier: GPL-3.0-or-later
"""The compiled inner loops of `convolution`."""

from typing import NamedTuple

import numpy as np

from ddsp_fx.array_types import Floats
from ddsp_fx.dsp._copy_kernel import copy
from ddsp_fx.dsp._fft_kernel import fft
from ddsp_fx.dsp._jit import compiled, kernel
from ddsp_fx.dsp.delay import Place
from ddsp_fx.dsp.state import Float1, Float2, Float3, Float4, Int2, Record

# Taps that are convolved directly, and the samples after which a piece of a block ends.
HEAD = 256


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


@kernel(fastmath={"contract"})
def _split_single(work: Float2, twiddles: Float2, real: Float1, imaginary: Float1) -> None:
    """From the transform of even + i odd samples, the spectrum (bins,) of the real signal of twice the length."""
    n, half = work.shape[1], np.float32(0.5)
    for k in range(n + 1):
        a, m = k & (n - 1), (n - k) & (n - 1)
        even_r, even_i = half * (work[0, a] + work[0, m]), half * (work[1, a] - work[1, m])
        odd_r, odd_i = half * (work[1, a] + work[1, m]), half * (work[0, m] - work[0, a])
        real[k] = even_r + twiddles[0, k] * odd_r - twiddles[1, k] * odd_i
        imaginary[k] = even_i + twiddles[0, k] * odd_i + twiddles[1, k] * odd_r


@kernel(fastmath={"contract"})
def _join_single(spectrum: Float2, twiddles: Float2, work: Float2) -> None:
    """The inverse of `_split_single`, twice as large, with parts swapped so that `fft` inverts it."""
    n = work.shape[1]
    for k in range(n):
        m = n - k
        even_r, even_i = spectrum[0, k] + spectrum[0, m], spectrum[1, k] - spectrum[1, m]
        skew_r, skew_i = spectrum[0, k] - spectrum[0, m], spectrum[1, k] + spectrum[1, m]
        odd_r = twiddles[0, k] * skew_r + twiddles[1, k] * skew_i
        odd_i = twiddles[0, k] * skew_i - twiddles[1, k] * skew_r
        work[1, k] = even_r - odd_i
        work[0, k] = even_i + odd_r


@compiled("void(float32[:, :, ::1], int64, float32[:, :, ::1], int64, int64, float32[:, ::1])", fastmath={"contract"})
def _add_products(  # noqa: PLR0913, PLR0917
    inputs: Floats, newest: int, partitions: Floats, first: int, end: int, total: Floats
) -> None:
    """total (part, bin) += sum of partitions[:, p] * inputs[:, newest - p], p from `first` to before `end`.

    `inputs` is a ring of blocks.
    """
    total_r, total_i = total[0], total[1]
    for p in range(first, end):
        block = (newest - p) % partitions.shape[1]
        hr, hi, xr, xi = partitions[0, p], partitions[1, p], inputs[0, block], inputs[1, block]
        for k in range(total_r.size):
            total_r[k] += hr[k] * xr[k] - hi[k] * xi[k]
            total_i[k] += hr[k] * xi[k] + hi[k] * xr[k]


class LevelPlace(Record):
    """Samples in the current block, the index of the newest spectrum, and the last partition that `totals` has."""

    filled: int
    newest: int
    added: int


class Level(NamedTuple):
    """The taps of one partition size, with the audio on its way through them. Without partitions it is silent."""

    place: LevelPlace
    input: Float2  # (channels, the last two blocks)
    spectra: Float4  # (channel, part, block, bin)
    partitions: Float4  # (path, part, block, bin)
    totals: Float3  # (channel, part, bin), of the next block of output
    pending: Float2  # (channels, the next block of output)
    work: Float2
    roots: Float2
    first: Float2
    twiddles: Float2  # of one channel alone


class Convolver(NamedTuple):
    """An impulse response and all audio inside it."""

    place: Place
    recent: Float2  # (channels, the taps of the head before a block, and the block)
    head: Float2  # (paths, taps)
    routes: Int2  # (input channel, output channel, path) of each convolution
    short: Level
    long: Level


@kernel()
def _add_partitions(level: Level, routes: Int2, newest: int, first: int, end: int) -> None:
    for r in range(routes.shape[0]):
        spectra, total = level.spectra[routes[r, 0]], level.totals[routes[r, 1]]
        _add_products(spectra, newest, level.partitions[routes[r, 2]], first, end, total)


@kernel()
def _look_ahead(level: Level, routes: Int2) -> None:
    """Between two turns, add what the earlier blocks give to the next one: a part after each HEAD samples.

    At the turn itself only the newest block is left, so that no block of the host's takes several times as long.
    """
    place, count = level.place, level.partitions.shape[2]
    steps = level.pending.shape[1] // HEAD - 1
    due = (count - 1) * (place.filled // HEAD) // steps
    if due > place.added:
        _add_partitions(level, routes, (place.newest + 1) % count, place.added + 1, due + 1)
        place.added = due


@kernel()
def _take_single(level: Level) -> None:
    """The newest spectrum of one channel, whose even and odd samples are the parts of half as many numbers."""
    audio, work, newest = level.input[0], level.work, level.place.newest
    for i in range(work.shape[1]):
        work[0, i], work[1, i] = audio[2 * i], audio[2 * i + 1]
    fft(work, level.roots, level.first)
    _split_single(work, level.twiddles, level.spectra[0, 0, newest], level.spectra[0, 1, newest])


@kernel()
def _give_single(level: Level) -> None:
    """The next block of output of one channel."""
    work, pending, half = level.work, level.pending[0], level.work.shape[1] // 2
    _join_single(level.totals[0], level.twiddles, work)
    fft(work, level.roots, level.first)
    for i in range(half):
        pending[2 * i], pending[2 * i + 1] = work[1, half + i], work[0, half + i]


@kernel()
def _take_pairs(level: Level) -> None:
    """The newest spectra of channels in pairs, as real and imaginary part."""
    for c in range(0, level.input.shape[0], 2):
        copy(level.input[c], level.work[0])
        copy(level.input[c + 1], level.work[1])
        fft(level.work, level.roots, level.first)
        _split_pair(level.work, level.spectra[c], level.spectra[c + 1], level.place.newest)


@kernel()
def _give_pairs(level: Level) -> None:
    """The next block of output of channels in pairs."""
    work, size = level.work, level.pending.shape[1]
    for c in range(0, level.pending.shape[0], 2):
        _join_pair(level.totals[c], level.totals[c + 1], work)
        fft(work, level.roots, level.first)
        copy(work[1, size:], level.pending[c])
        copy(work[0, size:], level.pending[c + 1])


@kernel()
def _turn(level: Level, routes: Int2) -> None:
    """Overlap-save of one complete block of input, which gives the next block of output."""
    place, (channels, size), count = level.place, level.pending.shape, level.partitions.shape[2]
    place.filled, place.newest = 0, (place.newest + 1) % count
    if channels == 1:
        _take_single(level)
    else:
        _take_pairs(level)
    _add_partitions(level, routes, place.newest, place.added + 1, count)
    _add_partitions(level, routes, place.newest, 0, 1)
    if channels == 1:
        _give_single(level)
    else:
        _give_pairs(level)
    level.totals[:] = np.float32(0.0)
    place.added = 0
    for c in range(channels):
        copy(level.input[c, size:], level.input[c, :size])


@kernel()
def _advance(  # noqa: PLR0913, PLR0917
    level: Level, routes: Int2, channels: int, block: Float2, start: int, n: int, out: Float2, at: int
) -> None:
    """Add this level's part to `out` from `at`, and store a piece of a block that does not cross the block's end."""
    size = level.pending.shape[1]
    if size == 0:
        return
    filled = level.place.filled
    for c in range(channels):
        for i in range(n):
            out[c, at + i] += level.pending[c, filled + i]
        copy(block[c, start : start + n], level.input[c, size + filled : size + filled + n])
    level.place.filled = filled + n
    if filled + n == size:
        _turn(level, routes)
    elif (filled + n) % HEAD == 0:
        _look_ahead(level, routes)


@kernel()
def convolve(room: Convolver, block: Float2, start: int, n: int, out: Float2) -> None:
    """A piece of a block, any n, -> the convolved samples into the first n of `out`."""
    channels, past = room.recent.shape[0], room.recent.shape[1] - HEAD
    done = 0
    while done < n:
        count = min(n - done, HEAD - room.place.position)
        for c in range(channels):
            copy(block[c, start + done : start + done + count], room.recent[c, past : past + count])
            out[c, done : done + count] = 0.0
        for r in range(room.routes.shape[0]):
            samples = room.recent[room.routes[r, 0], : past + count]
            add_fir(samples, room.head[room.routes[r, 2]], out[room.routes[r, 1], done : done + count])
        for c in range(channels):
            for i in range(past):
                room.recent[c, i] = room.recent[c, count + i]
        _advance(room.short, room.routes, channels, block, start + done, count, out, done)
        _advance(room.long, room.routes, channels, block, start + done, count, out, done)
        room.place.position = (room.place.position + count) % HEAD
        done += count
