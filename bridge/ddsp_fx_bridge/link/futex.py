# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits for a word of shared memory, and wakes a waiting process. Linux only; docs/link.md lists what others need."""

from __future__ import annotations

import ctypes
import errno
import platform
import sys
import time
from collections.abc import Sequence
from functools import cache

from ddsp_fx.errors import EngineError

_SYS_FUTEX = {"x86_64": 202, "aarch64": 98}
# The same on all machines, from Linux 5.16 on.
_SYS_FUTEX_WAITV = 449
_MOST_WAITED = 128
_32_BITS, _MONOTONIC = 2, 1
# Without that call, signals are looked at this often.
_LOOK_S = 0.0005
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


class _Waiter(ctypes.Structure):
    _fields_ = (
        ("seen", ctypes.c_uint64),
        ("address", ctypes.c_uint64),
        ("flags", ctypes.c_uint32),
        ("zero", ctypes.c_uint32),
    )


class Futex:
    """One word, by its address; raises EngineError on other systems."""

    def __init__(self, address: int) -> None:
        self._number = _number()
        self.address = address
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

    @property
    def value(self) -> int:
        """The word."""
        return ctypes.c_uint32.from_address(self.address).value


def wait_any(signals: Sequence[tuple[Futex, int]], timeout_s: float) -> None:
    """Return when one of the words is woken, at once if one is no longer what was seen, or after the timeout."""
    if len(signals) <= _MOST_WAITED and _has_waitv():
        waiters = (_Waiter * len(signals))()
        for waiter, (futex, seen) in zip(waiters, signals, strict=True):
            waiter.seen, waiter.address, waiter.flags = seen, futex.address, _32_BITS
        limit = time.monotonic() + timeout_s
        until = _Timespec(int(limit), int(limit % 1.0 * 1e9))
        _system().syscall(_SYS_FUTEX_WAITV, waiters, len(signals), 0, ctypes.byref(until), _MONOTONIC)
        return
    limit = time.monotonic() + timeout_s
    while time.monotonic() < limit and all(futex.value == seen for futex, seen in signals):
        time.sleep(_LOOK_S)


@cache
def _system() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


@cache
def _has_waitv() -> bool:
    """Whether the kernel can wait for several words: if it knows how, it calls a wait for none invalid."""
    answer = _system().syscall(_SYS_FUTEX_WAITV, None, 0, 0, None, _MONOTONIC)
    return bool(answer == -1 and ctypes.get_errno() == errno.EINVAL)
