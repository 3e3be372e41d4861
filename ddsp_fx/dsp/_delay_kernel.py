# SPDX-License-Identifier: GPL-3.0-or-later
"""Delay lines and queues of audio, compiled. A piece of a block is its samples from `start`, `n` of them."""

from typing import NamedTuple

import numpy as np

from ddsp_fx.dsp._copy_kernel import copy
from ddsp_fx.dsp._jit import kernel
from ddsp_fx.dsp.delay import Delay, Place
from ddsp_fx.dsp.state import Float1, Float2, new


def new_delay(channels: int, samples: int) -> Delay:
    """A delay line that holds silence."""
    return Delay(new(Place), np.zeros((channels, samples), np.float32))


def clear_delay(line: Delay) -> None:
    """Forget all audio."""
    line.place.position = 0
    line.ring[:] = 0.0


@kernel()
def _exchange(ring: Float1, position: int, samples: Float1, delayed: Float1) -> None:
    """Store the samples in the ring, and take what they displace."""
    done, at = 0, position
    while done < samples.size:
        stop = min(samples.size, done + ring.size - at)
        for i in range(stop - done):
            sample = samples[done + i]
            delayed[done + i] = ring[at + i]
            ring[at + i] = sample
        done, at = stop, 0


@kernel()
def delay(line: Delay, block: Float2, start: int, n: int, out: Float2) -> None:
    """A piece of a block in, the samples from that much earlier into the first n of `out`."""
    size = line.ring.shape[1]
    for c in range(line.ring.shape[0]):
        if size == 0:
            copy(block[c, start : start + n], out[c, :n])
        else:
            _exchange(line.ring[c], line.place.position, block[c, start : start + n], out[c, :n])
    if size:
        line.place.position = (line.place.position + n) % size


@kernel()
def push(line: Delay, block: Float2) -> None:
    """Like `delay` for a whole block, but without returning the delayed audio."""
    size = line.ring.shape[1]
    if size == 0:
        return
    n = block.shape[1]
    kept = min(n, size)
    at = (line.place.position + n - kept) % size
    first = min(kept, size - at)
    for c in range(line.ring.shape[0]):
        copy(block[c, n - kept : n - kept + first], line.ring[c, at : at + first])
        copy(block[c, n - kept + first :], line.ring[c, : kept - first])
    line.place.position = (at + kept) % size


class Queue(NamedTuple):
    """A ring of samples that are read as fast as they are written, but later. It may start with silence in it."""

    read: Place
    write: Place
    ring: Float2


def new_queue(channels: int, capacity: int) -> Queue:
    """A queue for `capacity` samples."""
    return Queue(new(Place), new(Place), np.zeros((channels, capacity), np.float32))


def restart_queue(queue: Queue, silence: int) -> None:
    """Forget all audio, and begin with this many samples of silence."""
    queue.ring[:] = 0.0
    queue.read.position = 0
    queue.write.position = silence % queue.ring.shape[1]


@kernel()
def enqueue(queue: Queue, row: int, samples: Float1) -> None:
    """Append samples to one row. `written` then moves on for all rows."""
    ring = queue.ring[row]
    first = min(samples.size, ring.size - queue.write.position)
    copy(samples[:first], ring[queue.write.position : queue.write.position + first])
    copy(samples[first:], ring[: samples.size - first])


@kernel()
def written(queue: Queue, n: int) -> None:
    """Call once n samples are in all rows."""
    queue.write.position = (queue.write.position + n) % queue.ring.shape[1]


@kernel()
def dequeue(queue: Queue, n: int, out: Float2) -> None:
    """The oldest n samples of each row into the first n of `out`. They must be there."""
    size, at = queue.ring.shape[1], queue.read.position
    first = min(n, size - at)
    for row in range(queue.ring.shape[0]):
        copy(queue.ring[row, at : at + first], out[row, :first])
        copy(queue.ring[row, : n - first], out[row, first:n])
    queue.read.position = (at + n) % size
