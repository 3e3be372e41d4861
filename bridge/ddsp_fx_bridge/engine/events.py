# SPDX-License-Identifier: GPL-3.0-or-later
"""The events that an engine sends to its listeners."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from ddsp_fx_bridge.engine.changes import Change


@dataclass(frozen=True)
class Changed:
    """A parameter has a new value, requested by `source`."""

    change: Change
    source: object


@dataclass(frozen=True)
class TracksChanged:
    """A track was added, removed, or has another board."""

    track: int


@dataclass(frozen=True)
class Failed:
    """A part of a track has failed and is bypassed until the next reset; everything else continues.

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
        """The event in one line."""
        return f"{self.slot or 'the board'} is bypassed: {self.reason}"


Event = Changed | TracksChanged | Failed
Listener = Callable[[Event], None]


class Listeners:
    """The listeners of an engine. Safe from any thread."""

    def __init__(self) -> None:
        self._all: list[Listener] = []

    def add(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every event, in the thread that causes it; returns a function that ends this."""
        self._all.append(listener)

        def end() -> None:
            with suppress(ValueError):
                self._all.remove(listener)

        return end

    def tell(self, event: Event) -> None:
        """Notify all listeners of an event."""
        for listener in tuple(self._all):
            listener(event)
