# SPDX-License-Identifier: GPL-3.0-or-later
"""A plugin's automation, from its segment to the audio thread (docs/link.md, "Events")."""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

from ddsp_fx.effects.parameters import Value
from ddsp_fx_bridge.engine.controls import Key
from ddsp_fx_bridge.link.segment import Segment, untag
from ddsp_fx_bridge.link.slots import Slots


class _Event(NamedTuple):
    epoch: int
    position: int
    key: Key
    value: Value


class EventQueue:
    """Events in the ring at its creation belong to an earlier board; their values came with this board.

    Args:
        segment: of the plugin.
        slots: the meaning of the events' numbers.
        generation: of the board with these slots.
    """

    def __init__(self, segment: Segment, slots: Slots, generation: int) -> None:
        self._segment = segment
        self._waiting: deque[_Event] = deque()
        self._slots, self._generation = slots, generation
        self._coming: deque[tuple[Slots, int, int]] = deque()
        segment.event_read = segment.event_write

    def use(self, slots: Slots, generation: int) -> None:
        """From any thread: events written from now on are for another board, and earlier ones are dropped."""
        self._coming.append((slots, generation, self._segment.event_write))

    def due(self, epoch: int, start: int, end: int, generation: int) -> list[tuple[int, Key, Value]]:
        """In the audio thread: (sample, key, value) of events before `end`; late ones act at `start`.

        Args:
            epoch, start, end: of the next piece.
            generation: of the track's board; events for others are left out.
        """
        while self._coming:
            self._slots, self._generation, mark = self._coming.popleft()
            self._waiting.clear()
            self._segment.event_read = mark
        self._take(epoch, end)
        out = []
        while self._waiting and (self._waiting[0].epoch != epoch or self._waiting[0].position < end):
            event = self._waiting.popleft()
            sample = max(event.position, start) if event.epoch == epoch else start
            out.append((sample, event.key, event.value))
        return out if generation == self._generation else []

    def _take(self, epoch: int, end: int) -> None:
        segment = self._segment
        # A plugin writes events for its own block. One further ahead than the ring is long would wait for ever.
        farthest = end + 2 * segment.header.ring_frames
        read, written, size = segment.event_read, segment.event_write, segment.header.event_slots
        # An impossible count comes from a faulty plugin: its oldest events are lost, but this side is unaffected.
        count = min((written - read) & 0xFFFFFFFF, size)
        for index in range(written - count, written):
            entry = segment.events[index % size]
            normalised = float(entry["value"])
            found = self._slots.value(int(entry["slot"]), normalised) if math.isfinite(normalised) else None
            at = untag(int(entry["position"]))
            if found is not None and not (at.epoch == epoch and at.position > farthest):
                self._waiting.append(_Event(*at, *found))
        segment.event_read = written
