# SPDX-License-Identifier: GPL-3.0-or-later
"""A thread for what an audio thread must not wait for, such as the response of a room whose decay is being turned."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue

# Below the audio threads, for systems that grant those no priority of their own.
_NICE = 10


class Maker:
    """Calls functions one after the other in a thread of its own. One serves a whole process."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread, if it does not run. Call it before audio begins, because it takes a moment."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="ddsp-fx maker", daemon=True)
            self._thread.start()

    def make(self, make: Callable[[], object]) -> None:
        """Call `make` soon, in the thread. It must not raise; never waits."""
        self._waiting.put(make)

    def _run(self) -> None:
        with suppress(AttributeError, OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        while True:
            self._waiting.get()()


maker = Maker()


def _after_fork() -> None:
    # The thread does not exist in the child, and somebody may have held the queue's lock.
    Maker.__init__(maker)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
