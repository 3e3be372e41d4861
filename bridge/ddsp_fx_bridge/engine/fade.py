# SPDX-License-Identifier: GPL-3.0-or-later
"""The fade from a track's old board to its new one."""

from __future__ import annotations

import numpy as np

from ddsp_fx.array_types import Audio
from ddsp_fx.board import Board

# Length of the crossfade to a new board; a cut would click.
FADE_S = 0.02


class Fade:
    """Continues to play the old board, and fades it out while the new one plays.

    Args:
        sample_rate: of the audio, in Hz.
    """

    def __init__(self, sample_rate: float) -> None:
        self._samples = max(1, round(FADE_S * sample_rate))
        self._leaving: Board | None = None
        self._done = 0

    def begin(self, leaving: Board) -> None:
        """Start at the next block; a running fade ends."""
        self._leaving, self._done = leaving, 0

    def end(self) -> None:
        """End at once: only the new board is heard."""
        self._leaving = None

    def process(self, block: Audio, new: Audio) -> Audio:
        """The input and the new board's output -> the output with the fade; raises the old board's errors."""
        if self._leaving is None:
            return new
        old = self._leaving.process_block(block)
        ramp = np.arange(self._done + 1, self._done + 1 + block.shape[1], dtype=np.float32) / self._samples
        ramp = np.clip(ramp, 0.0, 1.0)
        self._done += block.shape[1]
        if self._done >= self._samples:
            self._leaving = None
        return np.asarray(old * (1.0 - ramp) + new * ramp, np.float32)
