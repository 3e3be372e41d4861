# SPDX-License-Identifier: GPL-3.0-or-later
"""One thread plays all plugins, another serves renders, and a plugin changes hands without a lost or doubled piece."""

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from ddsp_fx_bridge.link import futex
from ddsp_fx_bridge.link.futex import Futex, wait_any
from ddsp_fx_bridge.link.workers import Workers

from .fake_plugin import wait_until


class Counted:
    """A stream whose input is a number of pieces."""

    def __init__(self, rendering: bool = False) -> None:
        self.is_rendering = rendering
        self._word = np.zeros(1, np.uint32)
        self._futex = Futex(self._word.ctypes.data)
        self.waiting, self.done = 0, 0
        self.threads: set[str] = set()
        self._busy = threading.Lock()

    @property
    def signal(self) -> tuple[Futex, int]:
        return self._futex, int(self._word[0])

    def feed(self, pieces: int) -> None:
        self.waiting += pieces
        self._word[0] += 1
        self._futex.wake()

    def work(self) -> bool:
        assert self._busy.acquire(blocking=False), "two workers at once"
        try:
            self.threads.add(threading.current_thread().name)
            if not self.waiting:
                return False
            self.waiting -= 1
            self.done += 1
            return True
        finally:
            self._busy.release()


@pytest.fixture(params=["waitv", "looking"])
def workers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workers]:
    monkeypatch.setattr(futex, "_has_waitv", lambda: request.param == "waitv")
    made = Workers()
    yield made
    made.stop()


def test_one_thread_plays_all_and_another_renders(workers: Workers) -> None:
    live, renders = [Counted() for _ in range(20)], [Counted(rendering=True) for _ in range(2)]
    for stream in [*live, *renders]:
        workers.add(stream)
    for _ in range(5):
        for stream in [*live, *renders]:
            stream.feed(3)
        wait_until(lambda: all(stream.waiting == 0 for stream in [*live, *renders]))
    assert {stream.done for stream in [*live, *renders]} == {15}
    assert set().union(*[stream.threads for stream in live]) == {"ddsp-fx link"}
    assert set().union(*[stream.threads for stream in renders]) == {"ddsp-fx link renders"}


def test_a_plugin_that_begins_and_ends_a_render_is_always_served(workers: Workers) -> None:
    stream, other = Counted(), Counted()
    workers.add(other)
    workers.add(stream)
    for turn in range(40):
        stream.is_rendering = turn % 2 == 1
        stream.feed(2)
        wait_until(lambda: stream.waiting == 0)
    assert stream.done == 80


def test_a_removed_stream_is_left_alone(workers: Workers) -> None:
    stream, other = Counted(), Counted()
    workers.add(stream)
    workers.add(other)
    stream.feed(1)
    wait_until(lambda: stream.done == 1)
    workers.remove(stream)
    stream.feed(5)
    other.feed(5)
    wait_until(lambda: other.done == 5)
    assert stream.done == 1
    workers.remove(stream)


def test_a_fault_stops_one_stream_and_is_told(workers: Workers, capsys: pytest.CaptureFixture[str]) -> None:
    broken, other = Counted(), Counted()

    def work() -> bool:
        raise ZeroDivisionError("oh")

    broken.work = work  # type: ignore[method-assign]
    workers.add(broken)
    workers.add(other)
    other.feed(3)
    wait_until(lambda: other.done == 3)
    assert capsys.readouterr().err == "ddsp-fx: a plugin's audio stopped: ZeroDivisionError: oh\n"


def test_a_wait_ends_at_once_if_a_word_has_changed() -> None:
    words = np.zeros(3, np.uint32)
    futexes = [Futex(words.ctypes.data + 4 * i) for i in range(3)]
    started = time.monotonic()
    words[1] = 7
    wait_any([(futex, 0) for futex in futexes], 30.0)
    assert time.monotonic() - started < 15.0
