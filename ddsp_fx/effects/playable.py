# SPDX-License-Identifier: GPL-3.0-or-later
"""Playing an effect as a whole recording or as a stream. Both run the live code in a loop."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.array_types import Audio
from ddsp_fx.effects.live_stream import LiveStream, Order
from ddsp_fx.effects.offline import as_channels_first, drive, reader
from ddsp_fx.errors import AudioError

if TYPE_CHECKING:
    from ddsp_fx.effects.notebook import Envelope
    from ddsp_fx.effects.usage import Usage


class Playable:
    """The calls by which users play an effect; `Effect` adds what effects implement."""

    _usage: Usage
    _name: str
    _sample_rate: float
    _channels: int
    _max_block_size: int
    _last_render: Envelope | None = None

    @property
    @abstractmethod
    def is_prepared(self) -> bool: ...
    @property
    @abstractmethod
    def latency_samples(self) -> int: ...
    @property
    @abstractmethod
    def tail_samples(self) -> int: ...
    @abstractmethod
    def prepare(self, sample_rate: float, max_block_size: int = 8192, channels: int = 2) -> None: ...
    @abstractmethod
    def process_block(self, block: Audio) -> Audio: ...
    @abstractmethod
    def _guarded(self, block: Audio) -> Audio: ...
    @abstractmethod
    def _adopt_edits(self) -> None: ...

    def stream(
        self, sample_rate: float, channels: int = 2, order: Order = "channels first", max_block_size: int = 8192
    ) -> LiveStream:
        """A stream from silence, called with chunk after chunk: `play = fx.stream(48000)`, then `play(chunk)`.

        Raises what `prepare` raises.
        """
        return LiveStream(self, sample_rate, channels, order, max_block_size)

    def __call__(
        self, input_array: NDArray[Any], sample_rate: float, buffer_size: int = 8192, reset: bool = True
    ) -> NDArray[np.float32]:
        """Process audio as a pedalboard plugin does: same shape out as in, latency removed, tail cut.

        Calls with `reset=False`, with chunks of any sizes, form a live stream, `latency_samples` late. A stream begins
        with the first such call after a whole call, `prepare` or `reset`, and ends with the next of those; a chunk at
        another rate or with other channels raises AudioError. Use `render` to keep the tail.
        Accepts (samples,), (channels, samples) or (samples, channels).
        """
        shaped, restore = self._usage.arranged(input_array, 0 if reset else self._channels)
        if reset:
            return restore(self.render(shaped, sample_rate, buffer_size, tail=False))
        with self._usage.call(self._name):
            self._continue(sample_rate, buffer_size, shaped.shape[0])
            return restore(self._stream(shaped, buffer_size))

    process = __call__

    def render(
        self, audio: NDArray[Any], sample_rate: float, buffer_size: int = 8192, tail: bool = True
    ) -> NDArray[np.float32]:
        """The whole of `audio`, (samples,) or (channels, samples), in a new stream, without latency, with tail."""
        shaped, restore = as_channels_first(audio)
        with self._usage.call(self._name):
            blocks = list(self.iter_render(shaped, sample_rate, buffer_size, tail))
        return restore(self._gathered(blocks, shaped.shape[0], sample_rate))

    def _gathered(self, blocks: list[Audio], channels: int, sample_rate: float) -> Audio:
        """A whole render (channels, samples). Its outline is kept for notebooks; blocks of a stream never come here."""
        from ddsp_fx.effects.notebook import Envelope

        whole = np.concatenate([np.zeros((channels, 0), np.float32), *blocks], axis=1)
        self._last_render = Envelope.of(whole, sample_rate)
        return whole

    def iter_render(
        self, audio: Audio, sample_rate: float, buffer_size: int = 8192, tail: bool = True
    ) -> Iterator[Audio]:
        """`render`, block by block; raises AudioError if another use of this effect begins before it has ended."""
        self.prepare(sample_rate, buffer_size, audio.shape[0])
        yield from self._iter_prepared(audio, buffer_size, tail)

    def _iter_prepared(self, audio: Audio, buffer_size: int, tail: bool) -> Iterator[Audio]:
        flush = (lambda: self.tail_samples) if tail else (lambda: 0)
        process = self._usage.owned(self._guarded, self._name, "whole")
        yield from drive(process, reader(audio), self.latency_samples, flush, buffer_size)

    def _continue(self, sample_rate: float, buffer_size: int, channels: int) -> None:
        """The live stream that a chunk belongs to: the current one, or a new one."""
        same = (self._sample_rate, self._channels) == (sample_rate, channels)
        if self._usage.phase != "stream" or not self.is_prepared:
            self.prepare(sample_rate, max(buffer_size, self._max_block_size if same else 0), channels)
        elif not same:
            raise AudioError(
                f"{self._name}: the stream runs at {self._sample_rate:g} Hz with {self._channels} channel(s), this "
                f"chunk has {sample_rate:g} Hz and {channels}; begin a new stream with reset(), or call with reset=True"
            )
        else:
            self._adopt_edits()

    def _stream(self, audio: Audio, buffer_size: int) -> Audio:
        step = min(buffer_size, self._max_block_size)
        process = self._usage.owned(self._guarded, self._name, "stream")
        blocks = [process(audio[:, s : s + step]) for s in range(0, audio.shape[1], step)]
        return np.concatenate(blocks, axis=1) if blocks else np.zeros_like(audio)
