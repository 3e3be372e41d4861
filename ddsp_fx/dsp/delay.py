# SPDX-License-Identifier: GPL-3.0-or-later
"""Delay and buffering of audio in ring buffers of fixed size."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ddsp_fx.array_types import Floats
from ddsp_fx.dsp.state import Float2, Record, new
from ddsp_fx.errors import AudioError


class Place(Record):
    """Where a ring is read next; in a delay line, it is written there too."""

    position: int


class Delay(NamedTuple):
    """The last samples of each channel, as many as the delay is long."""

    place: Place
    ring: Float2


class DelayLine:
    """Delays audio by a fixed number of samples.

    Args:
        channels: of the audio.
        samples: of delay, 0 or more.

    Attributes:
        state: for compiled code.
    """

    def __init__(self, channels: int, samples: int) -> None:
        if channels < 1 or samples < 0:
            raise AudioError(
                f"DelayLine: got {channels} channels, {samples} samples; give at least 1 channel and 0 samples"
            )
        self.samples = samples
        self.state = Delay(new(Place), np.zeros((channels, samples), np.float32))

    def reset(self) -> None:
        """Forget all audio."""
        self.state.ring[:] = 0.0
        self.state.place.position = 0

    def process(self, block: Floats) -> Floats:
        """Audio (channels, n), any n -> the audio from `samples` earlier (channels, n)."""
        if not self.samples:
            return block.copy()
        out, ring = np.empty(block.shape, np.float32), self.state.ring
        # A field of a record costs Python a microsecond.
        done, position = 0, int(self.state.place.position)
        while done < block.shape[1]:
            n = min(block.shape[1] - done, self.samples - position)
            slot = ring[:, position : position + n]
            out[:, done : done + n] = slot
            slot[:] = block[:, done : done + n]
            position = (position + n) % self.samples
            done += n
        self.state.place.position = position
        return out

    def push(self, block: Floats) -> None:
        """Like `process`, but without returning the delayed audio."""
        if not self.samples:
            return
        ring, newest = self.state.ring, block[:, -self.samples :]
        # The part of a longer block that would be overwritten at once is not written, but it moves the position.
        position = (int(self.state.place.position) + block.shape[1] - newest.shape[1]) % self.samples
        first = min(newest.shape[1], self.samples - position)
        ring[:, position : position + first] = newest[:, :first]
        if first < newest.shape[1]:
            ring[:, : newest.shape[1] - first] = newest[:, first:]
        self.state.place.position = (position + newest.shape[1]) % self.samples

    def resized(self, samples: int) -> DelayLine:
        """A line of another length with this one's newest audio, and silence where that ends."""
        line = DelayLine(self.state.ring.shape[0], samples)
        held = np.roll(self.state.ring, -int(self.state.place.position), axis=1)
        keep = min(samples, self.samples)
        line.state.ring[:, samples - keep :] = held[:, self.samples - keep :]
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
