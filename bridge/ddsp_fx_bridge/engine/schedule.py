# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes that wait for a time. Each is handed to the audio a little before it, and announced when it has come."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ddsp_fx.errors import RefusedError
from ddsp_fx_bridge.engine.changes import MOST_TIMED, Change


@dataclass(frozen=True, order=True)
class Timed:
    """Changes of one message or bundle.

    Args:
        at_s: when they act, on the engine's clock.
        order: of arrival; of two with the same time the first comes first.
        changes: each with the generation of the board that it was checked against.
        source: who asked.
    """

    at_s: float
    order: int
    changes: tuple[tuple[Change, int], ...]
    source: object


class Schedule:
    """Two heaps, ordered by time. For the control side, one thread at a time.

    Attributes:
        count: changes that have not been announced.
    """

    def __init__(self) -> None:
        self.count = 0
        self._order = itertools.count()
        self._to_hand_over: list[Timed] = []
        self._to_announce: list[Timed] = []

    def require_room(self, count: int) -> None:
        """Raises RefusedError 503 where no more of that number fit."""
        if self.count + count > MOST_TIMED:
            raise RefusedError(503, "", f"{self.count} changes wait for their time already; at most {MOST_TIMED}")

    def add(self, at_s: float, changes: Sequence[tuple[Change, int]], source: object) -> None:
        """Changes that act at a time, each with the generation of its board."""
        self.count += len(changes)
        heapq.heappush(self._to_hand_over, Timed(at_s, next(self._order), tuple(changes), source))

    def hand_over(self, until_s: float) -> Iterator[Timed]:
        """What acts until then and has not been handed over before."""
        while self._to_hand_over and self._to_hand_over[0].at_s <= until_s:
            entry = heapq.heappop(self._to_hand_over)
            heapq.heappush(self._to_announce, entry)
            yield entry

    def announce(self, now_s: float) -> Iterator[Timed]:
        """What was handed over and has acted since the last call."""
        while self._to_announce and self._to_announce[0].at_s <= now_s:
            entry = heapq.heappop(self._to_announce)
            self.count -= len(entry.changes)
            yield entry
