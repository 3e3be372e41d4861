# SPDX-License-Identifier: GPL-3.0-or-later
"""Queues changes for the audio thread: any thread may post, and the audio thread never waits."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass
from threading import Lock

from ddsp_fx.effects.parameters import Value
from ddsp_fx_bridge.engine.controls import Key

# What a client may have waiting for its time on one track; more is refused by the engine, so this never fills.
MOST_TIMED = 16384
MOST_CUTS, MOST_A_BLOCK = 8, 1024


@dataclass(frozen=True)
class Change:
    """One parameter of one track to a value that was checked; `slot_id` "" is the board itself."""

    track: int
    slot_id: str
    symbol: str
    value: Value

    @property
    def key(self) -> Key:
        """What the track calls it."""
        return self.slot_id, self.symbol


# Changes for now are taken at most this often, so that a flood costs the audio 100 changes a second of each parameter:
# of more nothing would be left by the 20 ms in which effects smooth them.
PERIOD_S = 0.01


class Gate:
    """Lets several changes go in as one.

    Who posts holds it for the length of a dictionary's update. The audio thread only tries it: where it is taken, the
    changes come with the next block, so a message waits for audio and audio never for a message.
    """

    def __init__(self) -> None:
        self.lock = Lock()

    def enter(self) -> bool:
        """For the audio thread: True when it is inside now, and must call `leave`."""
        return self.lock.acquire(blocking=False)

    def leave(self) -> None:
        """After `enter`."""
        self.lock.release()


class Inbox:
    """Changes of one track. Of those for now the latest of each parameter wins, so a flood takes no room."""

    def __init__(self) -> None:
        self._now: dict[Key, Value] = {}
        self._coming: list[tuple[int, int, Key, Value]] = []
        self._timed: list[tuple[int, int, Key, Value]] = []
        self._order = itertools.count()

    # Under the gate.

    def post(self, key: Key, value: Value, sample: int | None = None) -> None:
        """For now, or for a sample on the track's own count. The gate must be held."""
        if sample is None:
            # Back to the end: what came last is applied last.
            self._now.pop(key, None)
            self._now[key] = value
        else:
            self._coming.append((sample, next(self._order), key, value))

    def clear(self) -> None:
        """The board has changed: what was meant for the old one is forgotten. The gate must be held."""
        self._now.clear()
        self._coming.clear()
        self._timed.clear()

    def collect(self) -> dict[Key, Value]:
        """All that is for now; what has a time moves to the audio thread's own heap. The gate must be held."""
        for entry in self._coming:
            heapq.heappush(self._timed, entry)
        self._coming.clear()
        now, self._now = self._now, {}
        return now

    # The audio thread alone.

    def due(self, start: int, end: int) -> list[tuple[int, Key, Value]]:
        """(sample, key, value) of what is due before sample `end`, in order of time; what is late is at `start`.

        A block is cut at each place, and each piece costs about as much as a block. So what lies at more places than
        MOST_CUTS, or is more than MOST_A_BLOCK, is left for the start of the next block.
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
