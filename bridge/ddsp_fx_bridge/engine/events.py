# SPDX-License-Identifier: GPL-3.0-or-later
"""The events that an engine sends to its listeners."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from ddsp_fx_bridge.engine.changes import Change


@dataclass(frozen=True)
class Changed:
    """A parameter has a new value, by the wish of `source`."""

    change: Change
    source: object


@dataclass(frozen=True)
class TracksChanged:
    """A track has come, gone, or has another board."""

    track: int


@dataclass(frozen=True)
class Failed:
    """Something of a track has failed and is bypassed until the next reset; everything else plays on.

    Args:
        track: its number.
        slot: its name, or "" for the track as a whole.
        reason: the error, in one line.
    """

    track: int
    slot: str
    reason: str

    @property
    def text(self) -> str:
        """One line for people."""
        return f"{self.slot or 'the board'} is bypassed: {self.reason}"


Event = Changed | TracksChanged | Failed
Listener = Callable[[Event], None]


class Listeners:
    """Who is told of events. Safe from any thread."""

    def __init__(self) -> None:
        self._all: list[Listener] = []

    def add(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every event, in the thread that causes it; returns what ends that."""
        self._all.append(listener)

        def end() -> None:
            with suppress(ValueError):
                self._all.remove(listener)

        return end

    def tell(self, event: Event) -> None:
        """An event to everyone."""
        for listener in tuple(self._all):
            listener(event)
