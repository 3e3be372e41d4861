# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters that ramp sample by sample, so that they do not click."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.array_types import Audio
from ddsp_fx.dsp.smoothing import LinearSmoother
from ddsp_fx.effects.base import Effect

GAIN_RANGE_DB = (-60.0, 24.0)


def gain_ramp(gain_db: float) -> float:
    """dB -> linear gain; the minimum of the range means silence, not -60 dB."""
    return 0.0 if gain_db <= GAIN_RANGE_DB[0] else float(10.0 ** (gain_db / 20.0))


class SmoothedEffect(Effect):
    """An effect whose parameters ramp sample by sample through `_smooth`."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._smoothers: dict[str, LinearSmoother] = {}

    def _smooth(self, symbol: str, n: int, shape: Callable[[float], float] = float) -> NDArray[np.float32]:
        target = shape(self.parameters[symbol].number(self.get_value(symbol)))
        return self._ramp(symbol, target, n)

    def _ramp(self, symbol: str, target: float, n: int) -> NDArray[np.float32]:
        if symbol not in self._smoothers:
            time_s = self.parameters[symbol].smoothing_s if symbol in self.parameters else 0.02
            self._smoothers[symbol] = LinearSmoother(self.sample_rate, time_s, target)
        smoother = self._smoothers[symbol]
        smoother.set_target(target)
        return smoother.process(n)

    def _blended(self, dry: Audio, wet: Audio, amount: str) -> Audio:
        """`dry` and `wet` mixed by the parameter `amount`, with the output gain, shaped like `dry`.

        `wet` may have one channel for all. At rest both parameters are numbers, and a full `amount` leaves `dry` alone.
        """
        n = dry.shape[1]
        mix_at, gain_at = float(self.get_value(amount)), gain_ramp(float(self.get_value("output_gain")))
        if not (self._rests_at(amount, mix_at) and self._rests_at("output_gain", gain_at)):
            share, gain = self._ramp(amount, mix_at, n), self._ramp("output_gain", gain_at, n)
            return np.asarray((dry * (1.0 - share) + wet * share) * gain, np.float32)
        if mix_at == 1.0:
            return np.multiply(wet, np.float32(gain_at), out=np.empty(dry.shape, np.float32))
        mix = np.float32(mix_at)
        return np.asarray((dry * (np.float32(1.0) - mix) + wet * mix) * np.float32(gain_at), np.float32)

    def _rests_at(self, symbol: str, target: float) -> bool:
        """Whether `_ramp` would return only `target`. Needs one earlier `_ramp`, which sets where a ramp begins."""
        smoother = self._smoothers.get(symbol)
        return smoother is not None and smoother.target == target and not smoother.is_moving

    def _reset(self) -> None:
        self._smoothers.clear()
