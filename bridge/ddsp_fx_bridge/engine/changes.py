# SPDX-License-Identifier: GPL-3.0-or-later
"""Queues of changes for the audio thread: any thread may post, and the audio thread never waits."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass
from threading import Lock

from ddsp_fx.effects.parameters import Value
from ddsp_fx_bridge.engine.controls import Key

# Timed changes that one track can hold. The engine refuses more, so the queue never fills.
MOST_TIMED = 16384
MOST_CUTS, MOST_A_BLOCK = 8, 1024


@dataclass(frozen=True)
class Change:
    """A checked value for one parameter of one track; `slot_id` "" is the board itself."""

    track: int
    slot_id: str
    symbol: str
    value: Value

    @property
    def key(self) -> Key:
        """The parameter's key in the track."""
        return self.slot_id, self.symbol


# Untimed changes are collected at most this often, so that a flood causes 100 changes a second per parameter. With
# more, the 20 ms in which effects smooth changes would leave no effect.
PERIOD_S = 0.01


class Gate:
    """A lock by which several changes are posted as one.

    A posting thread holds it for the duration of a dictionary's update. The audio thread only tries it; if it is held,
    the changes come with the next block. So a message may wait for audio, but audio never waits for a message.
    """

    def __init__(self) -> None:
        self.lock = Lock()

    def enter(self) -> bool:
        """For the audio thread: True if it now holds the lock, and must call `leave`."""
        return self.lock.acquire(blocking=False)

    def leave(self) -> None:
        """Release the lock after `enter`."""
        self.lock.release()


class Inbox:
    """One track's queued changes. Of untimed ones, only each parameter's latest is kept, so a flood takes no memory."""

    def __init__(self) -> None:
        self._now: dict[Key, Value] = {}
        self._coming: list[tuple[int, int, Key, Value]] = []
        self._timed: list[tuple[int, int, Key, Value]] = []
        self._order = itertools.count()

    def post(self, key: Key, value: Value, sample: int | None = None) -> None:
        """Post a change, untimed or for a sample on the track's count. Hold the gate."""
        if sample is None:
            # Move it to the end, because the last change is applied last.
            self._now.pop(key, None)
            self._now[key] = value
        else:
            self._coming.append((sample, next(self._order), key, value))

    def clear(self) -> None:
        """Discard changes for the old board, which has been replaced. Hold the gate."""
        self._now.clear()
        self._coming.clear()
        self._timed.clear()

    def collect(self) -> dict[Key, Value]:
        """All untimed changes; timed ones move to the audio thread's own heap. Hold the gate."""
        for entry in self._coming:
            heapq.heappush(self._timed, entry)
        self._coming.clear()
        now, self._now = self._now, {}
        return now

    def due(self, start: int, end: int) -> list[tuple[int, Key, Value]]:
        """(sample, key, value) of changes due before sample `end`, in order of time; late ones are at `start`.

        A block is split at each change, and each piece costs about as much as a block. Changes beyond MOST_CUTS splits
        or MOST_A_BLOCK changes wait for the start of the next block.
        """
        out: list[tuple[int, Key, Value]] = []
        places: set[int] = set()
        while self._timed and self._timed[0][0] < end and len(out) < MOST_A_BLOCK:
            sample = max(self._timed[0][0], start)
            if sample not in places and len(places) >= MOST_CUTS:
                break
            places.add(sample)
            _, _, key, value = heapq.heappop(self._timed)
            out.append((sample, key, value))
        return out
