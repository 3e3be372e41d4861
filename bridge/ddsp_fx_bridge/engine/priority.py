# SPDX-License-Identifier: GPL-3.0-or-later
"""Real-time priority for a thread, if the system grants it (Linux: rtprio in limits.conf, as audio groups have).

The network thread has it too, one level lower: it sometimes holds the interpreter lock. If it then waited for the
scheduler, the audio thread would wait for it and be late.
"""

from __future__ import annotations

import os
from typing import Literal

_LEVELS = {"audio": 5, "network": 4}


def prefer(thread: Literal["audio", "network"]) -> bool:
    """Raise the calling thread's priority; False if the system does not grant or support it."""
    try:
        # Processes started from here, such as the renderer, do not inherit it.
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(_LEVELS[thread]))
    except (AttributeError, OSError):
        return False
    return True
