# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine tells those who listen."""

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


Event = Changed | TracksChanged
Listener = Callable[[Event], None]
