# SPDX-License-Identifier: GPL-3.0-or-later
"""Delay and buffering of audio in ring buffers of fixed size."""

from __future__ import annotations

import numpy as np

from ddsp_fx.array_types import Floats
from ddsp_fx.errors import AudioError


class DelayLine:
    """Delays audio by a fixed number of samples.

    Args:
        channels: of the audio.
        samples: of delay, 0 or more.
    """

    def __init__(self, channels: int, samples: int) -> None:
        if channels < 1 or samples < 0:
            raise AudioError(
                f"DelayLine: got {channels} channels, {samples} samples; give at least 1 channel and 0 samples"
            )
        self.samples = samples
        self._ring = np.zeros((channels, samples), np.float32)
        self._position = 0

    def reset(self) -> None:
        """Forget all audio."""
        self._ring[:] = 0.0
        self._position = 0

    def process(self, block: Floats) -> Floats:
        """Audio (channels, n), any n -> the audio from `samples` earlier (channels, n)."""
        if not self.samples:
            return block.copy()
        out = np.empty(block.shape, np.float32)
        done = 0
        while done < block.shape[1]:
            n = min(block.shape[1] - done, self.samples - self._position)
            slot = self._ring[:, self._position : self._position + n]
            out[:, done : done + n] = slot
            slot[:] = block[:, done : done + n]
            self._position = (self._position + n) % self.samples
            done += n
        return out

    def push(self, block: Floats) -> None:
        """Like `process`, but without returning the delayed audio."""
        newest = block[:, -self.samples :] if self.samples else block[:, :0]
        # The part of a longer block that would be overwritten at once is not written, but it moves the position.
        self._position = (self._position + block.shape[1] - newest.shape[1]) % max(self.samples, 1)
        first = min(newest.shape[1], self.samples - self._position)
        self._ring[:, self._position : self._position + first] = newest[:, :first]
        self._ring[:, : newest.shape[1] - first] = newest[:, first:]
        self._position = (self._position + newest.shape[1]) % max(self.samples, 1)

    def resized(self, samples: int) -> DelayLine:
        """A line of another length with this one's newest audio, and silence where that ends."""
        line = DelayLine(self._ring.shape[0], samples)
        held = np.roll(self._ring, -self._position, axis=1)
        keep = min(samples, self.samples)
        line._ring[:, samples - keep :] = held[:, self.samples - keep :]
        return line


class Fifo:
    """A first-in, first-out buffer between blocks of different sizes.

    Args:
        channels: of the audio.
        capacity: the most samples it can hold.
    """

    def __init__(self, channels: int, capacity: int) -> None:
        if channels < 1 or capacity < 1:
            raise AudioError(f"Fifo: got {channels} channels and a capacity of {capacity}; both must be at least 1")
        self._ring = np.zeros((channels, capacity), np.float32)
        self.capacity = capacity
        self.clear()

    def clear(self) -> None:
        """Discard all samples."""
        self._read_at = 0
        self.available = 0

    def write(self, block: Floats) -> None:
        """Append (channels, n); raises AudioError if it does not fit, and then keeps its contents."""
        n = block.shape[1]
        if self.available + n > self.capacity:
            raise AudioError(
                f"Fifo: {n} samples do not fit beside {self.available} of {self.capacity}; read first, "
                f"or give it a larger capacity"
            )
        start = (self._read_at + self.available) % self.capacity
        first = min(n, self.capacity - start)
        self._ring[:, start : start + first] = block[:, :first]
        self._ring[:, : n - first] = block[:, first:]
        self.available += n

    def read(self, n: int) -> Floats:
        """Take the oldest n samples (channels, n); raises AudioError if there are fewer."""
        if n > self.available:
            raise AudioError(f"Fifo: asked for {n} samples, it holds {self.available}; check `available`")
        out = np.empty((self._ring.shape[0], n), np.float32)
        first = min(n, self.capacity - self._read_at)
        out[:, :first] = self._ring[:, self._read_at : self._read_at + first]
        out[:, first:] = self._ring[:, : n - first]
        self._read_at = (self._read_at + n) % self.capacity
        self.available -= n
        return out
