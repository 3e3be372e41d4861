# SPDX-License-Identifier: GPL-3.0-or-later
"""The threads that process all plugins' audio: one or two for those that play, one for those that a host renders.

One thread plays up to sixteen plugins: compiled effects need no lock of Python's, so what is left of Python is done by
one thread without handing the lock around. A thread for each plugin was late in most blocks of sixteen plugins on two
cores, where one thread is in none (docs/measurements.md). A render is never late; its thread runs below the others.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from typing import Protocol

import numpy as np

from ddsp_fx_bridge.engine.priority import prefer
from ddsp_fx_bridge.link.futex import Futex, wait_any

# The longest delay until a stop is noticed.
_WAIT_S = 0.1
_RENDER_NICE = 10
# So many streams one thread plays. With more, a second helps: two threads cost half as much again, because they wait
# for Python's lock.
_ALONE_UP_TO = 16


class Work(Protocol):
    """A stream of audio, as workers see it."""

    @property
    def is_rendering(self) -> bool:
        """Whether the host renders now."""
        ...

    @property
    def signal(self) -> tuple[Futex, int]:
        """The word that changes when input arrives, and its value now."""
        ...

    def work(self) -> bool:
        """Process one piece; False if there is none. Called by one thread at a time."""
        ...


class _Worker:
    """One thread, and the streams of its kind. `poke` makes it look at its streams again."""

    def __init__(self, workers: Workers, is_for_renders: bool, helps: bool = False) -> None:
        self._workers, self._is_for_renders, self._helps = workers, is_for_renders, helps
        self._word = np.zeros(1, np.uint32)
        self._futex = Futex(self._word.ctypes.data)
        name = "ddsp-fx link renders" if is_for_renders else "ddsp-fx link"
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)

    def poke(self) -> None:
        self._word[0] += 1
        self._futex.wake()

    def _run(self) -> None:
        if not self._is_for_renders:
            prefer("audio")
        else:
            with suppress(AttributeError, OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _RENDER_NICE)
        while not self._workers.stopping.is_set():
            self._turn()

    def _turn(self) -> None:
        """A piece of each stream that has input, or a wait until one has."""
        signals = [(self._futex, int(self._word[0]))]
        mine = []
        entries = self._workers.entries
        for entry in () if self._helps and len(entries) <= _ALONE_UP_TO else entries:
            if entry.stream.is_rendering == self._is_for_renders:
                entry.served_by = self
                mine.append(entry)
                signals.append(entry.stream.signal)
            elif entry.served_by is self:
                # The host has begun or ended a render, and only this worker waited for the stream's signal.
                entry.served_by = None
                self._workers.poke()
        if not sum([entry.work() for entry in mine]):
            wait_any(signals, _WAIT_S)


class _Entry:
    """A stream and its turn: no two workers process it at once."""

    def __init__(self, stream: Work) -> None:
        self.stream = stream
        self.turn = threading.Lock()
        self.served_by: _Worker | None = None

    def work(self) -> bool:
        if not self.turn.acquire(blocking=False):
            return False
        try:
            return self.stream.work()
        except Exception as error:
            # A fault of ours: it must end neither the other plugins' audio nor pass in silence.
            print(f"ddsp-fx: a plugin's audio stopped: {type(error).__name__}: {error}", file=sys.stderr)
            self.stream.work = lambda: False  # type: ignore[method-assign]
            return False
        finally:
            self.turn.release()


class Workers:
    """Serves streams from `add` to `remove`. Its threads start with the first."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.entries: tuple[_Entry, ...] = ()
        self._changing = threading.Lock()
        self._threads: list[_Worker] = []

    def add(self, stream: Work) -> None:
        """Process this stream from now on."""
        with self._changing:
            self.entries = (*self.entries, _Entry(stream))
            if not self._threads:
                self._threads = [_Worker(self, False), _Worker(self, False, helps=True), _Worker(self, True)]
                for worker in self._threads:
                    worker.thread.start()
        self.poke()

    def remove(self, stream: Work) -> None:
        """Stop after the stream's current piece. Does nothing for a stream that was not added."""
        with self._changing:
            leaving = [entry for entry in self.entries if entry.stream is stream]
            self.entries = tuple(entry for entry in self.entries if entry.stream is not stream)
        for entry in leaving:
            # Never released: a worker that still knows the entry leaves it alone.
            entry.turn.acquire()

    def stop(self) -> None:
        """End the threads."""
        self.stopping.set()
        self.poke()
        for worker in self._threads:
            worker.thread.join()

    def poke(self) -> None:
        """Have all threads look at the streams again."""
        for worker in self._threads:
            worker.poke()
