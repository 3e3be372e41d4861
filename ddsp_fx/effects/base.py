# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface of an effect: one code path for live and offline use, with exact latency and tail."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ddsp_fx.array_types import Audio
from ddsp_fx.dsp.sanitize import replace_non_finite
from ddsp_fx.effects.copying import Copyable
from ddsp_fx.effects.offline import as_output, check_block
from ddsp_fx.effects.parameters import Value
from ddsp_fx.effects.parametrised import Parametrised
from ddsp_fx.effects.playable import Playable
from ddsp_fx.errors import AudioError, unknown_parameter

if TYPE_CHECKING:
    import pedalboard

RATE_RANGE_HZ = (8000.0, 384000.0)
# Sample rate in Hz, longest block in samples (0 before `prepare`), channels.
Layout = tuple[float, int, int]


class NonFiniteAudioWarning(UserWarning):
    """NaN or infinity was found in the audio and replaced by silence."""


class Effect(Playable, Copyable, Parametrised):
    """Audio in, audio out, sample for sample, with parameters that are declared once on the class.

    A subclass declares `Parameter`s and implements three hooks: `_prepare` (the only place that allocates or loads),
    `_process` (same length out as in) and `_reset`. Where they are not 0 it has three properties as well:
    `latency_samples`, `tail_samples`, and `frame_delay_samples` for parameters that act at the frame.

    It plays one stream: a second thread, or a second render before the first has ended, raises AudioError.
    `copy.copy`, `copy.deepcopy` and pickles give an independent effect with the same values, not yet prepared.
    """

    kind: ClassVar[str] = "effect"
    # pedalboard's plugins have this attribute too.
    is_effect: ClassVar[bool] = True
    is_instrument: ClassVar[bool] = False

    def __init__(self, **values: Value) -> None:
        Copyable.__init__(self)
        self._sample_rate = 0.0
        self._max_block_size = 0
        self._channels = 0
        self._warned = False
        # Whether a block may wait for what takes longer than the block itself. In live audio it may not.
        self._waits = True
        Parametrised.__init__(self, **values)

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

    @property
    def layout(self) -> Layout:
        """The sample rate, longest block and channels that it is prepared for."""
        return self._sample_rate, self._max_block_size, self._channels

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
        with self._usage.between_blocks(self._name), self._preparing():
            layout = float(sample_rate), max_block_size, channels
            if self._is_stale() or self.layout != layout:
                self._sample_rate, self._max_block_size, self._channels = layout
                try:
                    self._prepare()
                except BaseException:
                    self._max_block_size = 0
                    raise
            self._forget()

    def process_block(self, block: Audio) -> Audio:
        """One block (channels, n) with n <= max_block_size -> the same shape, `latency_samples` late.

        Raises AudioError before `prepare`, for another shape than was prepared for, or in two threads at once.
        """
        self._check_block(block)
        if block.shape[1] == 0:
            return np.zeros_like(block)
        self._usage.enter(self._name)
        try:
            return self._guarded(block)
        finally:
            self._usage.leave()

    def wait_for_responses(self, waits: bool) -> None:
        """Whether blocks may wait for what takes longer than a block, as a room's new response; call it between blocks.

        If they may, as from the start, the same changes give the same samples. If not, as in live audio, such a change
        begins when it is ready.
        """
        self._waits = waits

    def reset(self) -> None:
        """Clear all audio. Parameters keep their values and apply at once, without a ramp."""
        with self._usage.between_blocks(self._name):
            self._forget()

    def _forget(self) -> None:
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

    @property
    def frame_delay_samples(self) -> int:
        """Samples from an input sample to the moment when a parameter that acts on frames affects it."""
        return 0

    def automation_delay(self, symbol: str) -> int:
        """Samples after an input at which a change of this parameter must be made to affect that input's sound."""
        if symbol not in self.parameters:
            raise unknown_parameter(self._name, symbol, self.parameters)
        return self.frame_delay_samples if self.parameters[symbol].acts == "frame" else self.latency_samples

    def _check_block(self, block: Audio) -> None:
        check_block(block, self._channels, self._max_block_size, self._name)

    def _guarded(self, block: Audio) -> Audio:
        clean, bad_in = replace_non_finite(np.asarray(block, dtype=np.float32))
        out = self._process(clean)
        if type(out) is not np.ndarray or out.dtype != np.float32 or out.shape != block.shape:
            out = as_output(out, block.shape, self._name)
        out, bad_out = replace_non_finite(out)
        if bad_in or bad_out:
            self._warn_of_non_finite("input" if bad_in else "output")
        return out

    def _warn_of_non_finite(self, where: str) -> None:
        """Once between two resets."""
        if not self._warned:
            self._warned = True
            told = f"{self._name}: NaN or infinity in the {where} became silence"
            warnings.warn(told, NonFiniteAudioWarning, stacklevel=4)

    def as_pedalboard(self) -> pedalboard.Plugin:
        """A pedalboard plugin that sounds like this effect, for a `pedalboard.Pedalboard` or any other host of plugins.

        It is the VST3 that `ddsp-fx vst install` builds, with this effect's current values. An engine in another
        process does the work. Raises MissingExtraError if the bridge is not installed.
        """
        from ddsp_fx.effects.hosts import hosted

        plugin: pedalboard.Plugin = hosted(self, "pedalboard")
        return plugin

    def _prepare(self) -> None:
        """Allocate and load for self.sample_rate, self._max_block_size, self.channels."""

    def _process(self, block: Audio) -> Audio:
        raise NotImplementedError(f"{type(self).__name__} must implement _process")

    def _reset(self) -> None:
        """Clear all state that depends on past audio."""

    def _is_stale(self) -> bool:
        """Whether something that `_prepare` used has changed, so that `prepare` must run in full again."""
        return False

    def _adopt_edits(self) -> None:
        """Apply edits between two chunks of a stream, without losing the audio so far."""

    def _value_set(self, symbol: str) -> None:
        if self.is_prepared:
            self._value_changed(symbol)

    def _value_changed(self, symbol: str) -> None:
        """Called when a parameter has a new value while the effect is prepared."""
