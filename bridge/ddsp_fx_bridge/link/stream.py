# SPDX-License-Identifier: GPL-3.0-or-later
"""The audio of one plugin: taken from its segment, processed with the track, and returned, by a worker's thread."""

from __future__ import annotations

import time
from collections import deque

from ddsp_fx.array_types import Audio
from ddsp_fx.dsp.sanitize import replace_non_finite
from ddsp_fx.effects.parameters import Value
from ddsp_fx_bridge.engine.controls import Key
from ddsp_fx_bridge.engine.track import Track
from ddsp_fx_bridge.link.event_queue import EventQueue
from ddsp_fx_bridge.link.futex import Futex
from ddsp_fx_bridge.link.segment import Segment, tag, untag
from ddsp_fx_bridge.link.slots import Slots
from ddsp_fx_bridge.link.workers import Workers

PIECE = 1024
# Automation cannot set as much in 20 ms, between two ticks of the session; beyond it, the oldest is not reported.
_MOST_TOUCHED = 65536


class Stream:
    """Runs between `start` and `stop`.

    Args:
        segment: of the plugin.
        track: prepared for the segment's rate and channels and for blocks of PIECE.
        slots: of the track's board.
        workers: whose threads do the work.

    Attributes:
        touched: the values set by the plugin's events, until somebody takes them.
    """

    def __init__(self, segment: Segment, track: Track, slots: Slots, workers: Workers) -> None:
        self._segment, self._track, self._workers = segment, track, workers
        self.touched: deque[tuple[Key, Value]] = deque(maxlen=_MOST_TOUCHED)
        self._epoch = self._position = 0
        self._is_fresh = False
        self._events = EventQueue(segment, slots, track.generation)

    def use(self, slots: Slots, generation: int) -> None:
        """In the session's thread: events written from now on are for these slots."""
        self._events.use(slots, generation)
        self.touched.clear()

    def start(self) -> None:
        """Have a worker process it."""
        self._workers.add(self)

    def stop(self) -> None:
        """Stop after the current piece."""
        self._workers.remove(self)

    @property
    def is_rendering(self) -> bool:
        """Whether the host renders now, at any speed."""
        return self._segment.offline != 0

    @property
    def signal(self) -> tuple[Futex, int]:
        """The word that changes when input arrives, and its value now."""
        return self._segment.input_futex, self._segment.input_signal

    def work(self) -> bool:
        """Process one available piece; False if there was none."""
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
        block = segment.read_input(self._position, frames)
        self._track.clock.block(
            time.monotonic() - (end - self._position) / self._track.sample_rate, self._track.position
        )
        self._track.is_rendering = self.is_rendering
        sound = self._processed(block)
        segment.write_output(self._position, sound)
        self._position += frames
        segment.output_end = tag(self._epoch, self._position)
        segment.output_signal += 1
        segment.output_futex.wake()
        return True

    def _begin(self, epoch: int, end: int) -> None:
        """Start a new activation."""
        frames = self._segment.header.ring_frames
        self._epoch = epoch
        self._is_fresh = True
        self._jump(0 if end <= frames - PIECE else end - frames // 2)

    def _jump(self, position: int) -> None:
        self._position = position
        self._segment.output_end = 0
        self._segment.output_from = tag(self._epoch, position)
        self._segment.output_end = tag(self._epoch, position)

    def _processed(self, block: Audio) -> Audio:
        track, clean = self._track, replace_non_finite(block)[0]
        due = self._events.due(self._epoch, self._position, self._position + block.shape[1], track.generation)
        self.touched.extend((key, value) for _, key, value in due)
        if self._is_fresh:
            # Automation starts at its first value without a ramp, as in `Automation.install`.
            self._is_fresh = False
            track.restart([(key, value) for sample, key, value in due if sample <= self._position])
            due = [event for event in due if event[0] > self._position]
        for sample, key, value in due:
            track.set_at(track.position + sample - self._position, key, value)
        return track.process(clean)
