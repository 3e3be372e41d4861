# SPDX-License-Identifier: GPL-3.0-or-later
"""A stream through an effect, chunk by chunk, in the caller's layout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.errors import AudioError

if TYPE_CHECKING:
    from ddsp_fx.effects.usage import Usage

# pedalboard uses (channels, samples), a sound card's callback (samples, channels).
Order = Literal["channels first", "samples first"]


class Streamed(Protocol):
    """The part of an effect that `LiveStream` needs."""

    _usage: Usage
    _name: str

    @property
    def latency_samples(self) -> int: ...
    def prepare(self, sample_rate: float, max_block_size: int = 8192, channels: int = 2) -> None: ...
    def _adopt_edits(self) -> None: ...
    def process_block(self, block: NDArray[np.float32]) -> NDArray[np.float32]: ...


class LiveStream:
    """Returned by `Effect.stream`: call it with chunks of any size. Each result is as long, `latency_samples` late.

    It begins from silence. A board whose list has been edited plays the new list from the next chunk on. Any other use
    of the effect ends the stream: the next chunk then raises AudioError.
    """

    def __init__(self, effect: Streamed, sample_rate: float, channels: int, order: Order, longest: int) -> None:
        if order not in ("channels first", "samples first"):
            raise AudioError(f"{effect._name}: order {order!r} is neither 'channels first' nor 'samples first'")
        effect.prepare(sample_rate, longest, channels)
        self._effect, self._channels, self._longest = effect, channels, longest
        self._is_upright = order == "samples first"
        self._epoch = effect._usage.epoch

    @property
    def latency_samples(self) -> int:
        """Samples by which the output lags the input."""
        return self._effect.latency_samples

    def __call__(self, chunk: NDArray[Any]) -> NDArray[np.float32]:
        """A chunk (samples, channels) or (channels, samples), or (samples,) of a mono stream -> the same shape.

        Raises AudioError for another number of channels, or if the effect has been used elsewhere since.
        """
        array = np.asarray(chunk, np.float32)
        if array.ndim == 1 and self._channels == 1:
            return self._played(array[np.newaxis]).reshape(-1)
        if array.ndim != 2 or array.shape[1 if self._is_upright else 0] != self._channels:
            order = f"(samples, {self._channels})" if self._is_upright else f"({self._channels}, samples)"
            raise AudioError(f"{self._effect._name}: got a chunk of shape {array.shape}, this stream has {order}")
        out = self._played(array.T if self._is_upright else array)
        return np.ascontiguousarray(out.T) if self._is_upright else out

    def _played(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        usage, name = self._effect._usage, self._effect._name
        usage.check_epoch(self._epoch, name)
        with usage.call(name):
            self._effect._adopt_edits()
        out = np.empty(block.shape, np.float32)
        for start in range(0, block.shape[1], self._longest):
            piece = np.ascontiguousarray(block[:, start : start + self._longest])
            out[:, start : start + self._longest] = self._effect.process_block(piece)
        return out
