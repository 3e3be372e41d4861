# SPDX-License-Identifier: GPL-3.0-or-later
"""Delays exceptions from signals while foreign code calls back into Python, where they would be lost.

libsndfile and pedalboard read and write through our file objects. If a signal raises inside such a callback, cffi
prints the exception and drops it, and pedalboard turns it into a RuntimeError.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_depth = 0
_waiting: BaseException | None = None


def interrupt(error: BaseException) -> None:
    """For a signal handler: raise now, or after the current foreign call."""
    global _waiting
    if not _depth:
        raise error
    _waiting = error


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Wraps a foreign call that calls back. Only the main thread needs it, because signal handlers run there."""
    global _depth, _waiting
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
        if not _depth and _waiting is not None:
            error, _waiting = _waiting, None
            raise error
