# SPDX-License-Identifier: GPL-3.0-or-later
"""Convolution with a long impulse response, without latency, in blocks of any length.

Gardner, "Efficient convolution without input-output delay" (JAES 43:3, 1995). The first 256 taps are a direct FIR.
Later taps are cut into partitions of 256, then 4096 samples. A level of size B starts at tap B, so the result of an
input block is first needed just when that block is complete. Its spectra multiply a delay line of the input's
spectra, and one inverse FFT gives the next B samples. All blocks lie at absolute positions of the stream, which makes
the result independent of the host's block sizes.
"""

from itertools import pairwise

import numpy as np

from ddsp_fx.array_types import Floats
from ddsp_fx.errors import AudioError

Route = tuple[int, int, int]

# Two levels cost the least for a 3 s room in 128-sample blocks: more levels add calls, fewer add arithmetic.
_HEAD = 256
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


class _Level:
    """The taps of one partition size, by uniformly partitioned overlap-save."""

    def __init__(self, taps: Floats, size: int, routes: list[Route], channels: int) -> None:
        from ddsp_fx.dsp._convolution_kernel import turn_block
        from ddsp_fx.dsp._fft_kernel import fft_tables

        self._turn_block = turn_block
        self._size = size
        self._channels = channels
        self._routes = np.array(routes, np.int64).reshape(-1, 3)
        self._partitions = _partition_spectra(taps, size)
        # The compiled loop takes channels in pairs: an odd channel is paired with silence.
        paired, count = channels + channels % 2, self._partitions.shape[2]
        self._spectra = np.empty((paired, 2, count, size + 1), np.float32)
        self._totals = np.empty((paired, 2, size + 1), np.float32)
        self._input = np.empty((paired, 2 * size), np.float32)
        self._pending = np.empty((paired, size), np.float32)
        self._work = np.empty((4, 2 * size), np.float32)
        self._roots, self._first_roots = fft_tables(2 * size)
        self.reset()

    def reset(self) -> None:
        self._spectra[:] = 0.0
        self._input[:] = 0.0
        self._pending[:] = 0.0
        self._newest = 0
        self._filled = 0

    def advance(self, chunk: Floats, out: Floats) -> None:
        """Add this level's part to `out` and store `chunk`, which must not cross the end of a block."""
        start, stop = self._filled, self._filled + chunk.shape[1]
        out += self._pending[: self._channels, start:stop]
        self._input[: self._channels, self._size + start : self._size + stop] = chunk
        self._filled = stop
        if stop == self._size:
            self._turn()

    def _turn(self) -> None:
        """Compute the next block of output, after a block of input is complete."""
        self._filled = 0
        self._newest = (self._newest + 1) % self._spectra.shape[2]
        self._turn_block(
            self._input,
            self._spectra,
            self._newest,
            self._partitions,
            self._routes,
            self._totals,
            self._work,
            self._roots,
            self._first_roots,
            self._pending,
        )


def _partition_spectra(taps: Floats, size: int) -> Floats:
    """Taps (paths, n) -> spectra (paths, real or imaginary, partitions, size + 1), for an unscaled inverse FFT."""
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
        self._routes = _routes(taps.shape[0], channels)
        self.channels = channels
        self.tail_samples = max(0, taps.shape[1] - 1)
        self._build(taps)
        self.reset()

    def _build(self, taps: Floats) -> None:
        from ddsp_fx.dsp._convolution_kernel import add_fir

        self._add_fir = add_fir
        self._head = np.ascontiguousarray(taps[:, :_HEAD])
        edges = [*_LEVEL_SIZES, max(taps.shape[1], _LEVEL_SIZES[-1])]
        self._levels = [
            _Level(taps[:, start:stop], start, self._routes, self.channels)
            for start, stop in pairwise(edges)
            if taps.shape[1] > start
        ]

    def reset(self) -> None:
        """Forget all audio."""
        self._recent = np.zeros((self.channels, max(0, self._head.shape[1] - 1)), np.float32)
        self._position = 0
        for level in self._levels:
            level.reset()

    def process(self, block: Floats) -> Floats:
        """Audio (channels, n), any n -> the convolved samples (channels, n) at the same times.

        Raises:
            AudioError: for another number of channels.
        """
        if block.ndim != 2 or block.shape[0] != self.channels:
            raise AudioError(f"PartitionedConvolver: block of shape {block.shape}, expected ({self.channels}, samples)")
        out = np.zeros(block.shape, np.float32)
        if self._head.shape[1] and block.shape[1]:
            self._add_head(block, out)
        if self._levels:
            self._add_levels(block, out)
        return out

    def _add_head(self, block: Floats, out: Floats) -> None:
        samples = np.concatenate([self._recent, block], axis=1, dtype=np.float32)
        for source, target, path in self._routes:
            self._add_fir(samples[source], self._head[path], out[target])
        self._recent = samples[:, block.shape[1] :].copy()

    def _add_levels(self, block: Floats, out: Floats) -> None:
        done, n = 0, block.shape[1]
        while done < n:
            stop = min(n, done + _HEAD - self._position)
            for level in self._levels:
                level.advance(block[:, done:stop], out[:, done:stop])
            self._position = (self._position + stop - done) % _HEAD
            done = stop
