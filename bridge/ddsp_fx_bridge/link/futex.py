# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits for a word of shared memory, and wakes a waiting process. Linux only; docs/link.md lists what others need."""

from __future__ import annotations

import ctypes
import errno
import platform
import sys

from ddsp_fx.errors import EngineError

_SYS_FUTEX = {"x86_64": 202, "aarch64": 98}
_WAIT, _WAKE = 0, 1
_EVERYBODY = 0x7FFFFFFF


class _Timespec(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long))


def _number() -> int:
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _SYS_FUTEX:
        raise EngineError(
            f"plugins in a DAW can only be linked on Linux with {' or '.join(_SYS_FUTEX)} alone; "
            f"this is {sys.platform}, {machine}"
        )
    return _SYS_FUTEX[machine]


class Futex:
    """One word, by its address; raises EngineError on other systems."""

    def __init__(self, address: int) -> None:
        self._number = _number()
        self._word = ctypes.c_void_p(address)
        # ctypes releases the interpreter lock during the call.
        self._syscall = ctypes.CDLL(None, use_errno=True).syscall

    def wait(self, seen: int, timeout_s: float) -> None:
        """Return when woken, at once if the word is no longer `seen`, or after the timeout."""
        limit = _Timespec(int(timeout_s), int(timeout_s % 1.0 * 1e9))
        self._syscall(self._number, self._word, _WAIT, ctypes.c_uint32(seen), ctypes.byref(limit), None, 0)
        if ctypes.get_errno() == errno.ENOSYS:
            raise EngineError("this kernel has no futex; plugins in a DAW cannot be linked")

    def wake(self) -> None:
        """Wake all waiting threads."""
        self._syscall(self._number, self._word, _WAKE, ctypes.c_uint32(_EVERYBODY), None, None, 0)
