# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts audio into blocks of a fixed size, whatever the sizes of the blocks that arrive."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ddsp_fx.array_types import Floats
from ddsp_fx.dsp.delay import Fifo


class FixedBlocks:
    """Cuts a stream into blocks of exactly `size`, and joins the results `lead` samples late.

    Args:
        channels: of the audio.
        size: of every block that `run` gets, in samples.
        lead: zeros before the first result, in samples: `size` plus what `run` holds back.
    """

    def __init__(self, channels: int, size: int, lead: int) -> None:
        self._size, self._lead = size, lead
        self._waiting = Fifo(channels, 2 * size)
        self._ready = Fifo(channels, lead + 2 * size)
        self._silence = np.zeros((channels, lead), np.float32)
        self.reset()

    def reset(self) -> None:
        """Forget all audio."""
        self._waiting.clear()
        self._ready.clear()
        self._ready.write(self._silence)

    def process(self, block: Floats, run: Callable[[Floats], Floats]) -> Floats:
        """(channels, n), any n -> the same shape, or shorter if `run` has held back more than `lead` allows for."""
        out = np.empty_like(block)
        done = 0
        for start in range(0, block.shape[1], self._size):
            piece = block[:, start : start + self._size]
            self._waiting.write(piece)
            if self._waiting.available >= self._size:
                self._ready.write(run(self._waiting.read(self._size)))
            n = min(piece.shape[1], self._ready.available)
            out[:, done : done + n] = self._ready.read(n)
            done += n
        return out if done == block.shape[1] else out[:, :done]
