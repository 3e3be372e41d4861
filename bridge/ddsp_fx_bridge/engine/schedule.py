# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes that wait for a time. Each is passed to the audio thread a little before it, and announced at its time."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ddsp_fx.errors import RefusedError
from ddsp_fx_bridge.engine.changes import MOST_TIMED, Change


@dataclass(frozen=True, order=True)
class Timed:
    """The changes of one message or bundle.

    Args:
        at_s: when they act, on the engine's clock.
        order: of arrival; of two with the same time, the first comes first.
        changes: each with the generation of the board that it was checked for.
        source: who requested them.
    """

    at_s: float
    order: int
    changes: tuple[tuple[Change, int], ...]
    source: object


class Schedule:
    """Two heaps, ordered by time, for one control thread at a time.

    Attributes:
        count: changes that have not been announced yet.
    """

    def __init__(self) -> None:
        self.count = 0
        self._order = itertools.count()
        self._to_hand_over: list[Timed] = []
        self._to_announce: list[Timed] = []

    def require_room(self, count: int) -> None:
        """Raises RefusedError 503 if that many more do not fit."""
        if self.count + count > MOST_TIMED:
            raise RefusedError(503, "", f"{self.count} changes wait for their time already; at most {MOST_TIMED}")

    def add(self, at_s: float, changes: Sequence[tuple[Change, int]], source: object) -> None:
        """Add changes for a time, each with the generation of its board."""
        self.count += len(changes)
        heapq.heappush(self._to_hand_over, Timed(at_s, next(self._order), tuple(changes), source))

    def hand_over(self, until_s: float) -> Iterator[Timed]:
        """Changes that act until then and have not been passed on before."""
        while self._to_hand_over and self._to_hand_over[0].at_s <= until_s:
            entry = heapq.heappop(self._to_hand_over)
            heapq.heappush(self._to_announce, entry)
            yield entry

    def announce(self, now_s: float) -> Iterator[Timed]:
        """Changes that were passed on and have acted since the last call."""
        while self._to_announce and self._to_announce[0].at_s <= now_s:
            entry = heapq.heappop(self._to_announce)
            self.count -= len(entry.changes)
            yield entry
