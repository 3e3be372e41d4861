# SPDX-License-Identifier: GPL-3.0-or-later
"""Running boards, one per track, independent of OSC, HTTP and other access."""

from ddsp_fx_bridge.engine.changes import Change
from ddsp_fx_bridge.engine.engine import Engine
from ddsp_fx_bridge.engine.events import Changed, Event, TracksChanged
from ddsp_fx_bridge.engine.layout import Layout
from ddsp_fx_bridge.engine.track import Track

__all__ = ["Change", "Changed", "Engine", "Event", "Layout", "Track", "TracksChanged"]
