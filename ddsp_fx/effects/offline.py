# SPDX-License-Identifier: GPL-3.0-or-later
"""Offline rendering: the live code in a loop, without the latency and with the tail, for audio in any layout."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.array_types import Audio
from ddsp_fx.errors import AudioError

Read = Callable[[int], Audio]


def drive(
    process: Callable[[Audio], Audio], read: Read, latency: int, tail: Callable[[], int], buffer_size: int
) -> Iterator[Audio]:
    """Yield the output of `process` over all that `read` returns, then over zeros for the tail.

    Args:
        process: a prepared `process_block`.
        read: returns the next n samples (channels, <= n): fewer than n, then none, at the end.
        latency: samples dropped from the front, so that output and input line up.
        tail: samples to flush; called after the input has ended, because a parameter may have changed it.
        buffer_size: samples per block.

    The blocks add up to the input's length plus the tail.
    """
    skip = latency
    block = read(buffer_size)
    channels, pushed = block.shape[0], 0
    while block.shape[1]:
        out = process(block)
        pushed += block.shape[1]
        dropped = min(skip, out.shape[1])
        skip -= dropped
        yield out[:, dropped:]
        block = read(buffer_size)
    left = latency + tail() if pushed else 0
    while left:
        out = process(np.zeros((channels, min(left, buffer_size)), np.float32))
        left -= out.shape[1]
        dropped = min(skip, out.shape[1])
        skip -= dropped
        yield out[:, dropped:]


def reader(audio: Audio) -> Read:
    """`read` over an array (channels, samples)."""
    position = 0

    def read(n: int) -> Audio:
        nonlocal position
        position += n
        return audio[:, position - n : position]

    return read


Restore = Callable[[Audio], Audio]


def as_channels_first(audio: NDArray[Any], channels: int = 0, is_upright: bool = False) -> tuple[Audio, Restore]:
    """Any layout that pedalboard accepts -> float32 (channels, samples), and a function that restores the layout.

    Args:
        audio: as the caller has it.
        channels: the number of channels if known, which settles the axes of a short chunk.
        is_upright: whether a square array is (samples, channels).

    Raises AudioError for integers, more than two dimensions, or more than 8 channels on both axes.
    """
    array = np.asarray(audio)
    if not np.issubdtype(array.dtype, np.floating):
        raise AudioError(f"audio of dtype {array.dtype} is not floating point; scale it to -1..1 as float32 first")
    if array.ndim == 1:
        return np.ascontiguousarray(array[np.newaxis], dtype=np.float32), lambda out: out[0]
    if array.ndim != 2:
        raise AudioError(f"audio of shape {array.shape} is neither (samples,) nor (channels, samples)")
    is_known = channels > 0 and array.shape[1] == channels and (is_upright or array.shape[0] != channels)
    if is_known or (array.shape[0] > 8 and array.shape[1] <= 8):
        return np.ascontiguousarray(array.T, dtype=np.float32), lambda out: np.ascontiguousarray(out.T)
    if array.shape[0] > 8:
        raise AudioError(f"audio of shape {array.shape} has more than 8 channels; pass (channels, samples)")
    return np.ascontiguousarray(array, dtype=np.float32), lambda out: out


def check_block(block: Audio, channels: int, longest: int, name: str) -> None:
    """Raises AudioError if the block's shape differs from the prepared one; `longest` is 0 before `prepare`."""
    if longest == 0:
        raise AudioError(f"{name}: process_block() before prepare(sample_rate, max_block_size, channels)")
    if block.ndim != 2 or block.shape[0] != channels or block.shape[1] > longest:
        raise AudioError(
            f"{name}: got a block of shape {block.shape}, prepared for ({channels}, up to {longest}); call prepare() "
            f"with the new layout"
        )


def as_output(out: Any, shape: tuple[int, ...], name: str) -> Audio:
    """A result of `_process` as float32; raises AudioError unless it is an array of real floats of that shape."""
    if isinstance(out, np.ndarray) and out.shape == shape and np.issubdtype(out.dtype, np.floating):
        with np.errstate(over="ignore"):
            return np.asarray(out, np.float32)
    told = f"{out.dtype} of shape {out.shape}" if isinstance(out, np.ndarray) else f"{type(out).__name__}"
    raise AudioError(f"{name}: its _process returned {told}, expected float32 of the block's shape {shape}")
