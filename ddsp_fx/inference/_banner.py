# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps one line of LiteRT's out of stderr, without touching file descriptor 2.

"INFO: Created TensorFlow Lite XNNPACK delegate for CPU." is printed by C code to its `stderr` stream, once per process,
and no option turns it off. Without the delegate, a step of the 256-unit GRU takes 96 us instead of 54. Descriptor 2
belongs to the whole process: while it points elsewhere, the output of other threads is lost, and that of every child
started at that moment. So, for that one time, the C library's own variable `stderr` points to a stream in memory, and
anything else written to it is passed on.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock

_BANNER = b"Created TensorFlow Lite XNNPACK delegate"
_lock = Lock()
_due = {"interpreter", "library"} if sys.platform == "linux" and platform.libc_ver()[0] == "glibc" else set()


@contextmanager
def without_banner(maker: str) -> Iterator[None]:
    """Context in which `maker`, the "interpreter" or the C "library", makes something that runs.

    Each has an XNNPACK of its own. Only the first time in a process is watched, as later ones print nothing.

    In other C libraries (musl, macOS, Windows) the variable is constant or has another name: there the line appears.
    """
    with _lock:
        if maker in _due:
            _due.remove(maker)
            with _stream_in_memory():
                yield
            return
    yield


@contextmanager
def _stream_in_memory() -> Iterator[None]:
    libc = ctypes.CDLL(None)
    libc.open_memstream.restype = ctypes.c_void_p
    libc.fflush.argtypes = [ctypes.c_void_p]
    stream = ctypes.c_void_p.in_dll(libc, "stderr")
    text, size = ctypes.c_char_p(), ctypes.c_size_t()
    memory, real = libc.open_memstream(ctypes.byref(text), ctypes.byref(size)), stream.value
    if not memory:
        yield
        return
    stream.value = memory
    try:
        yield
    finally:
        stream.value = real
        # Never closed, because another thread may have read the pointer just before. It leaks a few hundred bytes,
        # once.
        libc.fflush(memory)
        written = ctypes.string_at(text, size.value) if text else b""
        kept = b"".join(line for line in written.splitlines(keepends=True) if _BANNER not in line)
        with suppress(OSError):
            os.write(2, kept)
