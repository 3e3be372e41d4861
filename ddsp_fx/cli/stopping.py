# SPDX-License-Identifier: GPL-3.0-or-later
"""TERM and HUP end a command as Ctrl-C does: through every `finally`, so that nothing half-written stays."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NAMES = ("SIGTERM", "SIGHUP", "SIGBREAK")


class Stopped(KeyboardInterrupt):
    """Raised where the program stands when it is told to end; `number` is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.number = number


@contextmanager
def stopping_cleanly() -> Iterator[None]:
    """Within it these signals raise `Stopped`, once. One that was ignored from outside (nohup) stays ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught = [number for name in _NAMES if (number := getattr(signal, name, None)) is not None]
    before = {number: signal.getsignal(number) for number in caught if signal.getsignal(number) == signal.SIG_DFL}

    def stop(number: int, _frame: FrameType | None) -> None:
        # A second one must not break what the first has begun to clean up.
        for other in before:
            signal.signal(other, signal.SIG_IGN)
        raise Stopped(number)

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
