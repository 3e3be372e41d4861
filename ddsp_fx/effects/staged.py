# SPDX-License-Identifier: GPL-3.0-or-later
"""Effects whose audio path is compiled: one stage, which works without Python and without the GIL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ddsp_fx.array_types import Audio
from ddsp_fx.dsp.sanitize import replace_non_finite
from ddsp_fx.effects.base import Effect
from ddsp_fx.effects.room import NEVER
from ddsp_fx.errors import AudioError

if TYPE_CHECKING:
    from ddsp_fx.dsp.stage import Chain, Stage


class StagedEffect(Effect):
    """A subclass implements `_make_stage` instead of `_process`, and `_reset` for the state that it made.

    A record in `_controls` is kept up to date: its fields named as parameters always have their values, as numbers.
    Without a stage, the effect is one in Python, by `_process`.
    """

    _chain: Chain | None = None
    _stage: Stage | None = None
    _controls: Any = None

    def _make_stage(self) -> Stage | None:
        """Allocate and load for self.sample_rate, self._max_block_size, self.channels; may set `_controls`."""
        raise NotImplementedError(f"{type(self).__name__} must implement _make_stage")

    def _prepare(self) -> None:
        self._controls = self._chain = None
        self._stage = self._make_stage()
        if self._stage is not None:
            from ddsp_fx.dsp.stage import Chain

            self._chain = Chain([self._stage])
        for symbol in self.parameters:
            self._control(symbol)

    def _control(self, symbol: str) -> None:
        if self._controls is not None and symbol in self._controls.dtype.names:
            self._controls[symbol] = self.parameters[symbol].number(self.get_value(symbol))

    def _value_changed(self, symbol: str) -> None:
        self._control(symbol)

    def _samples_ahead(self) -> int:
        """Called before each piece of audio; returns the most samples until the next call."""
        return NEVER

    def _guarded(self, block: Audio) -> Audio:
        if self._chain is None:
            return super()._guarded(block)
        clean, out = np.ascontiguousarray(block, np.float32), np.empty(block.shape, np.float32)
        ahead = self._samples_ahead()
        if ahead >= block.shape[1]:
            self._run(clean, out)
        else:
            self._run_pieces(clean, out, ahead)
        return out

    def _run_pieces(self, block: Audio, out: Audio, ahead: int) -> None:
        """Run a block whose first piece ends after `ahead` samples."""
        start, end = 0, block.shape[1]
        while start < end:
            stop = min(end, start + ahead)
            piece = np.empty((block.shape[0], stop - start), np.float32)
            self._run(np.ascontiguousarray(block[:, start:stop]), piece)
            out[:, start:stop] = piece
            start, ahead = stop, self._samples_ahead()

    def _run(self, block: Audio, out: Audio) -> None:
        assert self._chain is not None
        status = self._chain.run(block, out, out)
        if status is None:
            return
        if status.bad_input:
            self._warn_of_non_finite("input")
            status = self._chain.run(replace_non_finite(block)[0], out, out)
        if status is not None:
            self._tell(status.code, bool(status.bad_outputs))

    def _tell(self, code: int, bad_output: bool) -> None:
        """Warn of an output that was not finite; raises the error for a status other than 0."""
        if bad_output:
            self._warn_of_non_finite("output")
        if code:
            raise self._stage_error(code)

    def _stage_error(self, code: int) -> Exception:
        """The error for a status of the stage other than 0."""
        return AudioError(f"{self._name}: its compiled stage failed with status {code}")
