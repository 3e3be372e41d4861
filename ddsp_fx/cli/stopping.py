# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes TERM and HUP end a command like Ctrl-C: through every `finally`, so that no incomplete file is left."""

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
    """Raised wherever the program is when the signal arrives; `number` is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.number = number


@contextmanager
def stopping_cleanly() -> Iterator[None]:
    """Context in which these signals raise `Stopped`, once. Signals ignored from the start (nohup) stay ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught = [number for name in _NAMES if (number := getattr(signal, name, None)) is not None]
    before = {number: signal.getsignal(number) for number in caught if signal.getsignal(number) in _DEFAULTS}

    def stop(number: int, _frame: FrameType | None) -> None:
        # A second signal must not interrupt the clean-up after the first; Ctrl-C may, for users who cannot wait.
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
