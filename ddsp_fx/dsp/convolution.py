# SPDX-License-Identifier: GPL-3.0-or-later
"""Convolution with a long impulse response, without latency, in blocks of any length.

Gardner, "Efficient convolution without input-output delay" (JAES 43:3, 1995). The first 256 taps are a direct FIR.
Later taps are cut into partitions of 256, then 4096 samples. A level of size B starts at tap B, so the result of an
input block is first needed just when that block is complete. Its spectra multiply a delay line of the input's
spectra, and one inverse FFT gives the next B samples. All blocks lie at absolute positions of the stream, which makes
the result independent of the host's block sizes.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import numpy as np

from ddsp_fx.array_types import Floats
from ddsp_fx.errors import AudioError

if TYPE_CHECKING:
    from ddsp_fx.dsp._convolution_kernel import Convolver, Level

Route = tuple[int, int, int]

# Two levels cost the least for a 3 s room in 128-sample blocks: more levels add calls, fewer add arithmetic.
# The first is also where the direct FIR ends.
_LEVEL_SIZES = (256, 4096)


def _routes(paths: int, channels: int) -> list[Route]:
    """(input channel, output channel, path) of each convolution."""
    if paths == 1:
        return [(channel, channel, 0) for channel in range(channels)]
    if paths == channels:
        return [(channel, channel, channel) for channel in range(channels)]
    if (paths, channels) == (4, 2):
        return [(0, 0, 0), (0, 1, 1), (1, 0, 2), (1, 1, 3)]
    raise AudioError(
        f"PartitionedConvolver: an impulse response of {paths} paths does not fit {channels} channels; "
        f"give 1 path, one per channel, or 4 (left-left, left-right, right-left, right-right) for stereo"
    )


# Effects with the same room share its spectra, 0.6 MB a second of it.
_spectra: WeakValueDictionary[tuple[bytes, tuple[int, ...], int], Floats] = WeakValueDictionary()


def _shared_spectra(taps: Floats, size: int) -> Floats:
    """`_partition_spectra`, made once for the same taps. They are only read."""
    key = hashlib.sha256(np.ascontiguousarray(taps).data).digest(), taps.shape, size
    found = _spectra.get(key)
    if found is None:
        found = _spectra[key] = _partition_spectra(taps, size)
    return found


def _partition_spectra(taps: Floats, size: int) -> Floats:
    """Taps (paths, n) -> spectra (paths, real or imaginary, partitions, size + 1), for an unscaled inverse FFT."""
    if not size:
        return np.zeros((len(taps), 2, 0, 1), np.float32)
    count = -(-taps.shape[1] // size)
    padded = np.pad(taps, ((0, 0), (0, count * size - taps.shape[1]))).reshape(len(taps), count, size)
    spectra = np.fft.rfft(padded, 2 * size) / (2 * size)
    return np.ascontiguousarray(np.stack([spectra.real, spectra.imag], axis=1), dtype=np.float32)


class PartitionedConvolver:
    """A stream convolved with an impulse response: wet signal only, no latency, any block length.

    Args:
        impulse_response: (paths, taps) or (taps,) float32. One path serves every channel. With as many paths as
            channels, each channel has its own. 4 paths on 2 channels are true stereo: left-left, left-right (from left
            to right), right-left, right-right. Zero taps are silence.
        channels: of the audio.

    Attributes:
        tail_samples: how long the output sounds after the input has ended: taps - 1.
        table: its state, for compiled code.

    Raises:
        AudioError: if the paths do not fit the channels, or a tap is not finite.
    """

    def __init__(self, impulse_response: Floats, channels: int) -> None:
        taps = np.atleast_2d(np.asarray(impulse_response, np.float32))
        if taps.ndim != 2 or channels < 1:
            raise AudioError(
                f"PartitionedConvolver: impulse response of shape {taps.shape} for {channels} channels; "
                f"expected (paths, taps) and at least one channel"
            )
        if not np.isfinite(taps).all():
            raise AudioError("PartitionedConvolver: the impulse response holds NaN or infinity; check its file")
        from ddsp_fx.dsp._convolution_kernel import convolve
        from ddsp_fx.dsp._view import Table

        self.channels = channels
        self.tail_samples = max(0, taps.shape[1] - 1)
        # Compiled code calls `convolve` by itself; `process` compiles it for Python when first called.
        self._convolve, self.table = convolve, Table(self._build(taps))

    @property
    def state(self) -> Convolver:
        """What compiled code works on."""
        state: Convolver = self.table.state
        return state

    def _build(self, taps: Floats) -> Convolver:
        from ddsp_fx.dsp._convolution_kernel import HEAD, Convolver
        from ddsp_fx.dsp.delay import Place
        from ddsp_fx.dsp.state import new

        head = np.ascontiguousarray(taps[:, :HEAD])
        recent = np.zeros((self.channels, max(head.shape[1] - 1, 0) + HEAD), np.float32)
        routes = np.array(_routes(taps.shape[0], self.channels), np.int64).reshape(-1, 3)
        short, long = _LEVEL_SIZES
        levels = _level(taps[:, short:long], short, self.channels), _level(taps[:, long:], long, self.channels)
        return Convolver(new(Place), recent, head, routes, *levels)

    def reset(self) -> None:
        """Forget all audio."""
        self.state.place.position = 0
        self.state.recent[:] = 0.0
        for level in (self.state.short, self.state.long):
            level.place.filled = level.place.newest = level.place.added = 0
            for audio in (level.input, level.spectra, level.totals, level.pending):
                audio[:] = 0.0

    def process(self, block: Floats) -> Floats:
        """Audio (channels, n), any n -> the convolved samples (channels, n) at the same times.

        Raises:
            AudioError: for another number of channels.
        """
        if block.ndim != 2 or block.shape[0] != self.channels:
            raise AudioError(f"PartitionedConvolver: block of shape {block.shape}, expected ({self.channels}, samples)")
        from ddsp_fx.dsp._jit import loaded

        out = np.empty(block.shape, np.float32)
        loaded(self._convolve)(self.state, np.require(block, np.float32, ["C", "W"]), 0, block.shape[1], out)
        return out


def _level(taps: Floats, size: int, channels: int) -> Level:
    """The taps (paths, n) from one edge to the next, in partitions of `size`."""
    from ddsp_fx.dsp._convolution_kernel import Level, LevelPlace
    from ddsp_fx.dsp._fft_kernel import fft_tables
    from ddsp_fx.dsp.state import new

    if not taps.shape[1]:
        size = channels = 0
    # The compiled loop takes channels in pairs: an odd channel is paired with silence. A single one is transformed
    # alone, at half the size.
    rows, length = channels + (channels % 2 if channels > 1 else 0), size if channels == 1 else 2 * size
    partitions = _shared_spectra(taps, size)
    shapes = [(rows, 2 * size), (rows, 2, partitions.shape[2], size + 1), (rows, 2, size + 1), (rows, size)]
    audio, spectra, totals, pending = (np.zeros(shape, np.float32) for shape in shapes)
    nothing = np.zeros((2, 0), np.float32)
    tables = fft_tables(length) if size else (nothing, nothing)
    twiddles = fft_tables(2 * size)[0] if size else nothing
    work = np.zeros((4, length), np.float32)
    return Level(new(LevelPlace), audio, spectra, partitions, totals, pending, work, *tables, twiddles)
