# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin's side of the link (bridge/vst) in Python, without a host."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from ddsp_fx_bridge.link.messages import LineReader, encode, number_text
from ddsp_fx_bridge.link.segment import Header, Segment, tag, untag

Audio = np.ndarray
# (sample, slot, normalised value)
Event = tuple[int, int, float]
# Far longer than anything takes: a limit, not a measurement.
PATIENCE_S = 120.0


class FakePlugin:
    """One instance in an imaginary DAW that bounces.

    Args:
        path: of the engine's socket.
    """

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(str(path))
        self._lines = LineReader()
        self._read: list[list[str]] = []
        self.epoch = 0

    def send(self, *fields: str, descriptor: int | None = None) -> None:
        if descriptor is None:
            self.socket.sendall(encode(fields))
        else:
            socket.send_fds(self.socket, [encode(fields)], [descriptor])

    def receive(self) -> list[str]:
        while not self._read:
            data = self.socket.recv(65536)
            assert data, "the engine has hung up"
            self._read.extend(self._lines.feed(data))
        return self._read.pop(0)

    def until(self, verb: str) -> list[list[str]]:
        """Messages up to and including that verb."""
        out = [self.receive()]
        while out[-1][0] != verb:
            out.append(self.receive())
        return out

    def answers(self) -> list[list[str]]:
        """All answers to what has been sent so far."""
        mark = str(time.monotonic_ns())
        self.send("ping", mark)
        return self.until("pong")[:-1]

    def hello(self, version: str = "1") -> list[str]:
        self.send("hello", version, "a test")
        return self.receive()

    def set_board(self, json: str, **values: float) -> list[list[str]]:
        pairs = [text for target, value in values.items() for text in (target.replace("__", "."), number_text(value))]
        self.send("board", json, *pairs)
        return self.answers()

    def attach(self, header: Header) -> list[list[str]]:
        self.segment, descriptor = Segment.create(header)
        self.epoch = 0
        self.send("attach", descriptor=descriptor)
        os.close(descriptor)
        return self.answers()

    def activate(self) -> None:
        self.epoch += 1
        self.position = 0
        self.segment.input_end = tag(self.epoch, 0)

    def push(self, block: Audio, events: Iterable[Event] = ()) -> None:
        """Send one block, with events at samples of the stream."""
        segment = self.segment
        for event in events:
            push_event(segment, self.epoch, event)
        segment.write_input(self.position, block)
        self.position += block.shape[1]
        segment.input_end = tag(self.epoch, self.position)
        segment.input_signal += 1
        segment.input_futex.wake()

    def await_output(self) -> None:
        """Wait until everything that was pushed has come back."""
        wait_until(lambda: untag(self.segment.output_end) == (self.epoch, self.position), self.segment)

    def bounce(self, audio: Audio, sizes: Sequence[int], events: Sequence[Event] = ()) -> Audio:
        """A whole activation, in blocks of these sizes in turn; the output lags by the board's latency."""
        self.activate()
        out, turn = [], 0
        while self.position < audio.shape[1]:
            start, end = self.position, min(self.position + sizes[turn % len(sizes)], audio.shape[1])
            self.push(audio[:, start:end], [event for event in events if start <= event[0] < end])
            self.await_output()
            out.append(self.segment.read_output(start, end - start))
            turn += 1
        return np.concatenate(out, axis=1)

    def close(self) -> None:
        self.socket.close()


def push_event(segment: Segment, epoch: int, event: Event) -> None:
    """Write an event like the plugin's audio thread."""
    sample, slot, value = event
    segment.events[segment.event_write % segment.header.event_slots] = (tag(epoch, sample), value, slot, 0)
    segment.event_write += 1


def wait_until(is_so: Callable[[], bool], segment: Segment | None = None) -> None:
    """Check whenever the engine has published, or every 10 ms."""
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, "it never happened"
        if segment is not None:
            segment.output_futex.wait(segment.output_signal, 0.01)
        else:
            time.sleep(0.01)
