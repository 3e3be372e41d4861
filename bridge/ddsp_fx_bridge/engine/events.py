# SPDX-License-Identifier: GPL-3.0-or-later
"""The events that an engine sends to its listeners."""

from __future__ import annotations

from collections.abc import Callable
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
