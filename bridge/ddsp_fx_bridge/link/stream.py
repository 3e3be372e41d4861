# SPDX-License-Identifier: GPL-3.0-or-later
"""The audio of one plugin: taken from its segment, through the track, and back, in a thread of its own."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ddsp_fx.effects.offline import Audio
from ddsp_fx.effects.parameters import Value
from ddsp_fx_bridge.engine.controls import Key
from ddsp_fx_bridge.engine.priority import prefer
from ddsp_fx_bridge.engine.track import Track
from ddsp_fx_bridge.link.segment import Segment, tag, untag
from ddsp_fx_bridge.link.slots import Slots

PIECE = 1024
# Nobody who listens needs older ones: the latest of each counts.
MOST_TOUCHED = 65536
# A stop is noticed after that long at the latest.
_WAIT_S = 0.1


class _Event(NamedTuple):
    epoch: int
    position: int
    slot: int
    value: float


class Stream:
    """Runs between `start` and `stop`.

    Args:
        segment: of the plugin.
        track: prepared for the segment's rate and channels and for blocks of PIECE.
        failed: told once, from the audio thread, when processing raises.

    Attributes:
        touched: what the plugin's events have set, for whoever takes it away.
    """

    def __init__(self, segment: Segment, track: Track, failed: Callable[[Exception], None]) -> None:
        self._segment, self._track, self._failed = segment, track, failed
        self.touched: deque[tuple[Key, Value]] = deque(maxlen=MOST_TOUCHED)
        self._epoch = self._position = 0
        self._generation = track.generation
        self._slots = Slots(track.controls.values())
        self._events: deque[_Event] = deque()
        self._has_failed = False
        # What was written for an earlier engine or board is in the values that came with the board.
        segment.event_read = segment.event_write
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"ddsp-fx link {track.number}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after the piece in work."""
        self._stopping.set()
        self._segment.input_futex.wake()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        prefer("audio")
        while not self._stopping.is_set():
            signal = self._segment.input_signal
            if not self.work():
                self._segment.input_futex.wait(signal, _WAIT_S)

    def work(self) -> bool:
        """One piece of what is there; False when nothing was."""
        segment = self._segment
        epoch, end = untag(segment.input_end)
        if epoch == 0 or end == 0:
            return False
        if epoch != self._epoch:
            self._begin(epoch, end)
        if end - self._position > segment.header.ring_frames - PIECE:
            segment.overruns += 1
            self._jump(end - segment.header.ring_frames // 2)
        frames = min(end - self._position, PIECE)
        if frames <= 0:
            return False
        self._take_events()
        self._schedule(self._position + frames)
        out = self._process(segment.read_input(self._position, frames))
        segment.write_output(self._position, out)
        self._position += frames
        segment.output_end = tag(self._epoch, self._position)
        segment.output_signal += 1
        segment.output_futex.wake()
        return True

    def _begin(self, epoch: int, end: int) -> None:
        """A new activation: the board forgets all audio, and what is set at its start is reached without a ramp."""
        frames = self._segment.header.ring_frames
        self._epoch = epoch
        self._jump(0 if end <= frames - PIECE else end - frames // 2)
        self._take_events()
        while self._events and (self._events[0].epoch != epoch or self._events[0].position <= self._position):
            self._set(self._events.popleft(), self._track.set_now)
        self._track.restart(self._position)

    def _jump(self, position: int) -> None:
        self._position = position
        self._segment.output_end = 0
        self._segment.output_from = self._segment.output_end = tag(self._epoch, position)

    def _take_events(self) -> None:
        segment = self._segment
        read, written, size = segment.event_read, segment.event_write, segment.header.event_slots
        if self._track.generation != self._generation:
            self._generation = self._track.generation
            self._slots = Slots(self._track.controls.values())
            self._events.clear()
            segment.event_read = written
            return
        # A count that leaves no sense is a plugin gone wrong; its oldest events are lost, this side is not.
        count = min((written - read) & 0xFFFFFFFF, size)
        for index in range(written - count, written):
            entry = segment.events[index % size]
            epoch, position = untag(int(entry["position"]))
            self._events.append(_Event(epoch, position, int(entry["slot"]), float(entry["value"])))
        segment.event_read = written

    def _schedule(self, end: int) -> None:
        while self._events and (self._events[0].epoch != self._epoch or self._events[0].position < end):
            event = self._events.popleft()
            sample = max(event.position, self._position) if event.epoch == self._epoch else self._position

            def at(key: Key, value: Value, sample: int = sample) -> None:
                self._track.set_at(sample, self._position, key, value)

            self._set(event, at)

    def _set(self, event: _Event, how: Callable[[Key, Value], None]) -> None:
        found = self._slots.value(event.slot, event.value) if np.isfinite(event.value) else None
        if found is not None:
            how(*found)
            self.touched.append(found)

    def _process(self, block: Audio) -> Audio:
        try:
            return self._track.process(block, self._position)
        except Exception as error:
            if not self._has_failed:
                self._has_failed = True
                self._failed(error)
            return np.zeros_like(block)
