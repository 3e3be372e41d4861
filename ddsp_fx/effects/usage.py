# SPDX-License-Identifier: GPL-3.0-or-later
"""An effect plays one stream at a time: a second simultaneous use raises an error and is never mixed in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.array_types import Audio
from ddsp_fx.effects.offline import Restore, as_channels_first
from ddsp_fx.errors import AudioError

# fresh: no audio since `prepare` or `reset`. stream: a live stream is running. whole: a whole call has ended.
Phase = Literal["fresh", "stream", "whole"]

_REMEDY = "give each thread and each render its own effect: load it again, or copy.deepcopy(effect)"


class Usage:
    """Who is playing an effect. Never waits: a lock that is held raises AudioError. A free one costs 0.1 us."""

    def __init__(self) -> None:
        self.phase: Phase = "fresh"
        # Counts `prepare` and `reset`, so that an outer effect notices when its inner one lost its audio.
        self.epoch = 0
        self._block = threading.Lock()
        self._call = threading.Lock()
        self._owner: object | None = None
        self._is_upright = False

    def enter(self, name: str, owner: object | None = None) -> None:
        """Call before a block. `owner` is the result of `take`; None is a live block, which ends any current render."""
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
        """Within a block: whether no whole call is playing the effect."""
        return self._owner is None

    def leave(self) -> None:
        """Call after a block."""
        self._block.release()

    def take(self, phase: Phase) -> object:
        """Claim all blocks from now on, until another user claims them."""
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
        """`as_channels_first`; within a stream of that many channels, a short chunk is read like those before it."""
        goes_on = self.phase == "stream" and channels > 0
        shaped, restore = as_channels_first(audio, channels if goes_on else 0, goes_on and self._is_upright)
        if shaped.shape[0] != shaped.shape[1]:
            self._is_upright = shaped.shape != np.shape(audio)
        return shaped, restore

    @contextmanager
    def between_blocks(self, name: str) -> Iterator[None]:
        """Context for `prepare` and `reset`; whoever was playing loses the claim."""
        self.enter(name)
        try:
            yield
        finally:
            self.phase = "fresh"
            self.epoch += 1
            self.leave()

    def check_epoch(self, epoch: int, name: str) -> None:
        """Called by an outer effect before a block; raises AudioError if someone else has used the inner effect."""
        if epoch != self.epoch:
            raise AudioError(
                f"{name}: it has been used or reset since this stream began, so its audio is gone; {_REMEDY}, "
                f"or reset() the effect or board around it"
            )

    @contextmanager
    def call(self, name: str) -> Iterator[None]:
        """Context for one call over many blocks."""
        if not self._call.acquire(blocking=False):
            raise AudioError(f"{name}: it is being called by two threads at once; {_REMEDY}")
        try:
            yield
        finally:
            self._call.release()
