# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract of an effect: four verbs, two exact numbers, and one code path for live and offline."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.dsp.sanitize import replace_non_finite
from ddsp_fx.effects.offline import Audio, as_channels_first, drive, reader
from ddsp_fx.effects.parameters import Value
from ddsp_fx.effects.parametrised import Parametrised
from ddsp_fx.errors import AudioError

if TYPE_CHECKING:
    import pedalboard

RATE_RANGE_HZ = (8000.0, 384000.0)


class NonFiniteAudioWarning(UserWarning):
    """NaN or infinity was found in the audio and replaced by silence."""


class Effect(Parametrised):
    """Audio in, audio out, sample for sample, with parameters that are declared once on the class.

    A subclass declares `Parameter`s and implements four hooks: `_prepare` (the only place that allocates or loads),
    `_process` (same length out as in), `_reset`, and the two properties `latency_samples` and `tail_samples`.
    """

    kind: ClassVar[str] = "effect"

    def __init__(self, **values: Value) -> None:
        self._sample_rate = 0.0
        self._max_block_size = 0
        self._channels = 0
        self._warned = False
        super().__init__(**values)

    @property
    def is_prepared(self) -> bool:
        """True once `prepare` has run."""
        return self._max_block_size > 0

    @property
    def sample_rate(self) -> float:
        """The host's rate in Hz, 0 before `prepare`."""
        return self._sample_rate

    @property
    def channels(self) -> int:
        """Channels per block, 0 before `prepare`."""
        return self._channels

    # The life cycle.

    def prepare(self, sample_rate: float, max_block_size: int = 8192, channels: int = 2) -> None:
        """Allocate and load for blocks of up to `max_block_size` samples; raises AudioError or ModelError.

        Calling it again with the same arguments only resets: hosts activate several times at load.
        """
        low, high = RATE_RANGE_HZ
        if not low <= sample_rate <= high:
            raise AudioError(f"{self._name}: sample rate {sample_rate:g} Hz is outside {low:g} to {high:g} Hz")
        if max_block_size < 1 or channels < 1:
            raise AudioError(
                f"{self._name}: prepare() got max_block_size={max_block_size}, channels={channels}; both must be >= 1"
            )
        if (self._sample_rate, self._max_block_size, self._channels) != (sample_rate, max_block_size, channels):
            self._sample_rate, self._max_block_size, self._channels = float(sample_rate), max_block_size, channels
            try:
                self._prepare()
            except BaseException:
                self._max_block_size = 0
                raise
        self.reset()

    def process_block(self, block: Audio) -> Audio:
        """One block (channels, n) with n <= max_block_size -> the same shape, `latency_samples` late.

        Raises AudioError if called before `prepare` or with another shape than was prepared for.
        """
        self._check_block(block)
        if block.shape[1] == 0:
            return np.zeros_like(block)
        return self._guarded(self._process, block)

    def reset(self) -> None:
        """Forget all audio; parameters stay and are reached at once, without a ramp."""
        self._warned = False
        if self.is_prepared:
            self._reset()

    @property
    def latency_samples(self) -> int:
        """Samples by which the output lags the input, constant after `prepare`."""
        return 0

    @property
    def tail_samples(self) -> int:
        """Samples that can still sound after the input ends, on top of the latency."""
        return 0

    def automation_delay(self, symbol: str) -> int:
        """Samples after the input at which a change of this parameter must be made to land on that input's sound."""
        del symbol
        return self.latency_samples

    # Offline is the same code in a loop.

    def __call__(
        self, audio: NDArray[Any], sample_rate: float, buffer_size: int = 8192, reset: bool = True
    ) -> NDArray[np.float32]:
        """Process as a pedalboard plugin is called: same shape out as in, latency removed, tail cut.

        With `reset=False` the stream goes on from the last call, and the output lags by `latency_samples` as it
        does live. Use `render` to keep the tail. Accepts (samples,), (channels, samples) or (samples, channels).
        """
        shaped, restore = as_channels_first(audio)
        if not reset and self._continues(sample_rate, shaped.shape[0], buffer_size):
            return restore(self._stream(shaped, buffer_size))
        self.prepare(sample_rate, buffer_size, shaped.shape[0])
        return restore(self.render(shaped, sample_rate, buffer_size, tail=False))

    process = __call__

    def render(
        self, audio: NDArray[Any], sample_rate: float, buffer_size: int = 8192, tail: bool = True
    ) -> NDArray[np.float32]:
        """The whole of `audio` through a fresh stream, latency trimmed, with the tail unless `tail` is False.

        Args and returns: (samples,) or (channels, samples) float; the result is longer by `tail_samples`.
        """
        shaped, restore = as_channels_first(audio)
        blocks = list(self.iter_render(shaped, sample_rate, buffer_size, tail))
        return restore(np.concatenate(blocks, axis=1) if blocks else np.zeros_like(shaped))

    def iter_render(
        self, audio: Audio, sample_rate: float, buffer_size: int = 8192, tail: bool = True
    ) -> Iterator[Audio]:
        """`render`, block by block, for progress bars and files too long for memory."""
        self.prepare(sample_rate, buffer_size, audio.shape[0])
        yield from self._iter_prepared(audio, buffer_size, tail)

    def _iter_prepared(self, audio: Audio, buffer_size: int, tail: bool) -> Iterator[Audio]:
        flush = (lambda: self.tail_samples) if tail else (lambda: 0)
        yield from drive(self.process_block, reader(audio), self.latency_samples, flush, buffer_size)

    def _continues(self, sample_rate: float, channels: int, buffer_size: int) -> bool:
        return (
            self.is_prepared
            and self._sample_rate == sample_rate
            and self._channels == channels
            and self._max_block_size >= buffer_size
        )

    def _stream(self, audio: Audio, buffer_size: int) -> Audio:
        starts = range(0, audio.shape[1], buffer_size)
        blocks = [self.process_block(audio[:, s : s + buffer_size]) for s in starts]
        return np.concatenate(blocks, axis=1) if blocks else np.zeros_like(audio)

    def _check_block(self, block: Audio) -> None:
        if not self.is_prepared:
            raise AudioError(f"{self._name}: process_block() before prepare(sample_rate, max_block_size, channels)")
        if block.ndim != 2 or block.shape[0] != self._channels or block.shape[1] > self._max_block_size:
            raise AudioError(
                f"{self._name}: got a block of shape {block.shape}, prepared for ({self._channels}, "
                f"up to {self._max_block_size}); call prepare() with the new layout"
            )

    def _guarded(self, process: Callable[[Audio], Audio], block: Audio) -> Audio:
        clean, bad_in = replace_non_finite(np.asarray(block, dtype=np.float32))
        out, bad_out = replace_non_finite(process(clean))
        if (bad_in or bad_out) and not self._warned:
            self._warned = True
            where = "input" if bad_in else "output"
            warnings.warn(
                f"{self._name}: NaN or infinity in the {where} became silence", NonFiniteAudioWarning, stacklevel=4
            )
        return out

    def as_pedalboard(self) -> pedalboard.Plugin:
        """A genuine pedalboard plugin that sounds like this, for a `pedalboard.Pedalboard` or anything that takes one.

        It is the VST3 that `ddsp-fx vst install` brings, with this effect's values as they are now; an engine beside
        this process does the work. Raises MissingExtraError where it is not installed.
        """
        from ddsp_fx.effects.hosts import hosted

        plugin: pedalboard.Plugin = hosted(self, "pedalboard")
        return plugin

    # The hooks.

    def _prepare(self) -> None:
        """Allocate and load for self.sample_rate, self._max_block_size, self.channels."""

    def _process(self, block: Audio) -> Audio:
        raise NotImplementedError(f"{type(self).__name__} must implement _process")

    def _reset(self) -> None:
        """Clear all state that audio has left behind."""

    def _value_set(self, symbol: str) -> None:
        if self.is_prepared:
            self._value_changed(symbol)

    def _value_changed(self, symbol: str) -> None:
        """A parameter has a new value while prepared."""
