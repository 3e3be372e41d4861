# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a stage behind latency start with sample 0 of the sound, as in pedalboard's whole calls."""

from __future__ import annotations

import numpy as np

from ddsp_fx.array_types import Audio
from ddsp_fx.effects.base import Effect


class LateStart:
    """Holds back a stage while only the silence of the latency before it has arrived.

    A rate converter takes every Nth sample and a chorus has a phase: both count from their first sample.

    Args:
        stage: prepared by the owner of this object.
    """

    def __init__(self, stage: Effect) -> None:
        self.stage = stage
        self.lead = self._left = 0

    def begin(self) -> None:
        """Call at a reset of the stage."""
        self._left = self.lead

    def process_block(self, block: Audio) -> Audio:
        """One block -> the same shape."""
        if not self._left:
            return self.stage.process_block(np.ascontiguousarray(block))
        silent = min(self._left, block.shape[1])
        self._left -= silent
        out = np.zeros_like(block)
        if silent < block.shape[1]:
            out[:, silent:] = self.stage.process_block(np.ascontiguousarray(block[:, silent:]))
        return out
