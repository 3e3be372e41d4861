# SPDX-License-Identifier: GPL-3.0-or-later
"""Bitwig Studio through DrivenByMoss: eight project remote controls, which Bitwig automates.

Addresses and ranges are those of DrivenByMoss's own documentation ("Open Sound Control"): `/project/param/{1-8}/value`
is sent and received, 0 to MAX_VALUE, which is one less than the "Value resolution" of its settings.
"""

from __future__ import annotations

from collections.abc import Sequence

from ddsp_fx_bridge.daw.faders import Fader, Target
from ddsp_fx_bridge.daw.relay_map import RelayMap, Route

MAP = "bitwig.relay.json"
REMOTES = 8
# 9000 is the engine's port, so DrivenByMoss sends to the next one.
MOSS_LISTENS, MOSS_SENDS = 8000, 9001
# The resolution called "low" in DrivenByMoss, which its own templates expect.
RESOLUTION = 128


def files(faders: Sequence[Fader], target: Target, resolution: int = RESOLUTION) -> dict[str, str | bytes]:
    """Name -> content."""
    return {MAP: relay_map(faders[:REMOTES], target, resolution).to_json()}


def relay_map(faders: Sequence[Fader], target: Target, resolution: int = RESOLUTION) -> RelayMap:
    """Remote control k <-> fader k; `resolution` is the number of steps set in DrivenByMoss."""
    routes = []
    for number, fader in enumerate(faders, start=1):
        address = (f"/project/param/{number}/value",)
        routes.append(Route(address, address, 0, resolution - 1, *fader.wire(target.track)))
    # `/refresh` makes DrivenByMoss send all values again.
    engine = (target.host, target.port)
    return RelayMap(("127.0.0.1", MOSS_LISTENS), MOSS_SENDS, engine, [("/refresh", 1)], routes)
