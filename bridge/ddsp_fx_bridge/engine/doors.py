# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's own audio sources: a device, a file, or a clock that pushes silence."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

import numpy as np

from ddsp_fx.array_types import Audio
from ddsp_fx_bridge.engine.engine import Engine
from ddsp_fx_bridge.engine.priority import prefer

# If the clock is late by more than this, it skips the lost blocks, as a device would, and counts them.
_PATIENCE_S = 0.1


class AudioSource(Protocol):
    """Calls `engine.process` from its own thread between `start` and `stop`."""

    @property
    def description(self) -> str:
        """The text for the status line."""
        ...

    @property
    def ended(self) -> threading.Event:
        """Set when the source itself has ended."""
        ...

    @property
    def error(self) -> BaseException | None:
        """The reason for the end, if it was an error."""
        ...

    def start(self) -> None:
        """Raises EngineError."""
        ...

    def stop(self) -> None:
        """Returns when no block is being processed any more."""
        ...


Read = Callable[[int], Audio | None]
Write = Callable[[Audio], None]


class ClockDoor:
    """Processes blocks at the rate of the system clock, from `read` or of silence; `write` gets the output.

    Args:
        engine: processes the blocks.
        read: returns the next n samples (channels, n), or None at the end.
        write: called with the output.
        description: for the status line.
        realtime: ask the system for real-time priority.
    """

    def __init__(
        self,
        engine: Engine,
        read: Read | None = None,
        write: Write | None = None,
        description: str = "no device, silence in",
        realtime: bool = False,
    ) -> None:
        self._engine, self._read, self._write = engine, read, write
        self._text, self._realtime = description, realtime
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="ddsp-fx audio", daemon=True)
        self._silence = np.zeros((engine.layout.channels, engine.layout.max_block_size), np.float32)
        self.error: BaseException | None = None
        self.ended = threading.Event()

    @property
    def description(self) -> str:
        """The text for the status line."""
        return self._text

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the current block."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _loop(self) -> None:
        if self._realtime:
            prefer("audio")
        try:
            self._run()
        except BaseException as error:
            self.error = error
        finally:
            self.ended.set()

    def _run(self) -> None:
        engine, size = self._engine, self._engine.layout.max_block_size
        block_s = size / engine.sample_rate
        # The block that began at the input at `due - block_s` is complete at `due`, and is processed then.
        due = time.monotonic() + block_s
        while not self._stopping.is_set():
            block = self._silence if self._read is None else self._read(size)
            if block is None or not block.shape[1]:
                return
            due = self._wait_until(due, block_s)
            out = engine.process(block, due - block_s)
            if self._write is not None:
                self._write(out)
            due += block_s

    def _wait_until(self, due: float, block_s: float) -> float:
        late_s = time.monotonic() - due
        if late_s > _PATIENCE_S:
            lost = int(late_s / block_s)
            self._engine.load.xrun(lost)
            return due + lost * block_s
        if late_s < 0.0:
            self._stopping.wait(-late_s)
        return due
