# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameter changes that are scheduled for a sample."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable
from typing import Any

from ddsp_fx.effects.parameters import Value


class DueEvents:
    """Scheduled changes, earliest first; for one sample, in order of arrival. A plugin of None is the board itself."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Any, str, Value]] = []
        self._order = itertools.count()

    def __bool__(self) -> bool:
        return bool(self._heap)

    @property
    def first(self) -> int:
        """The sample of the next change."""
        return self._heap[0][0]

    def add(self, sample: int, plugin: Any, symbol: str, value: Value) -> None:
        """Schedule a change for that sample of the board's input."""
        heapq.heappush(self._heap, (sample, next(self._order), plugin, symbol, value))

    def pop(self) -> tuple[Any, str, Value]:
        """Remove and return the next change: plugin, symbol, value."""
        return heapq.heappop(self._heap)[2:]

    def clear(self) -> None:
        """Discard all changes."""
        self._heap.clear()

    def keep(self, plugins: Iterable[Any]) -> None:
        """Discard changes of plugins that are not in `plugins`."""
        ids = {id(plugin) for plugin in plugins} | {id(None)}
        self._heap = [event for event in self._heap if id(event[2]) in ids]
        heapq.heapify(self._heap)
