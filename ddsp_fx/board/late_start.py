# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a stage behind latency start with sample 0 of the sound, as in pedalboard's whole call."""

from __future__ import annotations

import numpy as np

from ddsp_fx.effects.base import Effect
from ddsp_fx.effects.offline import Audio


class LateStart:
    """Passes nothing on while only the silence of the latency before has come.

    A rate converter takes every nth sample and a chorus has a phase: both count from the first sample that they hear.

    Args:
        stage: prepared by who owns this.
    """

    def __init__(self, stage: Effect) -> None:
        self.stage = stage
        self.lead = self._left = 0

    def begin(self) -> None:
        """At a reset of the stage."""
        self._left = self.lead

    def process_block(self, block: Audio) -> Audio:
        """As long out as in."""
        if not self._left:
            return self.stage.process_block(np.ascontiguousarray(block))
        silent = min(self._left, block.shape[1])
        self._left -= silent
        out = np.zeros_like(block)
        if silent < block.shape[1]:
            out[:, silent:] = self.stage.process_block(np.ascontiguousarray(block[:, silent:]))
        return out
