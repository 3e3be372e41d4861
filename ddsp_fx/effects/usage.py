# SPDX-License-Identifier: GPL-3.0-or-later
"""An effect can play one stream at a time: a second use at the same time gets an error, and is never mixed in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.effects.offline import Audio, Restore, as_channels_first
from ddsp_fx.errors import AudioError

# fresh: no audio since `prepare` or `reset`. stream: a live stream goes on. whole: a whole call has used it up.
Phase = Literal["fresh", "stream", "whole"]

_REMEDY = "give each thread and each render an effect of its own: load it again, or copy.deepcopy(effect)"


class Usage:
    """Who plays an effect. Nothing here waits: a lock that is held raises AudioError (0.1 us where it is free)."""

    def __init__(self) -> None:
        self.phase: Phase = "fresh"
        # Counts `prepare` and `reset`: an outer effect sees by it that its audio is still there.
        self.epoch = 0
        self._block = threading.Lock()
        self._call = threading.Lock()
        self._owner: object | None = None
        self._is_upright = False

    def enter(self, name: str, owner: object | None = None) -> None:
        """Before a block. `owner` is what `take` gave, None for a live block, which ends every render under way."""
        if not self._block.acquire(False):
            raise AudioError(f"{name}: it is being used by two threads at once; {_REMEDY}")
        if owner is None:
            self.phase = "stream"
            self._owner = None
        elif owner is not self._owner:
            self._block.release()
            raise AudioError(f"{name}: another use of it began before this render had ended; {_REMEDY}")

    @property
    def is_live_block(self) -> bool:
        """Within a block: True where no whole call plays it."""
        return self._owner is None

    def leave(self) -> None:
        """After a block."""
        self._block.release()

    def take(self, phase: Phase) -> object:
        """Take the right to play all blocks from now on, until another user takes it."""
        self.phase = phase
        self._owner = object()
        return self._owner

    def owned(self, process: Callable[[Audio], Audio], name: str, phase: Phase) -> Callable[[Audio], Audio]:
        """`process` until another use begins; from then on it raises AudioError."""
        owner = self.take(phase)

        def run(block: Audio) -> Audio:
            self.enter(name, owner)
            try:
                return process(block)
            finally:
                self.leave()

        return run

    def arranged(self, audio: NDArray[Any], channels: int) -> tuple[Audio, Restore]:
        """`as_channels_first`; within a stream of that many channels a short chunk lies as the ones before it."""
        goes_on = self.phase == "stream" and channels > 0
        shaped, restore = as_channels_first(audio, channels if goes_on else 0, goes_on and self._is_upright)
        if shaped.shape[0] != shaped.shape[1]:
            self._is_upright = shaped.shape != np.shape(audio)
        return shaped, restore

    @contextmanager
    def between_blocks(self, name: str) -> Iterator[None]:
        """To prepare or to reset; whoever was playing has lost the right to."""
        self.enter(name)
        try:
            yield
        finally:
            self.phase = "fresh"
            self.epoch += 1
            self.leave()

    def check_epoch(self, epoch: int, name: str) -> None:
        """For an outer effect, before a block; raises AudioError if another user has used the inner one."""
        if epoch != self.epoch:
            raise AudioError(
                f"{name}: somebody else has used or reset it since this stream began, so its audio is gone; {_REMEDY}, "
                f"or reset() what it is in"
            )

    @contextmanager
    def call(self, name: str) -> Iterator[None]:
        """For the time of one call over many blocks."""
        if not self._call.acquire(blocking=False):
            raise AudioError(f"{name}: it is being called by two threads at once; {_REMEDY}")
        try:
            yield
        finally:
            self._call.release()
