# SPDX-License-Identifier: GPL-3.0-or-later
"""TERM and HUP end a command as Ctrl-C does: through every `finally`, so that no incomplete file is left."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ddsp_fx.files.interrupts import interrupt

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
_DEFAULTS = (signal.SIG_DFL, signal.default_int_handler)


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
    before = {number: signal.getsignal(number) for number in caught if signal.getsignal(number) in _DEFAULTS}

    def stop(number: int, _frame: FrameType | None) -> None:
        # A second one must not break what the first has begun to clean up; Ctrl-C may, for whoever cannot wait.
        for other in before:
            signal.signal(other, signal.default_int_handler if other == signal.SIGINT else signal.SIG_IGN)
        interrupt(Stopped(number))

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
