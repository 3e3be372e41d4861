# SPDX-License-Identifier: GPL-3.0-or-later
"""An exception from a signal must not be raised while foreign code calls back into Python: it would be lost there.

libsndfile and pedalboard read and write through our file objects. What a signal raises inside such a callback cffi
prints and forgets, and pedalboard makes a RuntimeError of it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_depth = 0
_waiting: BaseException | None = None


def interrupt(error: BaseException) -> None:
    """For a signal's handler: raise now, or when the foreign call in work is over."""
    global _waiting
    if not _depth:
        raise error
    _waiting = error


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Around a foreign call that calls back. Handlers run in the main thread alone, so others need nothing."""
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
