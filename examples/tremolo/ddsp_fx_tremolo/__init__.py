# SPDX-License-Identifier: GPL-3.0-or-later
"""Your own kind of effect: a tremolo. `pip install examples/tremolo`, then `ddsp-fx info slow-tremolo`."""

from typing import Any

import numpy as np

from ddsp_fx.effects import Audio, Parameter, Source
from ddsp_fx.effects.smoothed import SmoothedEffect


class Tremolo(SmoothedEffect):
    """A level that rises and falls as a sine. Without latency or tail: both are 0 unless you override them."""

    kind = "tremolo"

    speed = Parameter("Speed", 0.1, 20, 5, "Hz", "log", description="Swells a second")
    depth = Parameter("Depth", 0, 1, 0.5, description="How far the level dips; 1 is to silence")

    @classmethod
    def from_source(cls, source: Source, **values: Any) -> "Tremolo":
        """Called for bundles; a tremolo needs no files, so `source` is ignored."""
        del source
        return cls(**values)

    def _reset(self) -> None:
        super()._reset()
        self._cycles = 0.0

    def _process(self, block: Audio) -> Audio:
        # Cycles add up in double precision, sample by sample, so block sizes do not change the samples.
        speed, depth = self._smooth("speed", block.shape[1]), self._smooth("depth", block.shape[1])
        cycles = self._cycles + np.cumsum(speed / self.sample_rate, dtype=np.float64)
        self._cycles = cycles[-1] % 1.0
        dip = 0.5 - 0.5 * np.cos(2.0 * np.pi * cycles)
        return np.asarray(block * (1.0 - depth * dip), np.float32)
